"""History: every change is an event, written in the transaction of what it changes.

An event lists its row changes (table, ids, column, value before and after). Undo applies them
backwards as a new event, and refuses if a later change stands in the way; redo undoes the undo.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import sqlalchemy as sa

from fewclicks.errors import Conflict, NotFound
from fewclicks.store import schema
from fewclicks.store.database import Database

IDS_PER_STATEMENT = 500
_PATCHED = {table.name: table for table in (schema.answers, schema.classes, schema.questions)}


@dataclass(frozen=True, slots=True)
class Event:
    """One change as the history shows it; `undone` while an undo of it stands."""

    id: int
    at: float
    annotator: str
    kind: str
    text: str
    undone: bool
    undoable: bool
    result: dict[str, Any]


@dataclass(slots=True)
class Change:
    """A change being made: its connection, its event, and what it has patched so far."""

    connection: sa.Connection
    event_id: int
    annotator_id: int
    at: float
    repeated: bool = False
    text: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    patches: list[dict[str, Any]] = field(default_factory=list)

    def note(
        self, table: sa.Table, ids: Sequence[int], column: str, before: Any, after: Any
    ) -> None:
        """Record that `column` of these rows went from `before` to `after`."""
        if len(ids):
            self.patches.append(
                {
                    "table": table.name,
                    "ids": [int(i) for i in ids],
                    "column": column,
                    "before": before,
                    "after": after,
                }
            )

    def patch(
        self, table: sa.Table, ids: Sequence[int], column: str, before: Any, after: Any
    ) -> None:
        """Set `column` of these rows to `after` and record it."""
        _set(self.connection, table, ids, column, after)
        self.note(table, ids, column, before, after)


class Events:
    """The journal of one project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def change(self, kind: str, annotator: str, client_id: str | None) -> Iterator[Change]:
        """Open a transaction for one change, durable with its event when the block ends.

        If `client_id` was seen before, the yielded change has `repeated` set and carries the
        result of the first time; the caller returns that and changes nothing.
        """
        with self._database.write() as connection:
            seen = self._seen(connection, client_id)
            if seen is not None:
                yield Change(
                    connection,
                    seen.id,
                    seen.annotator_id,
                    seen.at,
                    True,
                    seen.text,
                    dict(seen.result),
                )
                return
            annotator_id = _annotator_id(connection, annotator)
            at = time.time()
            event_id = _insert(
                connection, client_id=client_id, annotator_id=annotator_id, at=at, kind=kind
            )
            change = Change(connection, event_id, annotator_id, at)
            yield change
            connection.execute(
                sa.update(schema.events)
                .where(schema.events.c.id == event_id)
                .values(text=change.text, changes=change.patches, result=change.result)
            )

    def undo(
        self, annotator: str, client_id: str | None = None, event: int | None = None
    ) -> tuple[Event, Event]:
        """Take back an event, by default the annotator's latest; return the undo and the undone.

        Raises
        ------
        Conflict
            Nothing is left to undo, the event is undone already or cannot be, or a later change
            of the same rows stands in the way.
        NotFound
            There is no such event.
        """
        with self.change("undo", annotator, client_id) as change:
            if not change.repeated:
                target = self._undo_target(change, event)
                _reverse(change, target, f"undid: {target.text}")
            return self._pair(change)

    def redo(self, annotator: str, client_id: str | None = None) -> tuple[Event, Event]:
        """Apply again what the annotator last undid; return the redo and the event that stands.

        Raises
        ------
        Conflict
            Nothing was undone, or something else was changed since.
        """
        with self.change("redo", annotator, client_id) as change:
            if not change.repeated:
                target = self._redo_target(change)
                _reverse(change, target, target.text.replace("undid:", "did again:", 1))
                undone = change.result["event"] = int(target.undoes)
                change.connection.execute(
                    sa.update(schema.events)
                    .where(schema.events.c.id == undone)
                    .values(undone_by=None)
                )
            return self._pair(change)

    def history(self, before: int | None = None, limit: int = 50) -> list[Event]:
        """Events before `before`, newest first."""
        query = _query().order_by(schema.events.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(schema.events.c.id < before)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query)]

    def last_id(self) -> int:
        """Id of the newest event, 0 when there is none."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.max(schema.events.c.id))) or 0

    def _seen(self, connection: sa.Connection, client_id: str | None) -> Any:
        if client_id is None:
            return None
        query = sa.select(schema.events).where(schema.events.c.client_id == client_id)
        return connection.execute(query).first()

    def _undo_target(self, change: Change, event: int | None) -> Any:
        table = schema.events
        query = sa.select(table).where(table.c.id != change.event_id)
        if event is not None:
            row = change.connection.execute(query.where(table.c.id == event)).first()
            if row is None:
                raise NotFound(f"There is no event {event}.")
            if row.undone_by is not None or row.undoes is not None or not row.changes:
                raise Conflict(f"Event {event} is undone already or cannot be undone.")
            return row
        query = query.where(
            table.c.annotator_id == change.annotator_id,
            table.c.undone_by.is_(None),
            table.c.undoes.is_(None),
            sa.cast(table.c.changes, sa.Text) != "[]",
        )
        row = change.connection.execute(query.order_by(table.c.id.desc()).limit(1)).first()
        if row is None:
            raise Conflict("There is nothing left to undo.")
        return row

    def _redo_target(self, change: Change) -> Any:
        table = schema.events
        mine = sa.select(table).where(
            table.c.annotator_id == change.annotator_id, table.c.id != change.event_id
        )
        undone = mine.where(table.c.kind == "undo", table.c.undone_by.is_(None))
        row = change.connection.execute(undone.order_by(table.c.id.desc()).limit(1)).first()
        if row is None:
            raise Conflict("There is nothing to do again.")
        later = mine.where(table.c.id > row.id, table.c.undoes.is_(None))
        if change.connection.execute(later.limit(1)).first() is not None:
            raise Conflict("Something was changed since the undo, so it cannot be done again.")
        return row

    def _pair(self, change: Change) -> tuple[Event, Event]:
        ids = [change.event_id, change.result["event"]]
        rows = change.connection.execute(_query().where(schema.events.c.id.in_(ids)))
        found = {row.id: _event(row) for row in rows}
        return found[ids[0]], found[ids[1]]


def annotator_names(connection: sa.Connection) -> dict[int, str]:
    """Names of all annotators by id."""
    rows = connection.execute(sa.select(schema.annotators.c.id, schema.annotators.c.name))
    return {row.id: row.name for row in rows}


def _annotator_id(connection: sa.Connection, name: str) -> int:
    table = schema.annotators
    found = connection.scalar(sa.select(table.c.id).where(table.c.name == name))
    if found is not None:
        return cast(int, found)
    return _key(connection.execute(sa.insert(table).values(name=name)))


def _insert(connection: sa.Connection, **values: Any) -> int:
    filled = {"text": "", "changes": [], "result": {}, **values}
    return _key(connection.execute(sa.insert(schema.events).values(**filled)))


def _key(result: sa.CursorResult[Any]) -> int:
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


def _reverse(change: Change, target: Any, text: str) -> None:
    for patch in reversed(target.changes):
        table = _PATCHED[patch["table"]]
        ids, column = patch["ids"], patch["column"]
        _expect(change.connection, table, ids, column, patch["after"], target.text)
        change.patch(table, ids, column, patch["after"], patch["before"])
    change.text = text
    change.result = {"event": int(target.id)}
    change.connection.execute(
        sa.update(schema.events)
        .where(schema.events.c.id == target.id)
        .values(undone_by=change.event_id)
    )
    change.connection.execute(
        sa.update(schema.events)
        .where(schema.events.c.id == change.event_id)
        .values(undoes=target.id, text=text)
    )


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), IDS_PER_STATEMENT):
        yield ids[start : start + IDS_PER_STATEMENT]


def _set(
    connection: sa.Connection, table: sa.Table, ids: Sequence[int], column: str, value: Any
) -> None:
    for chunk in _chunks(ids):
        connection.execute(sa.update(table).where(table.c.id.in_(chunk)).values({column: value}))


def _expect(
    connection: sa.Connection,
    table: sa.Table,
    ids: Sequence[int],
    column: str,
    value: Any,
    text: str,
) -> None:
    for chunk in _chunks(ids):
        query = sa.select(table.c.id).where(
            table.c.id.in_(chunk), table.c[column].is_distinct_from(value)
        )
        if connection.execute(query.limit(1)).first() is not None:
            raise Conflict(
                f"A later change stands in the way of undoing: {text}.",
                "Undo the later change first.",
            )


def _query() -> sa.Select[Any]:
    table = schema.events
    return sa.select(table, schema.annotators.c.name.label("annotator")).join(schema.annotators)


def _event(row: Any) -> Event:
    undone = row.undone_by is not None
    return Event(
        id=row.id,
        at=row.at,
        annotator=row.annotator,
        kind=row.kind,
        text=row.text,
        undone=undone,
        undoable=bool(row.changes) and not undone and row.undoes is None,
        result=dict(row.result),
    )
