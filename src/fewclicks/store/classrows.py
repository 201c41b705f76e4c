"""The rows of classes: put in, found, checked."""

from __future__ import annotations

import colorsys
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.store import intake, lineage, schema
from fewclicks.store.changes import Change

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2000
MOST_EXAMPLES = 12


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class as people see it: `examples` are items that show it, in a person's order."""

    id: int
    name: str
    color: str
    key: str | None
    parent_id: int | None = None
    description: str = ""
    examples: tuple[int, ...] = ()


def made(row: Any) -> ClassRow:
    """A class from its row."""
    return ClassRow(
        int(row.id),
        row.name,
        row.color,
        row.key,
        row.parent_id,
        row.description,
        tuple(int(item) for item in row.examples.split(",") if item),
    )


def require(connection: sa.Connection, class_id: int) -> ClassRow:
    """The class, or NotFound if it is not in use."""
    for row in lineage.live(connection):
        if row.id == class_id:
            return made(row)
    raise NotFound(f"There is no class {class_id} in use.", "It was deleted or merged.")


def find(connection: sa.Connection, name: str) -> int | None:
    """Id of the class in use with this name, capital letters aside."""
    wanted = clean(name).casefold()
    rows = lineage.live(connection)
    return next((int(row.id) for row in rows if row.name.casefold() == wanted), None)


def find_or_insert(change: Change, name: str) -> int:
    """Id of the class in use with this name (capital letters aside), created if there is none."""
    found = find(change.connection, name)
    return insert(change, {"name": clean(name)}) if found is None else found


def insert(change: Change, columns: Mapping[str, Any]) -> int:
    """Add a class within a change, giving it the next free colour and key unless it has them.

    What the columns hold is checked (see `check`), save for the parent.
    """
    check(change.connection, columns)
    used = {row.key for row in lineage.live(change.connection)}
    key = columns.get("key") or lineage.free_key(used, columns["name"])
    return put(change, {**columns, "key": key})


def put(change: Change, columns: Mapping[str, Any]) -> int:
    """Add a class within a change, unchecked, giving it the next free colour unless it has one."""
    values = {"deleted": False, "created_at": time.time(), **columns}
    values["color"] = columns.get("color") or next_color(count_ever(change.connection))
    class_id = schema.new_id(change.connection.execute(sa.insert(schema.classes).values(**values)))
    change.note(schema.classes, [class_id], "deleted", True, False)
    return class_id


def count_ever(connection: sa.Connection) -> int:
    """How many classes there have been, those merged and deleted included."""
    return connection.scalar(sa.select(sa.func.count()).select_from(schema.classes)) or 0


def rewrite(change: Change, class_id: int, columns: Mapping[str, Any]) -> int:
    """Set columns of a class, unchecked; return how many of them were something else."""
    query = sa.select(schema.classes).where(schema.classes.c.id == class_id)
    before = change.connection.execute(query).one()._mapping
    new = {column: value for column, value in columns.items() if value != before[column]}
    for column, value in new.items():
        change.patch(schema.classes, [class_id], column, before[column], value)
    return len(new)


def columns_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of a class, tidied, by the column that holds it; what is None is left out."""
    given = {name: value for name, value in values.items() if value is not None}
    columns: dict[str, Any] = {n: given[n] for n in ("name", "color") if n in given}
    if "name" in given:
        columns["name"] = clean(given["name"])
    if "key" in given:
        columns["key"] = given["key"] or None
    if "parent" in given:
        columns["parent_id"] = None if given["parent"] < 0 else int(given["parent"])
    if "description" in given:
        lines = given["description"].replace("\r\n", "\n").replace("\r", "\n")
        columns["description"] = unicodedata.normalize("NFC", lines.strip())
    if "examples" in given:
        columns["examples"] = ",".join(str(int(item)) for item in given["examples"])
    return columns


def clean(name: str) -> str:
    """A name with one space between its words and its letters composed."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def next_color(number: int) -> str:
    """The `number`-th of an endless series of well-separated colours (golden-angle hues)."""
    hue = (0.58 + number * 0.618034) % 1
    lightness = (0.46, 0.58, 0.38)[number // 5 % 3]
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, 0.62)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def check(connection: sa.Connection, columns: Mapping[str, Any], ignore: int | None = None) -> None:
    """Refuse what no class may be called or hold, beside the others in use.

    Raises
    ------
    Conflict
        A class in use, but not `ignore`, has this name (capital letters aside) or this key.
    InvalidInput
        What `check_alone` refuses, or an item comes twice among the examples.
    NotFound
        An example is no item.
    """
    check_alone(columns)
    others = [row for row in lineage.live(connection) if row.id != ignore]
    _refuse_taken(columns, others)
    if columns.get("examples"):
        _check_examples(connection, [int(i) for i in columns["examples"].split(",")])


def check_alone(columns: Mapping[str, Any]) -> None:
    """Refuse what no class may be called or hold, whatever the others."""
    name, color, key = columns.get("name"), columns.get("color"), columns.get("key")
    if name is not None:
        _check_name(name)
    if color is not None and not _is_color(color):
        raise InvalidInput(f"A colour must look like #3366cc but is {color!r}.")
    if key is not None and (len(key) != 1 or key not in lineage.KEYS):
        raise InvalidInput(f"A class key must be one of {lineage.KEYS} but is {key!r}.")
    _check_description(columns.get("description") or "")
    examples = columns.get("examples", "").split(",")
    if len(examples) > MOST_EXAMPLES:
        raise InvalidInput(
            f"A class may have at most {MOST_EXAMPLES} examples but {len(examples)} came.",
            "Take one away first.",
        )


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise InvalidInput(
            f"A class name must have 1 to {LONGEST_NAME} characters but has {len(name)}."
        )
    # control characters, and bytes of a file name that were no text; joiners and emoji are fine
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in name):
        raise InvalidInput(f"A class name must be plain text but is {name!r}.")


def _check_description(text: str) -> None:
    if len(text) > LONGEST_DESCRIPTION:
        raise InvalidInput(
            f"A description must have at most {LONGEST_DESCRIPTION:,} characters "
            f"but has {len(text):,}."
        )
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise InvalidInput("A description must be plain text but holds control characters.")


def _refuse_taken(columns: Mapping[str, Any], others: Sequence[Any]) -> None:
    name, key = columns.get("name"), columns.get("key")
    for row in others:
        if name is not None and row.name.casefold() == name.casefold():
            raise Conflict(
                f"There is a class “{row.name}” already.", "Merge the two if they are one."
            )
        if key is not None and row.key == key:
            raise Conflict(f"Class “{row.name}” has the key {key}.", "Choose another key.")


def _check_examples(connection: sa.Connection, items: Sequence[int]) -> None:
    if len(set(items)) < len(items):
        raise InvalidInput("Each item may come once only among the examples.")
    n_items = intake.count(connection)
    for item in items:
        if not 0 <= item < n_items:
            raise NotFound(f"There is no item {item}.")


def _is_color(text: str) -> bool:
    return (
        len(text) == 7 and text[0] == "#" and all(c in "0123456789abcdefABCDEF" for c in text[1:])
    )
