"""A part: the predictions of some thousand images, made and written by the worker it falls to.

A part that is there has been written whole, so it is read and not made again.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from fewclicks import settings
from fewclicks.engine.base import in_shards
from fewclicks.errors import ProjectError, SourceError
from fewclicks.export.tables import write_table
from fewclicks.files import fingerprint
from fewclicks.items import parquet
from fewclicks.items.base import Source
from fewclicks.items.ingest import Failure, Ingested, ingest
from fewclicks.items.shelf import Shelf
from fewclicks.items.thumbnails import decode_thumbnail
from fewclicks.records import Entry, FloatArray
from fewclicks.rows import nearest
from fewclicks.workflows.judging import BEST, Judgement, Look, Predictor
from fewclicks.workflows.predicting import Prediction

COLUMNS: dict[str, DTypeLike | None] = {
    "name": None,
    "class": None,
    "confidence": np.float32,
    "class_2": None,
    "confidence_2": np.float32,
    "class_3": None,
    "confidence_3": np.float32,
    "familiar": np.bool_,
    "cluster": np.int64,
    "sure": np.bool_,
    "failure": None,
}
"""Columns of a part and their numbers; None is text. All may be empty but the name."""

_AFTER = ("", *(f"_{place}" for place in range(2, BEST + 1)))
"""What follows “class” and “confidence” in the columns of each guess."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Images of one part, as the source listed them; `there` says that the part is written."""

    name: str
    entries: list[Entry]
    there: bool = False

    def __repr__(self) -> str:
        return self.name


class Told(NamedTuple):
    """What a part says in all: how many images, and of these how many are what."""

    name: str
    n_images: int
    n_failed: int = 0
    n_familiar: int = 0
    n_sure: int = 0
    classes: dict[str, int] = {}  # noqa: RUF012 nobody writes to it
    failure: Failure | None = None
    """The first image that could not be read."""
    there: bool = False
    """Whether it was written before."""
    unread: Shard | None = None
    """Set where no image could be read, and the part is not written: is that so everywhere?"""


def part_name(number: int, entries: Sequence[Entry]) -> str:
    """Name the file of a part, by its place among all and by what images it is of."""
    return f"part-{number:07d}-{fingerprint(of=[entry.key for entry in entries])[:8]}.parquet"


@dataclass(frozen=True, slots=True)
class PartMaker:
    """Reads, describes and judges images, and writes what it found; all that a worker needs."""

    source: Source
    predictor: Predictor
    codebook: FloatArray
    threshold: float
    shelf: Shelf

    def __call__(self, shard: Shard) -> Told:
        """Make the part of a shard, unless it is there, and tell what it says.

        By one thread, as everywhere: several would add up in another order.

        Raises
        ------
        DiskFull, ReadOnlyProject, ProjectError
            The part cannot be written, or one that is there cannot be read.
        """
        with threadpool_limits(1):
            return self.read(shard) if shard.there else self.make(shard)

    def make(self, shard: Shard, *, trusted: bool = False) -> Told:
        """Write the part; if no image can be read only if this process is `trusted` to see them."""
        rows = self.rows(shard.entries)
        if not trusted and all(row["failure"] is not None for row in rows):
            return Told(shard.name, len(rows), unread=shard)
        with tempfile.TemporaryDirectory(prefix="fewclicks-") as folder:
            path = Path(folder) / "part.parquet"
            write_table([{name: _column(name, rows) for name in COLUMNS}], path)
            self.shelf.put(shard.name, path.read_bytes())
        return _told(shard.name, rows)

    def read(self, shard: Shard) -> Told:
        """Tell what a part says that is there."""
        place = self.shelf.place_of(shard.name)
        wanted = ("name", "class", "familiar", "sure", "failure")
        try:
            found = parquet.select([place], ", ".join(map(parquet.quoted, wanted)))
            rows = [dict(zip(wanted, row, strict=True)) for row in found]
        except SourceError as error:
            raise ProjectError(
                f"{place} must be a part but cannot be read as one.",
                "Delete it, then run it again.",
            ) from error
        return _told(shard.name, rows)._replace(there=True)

    def rows(self, entries: Sequence[Entry]) -> list[dict[str, Any]]:
        """What is to be said of images, a row of `COLUMNS` each."""
        names: list[str | Failure] = []
        looks = []
        for block in in_shards(entries, settings.SENT_ITEMS):
            got = ingest(self.source, block)
            names += [one if isinstance(one, Failure) else one.entry.key for one in got]
            pixels = [decode_thumbnail(one.thumbnail) for one in got if isinstance(one, Ingested)]
            if pixels:
                looks.append(self.predictor.look(pixels))
        seen = iter(self._judged(Look.joined(looks)) if looks else [])
        return [
            _failed(one) if isinstance(one, Failure) else self._row(one, *next(seen))
            for one in names
        ]

    def _judged(self, look: Look) -> list[tuple[Judgement, int]]:
        clusters = nearest(look.rows, self.codebook)[0][:, 0]
        return list(zip(self.predictor.guesses_look(look), clusters.tolist(), strict=True))

    def _row(self, name: str, judgement: Judgement, cluster: int) -> dict[str, Any]:
        guesses, familiar = judgement
        one = Prediction(name, guesses, None, familiar)
        row: dict[str, Any] = {"name": name, "familiar": familiar, "cluster": cluster}
        for guess, after in zip(
            guesses, ("", *(f"_{n}" for n in range(2, BEST + 1))), strict=False
        ):
            row |= {f"class{after}": guess.class_name, f"confidence{after}": guess.confidence}
        return {**dict.fromkeys(COLUMNS), **row, "sure": one.sure(self.threshold)}


def _failed(one: Failure) -> dict[str, Any]:
    return {**dict.fromkeys(COLUMNS), "name": one.key, "failure": one.reason}


def _column(name: str, rows: list[dict[str, Any]]) -> Any:
    kind, values = COLUMNS[name], [row[name] for row in rows]
    if kind is None:
        return values
    empty = [value is None for value in values]
    return np.ma.masked_array([value or 0 for value in values], empty, dtype=kind)


def _told(name: str, rows: list[dict[str, Any]]) -> Told:
    failed = [row for row in rows if row["failure"] is not None]
    return Told(
        name,
        len(rows),
        len(failed),
        sum(bool(row["familiar"]) for row in rows),
        sum(bool(row["sure"]) for row in rows),
        dict(Counter(row["class"] for row in rows if row["class"] is not None)),
        Failure(failed[0]["name"], failed[0]["failure"], "") if failed else None,
    )
