"""Whether certificates and cuts keep their promises, and what they cost, where the truth is known.

    python -m benchmarks.guarantees --json results/guarantees.json

Labels come from the default workflow on MNIST (after 50, 125 and 300 answers without a network,
300 with), letters, CIFAR-10 and clothes, and are kept in --outputs. Samples of people's answers are
drawn anew in every repeat.

Broken: at the boundary, where the claimed error is the true one, how often a certificate is issued
all the same; of cuts, how often more than promised is wrong; in %, with its 95 % interval. Costs:
audits to a certificate, beside numbers settled beforehand so that the claim is shown with a chance
of 90 or 80 % if 0.5 % is wrong, and beside doubling. Saved: labels that no person gave, beside the
cut that knows the truth. Slider: what a confidence taken at its word lets through. Calibration: how
far confidences are from how often labels are right. Coverage: how often intervals hold the truth
at the worst of 100 looks, and at all of them.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks import guarantee_costs as costs
from benchmarks import guarantee_methods as methods
from benchmarks.outputs import Output, outputs
from experiments import report
from fewclicks.bounds import accuracy_interval

Rows = list[dict[str, Any]]

ALPHA = 0.05
REPEATS = 1000
SHARES = (0.0, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006)
LABELS: tuple[tuple[str, tuple[int, ...], bool], ...] = (
    ("mnist", (50, 125, 300), True),
    ("mnist", (300,), False),
    ("letters", (535,), True),
    ("clothing", (540,), True),
    ("cifar10", (500,), True),
)
"""Data set, answers, and whether without a network."""

CUT_ERRORS = {"mnist": 0.005, "letters": 0.005, "cifar10": 0.05, "clothing": 0.1, "sample": 0.01}
SAVED = {"mnist": 0.01, "letters": 0.005, "cifar10": 0.05, "clothing": 0.1, "sample": 0.01}
TITLES = {
    "certificates": "Certificates issued though the error is as large as claimed",
    "cuts": "Cuts that leave more than promised",
    "selection": "Conformal selection: share wrong of those chosen, on average",
    "costs": "Audits to a certificate",
    "suspicion": "Audits to a certificate of real labels",
    "saved": "Answers saved by a PAC cut",
    "slider": "A confidence taken at its word",
    "calibration": "Confidence beside how often labels are right",
    "coverage": "Intervals that hold the truth",
    "update": "Milliseconds after an answer",
}

WITHOUT_LABELS = ("costs", "coverage", "update")
"""Parts that make up what is wrong."""


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--repeats", type=int, default=REPEATS, help="of each cell")
    parser.add_argument(
        "--outputs", type=Path, default=Path("results/outputs"), help="where labels are kept"
    )
    names = sorted({dataset for dataset, _, _ in LABELS})
    parser.add_argument("--datasets", choices=names, nargs="+", default=names)
    parser.add_argument("--only", choices=sorted(TITLES), nargs="+", help="default: everything")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.repeats = min(arguments.repeats, 40)
    parts = arguments.only or list(TITLES)
    given = labels_of(arguments) if set(parts) - set(WITHOUT_LABELS) else []
    tables: dict[str, Rows] = {}
    for part in parts:
        tables[part] = PARTS[part](given, arguments.repeats)
        print(report.markdown({part: TITLES[part]}, tables), flush=True)
        rows = [{"part": name, **row} for name, made in tables.items() for row in made]
        common.write(rows, targets(tables), arguments.json)
    common.finish(rows, targets(tables), arguments.json, show_rows=False)


def labels_of(arguments: argparse.Namespace) -> list[Output]:
    """Labels of every data set, or of the bundled digits for a quick run."""
    wanted: Sequence[tuple[str, tuple[int, ...], bool]] = LABELS
    if arguments.quick:
        wanted = [("sample", (40,), True)]
    return [
        output
        for dataset, budgets, core in wanted
        if arguments.quick or dataset in arguments.datasets
        for output in outputs(dataset, budgets, core, arguments.data_dir, arguments.outputs)
    ]


def seeded(*names: str) -> np.random.Generator:
    """A generator of its own for every cell, the same in every run."""
    return np.random.default_rng(zlib.crc32(" ".join(names).encode()))


def certificates(given: list[Output], repeats: int) -> Rows:
    """Each method that claims an error, at the boundary."""
    rows = []
    for output in given:
        error = float(output.wrong.mean())
        both = [output, methods.reversed_output(output)]
        for name, method in (methods.CLAIMED | methods.BY_CLASS | methods.NAIVE).items():
            if name.endswith("by class") and not 15 <= round(3000 * error) < 100:
                continue  # takes an hour with more
            for cell in both if name.endswith("drawn by suspicion") else [output]:
                broken = method(cell, error, ALPHA, seeded(name, cell.name), repeats)
                row = {"labels": cell.name, "error %": 100 * error, "method": name}
                rows.append({**row, **methods.rate(broken)})
                common.console.print(rows[-1])
    return rows


def cuts(given: list[Output], repeats: int) -> Rows:
    """Each method that chooses labels, with useful and with the worst confidence."""
    rows = []
    for output in given:
        error = CUT_ERRORS[output.name.split("-")[0]]
        for cell in (output, methods.reversed_output(output)):
            for name, method in (methods.CUTS | methods.NAIVE_CUTS).items():
                broken = method(cell, error, ALPHA, seeded(name, cell.name), repeats)
                row = {"labels": cell.name, "promised %": 100 * error, "method": name}
                rows.append({**row, **methods.rate(broken)})
                common.console.print(rows[-1])
    return rows


def selection(given: list[Output], repeats: int) -> Rows:
    """Conformal selection, with useful and with the worst confidence."""
    rows = []
    for output in given:
        error = CUT_ERRORS[output.name.split("-")[0]]
        for cell in (output, methods.reversed_output(output)):
            shares = methods.conformal_shares(cell, error, seeded("cs", cell.name), repeats)
            spread = float(shares.std() / np.sqrt(len(shares)))
            rows.append(
                {
                    "labels": cell.name,
                    "promised %": 100 * error,
                    "mean %": 100 * float(shares.mean()),
                    "standard error": 100 * spread,
                    "single samples above %": 100 * float((shares > error).mean()),
                }
            )
    return rows


def audits(given: list[Output], repeats: int) -> Rows:
    """Audits to a certificate of 60,000 items, for claims of 1 and of 2 %."""
    shares = SHARES if repeats > 100 else SHARES[::3]
    return [
        row
        for error in (0.01, 0.02)
        for row in costs.cost_rows(shares, error, ALPHA, repeats, 60000)
    ]


def by_suspicion(given: list[Output], repeats: int) -> Rows:
    """Audits to a certificate of real labels that are better than claimed."""
    return [
        costs.suspicion_row(output, error, ALPHA, min(repeats, 300))
        for output in given
        for error in (0.01, 0.02, 0.05)
        if 0.2 * error < output.wrong.mean() < 0.8 * error
    ]


def saved(given: list[Output], repeats: int) -> Rows:
    """PAC cuts beside the cut that knows the truth."""
    return [
        costs.saved_row(output, SAVED[output.name.split("-")[0]], ALPHA, repeats)
        for output in given
    ]


def slider(given: list[Output], repeats: int) -> Rows:
    """Sliders at 95 and 99 %, with useful and with the worst confidence."""
    return [
        costs.slider_row(cell, share)
        for output in given
        for cell in (output, methods.reversed_output(output))
        for share in (0.95, 0.99)
    ]


def calibration(given: list[Output], repeats: int) -> Rows:
    """How far confidences are from how often labels are right."""
    return [costs.calibration_row(output) for output in given]


def coverage(given: list[Output], repeats: int) -> Rows:
    """Intervals as they are shown, looked at many times."""
    return costs.coverage_rows(ALPHA, repeats)


def update(given: list[Output], repeats: int) -> Rows:
    """Time after an answer."""
    return [costs.update_row(1_000_000)]


PARTS = {
    "certificates": certificates,
    "cuts": cuts,
    "selection": selection,
    "costs": audits,
    "suspicion": by_suspicion,
    "saved": saved,
    "slider": slider,
    "calibration": calibration,
    "coverage": coverage,
    "update": update,
}


def targets(tables: dict[str, Rows]) -> list[common.Target]:
    """The figures that are to be reached, as far as the parts were measured."""
    made = []
    for part in ("certificates", "cuts"):
        naive = methods.NAIVE | methods.NAIVE_CUTS
        kept = [row for row in tables.get(part, []) if row["method"] not in naive]
        for name in dict.fromkeys(row["method"] for row in kept):
            rows = [row for row in kept if row["method"] == name]
            worst = max(row["broken %"] for row in rows)
            made.append(common.at_most(f"{name}: broken %, worst cell", worst, allowed_rate(rows)))
    for row in tables.get("selection", []):
        high = row["mean %"] - 3 * row["standard error"]
        made.append(
            common.at_most(f"{row['labels']}: mean % wrong chosen", high, row["promised %"])
        )
    for row in tables.get("costs", []):
        if row["true error %"] <= 0.5 and row["claimed %"] == 1:
            name = f"{row['true error %']:g} % wrong: audits, median, less fixed n (90 % power)"
            gain = row["median"] - row["fixed n, 90 % power"]
            made.append(common.at_most(name, gain, -1))
    for row in tables.get("saved", []):
        if row["labels"].startswith(("mnist", "cifar10")):
            name = f"{row['labels']}: points saved less than by the cut that knows"
            made.append(common.at_most(name, row["points less"], 3))
    for row in tables.get("update", []):
        worst = row["and ten strata, p95 ms"]
        made.append(common.at_most("ms after an answer, 1,000,000 items, p95", worst, 20))
    return made


def allowed_rate(rows: Rows) -> float:
    """α and what luck may add to the worst of so many cells: its upper end at 5 % of all."""
    repeats: int = rows[0]["repeats"]
    broken: int = round(ALPHA * repeats)
    while True:  # the least that even the luckiest of so many fair cells shows in 5 % of cases
        low, _ = accuracy_interval(broken, repeats, 1 - 2 * 0.05 / len(rows))
        if low > ALPHA:
            return 100.0 * (broken - 1) / repeats
        broken += 1


if __name__ == "__main__":
    main()
