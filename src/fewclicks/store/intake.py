"""Rows of one import shard: items with their groups and duplicates, and what could not be read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fewclicks.errors import Conflict
from fewclicks.store import schema
from fewclicks.store.database import chunks


@dataclass(frozen=True, slots=True)
class NewItem:
    """One readable image about to become an item."""

    key: str
    content_hash: bytes
    width: int
    height: int
    grey: bool
    label: str | None = None
    group: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class FailedItem:
    """One image that could not be read: where, why, what to do."""

    key: str
    reason: str
    remedy: str


def count(connection: sa.Connection) -> int:
    """Number of items, which is the next item's id."""
    last = connection.scalar(sa.select(sa.func.max(schema.items.c.id)))
    return 0 if last is None else int(last) + 1


def append(
    connection: sa.Connection, source_id: int, first_id: int, items: Sequence[NewItem]
) -> None:
    """Add items with ids first_id, first_id + 1, …; the first with some content is the original.

    Raises
    ------
    Conflict
        A key is that of an item of this source already, or came twice.
    """
    _refuse_known(connection, source_id, [item.key for item in items])
    rows = _rows(connection, source_id, first_id, items)
    if rows:
        connection.execute(sa.insert(schema.items), rows)


def _rows(
    connection: sa.Connection, source_id: int, first_id: int, items: Sequence[NewItem]
) -> list[dict[str, Any]]:
    groups = _group_ids(connection, {i.group for i in items if i.group is not None})
    seen = first_with_hash(connection, [i.content_hash for i in items])
    rows = []
    for item_id, item in enumerate(items, start=first_id):
        original = seen.setdefault(item.content_hash, item_id)
        rows.append(
            {
                "id": item_id,
                "source_id": source_id,
                "key": item.key,
                "content_hash": item.content_hash,
                "width": item.width,
                "height": item.height,
                "grey": item.grey,
                "group_id": None if item.group is None else groups[item.group],
                "split": item.split,
                "truth": item.label,
                "duplicate_of": None if original == item_id else original,
            }
        )
    return rows


def _refuse_known(connection: sa.Connection, source_id: int, keys: Sequence[str]) -> None:
    table = schema.items
    once = set(keys)
    if len(once) < len(keys):
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise Conflict(f"The source lists {twice!r} twice.", "A key must name one image.")
    for chunk in chunks(keys):
        query = sa.select(table.c.key).where(table.c.source_id == source_id, table.c.key.in_(chunk))
        known = connection.scalar(query.limit(1))
        if known is not None:
            raise Conflict(f"{known!r} is an item already.", "Add only what is new.")


def _group_ids(connection: sa.Connection, names: set[str]) -> dict[str, int]:
    table = schema.groups
    wanted = sorted(names)
    known = _known_groups(connection, wanted)
    new = [{"name": name} for name in wanted if name not in known]
    if new:
        connection.execute(sa.insert(table), new)
        known = _known_groups(connection, wanted)
    return known


def _known_groups(connection: sa.Connection, names: Sequence[str]) -> dict[str, int]:
    table = schema.groups
    known: dict[str, int] = {}
    for chunk in chunks(names):
        query = sa.select(table.c.name, table.c.id).where(table.c.name.in_(chunk))
        known |= {row.name: int(row.id) for row in connection.execute(query)}
    return known


def first_with_hash(connection: sa.Connection, hashes: Sequence[bytes]) -> dict[bytes, int]:
    """The first item with each of these contents, where there is one."""
    table = schema.items
    first: dict[bytes, int] = {}
    for chunk in chunks(list(dict.fromkeys(hashes))):
        query = (
            sa.select(table.c.content_hash, sa.func.min(table.c.id).label("first"))
            .where(table.c.content_hash.in_(chunk))
            .group_by(table.c.content_hash)
        )
        first |= {bytes(row.content_hash): int(row.first) for row in connection.execute(query)}
    return first


def replace_failures(
    connection: sa.Connection, source_id: int, read: Sequence[str], failures: Sequence[FailedItem]
) -> None:
    """Note what could not be read, and forget the failures of what has been read since."""
    table = schema.failures
    for chunk in chunks([*read, *(f.key for f in failures)]):
        connection.execute(
            sa.delete(table).where(table.c.source_id == source_id, table.c.key.in_(chunk))
        )
    if failures:
        now = time.time()
        connection.execute(
            sa.insert(table),
            [
                {
                    "source_id": source_id,
                    "key": f.key,
                    "reason": f.reason,
                    "remedy": f.remedy,
                    "at": now,
                }
                for f in {failure.key: failure for failure in failures}.values()
            ],
        )
