"""Undo and redo: an event's patches applied backwards, as a new event.

Undo is refused where a later change of the same rows stands in the way, with three exceptions that
lose nothing: a class that an answer created stays while others use it; a question that an answer
brought about stays answered; and closed is as good as open for a question nobody has answered.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fewclicks.errors import Conflict, NotFound
from fewclicks.store import hierarchy, lineage, schema
from fewclicks.store.changes import PATCHED, Change, values_now


def target(change: Change, event: int | None) -> Any:
    """The event to undo: the one named, or the annotator's latest that still stands."""
    table = schema.events
    if event is not None:
        row = change.connection.execute(sa.select(table).where(table.c.id == event)).first()
        if row is None or row.id == change.event_id:
            raise NotFound(f"There is no event {event}.")
        if row.undone_by is not None or row.undoes is not None or not row.changes:
            raise Conflict(f"Event {event} is undone already or cannot be undone.")
        return row
    query = sa.select(table).where(
        table.c.id != change.event_id,
        table.c.annotator_id == change.annotator_id,
        table.c.undone_by.is_(None),
        table.c.undoes.is_(None),
        schema.has_changes(),
    )
    row = change.connection.execute(query.order_by(table.c.id.desc()).limit(1)).first()
    if row is None:
        raise Conflict("There is nothing left to undo.")
    return row


def redo_target(change: Change) -> Any:
    """The annotator's latest undo that still stands, if they have changed nothing since."""
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


def reverse(change: Change, event: Any, text: str) -> None:
    """Apply an event's patches backwards as this change, and link the two events.

    Raises
    ------
    Conflict
        A later change stands in the way.
    """
    for patch in reversed(event.changes):
        _take_back(change, patch, event)
    touched = {p["table"] for p in change.patches}
    if "certificates" in touched:
        _refuse_two_certificates(change)
    if touched & {"answers", "classes"}:
        revived = [i for p in change.patches if p["table"] == "classes" for i in p["ids"]]
        lineage.settle(change, list(dict.fromkeys(revived)))
        hierarchy.settle(change)
    change.text = text
    change.result = {"event": int(event.id)}
    _link(change, event.id, undone_by=change.event_id)
    _link(change, change.event_id, undoes=event.id)


def _refuse_two_certificates(change: Change) -> None:
    table = schema.certificates
    query = sa.select(sa.func.count()).where(table.c.state != "ended")
    if (change.connection.scalar(query) or 0) > 1:
        raise Conflict("Another certificate has been begun since.", "End that first.")


def stand_again(change: Change, event_id: int) -> None:
    """Mark an event as not undone any more."""
    _link(change, event_id, undone_by=None)


def _link(change: Change, event_id: int, **values: Any) -> None:
    table = schema.events
    change.connection.execute(sa.update(table).where(table.c.id == event_id).values(**values))


def _take_back(change: Change, patch: dict[str, Any], event: Any) -> None:
    table = PATCHED[patch["table"]]
    if _uncreates(patch, event) and lineage.in_use(change.connection, patch["ids"][0]):
        if event.kind in ("answer", "answers"):
            return  # others have taken the class up
        raise Conflict(
            "The class has been used since it was added.", "Delete it, or undo these uses first."
        )
    now = values_now(change.connection, table, patch["ids"], patch["column"])
    for value, ids in now.items():
        if _is_free(patch, value):
            continue
        if not _fits(patch, value):
            raise Conflict(
                f"A later change stands in the way of undoing: {event.text}.",
                "Undo the later change first.",
            )
        change.patch(table, ids, patch["column"], value, patch["before"])


def _uncreates(patch: dict[str, Any], event: Any) -> bool:
    """Whether a class would go that the event had added (and not only brought back)."""
    return event.kind != "undo" and patch["column"] == "deleted" and patch["before"] is True


def _is_free(patch: dict[str, Any], value: Any) -> bool:
    """Whether a question that was opened or closed has been answered since, or is as it was."""
    if patch["column"] != "state" or "answered" in (patch["before"], patch["after"]):
        return False
    return bool(value in ("answered", patch["before"]))


def _fits(patch: dict[str, Any], value: Any) -> bool:
    of_question = patch["table"] == "questions" and patch["column"] == "state"
    if of_question and patch["after"] != "answered":
        return bool(value != "answered")
    return bool(value == patch["after"])
