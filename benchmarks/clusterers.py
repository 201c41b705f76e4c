"""Which clusterer makes the clusters that cost a person least.

    python -m benchmarks.clusterers --dataset clothing

Mousavi et al. (*Collaborative learning of semi-supervised clustering and classification for
labeling uncurated data*, section 2.2) compared agglomerative clustering, spectral clustering and
k-means by eye and found k-means best. Here the clusters of the features that `prepare` makes are
named by their commonest class.

purity: share of the items that are of the commonest class of their cluster. answers: one for each
cluster and one for each item that is of another class, until every label is right. minutes: of a
person who names the clusters and clicks the others out, modelled. seconds: of clustering.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks import common
from benchmarks.sources import BUDGETS, source_of
from experiments import report
from fewclicks.answers.effort import EffortModel
from fewclicks.clusters import CLUSTERERS

BEST = "kmeans"


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--dataset", choices=sorted(BUDGETS), default="mnist")
    parser.add_argument("--clusters", type=int, help="clusters (default: that of `prepare`)")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.dataset, arguments.seeds = "sample", 1
    rows = measure(arguments)
    averaged = report.average(rows, ("dataset", "clusterer"))
    print(report.markdown({"all": f"Clusters of {arguments.dataset}"}, {"all": averaged}))
    common.finish(rows, targets(averaged), arguments.json, show_rows=False)


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each clusterer and seed."""
    with tempfile.TemporaryDirectory(prefix="fewclicks-") as folder:
        source = source_of(arguments.dataset, arguments.data_dir, Path(folder))
        with fc.Project.create(Path(folder) / "project", **source) as project:
            collection = project.collection()
            _, classes = np.unique(np.array(project.store.items.truths()), return_inverse=True)
            n = arguments.clusters or collection.n_codewords
            return [
                {
                    "dataset": arguments.dataset, "clusterer": name, "seed": seed,
                    **cost(collection.features, classes, name, n, seed),
                }
                for seed in range(arguments.seeds)
                for name in CLUSTERERS
            ]  # fmt: skip


def cost(rows: Any, classes: Any, name: str, n_clusters: int, seed: int) -> dict[str, Any]:
    """What the clusters of one clusterer cost to name."""
    start = time.perf_counter()
    labels = CLUSTERERS[name].make(n_clusters, seed).fit(rows).labels_
    seconds = time.perf_counter() - start
    counts = np.zeros((labels.max() + 1, classes.max() + 1), np.int64)
    np.add.at(counts, (labels, classes), 1)
    counts = counts[counts.any(axis=1)]
    sizes, right = counts.sum(axis=1), counts.max(axis=1)
    effort = EffortModel()
    spent = sum(
        effort.cluster(int(size), int(size - best))[0]
        for size, best in zip(sizes, right, strict=True)
    )
    return {
        "clusters": len(sizes),
        "purity %": 100 * float(right.sum() / len(labels)),
        "answers": int(len(sizes) + (sizes - right).sum()),
        "minutes": spent / 60,
        "seconds": seconds,
    }


def targets(averaged: list[dict[str, Any]]) -> list[common.Target]:
    """K-means is to cost no more answers than any other that makes about as many clusters."""
    answers = {row["clusterer"]: row["answers"] for row in averaged}
    return [
        common.at_least(f"{name} / {BEST}, answers", count / answers[BEST], 1)
        for name, count in answers.items()
        if name != BEST
    ]


if __name__ == "__main__":
    main()
