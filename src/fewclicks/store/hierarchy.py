"""Classes under classes, one level deep: a parent is a class like any other and has none itself."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fewclicks.errors import Conflict, InvalidInput
from fewclicks.records import NO_CLASS
from fewclicks.store import classrows, lineage, schema
from fewclicks.store.changes import Change
from fewclicks.store.classrows import ClassRow


def check(connection: sa.Connection, class_id: int, parent_id: int) -> None:
    """Refuse a parent that a class cannot have.

    Raises
    ------
    Conflict
        The parent has a parent itself, or the class has classes under it.
    InvalidInput
        A class cannot be its own parent.
    NotFound
        The parent is not in use.
    """
    if class_id == parent_id:
        raise InvalidInput("A class cannot be its own parent.")
    parent = classrows.require(connection, parent_id)
    if parent.parent_id is not None:
        above = classrows.require(connection, parent.parent_id)
        raise Conflict(
            f"“{parent.name}” is under “{above.name}”, so no class can be under it: there is one "
            "level of parents.",
            f"Choose “{above.name}”, or take “{parent.name}” out of it first.",
        )
    below = children(connection, class_id)
    if below:
        own, names = _name(connection, class_id), ", ".join(f"“{row.name}”" for row in below[:3])
        raise Conflict(
            f"“{own}” has classes under it ({names}{', …' if len(below) > 3 else ''}), so it can "
            "be under none: there is one level of parents.",
            "Take these out of it first.",
        )


def children(connection: sa.Connection, class_id: int) -> list[Any]:
    """Rows of the classes in use that are under a class, in the order created."""
    return [row for row in lineage.live(connection) if row.parent_id == class_id]


def leave_behind(change: Change, class_id: int, into: ClassRow | None = None) -> None:
    """Move the classes under one that goes: to what it is merged into, else to the top.

    If that is under another class, they go under that other one. If it was itself under the class
    that goes, all of them are at the top.
    """
    ids = [int(row.id) for row in children(change.connection, class_id)]
    to = None if into is None or into.parent_id == class_id else into.parent_id or into.id
    change.patch(schema.classes, ids, "parent_id", class_id, to)


def settle(change: Change) -> None:
    """Make parents agree again after an undo or redo brought classes back.

    A class whose parent is gone comes under what stands for that one, or to the top.

    Raises
    ------
    Conflict
        There would be two levels of parents.
    """
    heirs = lineage.heirs(change.connection)
    parents = {int(row.id): row.parent_id for row in lineage.live(change.connection)}
    for class_id, parent_id in parents.items():
        if parent_id is not None and parent_id not in parents:
            heir = int(heirs[parent_id])
            fits = heir not in (NO_CLASS, class_id) and parents[heir] is None
            change.patch(schema.classes, [class_id], "parent_id", parent_id, heir if fits else None)
    for row in lineage.live(change.connection):
        if row.parent_id is not None and parents.get(row.parent_id) is not None:
            raise Conflict(
                f"“{row.name}” would be under a class that is under another one.",
                "Undo what put them there first.",
            )


def _name(connection: sa.Connection, class_id: int) -> str:
    return classrows.require(connection, class_id).name
