"""Classes: created as answers name them, renamed and merged without touching an answer."""

from __future__ import annotations

import colorsys
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import NO_CLASS, IntArray
from fewclicks.store import schema
from fewclicks.store.database import Database
from fewclicks.store.events import Change, Events

KEYS = "1234567890qwertyiopadfghjklvb"
"""Keys given out, in order; letters that the page uses as commands are left out."""

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class as people see it."""

    id: int
    name: str
    color: str
    key: str | None


class Classes:
    """The classes of one project; ids are for ever, names are not."""

    def __init__(self, database: Database, events: Events) -> None:
        self._database = database
        self._events = events

    def all(self) -> list[ClassRow]:
        """Classes in use, in the order created (neither deleted nor merged away)."""
        with self._database.read() as connection:
            return [_row(row) for row in live(connection)]

    def names(self) -> dict[int, str]:
        """Name by id of every class in use."""
        return {row.id: row.name for row in self.all()}

    def heirs(self) -> IntArray:
        """For each class id ever given, the class that stands for it now; NO_CLASS if deleted."""
        with self._database.read() as connection:
            return heirs(connection)

    def create(
        self,
        annotator: str,
        name: str,
        color: str | None = None,
        key: str | None = None,
        client_id: str | None = None,
    ) -> ClassRow:
        """Add a class.

        Raises
        ------
        Conflict
            A class in use has this name (capital letters aside) or this key.
        InvalidInput
            The name is empty or over 200 characters, the colour is not #rrggbb, or the key is not
            one of KEYS.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                class_id = insert(change, name, color, key)
                change.text = f"added class “{_clean(name)}”"
                change.result = {"class": class_id}
            return _get(change.connection, change.result["class"])

    def update(
        self, annotator: str, class_id: int, client_id: str | None = None, **values: str | None
    ) -> ClassRow:
        """Change `name`, `color` or `key`; answers keep pointing at the same class.

        Raises as `create` does, and NotFound.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                before = _get(change.connection, class_id)
                _check(change.connection, values, ignore=class_id)
                if values.get("name") is not None:
                    values["name"] = _clean(str(values["name"]))
                for column, value in values.items():
                    change.patch(schema.classes, [class_id], column, getattr(before, column), value)
                change.text = _update_text(before, values)
                change.result = {"class": class_id}
            return _get(change.connection, change.result["class"])

    def merge(
        self, annotator: str, class_id: int, into: int, client_id: str | None = None
    ) -> ClassRow:
        """Let class `into` stand for `class_id` from now on; undo separates them again."""
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                if class_id == into:
                    raise InvalidInput("A class cannot be merged into itself.")
                gone, kept = _get(change.connection, class_id), _get(change.connection, into)
                change.patch(schema.classes, [class_id], "merged_into", None, into)
                change.text = f"merged class “{gone.name}” into “{kept.name}”"
                change.result = {"class": into}
            return _get(change.connection, change.result["class"])

    def delete(self, annotator: str, class_id: int, client_id: str | None = None) -> int:
        """Delete a class; its answers are withdrawn and their questions open again.

        Undo brings everything back. Returns the event's id.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                gone = _get(change.connection, class_id)
                answers, questions = _answers_of(change.connection, class_id)
                change.patch(schema.answers, answers, "withdrawn", False, True)
                change.patch(schema.questions, questions, "state", "answered", "open")
                change.patch(schema.classes, [class_id], "deleted", False, True)
                change.text = f"deleted class “{gone.name}” with {len(answers)} answers"
                change.result = {"class": class_id}
            return change.event_id


def live(connection: sa.Connection) -> list[Any]:
    """Rows of the classes in use."""
    table = schema.classes
    query = sa.select(table).where(table.c.deleted.is_(False), table.c.merged_into.is_(None))
    return list(connection.execute(query.order_by(table.c.id)))


def heirs(connection: sa.Connection) -> IntArray:
    """See `Classes.heirs`."""
    table = schema.classes
    rows = list(connection.execute(sa.select(table.c.id, table.c.merged_into, table.c.deleted)))
    size = max((row.id for row in rows), default=0) + 1
    result = np.full(size, NO_CLASS, dtype=np.int32)
    parents = {row.id: row.merged_into for row in rows}
    deleted = {row.id for row in rows if row.deleted}
    for row in rows:
        heir = row.id
        while parents[heir] is not None and heir not in deleted:
            heir = parents[heir]
        result[row.id] = NO_CLASS if heir in deleted else heir
    return result


def find_or_insert(change: Change, name: str) -> int:
    """Id of the class in use with this name (capital letters aside), created if there is none."""
    wanted = _clean(name).casefold()
    for row in live(change.connection):
        if row.name.casefold() == wanted:
            return int(row.id)
    return insert(change, name)


def insert(change: Change, name: str, color: str | None = None, key: str | None = None) -> int:
    """Add a class within a change, giving it the next free colour and key."""
    _check(change.connection, {"name": name, "color": color, "key": key})
    rows = live(change.connection)
    number = change.connection.scalar(sa.select(sa.func.count()).select_from(schema.classes)) or 0
    used = {row.key for row in rows}
    free = next((k for k in KEYS if k not in used), None)
    result = change.connection.execute(
        sa.insert(schema.classes).values(
            name=_clean(name),
            color=color or next_color(number),
            key=key or free,
            deleted=False,
            created_at=time.time(),
        )
    )
    class_id = int(result.inserted_primary_key[0])  # type: ignore[index]
    change.note(schema.classes, [class_id], "deleted", True, False)
    return class_id


def require(connection: sa.Connection, class_id: int) -> None:
    """Refuse a class that is not in use."""
    _get(connection, class_id)


def next_color(number: int) -> str:
    """The `number`-th of an endless series of well-separated colours (golden-angle hues)."""
    hue = (0.58 + number * 0.618034) % 1
    lightness = (0.46, 0.58, 0.38)[number // 5 % 3]
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.62)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _clean(name: str) -> str:
    return " ".join(name.split())


def _check(
    connection: sa.Connection, values: dict[str, str | None], ignore: int | None = None
) -> None:
    name, color, key = values.get("name"), values.get("color"), values.get("key")
    others = [row for row in live(connection) if row.id != ignore]
    if name is not None:
        _check_name(name, others)
    if color is not None and not _is_color(color):
        raise InvalidInput(f"A colour must look like #3366cc but is {color!r}.")
    if key is not None:
        _check_key(key, others)


def _check_name(name: str, others: list[Any]) -> None:
    cleaned = _clean(name)
    if not 1 <= len(cleaned) <= LONGEST_NAME:
        raise InvalidInput(f"A class name must have 1 to {LONGEST_NAME} characters.")
    for row in others:
        if row.name.casefold() == cleaned.casefold():
            raise Conflict(
                f"There is a class “{row.name}” already.", "Merge the two if they are one."
            )


def _check_key(key: str, others: list[Any]) -> None:
    if len(key) != 1 or key not in KEYS:
        raise InvalidInput(f"A class key must be one of {KEYS} but is {key!r}.")
    for row in others:
        if row.key == key:
            raise Conflict(f"Class “{row.name}” has the key {key}.", "Choose another key.")


def _is_color(text: str) -> bool:
    return (
        len(text) == 7 and text[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in text[1:])
    )


def _get(connection: sa.Connection, class_id: int) -> ClassRow:
    for row in live(connection):
        if row.id == class_id:
            return _row(row)
    raise NotFound(f"There is no class {class_id} in use.", "It was deleted or merged.")


def _row(row: Any) -> ClassRow:
    return ClassRow(int(row.id), row.name, row.color, row.key)


def _update_text(before: ClassRow, values: dict[str, str | None]) -> str:
    if values.get("name") not in (None, before.name):
        return f"renamed class “{before.name}” to “{values['name']}”"
    return f"changed class “{before.name}”"


def _answers_of(connection: sa.Connection, class_id: int) -> tuple[list[int], list[int]]:
    owners = np.flatnonzero(heirs(connection) == class_id).tolist()
    table = schema.answers
    query = sa.select(table.c.id, table.c.question_id).where(
        table.c.class_id.in_(owners), table.c.withdrawn.is_(False)
    )
    rows = list(connection.execute(query))
    asked = {row.question_id for row in rows if row.question_id is not None}
    state = schema.questions.c.state
    answered = sa.select(schema.questions.c.id).where(
        schema.questions.c.id.in_(asked), state == "answered"
    )
    return [int(row.id) for row in rows], [int(i) for i in connection.scalars(answered)]
