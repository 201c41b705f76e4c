"""The list of classes as text: CSV or JSON, or plainly one name per line."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import ClassEntry

FORMATS = ("csv", "json")
COLUMNS = ("name", "parent", "key", "color", "description", "examples")

_SURROGATES = "surrogateescape"
"""Names of files may hold bytes that are no text: these come and go as they are."""


def to_bytes(entries: Sequence[ClassEntry], format: str) -> bytes:
    """Write classes as a CSV table or a JSON document, UTF-8.

    In CSV the examples of a class stand one per line within their cell.
    """
    checks.one_of(format, FORMATS, "format")
    rows = [{column: getattr(entry, column) for column in COLUMNS} for entry in entries]
    if format == "json":
        return (json.dumps({"classes": rows}, indent=2) + "\n").encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, "examples": "\n".join(row["examples"])} for row in rows)
    return text.getvalue().encode("utf-8", _SURROGATES)


def from_bytes(content: bytes) -> list[ClassEntry]:
    """Read what `to_bytes` writes; see `from_text`."""
    return from_text(content.decode("utf-8-sig", _SURROGATES))


def from_text(text: str) -> list[ClassEntry]:
    """Read what `to_bytes` writes, or one name per line; blank lines are passed over.

    What it is shows in its beginning: JSON in a bracket, CSV in a first row with the column
    `name`, whose cells may be parted by commas, semicolons or tabs.

    Raises
    ------
    InvalidInput
        It is no text, no valid JSON, or has columns or fields that no class has.
    """
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise InvalidInput("A list of classes must be text but holds bytes that are none.")
    if text.lstrip()[:1] in ("[", "{"):
        return _from_json(text)
    delimiter = _delimiter(text)
    if delimiter is not None:
        try:
            return _from_csv(text, delimiter)
        except csv.Error as error:
            raise InvalidInput(f"A list of classes must be valid CSV: {error}.") from error
    lines = enumerate(text.splitlines(), start=1)
    return [ClassEntry(line.strip(), row=row) for row, line in lines if line.strip()]


def _delimiter(text: str) -> str | None:
    """What parts the cells of a table; None if the text is no table with a column `name`."""
    first = text.lstrip().partition("\n")[0].strip()
    for delimiter in (",", ";", "\t"):
        if "name" in _header(first.replace('"', "").split(delimiter)):
            return delimiter
    return None


def _header(cells: Sequence[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


def _from_csv(text: str, delimiter: str) -> list[ClassEntry]:
    reader = csv.reader(io.StringIO(text.lstrip()), delimiter=delimiter)
    header = _header(next(reader))
    _require_known(header)
    entries = []
    for row, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            raise InvalidInput(
                f"Row {row} must have {len(header)} cells but has {len(cells)}.",
                "Put quotation marks around a cell that holds the sign between cells.",
            )
        told = dict(zip(header, cells, strict=False))
        examples = tuple(line.strip() for line in told.pop("examples", "").splitlines())
        entries.append(_entry(row, {**told, "examples": [name for name in examples if name]}))
    return entries


def _from_json(text: str) -> list[ClassEntry]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of five thousand digits, too
        raise InvalidInput(f"A list of classes must be valid JSON: {error}.") from error
    rows = document.get("classes") if isinstance(document, dict) else document
    if not isinstance(rows, list):
        raise InvalidInput("A list of classes in JSON must be a list, or have one as “classes”.")
    return [_from_value(row, value) for row, value in enumerate(rows, start=1)]


def _from_value(row: int, value: Any) -> ClassEntry:
    if isinstance(value, str):
        return _entry(row, {"name": value})
    if not isinstance(value, dict):
        raise InvalidInput(f"Class {row} must be a name or an object but is {value!r}.")
    _require_known(list(value))
    examples = value.get("examples") or []
    texts = [value[column] for column in COLUMNS[:-1] if value.get(column) is not None]
    listed = isinstance(examples, list)
    if not listed or not all(isinstance(text, str) for text in [*texts, *examples]):
        raise InvalidInput(
            f"Class {row} must hold text, and a list of names as examples, but is {value!r}."
        )
    return _entry(row, {**value, "examples": examples})


def _require_known(names: Sequence[str]) -> None:
    strange = sorted(set(names) - set(COLUMNS))
    if strange or "name" not in names or len(set(names)) < len(names):
        raise InvalidInput(
            f"A list of classes must have the column name, and may have each of "
            f"{', '.join(COLUMNS[1:])} once, but has {', '.join(names)}.",
            "Rename or remove what is not among these.",
        )


def _is_name(name: str) -> bool:
    """Whether a text can name a file: half a character cannot, a byte that is no text can."""
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _entry(row: int, told: Mapping[str, Any]) -> ClassEntry:
    texts = {column: (told.get(column) or "").strip() or None for column in COLUMNS[1:-1]}
    examples = tuple(told.get("examples", ()))
    if any("\0" in name or not _is_name(name) for name in examples):
        raise InvalidInput(f"The examples of row {row} must be names of items.")
    return ClassEntry((told.get("name") or "").strip(), **texts, examples=examples, row=row)
