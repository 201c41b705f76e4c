"""A round of the default workflow at a million rows: labels for all, and the next questions.

The rows lie around 200 centres on disk, ten to each of 20 classes, and their neighbours are known,
as they are once a project is prepared; 1,000 answers are given and 100 are asked for.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from benchmarks import common
from benchmarks.cdd import peak_mb
from fewclicks.features.registry import Kind
from fewclicks.neighbours import Neighbours, knn_graph
from fewclicks.records import NO_CLASS, NOBODY, PERSON, AnswerSheet
from fewclicks.workflows import FewClicks
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import N_CANDIDATES, Collection

WIDTH, CENTRES, CLASSES = 128, 200, 20
ANSWERS, BATCH = 1000, 100
KINDS = ("glyphs", "photos")


class Prepared(Collection):
    """Rows on disk whose neighbours are there too."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        super().__init__(np.load(folder / "rows.npy", mmap_mode="r"), kind=kind)
        self._folder_of_all = folder

    @cached_property
    def candidates(self) -> Neighbours:
        """As many as are kept of this kind."""
        return Neighbours(
            np.load(self._folder_of_all / "indices.npy")[:, : self.n_candidates],
            np.load(self._folder_of_all / "distances.npy")[:, : self.n_candidates],
        )


def measure(n: int) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Seconds and memory of a first and a second round on `n` rows, each kind by itself."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), n)
        for kind in KINDS:
            command = [sys.executable, "-m", "benchmarks.rounds", folder, kind]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            rows.append({"what": "round", "kind": kind, "n": n, "d": WIDTH})
            rows[-1] |= json.loads(done.stdout.splitlines()[-1])
    return rows, [
        common.at_most("seconds of a round, slowest", max(r["seconds"] for r in rows), 60),
        common.at_most("peak MB of a round, most", max(r["peak_rss_mb"] for r in rows), 8192),
    ]


def write(folder: Path, n: int) -> None:
    """Write `n` rows a centre at a time, and their neighbours, which are sought around it."""
    rng = np.random.default_rng(0)
    sizes = np.array([len(part) for part in np.array_split(np.arange(n), min(CENTRES, n // 60))])
    centres = rng.normal(size=(len(sizes), WIDTH)).astype(np.float32)
    rows = _file(folder / "rows.npy", np.float32, (n, WIDTH))
    indices = _file(folder / "indices.npy", np.int32, (n, N_CANDIDATES))
    distances = _file(folder / "distances.npy", np.float32, (n, N_CANDIDATES))
    start = 0
    for centre, size in zip(centres, sizes, strict=True):
        here = slice(start, start + size)
        rows[here] = rng.normal(size=(size, WIDTH)) + centre
        found = knn_graph(rows[here], N_CANDIDATES)
        indices[here], distances[here] = found.indices + start, found.distances
        start += size
    np.save(folder / "classes.npy", np.repeat(np.arange(len(sizes)) % CLASSES, sizes))


def _file(path: Path, dtype: type, shape: tuple[int, int]) -> Any:
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)


def run(folder: Path, kind: Kind) -> None:
    """Run two rounds on the rows of a folder, the second on what the first labelled."""
    classes = np.load(folder / "classes.npy")
    n = len(classes)
    asked = np.zeros(n, np.bool_)
    asked[np.random.default_rng(1).choice(n, min(ANSWERS, n // 2), replace=False)] = True
    sheet = AnswerSheet(
        np.where(asked, classes, NO_CLASS).astype(np.int32),
        np.where(asked, PERSON, NOBODY).astype(np.int8),
        np.where(asked, np.arange(n), -1),
        np.zeros(n, np.bool_),
        int(asked.sum()),
        asked.astype(np.int32),
        np.zeros(n, np.bool_),
    )
    workflow = FewClicks(n_batch=BATCH, refine="never")
    state = State(Prepared(folder, kind), sheet, asked)
    start = time.perf_counter()
    first = workflow.round(state)
    middle = time.perf_counter()
    second = workflow.round(replace(state, previous=first.labels))
    end = time.perf_counter()
    right = float(np.mean(second.labels.class_ids[:, 0] == classes))
    print(
        json.dumps(
            {
                "seconds": max(middle - start, end - middle),
                "first_seconds": middle - start,
                "second_seconds": end - middle,
                "peak_rss_mb": peak_mb(),
                "questions": len(second.questions),
                "right": right,
            }
        )
    )


if __name__ == "__main__":
    run(Path(sys.argv[1]), cast(Kind, sys.argv[2]))
