"""Query strategies: ours beside those of scikit-activeml, modAL and small-text.

    python -m benchmarks.strategies --what accuracy --data-dir DATA
    python -m benchmarks.strategies --what scale

accuracy: the same images, features (edge directions of upright glyphs, 64 directions), classifier,
first answers and budget for all; how right the classifier is on images that were never in the
pool, and seconds per batch. scale: seconds and peak memory of a batch of 100 from 1,000,000 rows of
128 numbers on disk for ours; and others beside ours, at the largest size up to 100,000 at which the
other ends in 2 minutes and 8 GB. Where the machine is busy, processor seconds tell more.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np

from benchmarks import common, data, peers, strategy_scale
from benchmarks.strategy_scale import OURS, model_for
from fewclicks.features import FEATURES, Projection
from fewclicks.queries import STRATEGIES, make_strategy
from fewclicks.records import FloatArray

FIRST, BATCH, ROUNDS = 20, 60, 3
"""Answers drawn at random, the same for all; answers per batch; batches."""

POOL, TESTED = 3000, 10_000
"""Images asked about, and tested on at most: as many as scikit-activeml's ProbCover and TypiClust
take in seconds per batch."""

TOO_SLOW = {("core_set", "small-text")}
"""Half a minute per batch at the size of the pool: measured under scale alone."""

FULL, BESIDE = 1_000_000, strategy_scale.LADDER
QUICK = ("margin", *peers.BATCH_DIVERSE)


@dataclass(frozen=True, slots=True)
class Task:
    """Feature rows of a pool and of a test, and their true classes."""

    dataset: str
    X: Any
    y: Any
    X_test: Any
    y_test: Any


def load(dataset: str, data_dir: Path | None, seed: int, sizes: tuple[int, int]) -> Task:
    """Draw a pool and a test of these sizes from a data set and describe their images."""
    images, classes = READERS[dataset](data_dir)
    n_pool = sizes[0]
    order = np.random.default_rng(seed).permutation(len(images))[: sum(sizes)]
    recipe = FEATURES["deskew-hog"]
    described = recipe.make().fit_transform(images[order])
    projection = Projection(recipe.n_components or 64).fit(described[:n_pool])
    rows, y = projection.transform(described), classes[order]
    return Task(dataset, rows[:n_pool], y[:n_pool], rows[n_pool:], y[n_pool:])


READERS: dict[str, Callable[[Path | None], tuple[Any, Any]]] = {
    "mnist": data.mnist,
    "letters": lambda folder: data.letters(folder)[:2],
    "sample": lambda folder: data.bundled(),
}


def run(task: Task, strategy: str, package: str, seed: int, rounds: int) -> dict[str, Any]:
    """Ask batch after batch; return the accuracy on the test and the seconds of each batch."""
    y = np.full(len(task.y), -1)
    first = np.random.default_rng(seed).choice(len(y), FIRST, replace=False)
    y[first] = task.y[first]
    seconds = []
    for number in range(rounds):
        model = model_for(strategy).fit(task.X, y)
        asked = peers.Asked(task.X, y, model, BATCH, 1000 * seed + number)
        start = time.perf_counter()
        picked = pick(strategy, package, asked)
        seconds.append(time.perf_counter() - start)
        y[picked] = task.y[picked]
    model = model_for("margin").fit(task.X, y)
    right = model.predict(task.X_test) == task.y_test
    return {"accuracy": float(right.mean()), "seconds": seconds}


def pick(strategy: str, package: str, asked: peers.Asked) -> Any:
    """Ask one package for a batch."""
    if package != OURS:
        return peers.pick(strategy, package, asked)
    made = make_strategy(strategy)
    return made.pick(asked.model, asked.X, asked.n, y=asked.y, random_state=asked.seed)


def measure_accuracy(
    arguments: argparse.Namespace,
) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Every strategy of every package, seed after seed in turns."""
    sizes, rounds = ((600, 2000), 1) if arguments.quick else ((POOL, TESTED), ROUNDS)
    rows, absent = [], []
    for dataset in arguments.dataset:
        found: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for seed in range(arguments.seeds):
            task = load(dataset, arguments.data_dir, seed, sizes)
            for strategy, package in pairs(arguments.strategy):
                done = run(task, strategy, package, seed, rounds)
                found.setdefault((strategy, package), []).append(done)
            common.console.print(f"{dataset}, seed {seed} done")
        rows += [row(dataset, sizes[0], rounds, *pair, runs) for pair, runs in found.items()]
        absent += [
            {**rows[0], "dataset": dataset, "strategy": strategy, "package": package,
             "accuracy": None, "seconds": None, "by_seed": "not installed"}
            for strategy in arguments.strategy
            for package in peers.PEERS.get(strategy, {})
            if not peers.installed(package)
        ]  # fmt: skip
    return rows + absent, targets(rows) if arguments.seeds > 1 else []


def pairs(strategies: list[str]) -> list[tuple[str, str]]:
    """Which strategy of which package is run: ours, then those that are installed."""
    return [
        (strategy, package)
        for strategy in strategies
        for package in (OURS, *peers.PEERS.get(strategy, {}))
        if (package == OURS or peers.installed(package)) and (strategy, package) not in TOO_SLOW
    ]


def row(
    dataset: str, n: int, rounds: int, strategy: str, package: str, runs: list[dict[str, Any]]
) -> dict[str, Any]:
    """One line of the table: means over the seeds."""
    return {
        "what": "accuracy",
        "dataset": dataset,
        "strategy": strategy,
        "package": package,
        "n": n,
        "answers": FIRST + BATCH * rounds,
        "accuracy": mean(one["accuracy"] for one in runs),
        "seconds": median(taken for one in runs for taken in one["seconds"]),
        "by_seed": " ".join(f"{one['accuracy']:.4f}" for one in runs),
    }


def targets(rows: list[dict[str, Any]]) -> list[common.Target]:
    """Ours less scikit-activeml's, in points, no lower than twice the noise of the seeds."""
    by = {(r["dataset"], r["strategy"], r["package"]): seeds_of(r) for r in rows}
    gaps = {
        (dataset, strategy): 100 * (by[dataset, strategy, OURS] - theirs)
        for (dataset, strategy, package), theirs in by.items()
        if package == "scikit-activeml"
    }
    return [
        common.at_least(
            f"{dataset}: {strategy} less scikit-activeml's, points",
            float(gap.mean()),
            0 - round(2 * noise_of([other for (d, _), other in gaps.items() if d == dataset]), 2),
        )
        for (dataset, strategy), gap in gaps.items()
    ]


def seeds_of(row: dict[str, Any]) -> FloatArray:
    """Accuracy by seed, shape (n_seeds,)."""
    return np.array(row["by_seed"].split(), dtype=float)


def noise_of(gaps: list[FloatArray]) -> float:
    """Standard error of the mean over seeds of a gap, pooled over the gaps that are not all 0."""
    spread = [float(gap.var(ddof=1)) for gap in gaps if gap.any()]
    return math.sqrt(mean(spread) / len(gaps[0])) if spread else 0.0


def measure_scale(
    arguments: argparse.Namespace,
) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Ours at a million rows, then others beside ours."""
    n, sizes = (20_000, [2_000]) if arguments.quick else (FULL, list(BESIDE))
    if arguments.quick:
        arguments.strategy = [name for name in arguments.strategy if name in QUICK]
    with tempfile.TemporaryDirectory() as folder:
        strategy_scale.write_rows(Path(folder), n)
        rows = list(strategy_scale.measure_ours(Path(folder), n, arguments.strategy))
        for strategy in arguments.strategy:
            for package in peers.PEERS.get(strategy, {}):
                rows += strategy_scale.measure_peer(Path(folder), sizes, strategy, package)
    return rows, strategy_scale.targets(rows)


MEASURES = {"accuracy": measure_accuracy, "scale": measure_scale}


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--what", choices=sorted(MEASURES), default="accuracy")
    parser.add_argument("--dataset", nargs="*", choices=sorted(READERS))
    parser.add_argument("--strategy", nargs="*", choices=sorted(STRATEGIES))
    arguments = parser.parse_args()
    arguments.strategy = arguments.strategy or list(STRATEGIES)
    if arguments.quick:
        arguments.dataset, arguments.seeds = ["sample"], 1
    arguments.dataset = arguments.dataset or ["mnist", "letters"]
    for package in dict.fromkeys(package for by in peers.PEERS.values() for package in by):
        if not peers.installed(package):
            common.console.print(f"{package} is not installed and is left out.")
    rows, found = MEASURES[arguments.what](arguments)
    common.finish(rows, found, arguments.json)


if __name__ == "__main__":
    main()
