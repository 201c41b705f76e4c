"""Answers: durable before they are acknowledged, counted once, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import InvalidInput
from fewclicks.records import (
    NO_CLASS,
    PURPOSES,
    TAUGHT,
    VERDICTS,
    AnswerSheet,
    BoolArray,
    IntArray,
    Purpose,
    Reply,
    Statement,
)
from fewclicks.store import alone, firsthand, lineage, opinions, recording, schema, sheet, words
from fewclicks.store.changes import Change
from fewclicks.store.copies import Copies
from fewclicks.store.database import Database, chunks
from fewclicks.store.events import Events, annotator_names
from fewclicks.store.ledger import NONE, Answered, Ledger

_ROWS_PER_BLOCK = 20_000


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer as it stands."""

    id: int
    event: int
    question: int | None
    item: int | None
    verdict: str
    class_id: int | None
    n_members: int
    n_misfits: int
    purpose: str
    annotator: str
    answered_at: float
    withdrawn: bool
    split: tuple[int, ...] = ()


class Answers:
    """The answers of one project."""

    def __init__(self, database: Database, events: Events, copies: Copies) -> None:
        self._database = database
        self._events = events
        self._copies = copies
        self._ledger = Ledger()

    def add(
        self,
        annotator: str,
        reply: Reply,
        *,
        question_id: int | None = None,
        item: int | None = None,
        class_id: int | None = None,
        purpose: Purpose = "learn",
        parts: Sequence[IntArray] = (),
        client_id: str | None = None,
        replace: bool = False,
        together: bool = False,
    ) -> AnswerRow:
        """Record what a person said to a question, or of an item nobody asked about.

        Parameters
        ----------
        annotator : str
            Who says so.
        reply : Reply
            What they said. A `class_name` not yet in use creates the class.
        question_id, item : int
            One of the two. With a question, its purpose counts and `purpose` is not read.
        class_id : int, optional
            The class said, instead of `reply.class_name`.
        parts : sequence of arrays
            For the verdict "mixed": member ids of the sub-clusters to ask about instead.
        client_id : str, optional
            Repeating it changes nothing and returns the answer recorded the first time.
        replace : bool
            Whether a question that has an answer may be answered again: the earlier answer is
            withdrawn; the history keeps both.
        together : bool
            Whether misfits are asked about as a cluster of their own instead of one by one.

        Raises
        ------
        Conflict
            The question has an answer and `replace` is not set.
        InvalidInput
            Verdict, class, misfits and parts do not fit each other or the question, or the effort
            is below 0.
        NotFound
            There is no such question, class or item.
        """
        recording.check(reply, question_id, item, class_id, purpose)
        with self._events.change("answer", annotator, client_id) as change:
            if not change.repeated:
                said = recording.understand(
                    change, reply, question_id, item, class_id, purpose, replace
                )
                answer_id, split = recording.record(change, said, parts, together=together)
                change.text = recording.text(said)
                change.result = {"answer": answer_id, "split": split}
            return _get(change)

    def add_many(
        self,
        annotator: str,
        statements: Sequence[Statement],
        *,
        purpose: Purpose = "learn",
        wrong: Sequence[int] = (),
        together: bool = False,
        reason: str = "",
        client_id: str | None = None,
    ) -> list[AnswerRow]:
        """Record what a person said of many at once, as one change that one undo takes back.

        A question that has been answered in the meantime keeps its answer and is passed over; all
        others are recorded, or, if one of them cannot be, none.

        Parameters
        ----------
        annotator : str
            Who says so.
        statements : sequence of Statement
            None of them mixed.
        purpose : {"learn", "review", "audit"}, default "learn"
            Of what is said of items; with a question, its own counts.
        wrong : sequence of int
            Items seen along with these of which it is only known that their label is wrong: they
            are asked about for `reason`, one by one or `together` as one cluster.
        client_id : str, optional
            As of `add`.

        Raises
        ------
        InvalidInput
            There is no statement and nothing is wrong, one says "mixed", or as of `add`.
        NotFound
            There is no such question, class or item.
        """
        _check_many(statements, wrong, purpose)
        with self._events.change("answers", annotator, client_id) as change:
            if not change.repeated:
                answers = recording.record_many(change, statements, purpose)
                asked = recording.ask_about_wrong(change, wrong, together, reason, purpose)
                change.result = {"answers": answers, "questions": asked}
            query = sa.select(schema.answers).where(schema.answers.c.event_id == change.event_id)
            names = annotator_names(change.connection)
            rows = change.connection.execute(query.order_by(schema.answers.c.id))
            return [_row(row, names) for row in rows]

    def sheet(self, n_items: int, purposes: Sequence[Purpose] = TAUGHT) -> AnswerSheet:
        """What stands of the answers given for some purposes, one entry per item.

        A person's word on the item itself outranks its cluster's; later outranks earlier. Where
        several people have spoken on the item itself, the project's choice of consensus decides.
        Audit answers are left out unless asked for: they only measure.
        """
        with self._database.read() as connection:
            answered = self._ledger.read(connection)
            copies = self._copies.read(connection)
            heirs = lineage.heirs(connection)
            rule = opinions.settings(connection)["consensus"]
        return sheet.made(answered, heirs, n_items, purposes, copies, rule)

    def mark(self, purposes: Sequence[Purpose]) -> tuple[int, int]:
        """Number of the standing answers given for some purposes, and the sum of their ids.

        It is another once one is added or taken back.
        """
        answered = self._answered()
        ids = answered.ids[answered.standing(purposes)]
        return len(ids), int(ids.sum())

    def words(self, n_items: int, purposes: Sequence[Purpose] = TAUGHT) -> words.Words:
        """Every class that standing answers given for some purposes gave to the first items."""
        with self._database.read() as connection:
            answered, heirs = self._ledger.read(connection), lineage.heirs(connection)
        return words.made(answered, heirs, n_items, purposes)

    def firsthand(self) -> firsthand.Firsthand:
        """What people have said of items by themselves, and what they said when asked again."""
        with self._database.read() as connection:
            answered, heirs = self._ledger.read(connection), lineage.heirs(connection)
            names = annotator_names(connection)
        return firsthand.made(answered, heirs, names)

    def alone(self, class_ids: IntArray) -> BoolArray:
        """Of which items a person, shown nothing else, has said what they are labelled as.

        Not those that were passed or named with others at one stroke: of many at once some are
        missed. Who said of an item alone that no class fits it, or that they cannot tell, has
        named it if it has no label.

        Parameters
        ----------
        class_ids : ndarray of shape (n_items,)
            The class of every item now, NO_CLASS where it has none.
        """
        table = schema.audit_pages
        with self._database.read() as connection:
            answered, heirs = self._ledger.read(connection), lineage.heirs(connection)
            pages = np.array(connection.scalars(sa.select(table.c.event_id)).all(), np.int64)
        return alone.made(answered, heirs, pages, class_ids)

    def ask_second_opinions(self) -> int:
        """Ask second opinions on what one person has judged before the share was set.

        Returns how many questions are new. Audits are left out, and so are items that have a
        second opinion or a question for one.
        """
        with self._database.write() as connection:
            answered = self._ledger.read(connection)
            single = answered.standing(TAUGHT) & (answered.items != NONE)
            items, people = answered.items[single], answered.annotators[single]
            pairs = np.unique(np.stack([items, people]), axis=1)
            judged, n_people = np.unique(pairs[0], return_counts=True)
            return opinions.draw(connection, judged[n_people == 1])

    def totals(self) -> dict[str, Any]:
        """Standing answers by purpose, and the effort of all answers, withdrawn ones included."""
        answered = self._answered()
        standing = answered.standing()
        counts = np.bincount(answered.purposes[standing], minlength=len(PURPOSES))
        totals: dict[str, Any] = dict(zip(PURPOSES, counts.tolist(), strict=True))
        return {
            **totals,
            "total": int(np.count_nonzero(standing)),
            "actions": int(answered.actions.sum()),
            "seconds": float(answered.seconds.sum()),
        }

    def by_annotator(self) -> list[dict[str, Any]]:
        """Name, standing `answers`, and `actions` and `seconds` of all; who said most is first."""
        with self._database.read() as connection:
            answered, names = self._ledger.read(connection), annotator_names(connection)
        told = []
        for number in np.unique(answered.annotators).tolist():
            own = answered.annotators == number
            told.append(
                {
                    "name": names[number],
                    "answers": int(np.count_nonzero(own & answered.standing())),
                    "actions": int(answered.actions[own].sum()),
                    "seconds": float(answered.seconds[own].sum()),
                }
            )
        return sorted(told, key=lambda one: -one["answers"])

    def course(self, n_points: int) -> list[dict[str, float]]:
        """Standing answers over time at up to `n_points` moments, the last answer's among them.

        `at` is in seconds since 1970, `answers` given until then, `seconds` spent on them.
        """
        answered = self._answered()
        stands = answered.standing()
        order = np.argsort(answered.times[stands], kind="stable")
        times, spent = answered.times[stands][order], answered.seconds[stands][order].cumsum()
        n = len(times)
        looks = np.unique(np.linspace(0, n - 1, min(n, n_points)).round().astype(np.int64))
        return [
            {"at": float(times[i]), "answers": int(i) + 1, "seconds": float(spent[i])}
            for i in looks
        ]

    def count_clusters(self, since: int) -> int:
        """Standing answers that named a cluster, of events after `since`."""
        answered = self._answered()
        named = answered.standing() & (answered.verdicts == VERDICTS.index("class"))
        named &= answered.events > since
        return sum(bool(named[place]) for place, _, _ in answered.clusters)

    def of_item(self, item: int) -> list[AnswerRow]:
        """Every answer given about this item itself, oldest first."""
        return self._rows(schema.answers.c.item_id == item)

    def items_of_event(self, event_id: int) -> IntArray:
        """The items that the answers of an event told of, clusters without their misfits."""
        table = schema.answers.c
        query = sa.select(table.item_id, table.members, table.misfits)
        with self._database.read() as connection:
            rows = connection.execute(query.where(table.event_id == event_id).order_by(table.id))
            told = [_covered(row) for row in rows]
        return np.concatenate([*told, np.empty(0, np.int64)])

    def about_items(self) -> Iterator[list[AnswerRow]]:
        """Every standing answer about an item alone, oldest first, in blocks."""
        table, last = schema.answers.c, 0
        while True:
            alone = sa.and_(table.item_id.is_not(None), table.withdrawn.is_(False), table.id > last)
            rows = self._rows(alone, limit=_ROWS_PER_BLOCK)
            if not rows:
                return
            yield rows
            last = rows[-1].id

    def of_ids(self, ids: Sequence[int]) -> dict[int, AnswerRow]:
        """Some answers by their id."""
        found = [row for chunk in chunks(ids) for row in self._rows(schema.answers.c.id.in_(chunk))]
        return {row.id: row for row in found}

    def of_question(self, question_id: int) -> list[AnswerRow]:
        """Every answer given to this question, oldest first."""
        return self._rows(schema.answers.c.question_id == question_id)

    def counts_by_class(self) -> dict[int, int]:
        """Standing answers by class in use."""
        with self._database.read() as connection:
            answered, heirs = self._ledger.read(connection), lineage.heirs(connection)
        said = answered.class_ids[answered.standing() & (answered.class_ids != NO_CLASS)]
        classes, counts = np.unique(heirs[said], return_counts=True)
        return dict(zip(classes.tolist(), counts.tolist(), strict=True))

    def provenance(self) -> dict[int, tuple[str, float, int | None]]:
        """Annotator, time and round of every standing answer, by answer id."""
        with self._database.read() as connection:
            answered, names = self._ledger.read(connection), annotator_names(connection)
        stands = answered.standing()
        told = (
            column[stands].tolist()
            for column in (answered.ids, answered.annotators, answered.times, answered.rounds)
        )
        return {
            answer: (names[annotator], time, None if number == NONE else number)
            for answer, annotator, time, number in zip(*told, strict=True)
        }

    def _answered(self) -> Answered:
        with self._database.read() as connection:
            return self._ledger.read(connection)

    def _rows(self, condition: sa.ColumnElement[bool], limit: int | None = None) -> list[AnswerRow]:
        query = sa.select(schema.answers).where(condition).order_by(schema.answers.c.id)
        query = query.limit(limit)
        with self._database.read() as connection:
            names = annotator_names(connection)
            return [_row(row, names) for row in connection.execute(query)]


def _covered(row: Any) -> IntArray:
    if row.members is None:
        return np.array([] if row.item_id is None else [row.item_id], np.int64)
    left = np.empty(0, np.int64) if row.misfits is None else row.misfits
    members: IntArray = row.members[~np.isin(row.members, left)]
    return members


def _check_many(statements: Sequence[Statement], wrong: Sequence[int], purpose: str) -> None:
    if not statements and not wrong:
        raise InvalidInput("There is nothing to record.")
    for one in statements:
        recording.check(one.reply, one.question_id, one.item, one.class_id, purpose)
        if one.reply.verdict == "mixed":
            raise InvalidInput("Clusters are split one at a time.")


def _get(change: Change) -> AnswerRow:
    query = sa.select(schema.answers).where(schema.answers.c.id == change.result["answer"])
    row = change.connection.execute(query).one()
    return _row(row, annotator_names(change.connection), tuple(change.result["split"]))


def _row(row: Any, names: dict[int, str], split: tuple[int, ...] = ()) -> AnswerRow:
    n_misfits = 0 if row.misfits is None else len(row.misfits)
    n_members = 1 if row.members is None else len(row.members)
    return AnswerRow(
        id=int(row.id),
        event=int(row.event_id),
        question=row.question_id,
        item=row.item_id,
        verdict=row.verdict,
        class_id=row.class_id,
        n_members=n_members,
        n_misfits=n_misfits,
        purpose=row.purpose,
        annotator=names[row.annotator_id],
        answered_at=row.answered_at,
        withdrawn=row.withdrawn,
        split=split,
    )
