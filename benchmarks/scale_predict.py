"""What a linear model believes of every row, who is least sure, and whom to ask next."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from benchmarks.scale_rows import apart, tell, timed, write_rows
from fewclicks.models import CalibratedLinear
from fewclicks.queries import make_strategy
from fewclicks.records import NO_CLASS

WIDTH, ANSWERS, BATCH = 1280, 2000, 100
SECONDS, MEMORY_MB = 180, 6144


def measure(n: int) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Seconds and memory on `n` rows of float16 on disk; 2,000, or a tenth, have an answer."""
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder), n, WIDTH, np.float16)
        row = {"what": "predict", "n": n, "d": WIDTH, **apart("scale_predict", Path(folder))}
    return [row], [
        common.at_most(f"seconds for {n:,} × {WIDTH}", row["seconds"], SECONDS),
        common.at_most("peak MB", row["peak_mb"], MEMORY_MB),
    ]


def run(folder: Path) -> None:
    """Go through the rows of a folder."""
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    classes = np.load(folder / "classes.npy")
    y = np.full(len(rows), NO_CLASS)
    known = np.random.default_rng(1).choice(len(rows), min(ANSWERS, len(rows) // 10), replace=False)
    y[known] = classes[known]
    taken: dict[str, float] = {}
    with timed(taken, "fit_seconds"):
        model = CalibratedLinear().fit(rows, y)
    with timed(taken, "predict_seconds"):
        proba = model.predict_proba(rows)
    with timed(taken, "order_seconds"):
        order = np.argsort(proba.max(axis=1), kind="stable")
    with timed(taken, "questions_seconds"):
        asked = make_strategy("uncertain_clusters").pick(proba, rows, BATCH, y=y)
    if len(np.unique(asked)) != BATCH or (y[asked] != NO_CLASS).any():
        raise RuntimeError(f"{BATCH} different open items must be asked about")
    surest = order[len(order) // 2 :]
    right = np.mean(model.classes_[proba[surest].argmax(axis=1)] == classes[surest])
    tell(**taken, seconds=sum(taken.values()), surer_half_right=float(right))


if __name__ == "__main__":
    run(Path(sys.argv[1]))
