"""The rows of questions: put in, found, closed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.records import ASKED_ONCE, TAUGHT, IntArray, Purpose, Question
from fewclicks.store import schema
from fewclicks.store.database import chunks

OPEN, ANSWERED, CLOSED = "open", "answered", "closed"


def close_clusters(connection: sa.Connection, but: str | None) -> None:
    """Close the open questions about clusters of all partitions but one.

    Clusters that a person put together are of none: they stay.
    """
    table = schema.questions
    connection.execute(
        sa.update(table)
        .where(
            table.c.kind == "cluster",
            table.c.state == OPEN,
            table.c.partition.is_not(None),
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
    known = of_clusters(connection, partition) if parent is None else {}
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
            table.c.item_id.in_(chunk), table.c.state == OPEN, table.c.purpose.in_(ASKED_ONCE)
        )
        found |= {int(row.item_id): int(row.id) for row in connection.execute(query)}
    return found


def describe(row: Any) -> str:
    """Name a question in a sentence."""
    if row.kind == "item":
        return f"item {row.item_id}"
    return f"a cluster of {row.n_members}"


def of_clusters(connection: sa.Connection, partition: str | None) -> dict[int | None, int]:
    """The question of each whole cluster of a partition, by the cluster's number."""
    if partition is None:
        return {}
    table = schema.questions
    query = sa.select(table.c.cluster, table.c.id).where(
        table.c.partition == partition, table.c.parent_id.is_(None), table.c.cluster.is_not(None)
    )
    return {row.cluster: int(row.id) for row in connection.execute(query)}


def members_asked(connection: sa.Connection, partition: str) -> IntArray:
    """The members of questions that are open or answered, each once: those of a partition, and
    those of clusters that a person put together."""
    table = schema.questions
    query = sa.select(table.c.members).where(
        sa.or_(table.c.partition == partition, table.c.partition.is_(None)),
        table.c.state != CLOSED,
        table.c.members.is_not(None),
    )
    found = list(connection.scalars(query))
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int64)


def _known(
    question: Question, clusters: dict[int | None, int], items: dict[int, int]
) -> int | None:
    if question.kind == "cluster":
        return clusters.get(question.cluster)
    if question.item is None or question.purpose not in ASKED_ONCE:
        return None
    return items.get(int(question.item))


def reopen(connection: sa.Connection, partition: str) -> None:
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
    replaced = sa.select(events.c.result).where(
        events.c.kind == "ask", events.c.undone_by.is_(None)
    )
    joined = [i for result in connection.scalars(replaced) for i in result.get("instead_of", [])]
    for chunk in chunks(joined):
        again = table.c.id.in_(chunk), table.c.state == OPEN
        connection.execute(sa.update(table).where(*again).values(state=CLOSED))
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


def draw(
    connection: sa.Connection,
    certificate_id: int,
    purpose: Purpose,
    items: IntArray,
    reason: str,
    first: float,
) -> int:
    """Ask about items for a certificate, the first with the priority `first`; count them.

    What else is asked about them stays open: an audit is blind to it, and who names an item for
    another purpose closes the rest.
    """
    questions = [
        Question("item", reason, first - rank, item=int(item), purpose=purpose)
        for rank, item in enumerate(items)
    ]
    rows = [{**_values(q, None, None, None), "certificate_id": certificate_id} for q in questions]
    return len(_insert_new(connection, rows))


def asked_for(certificate_id: int, purpose: Purpose) -> sa.ColumnElement[bool]:
    """That a question is one of a certificate, for a purpose."""
    table = schema.questions
    return sa.and_(table.c.certificate_id == certificate_id, table.c.purpose == purpose)


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
            table.c.purpose.in_(TAUGHT),
        )
        found |= set(connection.scalars(query))
    return found
