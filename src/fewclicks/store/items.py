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
from fewclicks.store import intake, schema
from fewclicks.store.copies import Copies
from fewclicks.store.database import Database, chunks
from fewclicks.store.intake import FailedItem as FailedItem
from fewclicks.store.intake import NewItem as NewItem

ROWS_PER_READ = 20_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item came from, and what it was."""

    source_id: int
    key: str
    content_hash: bytes


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source that items came from; `read_at` is None until it has been read to its end."""

    id: int
    uri: str
    kind: str
    options: dict[str, Any]
    read_at: float | None


class Items:
    """The item rows of one project; ids are dense, in the order of import.

    Attributes
    ----------
    copies : Copies
        Which items are exact copies of which.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.copies = Copies()

    def add_source(self, uri: str, kind: str, options: dict[str, Any]) -> int:
        """Return the id of the source at this place, adding it if it is new.

        A place that is read again with other options stays one source, so that its images do not
        become items twice; the latest options are kept.
        """
        table = schema.sources
        same = sa.and_(table.c.uri == uri, table.c.kind == kind)
        with self._database.write() as connection:
            known = connection.scalar(sa.select(table.c.id).where(same))
            if known is not None:
                connection.execute(sa.update(table).where(same).values(options=options))
                return int(known)
            result = connection.execute(
                sa.insert(table).values(uri=uri, kind=kind, options=options, added_at=time.time())
            )
            return schema.new_id(result)

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
            `first_id` is not the next id: another process has added items. Or a key is that of an
            item of this source already, or came twice.
        """
        with self._database.write() as connection:
            expected = intake.count(connection)
            if first_id != expected:
                raise Conflict(
                    f"The next item id is {expected} but {first_id} came.",
                    "Another process has added items; run the import again.",
                )
            intake.append(connection, source_id, first_id, items)
            intake.replace_failures(connection, source_id, [i.key for i in items], failures)

    def count(self) -> int:
        """Number of items."""
        with self._database.read() as connection:
            return intake.count(connection)

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
        found: dict[int, str] = {}
        with self._database.read() as connection:
            for chunk in chunks([int(i) for i in ids]):
                query = sa.select(table.c.id, table.c.key).where(table.c.id.in_(chunk))
                found |= {row.id: row.key for row in connection.execute(query)}
        return found

    def with_content(self, hashes: Sequence[bytes]) -> dict[bytes, int]:
        """The first item with each of these contents, where there is one."""
        with self._database.read() as connection:
            return intake.first_with_hash(connection, hashes)

    def latest_of(self, source_id: int, limit: int) -> list[int]:
        """The items that came last from a source, newest first."""
        table = schema.items
        query = sa.select(table.c.id).where(table.c.source_id == source_id)
        with self._database.read() as connection:
            return list(connection.scalars(query.order_by(table.c.id.desc()).limit(limit)))

    def first_beyond(self, sources: Sequence[int], first: int) -> int | None:
        """The first item with an id of at least `first` that came from none of these sources."""
        table = schema.items
        query = sa.select(sa.func.min(table.c.id)).where(
            table.c.id >= first, table.c.source_id.not_in(sources)
        )
        with self._database.read() as connection:
            found = connection.scalar(query)
        return None if found is None else int(found)

    def places(self, first: int, stop: int) -> list[Place]:
        """Where the items first … stop − 1 came from, in id order."""
        table = schema.items
        query = sa.select(table.c.source_id, table.c.key, table.c.content_hash).where(
            table.c.id >= first, table.c.id < stop
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(table.c.id))
            return [Place(row.source_id, row.key, row.content_hash) for row in rows]

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
        with self._database.read() as connection:
            copies, originals = self.copies.read(connection)
            result = np.full(intake.count(connection), -1, dtype=np.int64)
        result[copies] = originals
        return result

    def groups(self) -> IntArray:
        """For each item the number of its group, -1 where it belongs to none."""
        table = schema.items
        query = sa.select(table.c.id, table.c.group_id).where(table.c.group_id.is_not(None))
        with self._database.read() as connection:
            result = np.full(intake.count(connection), -1, dtype=np.int64)
            for rows in connection.execute(query).partitions(ROWS_PER_READ):
                ids, numbers = np.array([tuple(row) for row in rows], np.int64).T
                result[ids] = numbers
        return result

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
        with self._database.read() as connection:
            return len(self.copies.read(connection)[0])
