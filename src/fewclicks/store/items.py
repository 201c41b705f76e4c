"""Items, their groups and sources, and the files that could not be read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import Conflict, NotFound
from fewclicks.records import IntArray
from fewclicks.store import schema
from fewclicks.store.database import Database

ROWS_PER_READ = 20_000


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


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source that items came from; `read_at` is None until it has been read to its end."""

    id: int
    uri: str
    kind: str
    options: dict[str, Any]
    read_at: float | None


class Items:
    """The item rows of one project; ids are dense, in the order of import."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_source(self, uri: str, kind: str, options: dict[str, Any]) -> int:
        """Return the id of this source, adding it if it is new."""
        table = schema.sources
        with self._database.write() as connection:
            rows = connection.execute(sa.select(table).where(table.c.uri == uri))
            for row in rows:
                if row.kind == kind and row.options == options:
                    return int(row.id)
            result = connection.execute(
                sa.insert(table).values(uri=uri, kind=kind, options=options, added_at=time.time())
            )
            return int(result.inserted_primary_key[0])  # type: ignore[index]

    def finish_source(self, source_id: int) -> None:
        """Record that the source has been read to its end."""
        table = schema.sources
        with self._database.write() as connection:
            connection.execute(
                sa.update(table).where(table.c.id == source_id).values(read_at=time.time())
            )

    def sources(self) -> list[SourceRow]:
        """Every source, in the order added."""
        table = schema.sources
        with self._database.read() as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.id))
            return [SourceRow(r.id, r.uri, r.kind, dict(r.options), r.read_at) for r in rows]

    def known_keys(self, source_id: int) -> set[str]:
        """Keys of this source that are items already."""
        table = schema.items
        with self._database.read() as connection:
            query = sa.select(table.c.key).where(table.c.source_id == source_id)
            return set(connection.scalars(query))

    def add(
        self,
        source_id: int,
        first_id: int,
        items: Sequence[NewItem],
        failures: Sequence[FailedItem],
    ) -> None:
        """Append items with ids first_id, first_id + 1, … and note failures, in one transaction.

        Raises
        ------
        Conflict
            `first_id` is not the next id: another process has added items.
        """
        with self._database.write() as connection:
            expected = _count(connection)
            if first_id != expected:
                raise Conflict(
                    f"The next item id is {expected} but {first_id} came.",
                    "Another process has added items; run the import again.",
                )
            rows = _rows(connection, source_id, first_id, items)
            if rows:
                connection.execute(sa.insert(schema.items), rows)
            _replace_failures(connection, source_id, [i.key for i in items], failures)

    def count(self) -> int:
        """Number of items."""
        with self._database.read() as connection:
            return _count(connection)

    def row(self, item: int) -> Any:
        """The row of one item, with its group's name.

        Raises
        ------
        NotFound
            There is no such item.
        """
        query = (
            sa.select(schema.items, schema.groups.c.name.label("group"))
            .outerjoin(schema.groups)
            .where(schema.items.c.id == int(item))
        )
        with self._database.read() as connection:
            found = connection.execute(query).first()
        if found is None:
            raise NotFound(f"There is no item {item}.")
        return found

    def names(self, ids: Sequence[int] | IntArray) -> dict[int, str]:
        """Keys of these items."""
        table = schema.items
        wanted = [int(i) for i in ids]
        with self._database.read() as connection:
            rows = connection.execute(
                sa.select(table.c.id, table.c.key).where(table.c.id.in_(wanted))
            )
            return {row.id: row.key for row in rows}

    def columns(self, *names: str) -> Iterator[tuple[int, list[tuple[Any, ...]]]]:
        """Yield (first id, rows) over all items in id order; each row has the columns asked for."""
        table = schema.items
        last = -1
        while True:
            query = (
                sa.select(table.c.id, *(table.c[name] for name in names))
                .where(table.c.id > last)
                .order_by(table.c.id)
                .limit(ROWS_PER_READ)
            )
            with self._database.read() as connection:
                rows = [tuple(row) for row in connection.execute(query)]
            if not rows:
                return
            yield rows[0][0], [row[1:] for row in rows]
            last = rows[-1][0]

    def truths(self) -> list[str | None]:
        """What the sources say each item is: for simulated annotators and benchmarks only."""
        return [row[0] for _, rows in self.columns("truth") for row in rows]

    def duplicate_of(self) -> IntArray:
        """For each item the first item with the same content, -1 for that one itself."""
        column = [row[0] for _, rows in self.columns("duplicate_of") for row in rows]
        return np.array([-1 if value is None else value for value in column], dtype=np.int64)

    def failures(self) -> list[FailedItem]:
        """Every file that could not be read, with reason and remedy."""
        table = schema.failures
        with self._database.read() as connection:
            rows = connection.execute(sa.select(table).order_by(table.c.id))
            return [FailedItem(row.key, row.reason, row.remedy) for row in rows]

    def count_failures(self) -> int:
        """Number of files that could not be read."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(schema.failures)) or 0

    def count_duplicates(self) -> int:
        """Number of items whose content is that of an earlier item."""
        query = sa.select(sa.func.count()).where(schema.items.c.duplicate_of.is_not(None))
        with self._database.read() as connection:
            return connection.scalar(query) or 0


def _count(connection: sa.Connection) -> int:
    last = connection.scalar(sa.select(sa.func.max(schema.items.c.id)))
    return 0 if last is None else int(last) + 1


def _rows(
    connection: sa.Connection, source_id: int, first_id: int, items: Sequence[NewItem]
) -> list[dict[str, Any]]:
    groups = _group_ids(connection, {i.group for i in items if i.group is not None})
    seen = _first_with_hash(connection, [i.content_hash for i in items])
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


def _group_ids(connection: sa.Connection, names: set[str]) -> dict[str, int]:
    if not names:
        return {}
    table = schema.groups
    query = sa.select(table.c.name, table.c.id).where(table.c.name.in_(names))
    known = {row.name: int(row.id) for row in connection.execute(query)}
    new = [{"name": name} for name in sorted(names - set(known))]
    if new:
        connection.execute(sa.insert(table), new)
        known = {row.name: int(row.id) for row in connection.execute(query)}
    return known


def _first_with_hash(connection: sa.Connection, hashes: Sequence[bytes]) -> dict[bytes, int]:
    table = schema.items
    query = (
        sa.select(table.c.content_hash, sa.func.min(table.c.id).label("first"))
        .where(table.c.content_hash.in_(set(hashes)))
        .group_by(table.c.content_hash)
    )
    return {row.content_hash: int(row.first) for row in connection.execute(query)}


def _replace_failures(
    connection: sa.Connection, source_id: int, read: Sequence[str], failures: Sequence[FailedItem]
) -> None:
    table = schema.failures
    keys = [*read, *(f.key for f in failures)]
    connection.execute(
        sa.delete(table).where(table.c.source_id == source_id, table.c.key.in_(keys))
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
                for f in failures
            ],
        )
