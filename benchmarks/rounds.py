"""A round of the default workflow at a million rows: labels for all, and the next questions.

The rows lie around 200 centres on disk, ten to each of 20 classes, and their neighbours are known,
as they are once a project is prepared; 1,000 answers are given and 100 are asked for. Photos are
also labelled with half of them in groups of ten: 50 groups were asked about a second image, and
three turned out mixed.
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
from fewclicks.records import NO_CLASS, NOBODY, PERSON, AnswerSheet, FloatArray, IntArray
from fewclicks.workflows import FewClicks
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import ALONE, N_CANDIDATES, Collection

WIDTH, CENTRES, CLASSES = 128, 200, 20
ANSWERS, BATCH = 1000, 100
KINDS = ("glyphs", "photos", "photos, half of them in groups of ten")
CHECKED, TORN = 50, 3


class Prepared(Collection):
    """Rows on disk whose neighbours are there too."""

    def __init__(self, folder: Path, kind: Kind, groups: IntArray) -> None:
        rows = np.load(folder / "rows.npy", mmap_mode="r")
        super().__init__(rows, kind=kind, groups=groups)
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
    """Write `n` rows a centre at a time, and their neighbours."""
    rng = np.random.default_rng(0)
    sizes = np.array([len(part) for part in np.array_split(np.arange(n), min(CENTRES, n // 200))])
    centres = rng.normal(size=(len(sizes), WIDTH)).astype(np.float32)
    rows = np.lib.format.open_memmap(
        folder / "rows.npy", mode="w+", dtype=np.float32, shape=(n, WIDTH)
    )
    for here, centre in zip(blocks(sizes), centres, strict=True):
        rows[here] = rng.normal(size=(here.stop - here.start, WIDTH)) + centre
    found = around(rows, sizes, N_CANDIDATES)
    np.save(folder / "indices.npy", found.indices)
    np.save(folder / "distances.npy", found.distances)
    np.save(folder / "sizes.npy", sizes)


def blocks(sizes: IntArray) -> list[slice]:
    """The rows around each centre."""
    ends = np.cumsum(sizes)
    return [slice(end - size, end) for size, end in zip(sizes, ends, strict=True)]


def around(X: FloatArray, sizes: IntArray, k: int) -> Neighbours:
    """The neighbours of every row, sought around its centre only: others are far."""
    indices = np.empty((len(X), k), np.int32)
    distances = np.empty((len(X), k), np.float32)
    for here in blocks(sizes):
        found = knn_graph(X[here], k)
        indices[here], distances[here] = found.indices + here.start, found.distances
    return Neighbours(indices, distances)


def groups_for(kind: str, n: int) -> IntArray:
    """The group of each row: none, or ten rows that follow each other, in every other fifty."""
    groups = np.full(n, ALONE)
    if "groups" in kind:
        tens = np.arange(n) // 10
        groups[tens // 5 % 2 == 1] = tens[tens // 5 % 2 == 1]
    return groups


def answers_for(classes: IntArray, groups: IntArray) -> AnswerSheet:
    """Answers to random items; where there are groups, to two items of some, seldom unlike."""
    n = len(classes)
    asked, named = np.zeros(n, np.bool_), classes.copy()
    asked[np.random.default_rng(1).choice(n, min(ANSWERS, n // 2), replace=False)] = True
    grouped = np.flatnonzero(asked & (groups != ALONE))
    _, first = np.unique(groups[grouped], return_index=True)
    second = grouped[first][:CHECKED] // 10 * 10
    second += asked[second]
    asked[second] = True
    named[second[:TORN]] = (named[second[:TORN]] + 1) % CLASSES
    return AnswerSheet(
        np.where(asked, named, NO_CLASS).astype(np.int32),
        np.where(asked, PERSON, NOBODY).astype(np.int8),
        np.where(asked, np.arange(n), -1),
        np.zeros(n, np.bool_),
        int(asked.sum()),
        asked.astype(np.int32),
        np.zeros(n, np.bool_),
    )


def run(folder: Path, kind: str) -> None:
    """Run two rounds on the rows of a folder, the second on what the first labelled."""
    sizes = np.load(folder / "sizes.npy")
    centre_of = np.repeat(np.arange(len(sizes)), sizes)
    classes = centre_of % CLASSES
    groups = groups_for(kind, len(classes))
    sheet = answers_for(classes, groups)
    collection = Prepared(folder, cast(Kind, kind.split(",")[0]), groups)
    workflow = FewClicks(n_batch=BATCH, refine="never")
    asked = sheet.sources == PERSON
    state = State(collection, sheet, asked)
    units = collection.units
    if units is not None:  # whose neighbours are known, too
        _, first_items = np.unique(units.unit_of, return_index=True)
        per_centre = np.bincount(centre_of[first_items])
        vars(units)["candidates"] = around(units.features, per_centre, units.n_candidates)
    start = time.perf_counter()
    first = workflow.round(state)
    middle = time.perf_counter()
    second = workflow.round(replace(state, previous=first.labels))
    end = time.perf_counter()
    right = float(np.mean(second.labels.class_ids[~asked, 0] == classes[~asked]))
    print(
        json.dumps(
            {
                "units": len(classes) if units is None else units.n_items,
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
    run(Path(sys.argv[1]), sys.argv[2])
