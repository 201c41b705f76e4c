"""The queue: what is to be asked, in which order, and what has been."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import NotFound
from fewclicks.records import IntArray, Question
from fewclicks.store import schema
from fewclicks.store.database import Database
from fewclicks.store.events import Change, Events

OPEN, ANSWERED, CLOSED = "open", "answered", "closed"


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as it stands in the queue; `members` are most typical first."""

    id: int
    kind: str
    purpose: str
    reason: str
    item: int | None
    members: IntArray | None
    n_members: int
    cluster: int | None
    partition: str | None
    round: int | None
    state: str


class Questions:
    """The questions of one project."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def page(self, kind: str, limit: int = 20, after: int | None = None) -> list[QuestionRow]:
        """The next open questions of this kind, first to be asked first.

        `after` is the id of the last question already seen.
        """
        table = schema.questions
        query = (
            sa.select(table)
            .where(table.c.state == OPEN, table.c.kind == kind)
            .order_by(table.c.priority.desc(), table.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            if after is not None:
                seen = connection.execute(sa.select(table).where(table.c.id == after)).first()
                if seen is not None:
                    query = query.where(
                        sa.or_(
                            table.c.priority < seen.priority,
                            sa.and_(table.c.priority == seen.priority, table.c.id > after),
                        )
                    )
            return [_row(row) for row in connection.execute(query)]

    def get(self, question_id: int) -> QuestionRow:
        """One question, whatever its state.

        Raises
        ------
        NotFound
            There is no such question.
        """
        with self._database.read() as connection:
            return _row(get(connection, question_id))

    def count_open(self) -> dict[str, int]:
        """Open questions by kind."""
        table = schema.questions
        query = (
            sa.select(table.c.kind, sa.func.count().label("n"))
            .where(table.c.state == OPEN)
            .group_by(table.c.kind)
        )
        with self._database.read() as connection:
            found = {row.kind: int(row.n) for row in connection.execute(query)}
        return {"item": found.get("item", 0), "cluster": found.get("cluster", 0)}

    def skip(self, annotator: str, question_id: int, client_id: str | None = None) -> int:
        """Send a question to the end of its queue; returns the event's id."""
        with self._events.change("skip", annotator, client_id) as change:
            if not change.repeated:
                row = get(change.connection, question_id)
                table = schema.questions
                lowest = change.connection.scalar(
                    sa.select(sa.func.min(table.c.priority)).where(
                        table.c.state == OPEN, table.c.kind == row.kind
                    )
                )
                last = min(row.priority, row.priority if lowest is None else lowest) - 1
                change.patch(table, [question_id], "priority", row.priority, last)
                change.text = f"skipped {describe(row)}"
            return change.event_id

    def ask_clusters(self, partition: str, questions: Sequence[Question]) -> list[int]:
        """Make sure that each cluster of a partition has its question; return their ids in order.

        Open cluster questions of other partitions are closed: their clusters are out of date.
        """
        with self._database.write() as connection:
            table = schema.questions
            connection.execute(
                sa.update(table)
                .where(
                    table.c.kind == "cluster",
                    table.c.state == OPEN,
                    table.c.partition.is_distinct_from(partition),
                )
                .values(state=CLOSED)
            )
            return insert(connection, questions, partition=partition)


def get(connection: sa.Connection, question_id: int) -> Any:
    """The row of a question, or NotFound."""
    table = schema.questions
    row = connection.execute(sa.select(table).where(table.c.id == question_id)).first()
    if row is None:
        raise NotFound(f"There is no question {question_id}.")
    return row


def insert(
    connection: sa.Connection,
    questions: Sequence[Question],
    *,
    partition: str | None = None,
    parent: int | None = None,
    round_id: int | None = None,
) -> list[int]:
    """Add questions, or find the ones their clusters already have; return ids in order."""
    table = schema.questions
    known: dict[int, int] = {}
    if partition is not None and parent is None:
        query = sa.select(table.c.cluster, table.c.id).where(
            table.c.partition == partition, table.c.parent_id.is_(None)
        )
        known = {row.cluster: int(row.id) for row in connection.execute(query)}
    ids = []
    for question in questions:
        found = known.get(question.cluster) if question.cluster is not None else None
        ids.append(
            found
            if found is not None
            else _insert_one(connection, question, partition, parent, round_id)
        )
    return ids


def withdraw_split(change: Change, ids: Sequence[int]) -> None:
    """Note that these sub-cluster questions came to be, so that undo closes them."""
    change.note(schema.questions, ids, "state", CLOSED, OPEN)


def describe(row: Any) -> str:
    """Name a question in a sentence."""
    if row.kind == "item":
        return f"item {row.item_id}"
    return f"a cluster of {row.n_members}"


def _insert_one(
    connection: sa.Connection,
    question: Question,
    partition: str | None,
    parent: int | None,
    round_id: int | None,
) -> int:
    members = None if question.members is None else np.asarray(question.members)
    result = connection.execute(
        sa.insert(schema.questions).values(
            kind=question.kind,
            purpose=question.purpose,
            reason=question.reason,
            priority=float(question.priority),
            item_id=question.item,
            members=members,
            n_members=1 if members is None else len(members),
            partition=partition,
            cluster=question.cluster,
            parent_id=parent,
            round_id=round_id,
            state=OPEN,
            created_at=time.time(),
        )
    )
    return int(result.inserted_primary_key[0])  # type: ignore[index]


def _row(row: Any) -> QuestionRow:
    return QuestionRow(
        id=int(row.id),
        kind=row.kind,
        purpose=row.purpose,
        reason=row.reason,
        item=row.item_id,
        members=row.members,
        n_members=row.n_members,
        cluster=row.cluster,
        partition=row.partition,
        round=row.round_id,
        state=row.state,
    )
