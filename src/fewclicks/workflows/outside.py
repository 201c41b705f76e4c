"""Audits of labels that another tool gave, without a project: a table in, a sheet to fill in.

The sheet names random items and leaves room for what a person says they are; the labels are not in
it. Beside it lies the plan: what was claimed, and of which predictions, before anybody answered. So
everything can be computed again from the three files.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from fewclicks import checks, files
from fewclicks.audit import Certificate, Claim, certify
from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.items import tables
from fewclicks.labels import Cut, pac_cut
from fewclicks.records import BoolArray, IntArray
from fewclicks.workflows.brought import Predictions, cell_of, column_of, read_predictions

COLUMNS = ("order", "name", "answer")
TO_DO = ("name", "label", "confidence", "answer")


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
        Where people must label, so that of the finished set no more is wrong than claimed: their
        labels there, the sheet's answers for all items asked, and the tool's labels for the others.
        None without confidences, and until the sheet is full, for it is exact for the number drawn.
    corrections : dict of int to str
        By item, what the sheet says where the label is wrong.
    n_missing : int
        Answers still missing in the sheet.
    """

    plan: Plan
    certificate: Certificate
    cut: Cut | None
    corrections: dict[int, str]
    n_missing: int


def claim_of(error: float, confidence: float) -> Claim:
    """Return the claim that at most a share `error` is wrong.

    Parameters
    ----------
    error : float
        In (0, 1).
    confidence : float
        In [0.5, 1).

    Raises
    ------
    InvalidInput
        One of them is out of range.
    """
    if not 0 < error < 1:
        raise InvalidInput(
            f"error must be above 0 and below 1 but is {error:g}.",
            "Say what share of wrong labels is tolerable, such as 0.01.",
        )
    if not 0.5 <= confidence < 1:
        raise InvalidInput(
            f"confidence must be at least 0.5 and below 1 but is {confidence:g}.",
            "Say how sure the claim is to be, such as 0.95; a sample leaves some doubt.",
        )
    return Claim(error, round(1 - confidence, 12) or 1 - confidence)


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
        Of the draw, together with the table: of other labels it draws other items.

    Raises
    ------
    Conflict
        The sheet is there already, or the plan of one that is gone.
    """
    if sheet.exists():
        raise Conflict(f"{sheet} is there already.", "Fill it in, or name another sheet.")
    if plan_path(sheet).exists():
        raise Conflict(
            f"{plan_path(sheet)} is the plan of an earlier sheet {sheet}, which is gone.",
            "Bring that sheet back, or name another one to draw anew.",
        )
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
            f"{predictions} must be the table that {sheet} was drawn from, but has changed since.",
            "Give that table as it was, or name a new sheet, so that items are drawn anew: once "
            "what this sheet found wrong is mended, its items say nothing of the other labels.",
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
        {int(item): answers[at] for at, item in enumerate(asked) if wrong[at]},
        sum(not answer for answer in answers),
    )


def write_people(predictions: Path, outcome: Outcome, path: Path) -> None:
    """Write what is left to do for the promise of the outcome's cut: one row per item.

    First the items that people must label, the least sure first, with “answer” left blank; then
    those whose label the sheet found wrong, with the label to take over as their answer.

    Raises
    ------
    Conflict
        The file is there already.
    InvalidInput
        The outcome has no cut.
    """
    if path.exists():
        raise Conflict(f"{path} is there already.", "Name another file.")
    given = read_predictions(predictions)
    if outcome.cut is None or given.confidences is None:
        raise InvalidInput(
            "Whom to ask about is known once the sheet is full and the labels have confidences.",
            "Fill in the sheet, add a column “confidence”, or ask for no list.",
        )
    people = np.flatnonzero(outcome.cut.people)
    people = people[np.argsort(given.confidences[people], kind="stable")]
    with (
        files.replacing(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8", errors="surrogateescape") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(TO_DO)
        for item in (*people.tolist(), *outcome.corrections):
            shown = given.names[item], given.labels[item], float(given.confidences[item])
            rows.writerow((*shown, outcome.corrections.get(item, "")))


def order_of(plan: Plan) -> IntArray:
    """Return the items drawn, in order: the same of the same plan."""
    of_the_table = int(plan.digest, 16)
    return np.random.default_rng([plan.seed, of_the_table]).permutation(plan.n_items)[: plan.n]


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
    # at every look, so that one chance of error covers it and the certificate that failed
    return pac_cut(-given.confidences, asked, wrong, claim.error, claim.alpha, anytime=True)


def _answers(sheet: Path, names: Sequence[str]) -> list[str]:
    """What the sheet says of each item drawn; nothing where it is blank."""
    if not sheet.is_file():
        raise NotFound(f"There is no sheet {sheet}.", "It was written when the audit was drawn.")
    with ExitStack() as stack:
        table = tables.read_table(str(sheet), stack)
        spots = [column_of(table.columns, (column,), sheet) for column in ("name", "answer")]
        rows = [[cell_of(row, spot) or "" for spot in spots] for row in table.rows]
    if [row[0] for row in rows] != list(names):
        raise InvalidInput(
            f"{sheet} must name the {len(names):,} items drawn, in their order.",
            "Do not sort, add or take away rows; only fill in the column “answer”.",
        )
    return [row[1].strip() for row in rows]
