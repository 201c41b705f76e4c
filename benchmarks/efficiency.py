"""Accuracy per answer: a data set from its files to exported labels, by a simulated annotator.

    python -m benchmarks.efficiency --dataset mnist --workflow fewclicks --budget 300 --seeds 3

Import and preparation are done once and their seconds are counted in every row. Each seed then
labels a rehearsal of the project, which shares nothing with the others but images and features.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import fewclicks as fc
from benchmarks import common
from fewclicks.items import sample
from fewclicks.simulate import peak_rss_mb


@dataclass(frozen=True, slots=True)
class Setup:
    """How a workflow is run when nothing is chosen: its paper's features, or the defaults."""

    features: str
    n_codewords: int | None
    budget: int | None


SETUPS = {
    "fewclicks": Setup(features="auto", n_codewords=None, budget=300),
    "confusion_area": Setup(features="pixels", n_codewords=256, budget=None),
}


def source_of(dataset: str, data_dir: Path | None) -> tuple[str, str | None]:
    """Where a data set's images and its true labels lie."""
    if dataset == "sample":
        images, labels = sample.path()
        return str(images), str(labels)
    if dataset == "mnist":
        folder = common.require_data(data_dir, "mnist")
        return (
            str(folder / "train-images-idx3-ubyte.gz"),
            str(folder / "train-labels-idx1-ubyte.gz"),
        )
    return str(common.require_data(data_dir, "letters", "letters_az28.npz")), None


def run_seed(
    project: fc.Project, seed: int, budget: int, setup_seconds: float, folder: Path, dataset: str
) -> dict[str, Any]:
    """Label a rehearsal of the project with one seed and export it; return the row."""
    start = time.perf_counter()
    annotator = fc.KnownLabels(project.store.items.truths(), random_state=seed)
    with project.rehearse(folder / f"seed-{seed}") as rehearsal:
        run = fc.simulate(rehearsal, annotator, budget=budget, seed=seed)
        rehearsal.export(folder / f"labels-{seed}.parquet")
    last = run.rounds[-1]
    return {
        "dataset": dataset,
        "workflow": run.workflow,
        "seed": seed,
        "n_items": run.n_items,
        "answers": run.answers,
        "rate": last.rate,
        "accuracy": last.accuracy,
        "accuracy_unasked": last.accuracy_unasked,
        "macro_f1": last.macro_f1,
        "seconds": setup_seconds + time.perf_counter() - start,
        "peak_rss_mb": peak_rss_mb(),
        "modelled_minutes": last.modelled_seconds / 60,
        "curve": {str(r.answers): round(r.accuracy, 5) for r in run.rounds},
    }


def targets_of(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> list[common.Target]:
    """The targets that this combination has, if any."""
    accuracy = mean(row["accuracy"] for row in rows)
    if (arguments.dataset, arguments.workflow) == (
        "mnist",
        "fewclicks",
    ) and arguments.budget == 300:
        return [
            common.at_least("share of all labels right, mean", accuracy, 0.99),
            common.at_most("seconds from import to export, worst", _worst(rows, "seconds"), 360),
            common.at_most("peak memory in MB, worst", _worst(rows, "peak_rss_mb"), 3000),
        ]
    if (arguments.dataset, arguments.workflow) == ("mnist", "confusion_area"):
        return [
            common.at_least("share of all labels right, mean", accuracy, 0.9078),
            common.at_most("manual labelling rate, worst", _worst(rows, "rate"), 0.0095),
        ]
    return []


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--dataset", choices=["mnist", "letters", "sample"], default="mnist")
    parser.add_argument("--workflow", choices=sorted(SETUPS), default="fewclicks")
    parser.add_argument("--budget", type=int, help="answers at most (default: the workflow's)")
    parser.add_argument("--features", help="default: the workflow's")
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
    source, labels = source_of(arguments.dataset, arguments.data_dir)
    project = fc.Project.create(
        folder / "project",
        source,
        labels=labels,
        workflow=arguments.workflow,
        features=arguments.features or setup.features,
        n_codewords=arguments.codewords or setup.n_codewords,
    )
    imported = time.perf_counter() - start
    project.prepare()
    seconds = time.perf_counter() - start
    common.console.print(f"imported in {imported:.1f} s, prepared in {seconds - imported:.1f} s")
    arguments.budget = arguments.budget or setup.budget or project.n_items
    with project:
        return [
            run_seed(project, seed, arguments.budget, seconds, folder, arguments.dataset)
            for seed in range(arguments.seeds)
        ]


def _worst(rows: list[dict[str, Any]], column: str) -> float:
    return float(max(row[column] for row in rows))


if __name__ == "__main__":
    main()
