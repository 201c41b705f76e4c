"""Which class stands for which: merged classes live on in their heir, deleted ones in none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import Conflict
from fewclicks.records import NO_CLASS, IntArray
from fewclicks.store import schema
from fewclicks.store.changes import Change
from fewclicks.store.database import chunks

KEYS = "1234567890qwertyiopadfghjklvb"
"""Keys given out, in order; letters that the page uses as commands are left out."""


def live(connection: sa.Connection) -> list[Any]:
    """Rows of the classes in use, in the order created."""
    table = schema.classes
    query = sa.select(table).where(table.c.deleted.is_(False), table.c.merged_into.is_(None))
    return list(connection.execute(query.order_by(table.c.id)))


def heirs(connection: sa.Connection) -> IntArray:
    """For each class id ever given, the class that stands for it now; NO_CLASS if deleted."""
    table = schema.classes
    rows = list(connection.execute(sa.select(table.c.id, table.c.merged_into, table.c.deleted)))
    parents = {row.id: row.merged_into for row in rows}
    deleted = {row.id for row in rows if row.deleted}
    result = np.full(max(parents, default=0) + 1, NO_CLASS, dtype=np.int32)
    for class_id in parents:
        heir = class_id
        for _ in parents:  # no chain is longer, and a circle must not hang its reader
            if heir in deleted or parents[heir] is None:
                break
            heir = parents[heir]
        result[class_id] = NO_CLASS if heir in deleted or parents[heir] is not None else heir
    return result


def answers_of(connection: sa.Connection, class_id: int) -> list[tuple[int, int | None]]:
    """Standing answers of a class and of those merged into it, each with its question."""
    table = schema.answers
    owners = np.flatnonzero(heirs(connection) == class_id).tolist()
    found: list[tuple[int, int | None]] = []
    for chunk in chunks(owners):
        query = sa.select(table.c.id, table.c.question_id).where(
            table.c.class_id.in_(chunk), table.c.withdrawn.is_(False)
        )
        found += [(int(row.id), row.question_id) for row in connection.execute(query)]
    return sorted(found)


def in_use(connection: sa.Connection, class_id: int) -> bool:
    """Whether an answer stands for this class, or another was merged into it or is under it."""
    table, answers = schema.classes, schema.answers
    alive = sa.and_(table.c.deleted.is_(False), table.c.merged_into.is_(None))
    merged = sa.select(table.c.id).where(
        table.c.merged_into == class_id, table.c.deleted.is_(False)
    )
    under = sa.select(table.c.id).where(table.c.parent_id == class_id, alive)
    # where none is merged into it, only its own answers can stand for it
    standing = sa.select(answers.c.id).where(
        answers.c.class_id == class_id,
        answers.c.withdrawn.is_(False),
        sa.exists().where(table.c.id == class_id, alive),
    )
    found = (connection.execute(query.limit(1)).first() for query in (merged, under, standing))
    return any(row is not None for row in found)


def free_key(used: Collection[str | None], name: str = "") -> str | None:
    """The first key that is not among those in use, None when all are.

    A class named by one key, as digits and letters are, gets that key if it is free.
    """
    own = name.casefold()
    candidates = [own, *KEYS] if len(own) == 1 and own in KEYS else KEYS
    return next((key for key in candidates if key not in used), None)


def settle(change: Change, touched: list[int]) -> None:
    """Make the classes agree again after an undo or redo brought some of them back.

    A class whose key was given away meanwhile gets a free one.

    Raises
    ------
    Conflict
        Merges would run in a circle, two classes in use would have one name, or answers would
        stand for a deleted class.
    """
    _refuse_circle(change.connection)
    _refuse_same_name(live(change.connection), set(touched))
    _give_free_keys(change, touched)
    _refuse_orphans(change.connection)


def _refuse_circle(connection: sa.Connection) -> None:
    table = schema.classes
    query = sa.select(table.c.id, table.c.merged_into).where(table.c.merged_into.is_not(None))
    parents = {row.id: row.merged_into for row in connection.execute(query)}
    for start in parents:
        heir, steps = start, 0
        while heir in parents:
            heir, steps = parents[heir], steps + 1
            if steps > len(parents):
                raise Conflict(
                    "Two classes would be merged into each other.",
                    "Undo the later of the two merges first.",
                )


def _refuse_same_name(rows: list[Any], touched: set[int]) -> None:
    called = Counter(row.name.casefold() for row in rows)
    for row in rows:
        if row.id in touched and called[row.name.casefold()] > 1:
            raise Conflict(
                f"There would be two classes named “{row.name}”.",
                "Rename the one there is now, then try again.",
            )


def _give_free_keys(change: Change, touched: list[int]) -> None:
    keys = {int(row.id): row.key for row in live(change.connection)}
    holders = Counter(key for key in keys.values() if key is not None)
    for class_id in touched:
        key = keys.get(class_id)
        if holders[key] > 1:
            free = free_key(holders)
            change.patch(schema.classes, [class_id], "key", key, free)
            holders.subtract([key])
            holders.update([] if free is None else [free])


def _refuse_orphans(connection: sa.Connection) -> None:
    table = schema.answers
    ids = sa.select(schema.classes.c.id)
    known = {int(i) for i in connection.scalars(ids)}
    lost = [i for i in np.flatnonzero(heirs(connection) == NO_CLASS).tolist() if i in known]
    for chunk in chunks(lost):
        query = sa.select(table.c.id).where(
            table.c.class_id.in_(chunk), table.c.withdrawn.is_(False)
        )
        if connection.execute(query.limit(1)).first() is not None:
            raise Conflict(
                "Answers would stand for a class that is deleted.",
                "Bring the class back first: undo what deleted it.",
            )
