"""A codebook of a thousand codewords, the nearest of every row, and the confusing items."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.scale_rows import apart, tell, timed, write_rows
from fewclicks.clusters import VectorQuantizer
from fewclicks.confusion import ConfusingDataDetector

WIDTH, CODEWORDS = 1280, 1000
LEAST_PER_CODEWORD = 100
SECONDS, MEMORY_MB = 300, 4096


def measure(n: int) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Seconds and memory of all three on `n` rows of float16 on disk."""
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder), n, WIDTH, np.float16)
        row = {"what": "codebook", "n": n, "d": WIDTH, **apart("scale_codebook", Path(folder))}
    return [row], [
        common.at_most(f"seconds for {n:,} × {WIDTH}", row["seconds"], SECONDS),
        common.at_most("peak MB", row["peak_mb"], MEMORY_MB),
    ]


def run(folder: Path) -> None:
    """Go through the rows of a folder."""
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    n_codewords = min(CODEWORDS, len(rows) // LEAST_PER_CODEWORD)
    taken: dict[str, float] = {}
    with timed(taken, "codebook_seconds"):
        quantizer = VectorQuantizer(n_codewords, random_state=0).fit(rows)
    with timed(taken, "assignment_seconds"):
        labels = quantizer.predict(rows)
    with timed(taken, "ranking_seconds"):
        ranking = ConfusingDataDetector(quantizer.codebook_).fit(rows).ranking_
    if len(np.unique(ranking)) != len(rows) or labels.max() >= n_codewords:
        raise RuntimeError("not every row was assigned and ranked")
    tell(
        codewords=n_codewords,
        **taken,
        seconds=sum(taken.values()),
        iterations=quantizer.n_iter_,
        unlike=float(np.mean(labels != quantizer.labels_)),
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]))
