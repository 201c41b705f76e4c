"""Accuracy per answer: a data set from its files to exported labels, by a simulated annotator.

    python -m benchmarks.efficiency --dataset mnist --workflow fewclicks --budget 300 --seeds 3

With `--certify 0.01` the labels are then certified: blind answers are given until it is proved that
at most 1 % of them are wrong, and all answers are counted, whatever they were for. Before that,
`fewclicks` gets 600 answers for 1 % and 300 for 2 % (learning, and review of the least sure).

Import and preparation are done once and their seconds are counted in every row. Each seed then
labels a rehearsal of the project, which shares nothing with the others but images and features;
the file of --json is written after each. `confidence_off` is how many points the confidence in what
a model labelled is off, `believed_off` the same before the blind answers set it right.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import fewclicks as fc
from benchmarks import common
from benchmarks.calibration import calibration_row
from benchmarks.sources import BUDGETS, source_of
from fewclicks.simulate import certify, peak_rss_mb
from fewclicks.store.certificates import Draw
from fewclicks.workflows.frozen import DRAWS


@dataclass(frozen=True, slots=True)
class Setup:
    """How a workflow is run when nothing is chosen: its paper's features, or the defaults."""

    features: str
    n_codewords: int | None


SETUPS = {
    "fewclicks": Setup(features="auto", n_codewords=None),
    "confusion_area": Setup(features="pixels", n_codewords=256),
    "threshold": Setup(features="auto", n_codewords=None),
    "guided": Setup(features="auto", n_codewords=None),
    "collaborative": Setup(features="auto", n_codewords=None),
}

SHARES = {
    "mnist": {200: 0.9945, 300: 0.9955, 1500: 0.999},
    "letters": {535: 0.975, 2140: 0.994},
    "cifar10": {500: 0.74},
    "clothing": {540: 0.77},
    "traffic_signs": {390: 0.92},
}
"""Share of all labels that is to be right by then, with the workflow `fewclicks`."""

CERTIFIED = {("mnist", 0.01): (600, 1300), ("mnist", 0.02): (300, 700)}
"""Answers before a claim is certified, and those wanted in all, by data set and claim."""

CORE_SHARES = {"mnist": {50: 0.986, 125: 0.991, 300: 0.993}}
"""The same without a network (`--core`)."""


def run_seed(
    project: fc.Project,
    seed: int,
    arguments: argparse.Namespace,
    setup_seconds: float,
    folder: Path,
) -> dict[str, Any]:
    """Label a rehearsal of the project with one seed and export it; return the row."""
    start = time.perf_counter()
    annotator = fc.KnownLabels(
        project.store.items.truths(),
        error_rate=arguments.errors,
        mark_misfits=arguments.workflow == "collaborative",
        random_state=seed,
    )
    with project.rehearse(folder / f"seed-{seed}") as rehearsal:
        run = fc.simulate(rehearsal, annotator, budget=arguments.budget, seed=seed)
        calibration = calibration_row(rehearsal)
        proof = certified(rehearsal, annotator, arguments.certify, arguments.draw)
        rehearsal.export(folder / f"labels-{seed}.parquet")
    last = run.rounds[-1]
    return {
        "dataset": arguments.dataset,
        "workflow": run.workflow,
        "seed": seed,
        "n_items": run.n_items,
        "answers": run.answers,
        "rate": last.rate,
        "accuracy": last.accuracy,
        "accuracy_unasked": last.accuracy_unasked,
        "macro_f1": last.macro_f1,
        "classes": last.classes,
        "seconds": setup_seconds + time.perf_counter() - start,
        "peak_rss_mb": peak_rss_mb(),
        "modelled_minutes": last.modelled_seconds / 60,
        "actions_per_1000": 1000 * last.actions / run.n_items,
        "curve": {str(r.answers): round(r.accuracy, 5) for r in run.rounds},
        "f1_curve": {str(r.answers): round(r.macro_f1, 5) for r in run.rounds},
        "classes_met": {str(r.answers): r.classes for r in run.rounds},
        **calibration,
        **proof,
    }


def certified(
    project: fc.Project, annotator: fc.Annotator, error: float | None, draw: Draw
) -> dict[str, Any]:
    """Certify the labels; how many blind answers that took, and what the truth is."""
    if error is None:
        return {}
    standing = certify(project, annotator, error=error, draw=draw)
    totals = project.store.answers.totals()
    return {
        "claim": error,
        "proved": standing.holds,
        "audits": standing.certificate.audits,
        "wrong_upper": standing.upper,
        "answers_in_all": totals["total"],
    }


def targets_of(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> list[common.Target]:
    """The targets that this combination has, if any, as far as the budget reaches."""
    if (arguments.dataset, arguments.workflow) == ("mnist", "confusion_area"):
        accuracy = mean(row["accuracy"] for row in rows)
        return [
            common.at_least("share of all labels right, mean", accuracy, 0.9078),
            common.at_most("manual labelling rate, worst", _worst(rows, "rate"), 0.0095),
        ]
    if arguments.workflow != "fewclicks":
        return []
    if arguments.no_groups or arguments.errors:
        return []
    if arguments.certify is not None:
        return _certificate_targets(arguments, rows)
    shares = (CORE_SHARES if arguments.core else SHARES).get(arguments.dataset, {})
    targets = [
        common.at_least(
            f"share of all labels right after {answers:,} answers, mean",
            mean(_after(row, answers) for row in rows),
            share,
        )
        for answers, share in shares.items()
        if answers <= min(row["answers"] for row in rows)
    ]
    if arguments.dataset == "mnist" and arguments.budget == 300:
        seconds = 90 if arguments.core else 360
        targets += [
            common.at_most(
                "seconds from import to export, worst", _worst(rows, "seconds"), seconds
            ),
            common.at_most("peak memory in MB, worst", _worst(rows, "peak_rss_mb"), 3000),
        ]
    if arguments.dataset == "clothing":
        met = min(row["classes"] for row in rows)
        targets.append(common.at_least("classes met, fewest", met, 20))
    return targets


def _certificate_targets(
    arguments: argparse.Namespace, rows: list[dict[str, Any]]
) -> list[common.Target]:
    _, wanted = CERTIFIED.get((arguments.dataset, arguments.certify), (0, None))
    if wanted is None:
        return []
    name = f"answers in all to certify {1 - arguments.certify:.0%}, median"
    return [
        common.at_most(name, median(row["answers_in_all"] for row in rows), wanted),
        common.at_least("claims proved", sum(row["proved"] for row in rows), len(rows)),
    ]


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--dataset", choices=sorted(BUDGETS), default="mnist")
    parser.add_argument("--workflow", choices=sorted(SETUPS), default="fewclicks")
    parser.add_argument("--budget", type=int, help="answers at most (default: the workflow's)")
    parser.add_argument("--features", help="default: the workflow's")
    parser.add_argument("--clusters", type=int, default=0, help="named first by fewclicks")
    parser.add_argument("--no-groups", action="store_true", help="fewclicks shares no answer")
    parser.add_argument("--core", action="store_true", help="fewclicks without a network")
    parser.add_argument("--errors", type=float, default=0, help="share of answers that are wrong")
    parser.add_argument("--certify", type=float, help="then prove that at most so many are wrong")
    parser.add_argument("--draw", choices=DRAWS, default="evenly", help="how labels are drawn then")
    parser.add_argument("--codewords", type=int, help="default: the workflow's")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.dataset, arguments.seeds = "sample", 1
    setup = SETUPS[arguments.workflow]
    with tempfile.TemporaryDirectory() as folder:
        rows = _run(arguments, setup, Path(folder))
    common.finish(rows, targets_of(arguments, rows), arguments.json)


def _run(arguments: argparse.Namespace, setup: Setup, folder: Path) -> list[dict[str, Any]]:
    start = time.perf_counter()
    project = fc.Project.create(
        folder / "project",
        **source_of(arguments.dataset, arguments.data_dir, folder),
        workflow=arguments.workflow,
        workflow_options=_options(arguments),
        features=arguments.features or setup.features,
        n_codewords=arguments.codewords or setup.n_codewords,
    )
    imported = time.perf_counter() - start
    project.prepare()
    seconds = time.perf_counter() - start
    common.console.print(f"imported in {imported:.1f} s, prepared in {seconds - imported:.1f} s")
    if arguments.budget is None and arguments.workflow == "fewclicks":
        budget = BUDGETS[arguments.dataset]
        known = (arguments.dataset, arguments.certify or 0.0)
        arguments.budget, _ = CERTIFIED.get(known, (budget, None))
    arguments.budget = arguments.budget or project.n_items
    rows = []
    with project:
        for seed in range(arguments.seeds):
            rows.append(run_seed(project, seed, arguments, seconds, folder))
            common.console.print(f"seed {seed}: {100 * rows[-1]['accuracy']:.2f} % right")
            common.write(rows, [], arguments.json)
    return rows


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.workflow != "fewclicks":
        return {}
    return {
        "refine": "never" if arguments.core else "auto",
        "share": "never" if arguments.no_groups else "auto",
        "n_clusters": arguments.clusters,
    }


def _after(row: dict[str, Any], answers: int) -> float:
    """The share right after so many answers, or the last round before that."""
    return float(row["curve"][str(max(int(n) for n in row["curve"] if int(n) <= answers))])


def _worst(rows: list[dict[str, Any]], column: str) -> float:
    return float(max(row[column] for row in rows))


if __name__ == "__main__":
    main()
