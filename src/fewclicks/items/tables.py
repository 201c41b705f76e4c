"""Lists of images as tables: CSV (comma, semicolon or tab), JSON lines, Parquet.

A table has a column of paths or URLs, and may have columns of labels, groups and splits. They are
found by their usual names, in any case, or named in the options.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from itertools import chain, islice
from typing import Any, BinaryIO, NamedTuple

from fewclicks.errors import SourceError
from fewclicks.items import parquet, places
from fewclicks.items.base import Options
from fewclicks.items.names import is_image_name

PATHS = ("path", "file", "file_name", "filename", "image", "url")
LABELS = ("label", "class", "category")
GROUPS = ("group", "subject", "sequence", "track")
SPLITS = ("split",)

_JSON_ROWS_SEEN_FOR_COLUMNS = 100
_DELIMITERS = ",;\t"


class Row(NamedTuple):
    """What one row of a list says; None where it says nothing."""

    path: str
    label: str | None
    group: str | None
    split: str | None


class Table(NamedTuple):
    """Column names, and rows of values in that order."""

    columns: list[str]
    rows: Iterator[Sequence[Any]]


def read_table(uri: str, stack: ExitStack, stream: BinaryIO | None = None) -> Table:
    """Open a list, by its content or ending Parquet, JSON lines or CSV; `stack` closes it.

    `stream` is its content where it is not a file of its own (JSON lines and CSV only). A CSV
    without header is recognised by an image file in its first field; its columns are then path,
    label, group and split.
    """
    if stream is None and parquet.is_parquet(uri):
        return Table(list(parquet.column_types(uri)), parquet.rows(uri))
    return _text_table(uri, stack, stream or places.open_unpacked(uri, stack))


def rows_of(table: Table, uri: str, options: Options) -> Iterator[Row]:
    """Yield what each row says of its image; rows with an empty path are passed over.

    Raises
    ------
    SourceError
        No column of paths, a column named in `options` that is not there, or broken syntax, with
        its line.
    """
    path = find_column(table.columns, PATHS, options.get("path_column"))
    if path is None:
        raise SourceError(
            f"{uri} must have a column of paths ({', '.join(PATHS)}) but has "
            f"{', '.join(map(repr, table.columns[:20]))}.",
            "Rename the column, or name it with path_column.",
        )
    spots = [table.columns.index(path), *_optional_spots(table.columns, options)]
    for cells in table.rows:
        values = [text(cells[i]) if 0 <= i < len(cells) else None for i in spots]
        if values[0] is not None:
            yield Row(values[0], values[1], values[2], values[3])


def read_rows(uri: str, options: Options) -> Iterator[Row]:
    """Yield the rows of the list at `uri`, as `rows_of` does."""
    with ExitStack() as stack:
        yield from rows_of(read_table(uri, stack), uri, options)


def text(value: Any) -> str | None:
    """Return a cell as text: None for nothing and NaN, whole floats without their point."""
    if value is None or value == "" or value != value:
        return None
    if isinstance(value, float | Decimal) and value % 1 == 0:
        return str(int(value))
    return str(value)


def find_column(columns: Iterable[str], usual: Sequence[str], named: str | None) -> str | None:
    """Return the column `named`, else the first of the `usual` names that there is, else None.

    Raises
    ------
    SourceError
        `named` is not among the columns.
    """
    there = list(columns)
    if named is not None:
        if named in there:
            return named
        raise SourceError(
            f"There is no column {named!r} among {', '.join(map(repr, there[:20]))}.",
            "Name one of these columns.",
        )
    by_lower = {column.strip().lower(): column for column in reversed(there)}
    return next((by_lower[name] for name in usual if name in by_lower), None)


def _optional_spots(columns: list[str], options: Options) -> list[int]:
    """Return the positions of the label, group and split columns, -1 for those absent."""
    names = (
        find_column(columns, LABELS, options.get("label_column")),
        find_column(columns, GROUPS, options.get("group_column")),
        find_column(columns, SPLITS, options.get("split_column")),
    )
    return [-1 if name is None else columns.index(name) for name in names]


def _text_table(uri: str, stack: ExitStack, stream: BinaryIO) -> Table:
    # names of files may hold bytes that are not UTF-8; they must come out as the system gives them
    lines = stack.enter_context(
        io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    )
    bare = uri.lower().removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz")
    ending = os.path.splitext(bare)[1]
    try:
        first = next(lines, "")
        everything = chain([first], lines)
        if ending in (".jsonl", ".ndjson", ".json") or first.lstrip().startswith("{"):
            return _json_table(everything, uri)
        return _csv_table(everything, first, uri)
    except places.DAMAGE as error:
        raise SourceError(f"{uri} cannot be read: {error}.", "Copy it again.") from error


def _csv_table(lines: Iterator[str], first: str, uri: str) -> Table:
    delimiter = max(_DELIMITERS, key=first.count)
    rows = _csv_rows(csv.reader(lines, delimiter=delimiter), uri)
    header = next(rows, [])
    if header and is_image_name(header[0]):
        names = ["path", "label", "group", "split"][: len(header)]
        return Table(names, chain([header], rows))
    return Table(header, rows)


def _csv_rows(reader: Any, uri: str) -> Iterator[list[str]]:
    try:
        yield from (row for row in reader if row)
    except (csv.Error, *places.DAMAGE) as error:
        raise SourceError(
            f"{uri} cannot be read as CSV at line {reader.line_num}: {error}.", "Mend that line."
        ) from error


def _json_table(lines: Iterator[str], uri: str) -> Table:
    objects = _json_objects(lines, uri)
    seen = list(islice(objects, _JSON_ROWS_SEEN_FOR_COLUMNS))
    columns = list(dict.fromkeys(name for row in seen for name in row))
    return Table(columns, ([row.get(name) for name in columns] for row in chain(seen, objects)))


def _json_objects(lines: Iterator[str], uri: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SourceError(
                f"{uri} must hold one JSON object per line, but line {number} is broken: {error}.",
                "Mend that line.",
            ) from error
        if not isinstance(row, dict):
            raise SourceError(
                f"{uri} must hold one JSON object per line, but line {number} is {line[:40]!r}."
            )
        yield row
