"""Predictions of millions of images: parts that workers write to a place, as one Parquet table.

Neither images nor rows pass through the machine with the project; what is there is not made again.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Any

import numpy as np

from fewclicks import checks, settings
from fewclicks.engine.base import Engine, in_shards
from fewclicks.engine.local import LocalEngine
from fewclicks.errors import Conflict, InvalidInput, ProjectError
from fewclicks.files import fingerprint
from fewclicks.items.base import Source
from fewclicks.items.ingest import Failure
from fewclicks.items.shelf import Shelf
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.records import Entry
from fewclicks.store import Store
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.describing import describer
from fewclicks.workflows.engines import ALONE_BELOW, engine_for
from fewclicks.workflows.importing import refuse_blindness
from fewclicks.workflows.judging import Predictor
from fewclicks.workflows.parts import PartMaker, Shard, Told, part_name

MANIFEST, SUMMARY = "manifest.json", "summary.json"

VERSION = 1
"""Raised when the same image gets another row: parts that are there are then not gone on with."""

_PART = re.compile(r"part-(\d{7,})-[0-9a-f]{8}\.parquet")

_WHAT: dict[str, str] = {
    "version": "by another version of fewclicks",
    "project": "by another project, or by another state of this one",
    "by": "by another model",
    "rows_from": "by other features",
    "clusters": "by other clusters",
    "source": "of another source",
    "threshold": "at another threshold",
    "part_images": "in parts of another size",
}
"""How predictions may differ, by the manifest's entries."""


@dataclass(slots=True)
class PlaceSummary:
    """What the predictions at a place say in all.

    Attributes
    ----------
    place : str
    by, note : str
        As of the `Predictor`.
    n_images, n_failed, n_familiar, n_sure : int
        Images in all; of these not readable, familiar, and such that nobody need be asked.
    classes : dict of str to int
        Images whose likeliest class it is, the most frequent first.
    n_parts, n_before : int
        Files, and those of them that were there before.
    failure : Failure or None
        The first image that could not be read.
    seconds : float
    """

    place: str
    by: str
    note: str
    n_images: int = 0
    n_failed: int = 0
    n_familiar: int = 0
    n_sure: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    n_parts: int = 0
    n_before: int = 0
    failure: Failure | None = None
    seconds: float = 0.0

    def add(self, told: Told) -> None:
        """Count one more part."""
        self.n_images += told.n_images
        self.n_failed += told.n_failed
        self.n_familiar += told.n_familiar
        self.n_sure += told.n_sure
        self.classes = dict((Counter(self.classes) + Counter(told.classes)).most_common())
        self.n_parts += 1
        self.n_before += told.there
        self.failure = self.failure or told.failure

    def document(self) -> dict[str, Any]:
        """What is kept at the place: the same whatever computed it, and when."""
        names = ("by", "n_images", "n_failed", "n_familiar", "n_sure", "classes", "n_parts")
        return {name: getattr(self, name) for name in names}


def predict_into(
    store: Store,
    thumbnails: ThumbnailStore,
    predictor: Predictor,
    collection: Collection,
    source: Source,
    place: str | os.PathLike[str],
    *,
    threshold: float,
    report: Report = silent,
    engine: Engine | None = None,
) -> PlaceSummary:
    """Write what is believed of every image of a source, as parts that `engine` makes.

    Raises
    ------
    InvalidInput
        The threshold is not in [0, 1], the place is no folder, or no image can be read.
    SourceError
        The source cannot be listed, or a worker cannot read what this process can.
    Conflict
        The place holds something else: predictions of another source, or by another state of the
        project; or the source lists other images than before.
    DiskFull, ReadOnlyProject, ProjectError
        A part cannot be written, or is not to be seen from here; the others stay.
    """
    start = time.perf_counter()
    checks.between(threshold, 0, 1, "threshold")
    if predictor.describe is None:  # which no class needs, but a cluster
        predictor = replace(predictor, describe=describer(store, thumbnails))
    report("listing images", 0, 0)
    listed = source.entries()
    first = list(islice(listed, ALONE_BELOW))
    shelf = Shelf(place)
    there = _claimed(shelf, _about(store, predictor, collection, source, threshold))
    maker = PartMaker(
        source,
        replace(predictor, remembered={}),
        np.asarray(collection.codebook, np.float32),
        threshold,
        shelf,
    )
    does = _engine(len(first), engine, predictor)
    total = len(first) if len(first) < ALONE_BELOW else 0
    summary = PlaceSummary(shelf.uri, predictor.by, predictor.note)
    with closing(does.map(maker, _shards(chain(first, listed), there, shelf))) as parts:
        for told in parts:
            summary.add(_seen(maker, told))
            report("predicting", summary.n_images, total)
    if there:
        raise _other_images(shelf, next(iter(there.values())))
    shelf.put(SUMMARY, _encoded(summary.document()))
    _refuse_nothing(summary)
    summary.seconds = time.perf_counter() - start
    return summary


def _engine(n_first: int, engine: Engine | None, predictor: Predictor) -> Engine:
    does = engine_for(n_first, engine)
    assert predictor.describe is not None
    one_gpu = predictor.describe.transformer.alone() and isinstance(does, LocalEngine)
    return LocalEngine(1) if one_gpu else does


def _about(
    store: Store, predictor: Predictor, collection: Collection, source: Source, threshold: float
) -> dict[str, Any]:
    """What every row depends on beside its image, and what the parts are parts of."""
    described = store.describe()
    n_items, event, round_id = predictor.version
    state = {"n_items": n_items, "event": event, "round": round_id}
    return {
        "version": VERSION,
        "project": {"uid": described["uid"], "name": described["name"], **state},
        "by": predictor.by,
        "rows_from": collection.rows_from,
        "clusters": collection.partition,
        "source": {"uri": source.uri, "kind": source.kind, "options": dict(source.options)},
        "threshold": threshold,
        "part_images": settings.PART_ITEMS,
    }


def _claimed(shelf: Shelf, about: dict[str, Any]) -> dict[int, str]:
    """The parts that are at a place, by their numbers; a manifest is put there if nothing is.

    Raises
    ------
    Conflict
        The place holds something else.
    """
    names = shelf.names()
    if not names:
        shelf.put(MANIFEST, _encoded({**about, "made_from": fingerprint(**about)}))
        return {}
    if MANIFEST not in names:
        raise Conflict(
            f"{shelf} must be new, empty, or hold predictions of fewclicks, but holds "
            f"{min(names)!r} and no {MANIFEST}.",
            "Name another folder.",
        )
    _refuse_others(shelf, about)
    parts: dict[int, str] = {}
    for name in sorted(names):
        if found := _PART.fullmatch(name):
            if int(found[1]) in parts:
                raise _other_images(shelf, name)
            parts[int(found[1])] = name
    return parts


def _refuse_others(shelf: Shelf, about: dict[str, Any]) -> None:
    """Refuse a place whose manifest is of something else."""
    try:
        kept = json.loads(shelf.read(MANIFEST))
        if kept["made_from"] == fingerprint(**about):
            return
    except (ValueError, KeyError, TypeError) as error:
        raise Conflict(
            f"{shelf.place_of(MANIFEST)} is no manifest of fewclicks.", "Name another folder."
        ) from error
    differs = [what for name, what in _WHAT.items() if kept.get(name) != about[name]]
    raise Conflict(
        f"{shelf} holds predictions {' and '.join(differs) or 'of something else'}.",
        "Name another folder, or delete that one to begin anew.",
    )


def _shards(entries: Iterable[Entry], there: dict[int, str], shelf: Shelf) -> Iterator[Shard]:
    """Yield what is to be done, taking from `there` the parts that are met.

    The images of a part that is there stay here: it tells by itself what it holds.
    """
    for number, images in enumerate(in_shards(entries, settings.PART_ITEMS)):
        name = part_name(number, images)
        known = there.pop(number, None)
        if known not in (None, name):
            raise _other_images(shelf, str(known))
        yield Shard(name, [] if known else images, there=known is not None)


def _other_images(shelf: Shelf, name: str) -> Conflict:
    return Conflict(
        f"{shelf.place_of(name)} is of other images than the source lists there now.",
        "Images came, went or were renamed since: name another folder, or delete that one to "
        "begin anew.",
    )


def _seen(maker: PartMaker, told: Told) -> Told:
    """Make sure that a worker read from where this process reads, and wrote where it looks."""
    if told.unread is not None:
        refuse_blindness(maker.source, told.unread.entries[0])
        return maker.make(told.unread, trusted=True)
    if not told.there and not maker.shelf.has(told.name):
        raise ProjectError(
            f"A worker has written {told.name}, but it is not in {maker.shelf} as this process "
            "sees it.",
            "On a cluster, name a URL that every machine reaches, or a folder that all share "
            "under the same path.",
        )
    return told


def _refuse_nothing(summary: PlaceSummary) -> None:
    if summary.failure is not None and summary.n_failed == summary.n_images:
        raise InvalidInput(
            f"None of the {summary.n_images:,} images could be read; the first: "
            f"{summary.failure.key}: {summary.failure.reason}.",
            f"The rows in {summary.place} name the reason of each.",
        )


def _encoded(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, sort_keys=False) + "\n").encode()
