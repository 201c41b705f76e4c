"""Certificates: claims about how few labels are wrong, and what people said to test them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import Conflict, NotFound
from fewclicks.records import IntArray, Purpose, Statement
from fewclicks.store import asking, auditpages, schema
from fewclicks.store.auditpages import PageRow
from fewclicks.store.changes import Change, values_now
from fewclicks.store.database import Database
from fewclicks.store.events import Events, annotator_names

OPEN, NAMING, ENDED = "open", "naming", "ended"

REASON = "It was drawn at random, to certify the labels."
UNSURE = "Its label is among the least sure, which stand between the labels and their proof."

Draw = Literal["evenly", "suspected", "classes"]
"""How often which labels are drawn."""

EVENLY: Draw = "evenly"

FIRST = 1e9
"""Priority of the first item drawn: a certificate's questions come before all others, in the order
in which they were drawn."""


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A claim as it was made: at most `error` of the `n_items` labels are wrong.

    `labels` names the file that holds these labels; `n_tested` of them no person had given for the
    item alone. `seed` decided the order in which these are drawn, and `draw` tells how often which
    are. Until the state is “ended” the
    labels are kept as they are; while it is “naming”, people name the least sure of them.
    """

    id: int
    labels: str
    error: float
    confidence: float
    seed: int
    n_items: int
    n_tested: int
    state: str
    created_at: float
    draw: Draw = EVENLY

    @property
    def alpha(self) -> float:
        """The chance of a false promise."""
        return 1 - self.confidence

    @property
    def error_of_tested(self) -> float:
        """The share of the labels that can be wrong which the claimed share of all labels is."""
        return min(1.0, self.error * self.n_items / self.n_tested)


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """An item drawn to test a claim, and what a person said of it; `verdict` None before."""

    question: int
    item: int
    state: str
    verdict: str | None
    class_id: int | None
    annotator: str | None
    answered_at: float | None


class Certificates:
    """The certificates of one project; at most one is open."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def begin(
        self,
        annotator: str,
        *,
        labels: str,
        error: float,
        confidence: float,
        seed: int,
        n_items: int,
        n_tested: int,
        draw: Draw = EVENLY,
        client_id: str | None = None,
    ) -> CertificateRow:
        """Record a claim; the one that was open, if there was one, ends."""
        table = schema.certificates
        with self._events.change("certify", annotator, client_id) as change:
            if not change.repeated:
                _end(change, _open_ids(change.connection))
                values = {
                    "labels": labels, "error": error, "confidence": confidence, "seed": seed,
                    "n_items": n_items, "n_tested": n_tested, "draw": draw,
                }  # fmt: skip
                result = change.connection.execute(
                    sa.insert(table).values(
                        event_id=change.event_id, state=OPEN, created_at=change.at, **values
                    )
                )
                made = schema.new_id(result)
                change.note(table, [made], "state", ENDED, OPEN)
                change.text = f"began to certify that at most {error:.2%} of the labels are wrong"
                change.result = {"certificate": made}
            return _require(change.connection, change.result["certificate"])

    def end(
        self, annotator: str, certificate_id: int, client_id: str | None = None
    ) -> CertificateRow:
        """Test a claim no more, and keep its labels as they are no longer.

        Raises
        ------
        Conflict
            It has ended already.
        NotFound
            There is no such certificate.
        """
        with self._events.change("certify-end", annotator, client_id) as change:
            if not change.repeated:
                row = _require(change.connection, certificate_id)
                if row.state == ENDED:
                    raise Conflict(f"Certificate {certificate_id} has ended already.")
                _end(change, [certificate_id])
                change.text = f"went on labelling after certificate {certificate_id}"
            return _require(change.connection, certificate_id)

    def name_unsure(
        self, annotator: str, certificate_id: int, client_id: str | None = None
    ) -> CertificateRow:
        """Let people name the least sure labels; no more are drawn at random.

        Raises
        ------
        Conflict
            The certificate has ended, or they do so already.
        NotFound
            There is no such certificate.
        """
        with self._events.change("certify-name", annotator, client_id) as change:
            if not change.repeated:
                row = _require(change.connection, certificate_id)
                if row.state != OPEN:
                    raise Conflict(f"Certificate {certificate_id} is {row.state}, not open.")
                change.patch(schema.certificates, [row.id], "state", OPEN, NAMING)
                _close_waiting(change, [row.id])
                change.text = "chose to name the least sure labels"
            return _require(change.connection, certificate_id)

    def get(self, certificate_id: int) -> CertificateRow:
        """One certificate; NotFound if there is none of this id."""
        with self._database.read() as connection:
            return _require(connection, certificate_id)

    def open(self) -> CertificateRow | None:
        """The certificate that has not ended, if there is one."""
        found = [row for row in self.all() if row.state != ENDED]
        return found[-1] if found else None

    def all(self) -> list[CertificateRow]:
        """Every certificate, oldest first."""
        query = sa.select(schema.certificates).order_by(schema.certificates.c.id)
        with self._database.read() as connection:
            return [_row(row) for row in connection.execute(query)]

    def ask(self, certificate_id: int, items: IntArray, after: int) -> int:
        """Ask about the next items drawn, of which `after` have been drawn; return how many are.

        Nothing is asked if others were drawn meanwhile.
        """
        ours = asking.asked_for(certificate_id, "audit")
        with self._database.write() as connection:
            drawn = connection.scalar(sa.select(sa.func.count()).where(ours)) or 0
            if drawn != after:
                return int(drawn)
            asked = asking.draw(connection, certificate_id, "audit", items, REASON, FIRST - after)
            return int(drawn) + asked

    def ask_unsure(self, certificate_id: int, items: IntArray, since: int) -> None:
        """Ask about labels that are too unsure for the claim, save those that it asks about, and
        those that people have spoken on after the event `since`."""
        with self._database.write() as connection:
            spoken_on = asking.answered_items(connection, items.tolist(), since)
            known = [*_waiting_for(connection, certificate_id), *spoken_on]
            new = items[~np.isin(items, known)]
            asking.draw(connection, certificate_id, "review", new, UNSURE, FIRST)

    def unsure(self, certificate_id: int) -> dict[int, int]:
        """The open questions about labels that are too unsure, by item, in the order asked."""
        with self._database.read() as connection:
            return _waiting_for(connection, certificate_id)

    def drawn(self, certificate_id: int) -> list[DrawnRow]:
        """What was drawn, in order, each with its standing answer."""
        questions, answers = schema.questions, schema.answers
        standing = sa.and_(answers.c.question_id == questions.c.id, answers.c.withdrawn.is_(False))
        query = (
            sa.select(
                questions.c.id, questions.c.item_id, questions.c.state, answers.c.verdict,
                answers.c.class_id, answers.c.annotator_id, answers.c.answered_at,
            )
            .join(answers, standing, isouter=True)
            .where(asking.asked_for(certificate_id, "audit"))
            .order_by(questions.c.id, answers.c.id)
        )  # fmt: skip
        with self._database.read() as connection:
            names = annotator_names(connection)
            rows = {row.id: row for row in connection.execute(query)}
        return [_drawn(row, names) for row in rows.values()]

    def said_before(self, certificate_id: int) -> list[tuple[int, str, int | None]]:
        """Answers to what was drawn that were taken back: question, verdict and class of each."""
        questions, answers = schema.questions, schema.answers
        query = (
            sa.select(answers.c.question_id, answers.c.verdict, answers.c.class_id)
            .join(questions, answers.c.question_id == questions.c.id)
            .where(asking.asked_for(certificate_id, "audit"), answers.c.withdrawn.is_(True))
            .order_by(answers.c.id)
        )
        with self._database.read() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def served(self) -> IntArray:
        """Ids of the standing blind answers to certificates that have ended, ascending."""
        answers, questions, certificates = schema.answers, schema.questions, schema.certificates
        query = (
            sa.select(answers.c.id)
            .join(questions, answers.c.question_id == questions.c.id)
            .join(certificates, questions.c.certificate_id == certificates.c.id)
            .where(certificates.c.state == ENDED, questions.c.purpose == "audit")
            .where(answers.c.withdrawn.is_(False))
            .order_by(answers.c.id)
        )
        with self._database.read() as connection:
            return np.array(list(connection.scalars(query)), np.int64)

    def slanted(self) -> IntArray:
        """Ids of the standing blind answers that tell too much or too little of the wrong labels.

        Those to certificates that draw some labels more often than others, or that pages were
        looked through for, on which some are missed; ascending.
        """
        answers, questions, certificates = schema.answers, schema.questions, schema.certificates
        pages = schema.audit_pages
        paged = sa.select(pages.c.id).where(
            pages.c.certificate_id == certificates.c.id, pages.c.withdrawn.is_(False)
        )
        query = (
            sa.select(answers.c.id)
            .join(questions, answers.c.question_id == questions.c.id)
            .join(certificates, questions.c.certificate_id == certificates.c.id)
            .where(questions.c.purpose == "audit", answers.c.withdrawn.is_(False))
            .where(sa.or_(certificates.c.draw != EVENLY, paged.exists()))
            .order_by(answers.c.id)
        )
        with self._database.read() as connection:
            return np.array(list(connection.scalars(query)), np.int64)

    def answer_page(
        self,
        annotator: str,
        certificate_id: int,
        page: PageRow,
        right: Sequence[Statement],
        client_id: str | None = None,
    ) -> None:
        """Record that a page was looked through: `right` are the answers that nothing was noticed.

        What was noticed is still to be asked about singly. One undo takes all of it back.

        Raises
        ------
        Conflict
            Meanwhile something on it was on another page, or a drawn item waits no more.
        """
        with self._events.change("answers", annotator, client_id) as change:
            if not change.repeated:
                auditpages.record(change, certificate_id, page, right)

    def pages(self, certificate_id: int) -> list[PageRow]:
        """The pages that were looked through, those taken back among them, in order.

        What was planted again counts where it was seen first.
        """
        with self._database.read() as connection:
            return auditpages.of_certificate(connection, certificate_id)

    def stop_asking(self, certificate_id: int, purpose: Purpose = "audit") -> None:
        """Close the questions of a certificate that nobody has answered, if there are any."""
        self._set(certificate_id, purpose, asking.OPEN, asking.CLOSED)

    def ask_again(self, certificate_id: int) -> None:
        """Open those drawn at random again."""
        self._set(certificate_id, "audit", asking.CLOSED, asking.OPEN)

    def _set(self, certificate_id: int, purpose: Purpose, before: str, after: str) -> None:
        table = schema.questions
        found = sa.and_(asking.asked_for(certificate_id, purpose), table.c.state == before)
        with self._database.read() as connection:
            if connection.execute(sa.select(table.c.id).where(found).limit(1)).first() is None:
                return
        with self._database.write() as connection:
            connection.execute(sa.update(table).where(found).values(state=after))


def _open_ids(connection: sa.Connection) -> list[int]:
    table = schema.certificates
    return list(connection.scalars(sa.select(table.c.id).where(table.c.state != ENDED)))


def _end(change: Change, ids: Sequence[int]) -> None:
    """End certificates; what was drawn for them is not asked any more."""
    states = values_now(change.connection, schema.certificates, ids, "state")
    for state, of_state in states.items():
        change.patch(schema.certificates, of_state, "state", state, ENDED)
    _close_waiting(change, ids)


def _close_waiting(change: Change, ids: Sequence[int]) -> None:
    table = schema.questions
    query = sa.select(table.c.id).where(
        table.c.certificate_id.in_(ids), table.c.state == asking.OPEN
    )
    waiting = list(change.connection.scalars(query))
    change.patch(table, waiting, "state", asking.OPEN, asking.CLOSED)


def _require(connection: sa.Connection, certificate_id: int) -> CertificateRow:
    table = schema.certificates
    row = connection.execute(sa.select(table).where(table.c.id == certificate_id)).first()
    if row is None:
        raise NotFound(f"There is no certificate {certificate_id}.")
    return _row(row)


def _row(row: Any) -> CertificateRow:
    return CertificateRow(
        **{name: getattr(row, name) for name in CertificateRow.__dataclass_fields__}
    )


def _waiting_for(connection: sa.Connection, certificate_id: int) -> dict[int, int]:
    table = schema.questions
    ours = asking.asked_for(certificate_id, "review"), table.c.state == asking.OPEN
    query = sa.select(table.c.item_id, table.c.id).where(*ours).order_by(table.c.id)
    return {int(row.item_id): int(row.id) for row in connection.execute(query)}


def _drawn(row: Any, names: dict[int, str]) -> DrawnRow:
    return DrawnRow(
        question=int(row.id),
        item=int(row.item_id),
        state=row.state,
        verdict=row.verdict,
        class_id=row.class_id,
        annotator=None if row.annotator_id is None else names[row.annotator_id],
        answered_at=row.answered_at,
    )
