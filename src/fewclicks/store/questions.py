"""The queue: what is to be asked, in which order, and what has been."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.records import TAUGHT, IntArray, Purpose, Question
from fewclicks.store import schema
from fewclicks.store.database import Database, chunks
from fewclicks.store.events import Events

OPEN, ANSWERED, CLOSED = "open", "answered", "closed"

FEWEST_NEWCOMERS = 2
"""Members that joined a cluster below which they are no cluster to be asked about."""


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
        order = (table.c.priority.desc(), table.c.id)
        # ids alone first: the index knows them, and members would all be sorted along
        query = sa.select(table.c.id).where(table.c.state == OPEN, table.c.kind == kind)
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
            wanted = table.c.id.in_(query.order_by(*order).limit(limit))
            rows = connection.execute(sa.select(table).where(wanted).order_by(*order))
            return [_row(row) for row in rows]

    def get(self, question_id: int) -> QuestionRow:
        """One question, whatever its state.

        Raises
        ------
        NotFound
            There is no such question.
        """
        with self._database.read() as connection:
            return _row(get(connection, question_id))

    def answered_clusters(self, partition: str) -> set[int]:
        """Numbers of the clusters of a partition that have been answered."""
        table = schema.questions
        query = sa.select(table.c.cluster).where(
            table.c.partition == partition,
            table.c.parent_id.is_(None),
            table.c.state == ANSWERED,
        )
        with self._database.read() as connection:
            return {int(cluster) for cluster in connection.scalars(query)}

    def open_clusters(self, partition: str) -> dict[int, int]:
        """Id of the open question of each cluster of a partition that has one.

        Of a cluster that was split it is the first open one of its parts, or of theirs.
        """
        table = schema.questions
        query = (
            sa.select(table.c.id, table.c.cluster, table.c.parent_id, table.c.state)
            .where(table.c.partition == partition, table.c.kind == "cluster")
            .order_by(table.c.id)  # a part is younger than what it is a part of
        )
        whole: dict[int, int] = {}
        found: dict[int, int] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                cluster = row.cluster if row.parent_id is None else whole.get(row.parent_id)
                if cluster is None:
                    continue
                whole[row.id] = cluster
                if row.state == OPEN:
                    found.setdefault(int(cluster), int(row.id))
        return found

    def open_of(self, items: Sequence[int]) -> dict[int, int]:
        """The open question to learn from that each of these items has, where it has one."""
        with self._database.read() as connection:
            return open_of_items(connection, items)

    def open_items(self, purposes: Sequence[Purpose] = TAUGHT) -> list[int]:
        """The items about which a question of one of these purposes is open, ascending."""
        table = schema.questions
        query = sa.select(table.c.item_id).where(
            table.c.state == OPEN, table.c.kind == "item", table.c.purpose.in_(purposes)
        )
        with self._database.read() as connection:
            return sorted({int(item) for item in connection.scalars(query)})

    def ask_newcomers(self, partition: str, questions: Sequence[Question]) -> list[int]:
        """Ask about members that joined their clusters since these were asked about.

        Each cluster's newcomers are asked about as a part of it; its own question stays as it is.
        Returns the ids of the questions.
        """
        with self._database.write() as connection:
            whole = _of_clusters(connection, partition)
            known = _members_asked(connection, partition)
            ids: list[int] = []
            for question in questions:
                assert question.members is not None
                new = question.members[~np.isin(question.members, known)]
                if len(new) >= FEWEST_NEWCOMERS:
                    reason = f"{len(new)} new items look like a cluster that is there."
                    part = replace(question, reason=reason, priority=float(len(new)), members=new)
                    parent = whole[question.cluster]
                    ids += insert(connection, [part], partition=partition, parent=parent)
            return ids

    def shown_items(self, besides: str) -> IntArray:
        """The items of open cluster questions of all partitions but one, each once, ascending."""
        table = schema.questions
        query = sa.select(table.c.members).where(
            table.c.kind == "cluster",
            table.c.state == OPEN,
            table.c.partition.is_distinct_from(besides),
        )
        with self._database.read() as connection:
            found = [members for members in connection.scalars(query) if members is not None]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)

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

    def ask_items(self, questions: Sequence[Question]) -> list[int]:
        """Ask about items of a person's own choosing; return the questions' ids in order.

        They stay open whatever rounds come, until they are answered. An item that is asked about
        already keeps its question.
        """
        with self._database.write() as connection:
            return insert(connection, questions)

    def ask_clusters(self, partition: str, questions: Sequence[Question]) -> list[int]:
        """Make sure that each cluster of a partition has its question; return their ids in order.

        Open cluster questions of other partitions are closed: their clusters are out of date. Those
        of this one that such a change closed before are open again.
        """
        with self._database.write() as connection:
            close_clusters(connection, but=partition)
            _reopen(connection, partition)
            return insert(connection, questions, partition=partition)


def close_clusters(connection: sa.Connection, but: str | None) -> None:
    """Close the open questions about clusters of all partitions but one."""
    table = schema.questions
    connection.execute(
        sa.update(table)
        .where(
            table.c.kind == "cluster",
            table.c.state == OPEN,
            table.c.partition.is_distinct_from(but),
        )
        .values(state=CLOSED)
    )


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
    """Add questions, or find the ones their clusters or items already have; return ids in order.

    A cluster has one question in its partition; an item one open question to learn from.
    """
    known = _of_clusters(connection, partition) if parent is None else {}
    waiting = open_of_items(connection, [int(q.item) for q in questions if q.item is not None])
    found = [_known(q, known, waiting) for q in questions]
    new = [q for q, known_id in zip(questions, found, strict=True) if known_id is None]
    fresh = iter(_insert_new(connection, [_values(q, partition, parent, round_id) for q in new]))
    return [next(fresh) if known_id is None else known_id for known_id in found]


def open_of_items(connection: sa.Connection, items: Sequence[int]) -> dict[int, int]:
    """The open question to learn from that each of these items has, where it has one."""
    table = schema.questions
    found: dict[int, int] = {}
    for chunk in chunks(items):
        query = sa.select(table.c.item_id, table.c.id).where(
            table.c.item_id.in_(chunk), table.c.state == OPEN, table.c.purpose.in_(TAUGHT)
        )
        found |= {int(row.item_id): int(row.id) for row in connection.execute(query)}
    return found


def describe(row: Any) -> str:
    """Name a question in a sentence."""
    if row.kind == "item":
        return f"item {row.item_id}"
    return f"a cluster of {row.n_members}"


def _of_clusters(connection: sa.Connection, partition: str | None) -> dict[int | None, int]:
    if partition is None:
        return {}
    table = schema.questions
    query = sa.select(table.c.cluster, table.c.id).where(
        table.c.partition == partition, table.c.parent_id.is_(None), table.c.cluster.is_not(None)
    )
    return {row.cluster: int(row.id) for row in connection.execute(query)}


def _members_asked(connection: sa.Connection, partition: str) -> IntArray:
    """The members of a partition's questions that are open or answered, each once."""
    table = schema.questions
    query = sa.select(table.c.members).where(
        table.c.partition == partition, table.c.state != CLOSED, table.c.members.is_not(None)
    )
    found = list(connection.scalars(query))
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def _known(
    question: Question, clusters: dict[int | None, int], items: dict[int, int]
) -> int | None:
    if question.kind == "cluster":
        return clusters.get(question.cluster)
    if question.item is None or question.purpose == "audit":
        return None
    return items.get(int(question.item))


def _reopen(connection: sa.Connection, partition: str) -> None:
    """Open a partition's questions again, save the parts of clusters not found mixed any more."""
    table, answers, events = schema.questions, schema.answers, schema.events
    closed = sa.update(table).where(table.c.partition == partition, table.c.state == CLOSED)
    connection.execute(closed.where(table.c.parent_id.is_(None)).values(state=OPEN))
    mixed = (
        sa.select(events.c.result)
        .join(answers, answers.c.event_id == events.c.id)
        .join(table, table.c.id == answers.c.question_id)
        .where(
            answers.c.withdrawn.is_(False),
            answers.c.verdict == "mixed",
            table.c.partition == partition,
        )
    )
    parts = [part for result in connection.scalars(mixed) for part in result["split"]]
    for chunk in chunks(parts):
        connection.execute(closed.where(table.c.id.in_(chunk)).values(state=OPEN))


def _insert_new(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> list[int]:
    if not rows:
        return []
    table = schema.questions
    statement = sa.insert(table).returning(table.c.id, sort_by_parameter_order=True)
    return [int(i) for i in connection.scalars(statement, rows)]


def _values(
    question: Question, partition: str | None, parent: int | None, round_id: int | None
) -> dict[str, Any]:
    if not np.isfinite(question.priority):
        raise InvalidInput(f"A priority must be a finite number but is {question.priority}.")
    members = None if question.members is None else np.asarray(question.members)
    return {
        "kind": question.kind,
        "purpose": question.purpose,
        "reason": question.reason,
        "priority": float(question.priority),
        "item_id": None if question.item is None else int(question.item),
        "members": members,
        "n_members": 1 if members is None else len(members),
        "partition": partition,
        "cluster": None if question.cluster is None else int(question.cluster),
        "parent_id": parent,
        "round_id": round_id,
        "state": OPEN,
        "created_at": time.time(),
    }


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


def audited_items(connection: sa.Connection, items: Sequence[int]) -> set[int]:
    """Which of these items an audit has drawn: it has asked about them, or has been answered."""
    table = schema.questions
    found: set[int] = set()
    for chunk in chunks(items):
        query = sa.select(table.c.item_id).where(
            table.c.item_id.in_(chunk), table.c.purpose == "audit", table.c.state != CLOSED
        )
        found |= set(connection.scalars(query))
    return found


def answered_items(connection: sa.Connection, items: Sequence[int], since: int = 0) -> set[int]:
    """Which of these items a person has spoken on after the event `since`, audits aside."""
    table = schema.answers
    found: set[int] = set()
    for chunk in chunks(items):
        query = sa.select(table.c.item_id).where(
            table.c.item_id.in_(chunk),
            table.c.event_id > since,
            table.c.withdrawn.is_(False),
            table.c.purpose != "audit",
        )
        found |= set(connection.scalars(query))
    return found
