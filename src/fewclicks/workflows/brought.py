"""Labels that another tool gave, as a table has them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks.errors import InvalidInput, NotFound, SourceError
from fewclicks.items import tables
from fewclicks.records import FloatArray

NAMES = ("name", "item", "id", *tables.PATHS)
LABELS = ("prediction", "predicted", *tables.LABELS)
CONFIDENCES = ("confidence", "probability", "share", "score")


@dataclass(frozen=True, slots=True)
class Predictions:
    """Labels as a table has them.

    Attributes
    ----------
    names, labels : list of str
        Of each item; names are unique, labels without blanks around them.
    confidences : ndarray of shape (n_items,), float64, or None
        Higher is surer.
    digest : str
        SHA-256 of the file.
    """

    names: list[str]
    labels: list[str]
    confidences: FloatArray | None
    digest: str


def read_predictions(path: Path) -> Predictions:
    """Read a table (CSV, JSON lines or Parquet) of names, labels and, if it has them, confidences.

    Raises
    ------
    NotFound
        There is no such file.
    InvalidInput
        A column is missing, a name comes twice, a label is blank or a confidence no number.
    SourceError
        It is empty, or has no row.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Name a CSV, JSON lines or Parquet file.")
    with ExitStack() as stack:
        table = tables.read_table(str(path), stack)
        spots = [column_of(table.columns, usual, path) for usual in (NAMES, LABELS)]
        sure = tables.find_column(table.columns, CONFIDENCES, None)
        at = None if sure is None else table.columns.index(sure)
        rows = [[cell_of(row, spot) for spot in (*spots, at)] for row in table.rows]
    for row in rows:
        row[1] = row[1] and row[1].strip()
    if not rows:
        raise SourceError(f"{path} must name items but has no row.", "Check the table.")
    for number, (name, label, _) in enumerate(rows, start=1):
        if not name or not label:
            raise InvalidInput(
                f"Row {number} of {path} must have a name and a label but has {name!r}, {label!r}.",
                "Mend that row.",
            )
    names = [str(row[0]) for row in rows]
    _refuse_twice(names, path)
    confidences = None if at is None else _numbers([row[2] for row in rows], path)
    return Predictions(names, [str(row[1]) for row in rows], confidences, _digest(path))


def column_of(columns: Sequence[str], usual: Sequence[str], path: Path) -> int:
    """Return the place of the first of the `usual` columns that there is.

    Raises
    ------
    InvalidInput
        There is none of them.
    SourceError
        There is no column at all.
    """
    if not columns:
        raise SourceError(
            f"{path} must begin with the names of its columns but is empty.", "Check the file."
        )
    found = tables.find_column(columns, usual, None)
    if found is None:
        raise InvalidInput(
            f"{path} must have a column {' or '.join(map(repr, usual))} but has "
            f"{', '.join(map(repr, list(columns)[:20]))}.",
            "Rename the column.",
        )
    return list(columns).index(found)


def cell_of(row: Sequence[Any], spot: int | None) -> str | None:
    """What a row says in a column; None where it says nothing, or there is no such column."""
    return tables.text(row[spot]) if spot is not None and spot < len(row) else None


def _refuse_twice(names: Sequence[str], path: Path) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInput(f"{path} names {name!r} twice.", "Give one row per item.")
        seen.add(name)


def _numbers(cells: Sequence[str | None], path: Path) -> FloatArray:
    found = np.empty(len(cells))
    for row, cell in enumerate(cells):
        try:
            found[row] = float(cell or "")
        except ValueError:
            found[row] = np.nan
        if not np.isfinite(found[row]):
            raise InvalidInput(
                f"Row {row + 1} of {path} must have a number as confidence but has {cell!r}.",
                "Mend that row, or leave the column out.",
            )
    return found


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
