"""A project of a million items, made as people make one, with many answers in it.

Its images are rows of an array, 8 × 8 pixels each, and it brings its own features, so that nothing
is decoded or described. Neighbours are known: finding them is `--what neighbours`.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import sqlalchemy as sa

import fewclicks as fc
from benchmarks import rounds
from benchmarks.scale_rows import tell, timed
from fewclicks.neighbours import Neighbours
from fewclicks.store import schema
from fewclicks.workflows import collection

SIDE, WIDTH, CLASSES = 8, 16, 20
HEAP, PER_BLOB = 100_000, 500
"""Items of one heap of look-alikes, which is one cluster, and of each of the others."""

ANSWERED = 10
"""One item in so many has been answered by itself: more than anybody will."""


def make(folder: Path, n: int) -> None:
    """Import `n` images, prepare them, answer a tenth of them and run a round."""
    taken: dict[str, float] = {}
    sizes = blob_sizes(n)
    write(folder, sizes)
    with timed(taken, "import_seconds"):
        project = fc.Project.create(
            folder / "project", folder / "images.npy", features=str(folder / "rows.npy")
        )
    with project:
        with (
            timed(taken, "prepare_seconds"),
            patch.object(collection, "knn_graph", partial(known, sizes)),
        ):
            project.prepare()
        with timed(taken, "answers_seconds"):
            answer(project, sizes)
        with timed(taken, "round_seconds"):
            project.round()
    tell(**taken)


def blob_sizes(n: int) -> Any:
    """How many items lie around each centre; the first is the heap."""
    heap = min(HEAP, n // 10)
    return np.array([heap, *map(len, np.array_split(np.arange(n - heap), (n - heap) // PER_BLOB))])


def write(folder: Path, sizes: Any) -> None:
    """Write images and features, the items around each centre one after the other."""
    rng = np.random.default_rng(0)
    n = int(sizes.sum())
    np.save(folder / "images.npy", rng.integers(0, 256, (n, SIDE, SIDE), np.uint8))
    centres = rng.normal(size=(len(sizes), WIDTH))
    spread = np.where(np.arange(len(sizes)) == 0, 0.001, 0.05)
    rows = np.repeat(centres, sizes, axis=0)
    rows += rng.normal(size=rows.shape) * np.repeat(spread, sizes)[:, None]
    np.save(folder / "rows.npy", rows.astype(np.float32))


def known(sizes: Any, X: Any, k: int, **_: object) -> Neighbours:
    """The neighbours of every row, which are around its centre; in the heap, those beside it."""
    found = rounds.around(X[sizes[0] :], sizes[1:], k)
    heap = np.arange(sizes[0])
    beside = (heap[:, None] + 1 + np.arange(k)) % sizes[0]
    return Neighbours(
        np.concatenate([beside.astype(np.int32), found.indices + np.int32(sizes[0])]),
        np.concatenate([np.full(beside.shape, 0.001, np.float32), found.distances]),
    )


def answer(project: fc.Project, sizes: Any) -> None:
    """Answer every tenth item by itself: one as people do, then the rest in its likeness."""
    classes = np.repeat(np.arange(len(sizes)) % CLASSES, sizes)
    for number in np.unique(classes):
        item = int(np.flatnonzero(classes == number)[0])
        row = project.answer("ana", fc.Reply("class", f"class {number}"), item=item)
        ids = np.flatnonzero(classes == number)[ANSWERED::ANSWERED]
        _repeat(project, row.event, ids)


def _repeat(project: fc.Project, event: int, items: Any) -> None:
    """Copy an answer for other items, each with an event of its own."""
    with project.store.database.write() as connection:
        first = connection.scalar(sa.select(sa.func.max(schema.events.c.id))) + 1
        said = _row(connection, schema.events, schema.events.c.id == event)
        told = _row(connection, schema.answers, schema.answers.c.event_id == event)
        events = [{**said, "id": first + i, "client_id": None} for i in range(len(items))]
        answers = [
            {**told, "event_id": first + i, "item_id": int(item)} for i, item in enumerate(items)
        ]
        connection.execute(sa.insert(schema.events), events)
        connection.execute(sa.insert(schema.answers), answers)


def _row(connection: sa.Connection, table: sa.Table, where: Any) -> dict[str, Any]:
    found = dict(connection.execute(sa.select(table).where(where)).mappings().one())
    del found["id"]
    return found


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
