"""Ten nearest neighbours of every row by an HNSW graph, and how many of the true ones are found."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.scale_rows import apart, tell, timed, write_rows
from fewclicks.neighbours import knn_graph, nearest_items

WIDTH, NEIGHBOURS, SAMPLE = 128, 10, 1000
SECONDS, MEMORY_MB, RECALL = 1800, 8192, 0.95


def measure(n: int) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Seconds, memory and recall on `n` rows of single precision on disk."""
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder), n, WIDTH, np.float32)
        row = {"what": "neighbours", "n": n, "d": WIDTH, **apart("scale_neighbours", Path(folder))}
    return [row], [
        common.at_most(f"seconds for {n:,} × {WIDTH}", row["seconds"], SECONDS),
        common.at_most("peak MB", row["peak_mb"], MEMORY_MB),
        common.at_least(f"recall, of {SAMPLE:,} rows", row["recall"], RECALL),
    ]


def run(folder: Path) -> None:
    """Find the neighbours of the rows of a folder, and compare some with an exhaustive search."""
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    taken: dict[str, float] = {}
    with timed(taken, "seconds"):
        found = knn_graph(rows, NEIGHBOURS, exact=False).indices
    some = np.sort(np.random.default_rng(2).choice(len(rows), SAMPLE, replace=False))
    true = nearest_items(rows, rows[some], NEIGHBOURS + 1).indices
    recall = [
        np.isin(near[near != item][:NEIGHBOURS], found[item]).mean()
        for item, near in zip(some, true, strict=True)
    ]
    tell(**taken, recall=float(np.mean(recall)))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
