"""Answers: durable before they are acknowledged, counted once, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks import checks
from fewclicks.errors import Conflict, InvalidInput
from fewclicks.records import (
    CLUSTER,
    NO_CLASS,
    NOBODY,
    PERSON,
    PURPOSES,
    VERDICTS,
    AnswerSheet,
    IntArray,
    Purpose,
    Question,
    Reply,
)
from fewclicks.store import classes, questions, schema
from fewclicks.store.database import Database
from fewclicks.store.events import Change, Events, annotator_names


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

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

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
            Whether a question that has an answer may be answered again; the history keeps both.

        Raises
        ------
        Conflict
            The question has an answer and `replace` is not set.
        InvalidInput
            Verdict, class and misfits do not fit each other or the question.
        NotFound
            There is no such question, class or item.
        """
        with self._events.change("answer", annotator, client_id) as change:
            if not change.repeated:
                asked = self._asked(change, question_id, replace)
                _check_reply(reply, asked, class_id, item)
                said = self._class(change, reply, class_id)
                answer_id = _insert(change, reply, asked, item, said, purpose)
                split = _split(change, asked, parts) if reply.verdict == "mixed" else []
                change.text = _text(change, reply, asked, item, said)
                change.result = {"answer": answer_id, "split": split}
            return _get(change)

    def sheet(self, n_items: int) -> AnswerSheet:
        """What stands of all learning and review answers, one entry per item.

        A person's word on the item itself outranks its cluster's; later outranks earlier. Audit
        answers are left out: they only measure.
        """
        table = schema.answers
        query = (
            sa.select(
                table.c.id,
                table.c.item_id,
                table.c.members,
                table.c.misfits,
                table.c.verdict,
                table.c.class_id,
                table.c.purpose,
            )
            .where(table.c.withdrawn.is_(False))
            .order_by(table.c.id)
        )
        with self._database.read() as connection:
            rows = list(connection.execute(query))
            heirs = classes.heirs(connection)
        return _sheet(rows, heirs, n_items)

    def totals(self) -> dict[str, Any]:
        """Standing answers by purpose, and the effort of all answers, withdrawn ones included."""
        table = schema.answers
        by_purpose = (
            sa.select(table.c.purpose, sa.func.count().label("n"))
            .where(table.c.withdrawn.is_(False))
            .group_by(table.c.purpose)
        )
        effort = sa.select(sa.func.sum(table.c.actions), sa.func.sum(table.c.seconds))
        with self._database.read() as connection:
            counts = {row.purpose: int(row.n) for row in connection.execute(by_purpose)}
            actions, seconds = connection.execute(effort).one()
        totals: dict[str, Any] = {purpose: counts.get(purpose, 0) for purpose in PURPOSES}
        totals["total"] = sum(counts.values())
        return {**totals, "actions": int(actions or 0), "seconds": float(seconds or 0)}

    def of_item(self, item: int) -> list[AnswerRow]:
        """Every answer given about this item itself, oldest first."""
        return self._rows(schema.answers.c.item_id == item)

    def of_question(self, question_id: int) -> list[AnswerRow]:
        """Every answer given to this question, oldest first."""
        return self._rows(schema.answers.c.question_id == question_id)

    def counts_by_class(self) -> dict[int, int]:
        """Standing answers by class in use."""
        table = schema.answers
        query = (
            sa.select(table.c.class_id, sa.func.count().label("n"))
            .where(table.c.withdrawn.is_(False), table.c.class_id.is_not(None))
            .group_by(table.c.class_id)
        )
        counts: dict[int, int] = {}
        with self._database.read() as connection:
            heirs = classes.heirs(connection)
            for row in connection.execute(query):
                heir = int(heirs[row.class_id])
                counts[heir] = counts.get(heir, 0) + int(row.n)
        return counts

    def provenance(self) -> dict[int, tuple[str, float, int | None]]:
        """Annotator, time and round of every standing answer, by answer id."""
        table = schema.answers
        query = sa.select(
            table.c.id, table.c.annotator_id, table.c.answered_at, table.c.round_id
        ).where(table.c.withdrawn.is_(False))
        with self._database.read() as connection:
            names = annotator_names(connection)
            return {
                int(row.id): (names[row.annotator_id], row.answered_at, row.round_id)
                for row in connection.execute(query)
            }

    def _rows(self, condition: sa.ColumnElement[bool]) -> list[AnswerRow]:
        query = sa.select(schema.answers).where(condition).order_by(schema.answers.c.id)
        with self._database.read() as connection:
            names = annotator_names(connection)
            return [_row(row, names) for row in connection.execute(query)]

    def _asked(self, change: Change, question_id: int | None, replace: bool) -> Any:
        if question_id is None:
            return None
        row = questions.get(change.connection, question_id)
        if row.state == questions.ANSWERED and not replace:
            raise Conflict(
                f"Question {question_id} has been answered already.",
                "Send replace=true to change that answer; the history keeps both.",
            )
        return row

    def _class(self, change: Change, reply: Reply, class_id: int | None) -> int | None:
        if reply.verdict != "class":
            return None
        if class_id is not None:
            classes.require(change.connection, class_id)
            return class_id
        return classes.find_or_insert(change, reply.class_name or "")


def _check_reply(reply: Reply, asked: Any, class_id: int | None, item: int | None) -> None:
    checks.one_of(reply.verdict, VERDICTS, "verdict")
    if (asked is None) == (item is None):
        raise InvalidInput("An answer must name either a question or an item.")
    if reply.verdict == "class" and class_id is None and not (reply.class_name or "").strip():
        raise InvalidInput("The verdict “class” needs a class.", "Send class_id or class_name.")
    cluster = asked is not None and asked.kind == "cluster"
    if reply.verdict == "mixed" and not cluster:
        raise InvalidInput("Only a cluster can be mixed.")
    strangers = set(reply.misfits) - (set(asked.members.tolist()) if cluster else set())
    if strangers:
        raise InvalidInput(f"Item {min(strangers)} is no member of the cluster asked about.")


def _insert(
    change: Change, reply: Reply, asked: Any, item: int | None, class_id: int | None, purpose: str
) -> int:
    members = asked.members if asked is not None else None
    result = change.connection.execute(
        sa.insert(schema.answers).values(
            event_id=change.event_id,
            question_id=asked.id if asked is not None else None,
            item_id=asked.item_id if asked is not None else item,
            members=members,
            misfits=np.asarray(reply.misfits) if reply.misfits else None,
            verdict=reply.verdict,
            class_id=class_id,
            purpose=asked.purpose if asked is not None else purpose,
            annotator_id=change.annotator_id,
            round_id=asked.round_id if asked is not None else None,
            seconds=float(reply.seconds),
            actions=int(reply.actions),
            answered_at=change.at,
            withdrawn=False,
        )
    )
    answer_id = int(result.inserted_primary_key[0])  # type: ignore[index]
    change.note(schema.answers, [answer_id], "withdrawn", True, False)
    if asked is not None and asked.state != questions.ANSWERED:
        change.patch(schema.questions, [asked.id], "state", asked.state, questions.ANSWERED)
    if reply.misfits:
        _ask_misfits(change, reply)
    return answer_id


def _ask_misfits(change: Change, reply: Reply) -> None:
    name = reply.class_name or "this class"
    ids = questions.insert(
        change.connection,
        [
            Question(
                kind="item", item=int(misfit), reason=f"You clicked it out of a cluster of {name}."
            )
            for misfit in reply.misfits
        ],
    )
    questions.withdraw_split(change, ids)


def _split(change: Change, asked: Any, parts: Sequence[IntArray]) -> list[int]:
    ids = questions.insert(
        change.connection,
        [
            Question(
                kind="cluster",
                members=part,
                cluster=asked.cluster,
                priority=float(len(part)),
                reason=f"Part of a mixed cluster of {asked.n_members}.",
            )
            for part in parts
        ],
        partition=asked.partition,
        parent=asked.id,
    )
    questions.withdraw_split(change, ids)
    return ids


def _text(change: Change, reply: Reply, asked: Any, item: int | None, class_id: int | None) -> str:
    what = questions.describe(asked) if asked is not None else f"item {item}"
    if reply.verdict != "class":
        said = {"unsure": "not sure about", "none": "no class fits", "mixed": "found mixed:"}
        return f"{said[reply.verdict]} {what}"
    names = {row.id: row.name for row in classes.live(change.connection)}
    left = f", leaving out {len(reply.misfits)}" if reply.misfits else ""
    return f"called {what} “{names[class_id]}”{left}"


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


def _sheet(rows: list[Any], heirs: IntArray, n_items: int) -> AnswerSheet:
    class_ids = np.full(n_items, NO_CLASS, dtype=np.int32)
    sources = np.full(n_items, NOBODY, dtype=np.int8)
    answer_ids = np.full(n_items, -1, dtype=np.int64)
    withheld = np.zeros(n_items, dtype=bool)
    taught = [row for row in rows if row.purpose != "audit"]
    # clusters first: a person's word on an item outranks what was said of its cluster
    for row in sorted(taught, key=lambda row: row.item_id is not None):
        said = NO_CLASS if row.class_id is None else int(heirs[row.class_id])
        if row.verdict == "mixed" or (row.verdict == "class" and said == NO_CLASS):
            continue
        where: Any = row.item_id
        if where is None:
            if row.verdict == "unsure":
                continue  # of a cluster this says nothing about any one item
            where = row.members if row.misfits is None else np.setdiff1d(row.members, row.misfits)
        class_ids[where] = said
        sources[where] = CLUSTER if row.item_id is None else PERSON
        answer_ids[where] = row.id
        withheld[where] = row.verdict != "class"
    return AnswerSheet(class_ids, sources, answer_ids, withheld, n_answers=len(rows))
