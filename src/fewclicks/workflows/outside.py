"""Audits of labels that another tool gave, without a project: a table in, a sheet to fill in.

The sheet names random items and leaves room for what a person says they are; the labels are not in
it. Beside it lies the plan: what was claimed, and of which predictions, before anybody answered. So
everything can be computed again from the three files.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks import checks, files
from fewclicks.audit import Certificate, Claim, certify
from fewclicks.errors import Conflict, InvalidInput, NotFound, SourceError
from fewclicks.items import tables
from fewclicks.labels import Cut, pac_cut
from fewclicks.records import BoolArray, FloatArray, IntArray

NAMES = ("name", "item", "id", *tables.PATHS)
LABELS = ("prediction", "predicted", *tables.LABELS)
CONFIDENCES = ("confidence", "probability", "share", "score")
COLUMNS = ("order", "name", "answer")


@dataclass(frozen=True, slots=True)
class Predictions:
    """Labels as a table has them.

    Attributes
    ----------
    names, labels : list of str
        Of each item; names are unique.
    confidences : ndarray of shape (n_items,), float64, or None
        Higher is surer.
    digest : str
        SHA-256 of the file.
    """

    names: list[str]
    labels: list[str]
    confidences: FloatArray | None
    digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What was settled before the first answer."""

    predictions: str
    digest: str
    n_items: int
    n: int
    error: float
    alpha: float
    seed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a filled sheet shows.

    Attributes
    ----------
    plan : Plan
    certificate : Certificate
        Of the labels as they are, over the answers in the order drawn, up to the first that is
        missing; looked at as often as one likes.
    cut : Cut or None
        Where people must label, so that of the finished set no more is wrong than claimed. None
        without confidences, and until the sheet is full, for it is exact for the number drawn.
    n_missing : int
        Answers still missing in the sheet.
    """

    plan: Plan
    certificate: Certificate
    cut: Cut | None
    n_missing: int


def read_predictions(path: Path) -> Predictions:
    """Read a table (CSV, JSON lines or Parquet) of names, labels and, if it has them, confidences.

    Raises
    ------
    NotFound
        There is no such file.
    InvalidInput
        A column is missing, a name comes twice, a label is empty or a confidence no number.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Name a CSV, JSON lines or Parquet file.")
    with ExitStack() as stack:
        table = tables.read_table(str(path), stack)
        spots = [_column(table.columns, usual, path) for usual in (NAMES, LABELS)]
        sure = tables.find_column(table.columns, CONFIDENCES, None)
        at = None if sure is None else table.columns.index(sure)
        rows = [[_cell(row, spot) for spot in (*spots, at)] for row in table.rows]
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


def draw_sheet(predictions: Path, sheet: Path, n: int, claim: Claim, seed: int) -> Plan:
    """Draw random items, and write the sheet and the plan.

    Parameters
    ----------
    predictions, sheet : Path
        The table, and the CSV file to be filled in. The plan is called as the sheet, with “.json”.
    n : int
        Items drawn, uniformly and without replacement; all if there are fewer.
    claim : Claim
        What is to be shown.
    seed : int
        Of the draw.

    Raises
    ------
    Conflict
        The sheet is there already.
    """
    if sheet.exists() or plan_path(sheet).exists():
        raise Conflict(f"{sheet} is there already.", "Fill it in, or name another sheet.")
    checks.between(n, 1, np.inf, "n", integer=True)
    checks.between(seed, 0, np.inf, "seed", integer=True)
    given = read_predictions(predictions)
    n_items = len(given.names)
    plan = Plan(
        predictions.name, given.digest, n_items, min(n, n_items), claim.error, claim.alpha, seed
    )
    with files.replacing(plan_path(sheet)) as temporary:
        Path(temporary).write_text(json.dumps(asdict(plan), indent=2) + "\n", encoding="utf-8")
    with (
        files.replacing(sheet) as temporary,
        open(temporary, "w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows((at, given.names[item], "") for at, item in enumerate(order_of(plan), 1))
    return plan


def read_sheet(predictions: Path, sheet: Path) -> Outcome:
    """Say what the answers in a sheet show.

    Raises
    ------
    NotFound
        The plan is missing.
    Conflict
        The predictions are not those that were drawn from.
    InvalidInput
        The sheet does not name the items drawn, in their order.
    """
    plan, given = read_plan(sheet), read_predictions(predictions)
    if given.digest != plan.digest:
        raise Conflict(
            f"{predictions} is not the table that {sheet} was drawn from.",
            "Give that table, or draw another sheet: what is certified must not change.",
        )
    drawn = order_of(plan)
    answers = _answers(sheet, [given.names[item] for item in drawn])
    n_known = next((at for at, answer in enumerate(answers) if not answer), len(answers))
    asked = drawn[:n_known]
    wrong = np.array(
        [answers[at] != given.labels[item] for at, item in enumerate(asked)], dtype=np.bool_
    )
    claim = Claim(plan.error, plan.alpha)
    return Outcome(
        plan,
        certify(wrong, plan.n_items, claim),
        _cut(given, asked, wrong, claim) if n_known == plan.n else None,
        sum(not answer for answer in answers),
    )


def write_people(predictions: Path, cut: Cut, path: Path) -> int:
    """Write the names of the items that people must label, the least sure first; return how many.

    Raises
    ------
    Conflict
        The file is there already.
    InvalidInput
        The predictions have no confidences.
    """
    if path.exists():
        raise Conflict(f"{path} is there already.", "Name another file.")
    given = read_predictions(predictions)
    if given.confidences is None:
        raise InvalidInput(f"{predictions} must have a column of confidences.", "Add one.")
    items = np.flatnonzero(cut.people)
    items = items[np.argsort(given.confidences[items], kind="stable")]
    with (
        files.replacing(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(("name", "label", "confidence"))
        rows.writerows(
            (given.names[item], given.labels[item], float(given.confidences[item]))
            for item in items
        )
    return len(items)


def order_of(plan: Plan) -> IntArray:
    """Return the items drawn, in order: the same of the same plan."""
    return np.random.default_rng(plan.seed).permutation(plan.n_items)[: plan.n]


def plan_path(sheet: Path) -> Path:
    """Where the plan of a sheet lies."""
    return sheet.with_name(sheet.name + ".json")


def read_plan(sheet: Path) -> Plan:
    """Read what was settled when the sheet was drawn."""
    path = plan_path(sheet)
    if not path.is_file():
        raise NotFound(f"There is no plan {path}.", "It was written with the sheet; bring it back.")
    try:
        return Plan(**json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{path} is no plan of an audit: {error}.", "Bring it back.") from error


def _cut(given: Predictions, asked: IntArray, wrong: BoolArray, claim: Claim) -> Cut | None:
    if given.confidences is None:
        return None
    return pac_cut(-given.confidences, asked, wrong, claim.error, claim.alpha)


def _answers(sheet: Path, names: Sequence[str]) -> list[str]:
    """What the sheet says of each item drawn; nothing where it is blank."""
    if not sheet.is_file():
        raise NotFound(f"There is no sheet {sheet}.", "It was written when the audit was drawn.")
    with ExitStack() as stack:
        table = tables.read_table(str(sheet), stack)
        spots = [_column(table.columns, (column,), sheet) for column in ("name", "answer")]
        rows = [[_cell(row, spot) or "" for spot in spots] for row in table.rows]
    if [row[0] for row in rows] != list(names):
        raise InvalidInput(
            f"{sheet} must name the {len(names):,} items drawn, in their order.",
            "Do not sort, add or take away rows; only fill in the column “answer”.",
        )
    return [row[1].strip() for row in rows]


def _column(columns: Sequence[str], usual: Sequence[str], path: Path) -> int:
    found = tables.find_column(columns, usual, None)
    if found is None:
        raise InvalidInput(
            f"{path} must have a column {' or '.join(map(repr, usual))} but has "
            f"{', '.join(map(repr, list(columns)[:20]))}.",
            "Rename the column.",
        )
    return list(columns).index(found)


def _cell(row: Sequence[Any], spot: int | None) -> str | None:
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
