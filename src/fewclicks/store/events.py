"""History: every change is an event, written in the transaction of what it changes.

An event lists its row changes (table, ids, column, value before and after), so that `undo` can
apply them backwards as a new event; redo undoes the undo.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.store import schema, undo
from fewclicks.store.changes import Change
from fewclicks.store.database import Database

LONGEST_CLIENT_ID = 64
LONGEST_ANNOTATOR = 200


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


class Events:
    """The journal of one project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def change(self, kind: str, annotator: str, client_id: str | None) -> Iterator[Change]:
        """Open a transaction for one change, durable with its event when the block ends.

        If `client_id` was seen before, the yielded change has `repeated` set and carries the
        result of the first time; the caller returns that and changes nothing.

        Raises
        ------
        Conflict
            `client_id` was used for a change of another kind.
        InvalidInput
            `client_id` has over 64 characters, or `annotator` has none or over 200.
        """
        _check_names(annotator, client_id)
        with self._database.write() as connection:
            seen = _seen(connection, kind, client_id)
            if seen is not None:
                yield seen
                return
            change = _begin(connection, kind, annotator, client_id)
            yield change
            _record(change)

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
                target = undo.target(change, event)
                undo.reverse(change, target, f"undid: {target.text}")
                _record(change)
            return _pair(change)

    def redo(self, annotator: str, client_id: str | None = None) -> tuple[Event, Event]:
        """Apply again what the annotator last undid; return the redo and the event that stands.

        Raises
        ------
        Conflict
            Nothing was undone, or something else was changed since.
        """
        with self.change("redo", annotator, client_id) as change:
            if not change.repeated:
                target = undo.redo_target(change)
                undo.reverse(change, target, target.text.replace("undid:", "did again:", 1))
                change.result = {"event": int(target.undoes)}
                undo.stand_again(change, target.undoes)
                _record(change)
            return _pair(change)

    def history(self, before: int | None = None, limit: int = 50) -> list[Event]:
        """Events before `before`, newest first."""
        query = _query().order_by(schema.events.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(schema.events.c.id < before)
        with self._database.read() as connection:
            return [_event(row) for row in connection.execute(query)]

    def get(self, event_id: int) -> Event:
        """One event; NotFound if there is none of this id."""
        with self._database.read() as connection:
            row = connection.execute(_query().where(schema.events.c.id == event_id)).first()
        if row is None:
            raise NotFound(f"There is no event {event_id}.")
        return _event(row)

    def of_client(self, client_id: str) -> Event:
        """The event of the change that was sent with this client id.

        Raises
        ------
        NotFound
            No change was.
        """
        with self._database.read() as connection:
            row = connection.execute(_query().where(schema.events.c.client_id == client_id)).first()
        if row is None:
            raise NotFound(f"No change was sent with the client id {client_id!r}.")
        return _event(row)

    def last_id(self) -> int:
        """Id of the newest event, 0 when there is none."""
        with self._database.read() as connection:
            return connection.scalar(sa.select(sa.func.max(schema.events.c.id))) or 0


def annotator_names(connection: sa.Connection) -> dict[int, str]:
    """Names of all annotators by id."""
    rows = connection.execute(sa.select(schema.annotators.c.id, schema.annotators.c.name))
    return {row.id: row.name for row in rows}


def checked_annotator(annotator: str) -> str:
    """The name, if somebody can be called so; InvalidInput if not."""
    if not 1 <= len(annotator) <= LONGEST_ANNOTATOR or not annotator.isprintable():
        raise InvalidInput(
            f"An annotator's name must have 1 to {LONGEST_ANNOTATOR} printable characters "
            f"but is {annotator[:LONGEST_ANNOTATOR]!r}."
        )
    return annotator


def _check_names(annotator: str, client_id: str | None) -> None:
    checked_annotator(annotator)
    if client_id is not None and not (
        1 <= len(client_id) <= LONGEST_CLIENT_ID and client_id.isprintable()
    ):
        raise InvalidInput(
            f"A client id must have 1 to {LONGEST_CLIENT_ID} printable characters "
            f"but is {client_id[:LONGEST_CLIENT_ID]!r}.",
            "A UUID will do.",
        )


def _seen(connection: sa.Connection, kind: str, client_id: str | None) -> Change | None:
    if client_id is None:
        return None
    table = schema.events
    row = connection.execute(sa.select(table).where(table.c.client_id == client_id)).first()
    if row is None:
        return None
    if row.kind != kind:
        raise Conflict(
            f"The client id {client_id!r} was used for another change ({row.kind}: {row.text}).",
            "Make a new client id for every change.",
        )
    return Change(connection, row.id, row.annotator_id, row.at, True, row.text, dict(row.result))


def _begin(connection: sa.Connection, kind: str, annotator: str, client_id: str | None) -> Change:
    annotator_id = _annotator_id(connection, annotator)
    at = time.time()
    result = connection.execute(
        sa.insert(schema.events).values(
            client_id=client_id,
            annotator_id=annotator_id,
            at=at,
            kind=kind,
            text="",
            changes=[],
            result={},
        )
    )
    return Change(connection, schema.new_id(result), annotator_id, at)


def _record(change: Change) -> None:
    change.connection.execute(
        sa.update(schema.events)
        .where(schema.events.c.id == change.event_id)
        .values(text=change.text, changes=change.patches, result=change.result)
    )


def _annotator_id(connection: sa.Connection, name: str) -> int:
    table = schema.annotators
    found = connection.scalar(sa.select(table.c.id).where(table.c.name == name))
    if found is not None:
        return cast(int, found)
    return schema.new_id(connection.execute(sa.insert(table).values(name=name)))


def _pair(change: Change) -> tuple[Event, Event]:
    ids = [change.event_id, change.result["event"]]
    rows = change.connection.execute(_query().where(schema.events.c.id.in_(ids)))
    found = {row.id: _event(row) for row in rows}
    return found[ids[0]], found[ids[1]]


def _query() -> sa.Select[Any]:
    table = schema.events
    columns = [c for c in table.c if c.name != "changes"]
    return sa.select(
        *columns, schema.has_changes().label("changed"), schema.annotators.c.name.label("annotator")
    ).join(schema.annotators)


def _event(row: Any) -> Event:
    undone = row.undone_by is not None
    return Event(
        id=row.id,
        at=row.at,
        annotator=row.annotator,
        kind=row.kind,
        text=row.text,
        undone=undone,
        undoable=bool(row.changed) and not undone and row.undoes is None,
        result=dict(row.result),
    )
