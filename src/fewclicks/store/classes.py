"""Classes: created as answers name them, renamed and merged without touching an answer."""

from __future__ import annotations

import colorsys
import time
import unicodedata
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import IntArray
from fewclicks.store import lineage, schema
from fewclicks.store.changes import Change, values_now
from fewclicks.store.database import Database
from fewclicks.store.events import Events
from fewclicks.store.lineage import KEYS as KEYS

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
            return [_row(row) for row in lineage.live(connection)]

    def names(self) -> dict[int, str]:
        """Name by id of every class in use."""
        return {row.id: row.name for row in self.all()}

    def heirs(self) -> IntArray:
        """For each class id ever given, the class that stands for it now; NO_CLASS if deleted."""
        with self._database.read() as connection:
            return lineage.heirs(connection)

    def create(
        self,
        annotator: str,
        name: str,
        color: str | None = None,
        key: str | None = None,
        client_id: str | None = None,
    ) -> ClassRow:
        """Add a class; without a colour or key it gets the next free one.

        Raises
        ------
        Conflict
            A class in use has this name (capital letters aside) or this key.
        InvalidInput
            The name is empty, over 200 characters or holds control characters, the colour is not
            #rrggbb, or the key is not one of KEYS.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                class_id = insert(change, name, color, key)
                change.text = f"added class “{_clean(name)}”"
                change.result = {"class": class_id}
            return _ever(change)

    def update(
        self, annotator: str, class_id: int, client_id: str | None = None, **values: str | None
    ) -> ClassRow:
        """Change `name`, `color` or `key`; answers keep pointing at the same class.

        What is None stays as it is; the key "" takes the key away. Raises as `create` does, and
        NotFound.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                before = require(change.connection, class_id)
                new = _wanted(values)
                _check(change.connection, new, ignore=class_id)
                for column, value in new.items():
                    old = getattr(before, column)
                    if value != old:
                        change.patch(schema.classes, [class_id], column, old, value)
                change.text = _update_text(before, new)
                change.result = {"class": class_id}
            return _ever(change)

    def merge(
        self, annotator: str, class_id: int, into: int, client_id: str | None = None
    ) -> ClassRow:
        """Let class `into` stand for `class_id` from now on; undo separates them again."""
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                if class_id == into:
                    raise InvalidInput("A class cannot be merged into itself.")
                gone, kept = require(change.connection, class_id), require(change.connection, into)
                change.patch(schema.classes, [class_id], "merged_into", None, into)
                change.text = f"merged class “{gone.name}” into “{kept.name}”"
                change.result = {"class": into}
            return _ever(change)

    def delete(self, annotator: str, class_id: int, client_id: str | None = None) -> int:
        """Delete a class; its answers are withdrawn and their questions open again.

        Undo brings everything back. Returns the event's id.
        """
        with self._events.change("class", annotator, client_id) as change:
            if not change.repeated:
                gone = require(change.connection, class_id)
                rows = lineage.answers_of(change.connection, class_id)
                asked = sorted({question for _, question in rows if question is not None})
                states = values_now(change.connection, schema.questions, asked, "state")
                change.patch(schema.answers, [row[0] for row in rows], "withdrawn", False, True)
                change.patch(
                    schema.questions, states.get("answered", []), "state", "answered", "open"
                )
                change.patch(schema.classes, [class_id], "deleted", False, True)
                change.text = f"deleted class “{gone.name}” with {len(rows)} answers"
                change.result = {"class": class_id}
            return change.event_id


def find_or_insert(change: Change, name: str) -> int:
    """Id of the class in use with this name (capital letters aside), created if there is none."""
    wanted = _clean(name).casefold()
    for row in lineage.live(change.connection):
        if row.name.casefold() == wanted:
            return int(row.id)
    return insert(change, name)


def insert(change: Change, name: str, color: str | None = None, key: str | None = None) -> int:
    """Add a class within a change, giving it the next free colour and key."""
    _check(change.connection, {"name": name, "color": color, "key": key})
    number = change.connection.scalar(sa.select(sa.func.count()).select_from(schema.classes)) or 0
    result = change.connection.execute(
        sa.insert(schema.classes).values(
            name=_clean(name),
            color=color or next_color(number),
            key=key or lineage.free_key(lineage.live(change.connection), _clean(name)),
            deleted=False,
            created_at=time.time(),
        )
    )
    class_id = schema.new_id(result)
    change.note(schema.classes, [class_id], "deleted", True, False)
    return class_id


def next_color(number: int) -> str:
    """The `number`-th of an endless series of well-separated colours (golden-angle hues)."""
    hue = (0.58 + number * 0.618034) % 1
    lightness = (0.46, 0.58, 0.38)[number // 5 % 3]
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.62)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _clean(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split()))


def _wanted(values: dict[str, str | None]) -> dict[str, str | None]:
    unknown = set(values) - {"name", "color", "key"}
    if unknown:
        raise InvalidInput(f"A class has a name, color and key but no {min(unknown)}.")
    new = {column: value for column, value in values.items() if value is not None}
    if "name" in new:
        new["name"] = _clean(new["name"])
    return {column: (value or None) if column == "key" else value for column, value in new.items()}


def _check(
    connection: sa.Connection, values: dict[str, str | None], ignore: int | None = None
) -> None:
    name, color, key = values.get("name"), values.get("color"), values.get("key")
    others = [row for row in lineage.live(connection) if row.id != ignore]
    if name is not None:
        _check_name(name, others)
    if color is not None and not _is_color(color):
        raise InvalidInput(f"A colour must look like #3366cc but is {color!r}.")
    if key is not None:
        _check_key(key, others)


def _check_name(name: str, others: list[Any]) -> None:
    cleaned = _clean(name)
    if not 1 <= len(cleaned) <= LONGEST_NAME:
        raise InvalidInput(
            f"A class name must have 1 to {LONGEST_NAME} characters but has {len(cleaned)}."
        )
    # control characters, and bytes of a file name that were no text; joiners and emoji are fine
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in cleaned):
        raise InvalidInput(f"A class name must be plain text but is {cleaned!r}.")
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


def require(connection: sa.Connection, class_id: int) -> ClassRow:
    """The class, or NotFound if it is not in use."""
    for row in lineage.live(connection):
        if row.id == class_id:
            return _row(row)
    raise NotFound(f"There is no class {class_id} in use.", "It was deleted or merged.")


def _ever(change: Change) -> ClassRow:
    """The class of a change, whatever has become of it: a repeated request gets its reply."""
    query = sa.select(schema.classes).where(schema.classes.c.id == change.result["class"])
    return _row(change.connection.execute(query).one())


def _row(row: Any) -> ClassRow:
    return ClassRow(int(row.id), row.name, row.color, row.key)


def _update_text(before: ClassRow, values: dict[str, str | None]) -> str:
    if values.get("name") not in (None, before.name):
        return f"renamed class “{before.name}” to “{values['name']}”"
    return f"changed class “{before.name}”"
