"""Membership query synthesis: images made between two of different classes, shown to people.

Settles, *Active Learning Literature Survey* (2009), section 2.1. What is made is an item and
teaches as any other, but it is no image of the collection.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewclicks import checks
from fewclicks.errors import Conflict
from fewclicks.files import replacing
from fewclicks.items.folders import FolderSource
from fewclicks.items.places import absolute
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.queries.synthesis import Synthesised, boundary_pairs, readability
from fewclicks.queries.synthesis import synthesise as between
from fewclicks.records import MODEL, NO_CLASS, NOBODY, PERSON, Entry, FloatArray, Labels, Question
from fewclicks.store import Store
from fewclicks.workflows.importing import import_entries
from fewclicks.workflows.judging import Predictor
from fewclicks.workflows.originals import SYNTHESISED, items_of
from fewclicks.workflows.pictures import picture_items

REASON = (
    "It was made half-way between two images of different classes; "
    "say “not sure” if it shows nothing."
)

SOON = 1e5
"""Priority of a question about what was made: after uploads, before what workflows ask."""

SPARE = 3
"""Pairs looked at for each image wanted: some have the same class in the predictor's eyes."""

MOST_NUMBERS = 2**26
"""Pixels of the images that are compared with each other, all together."""


@dataclass(frozen=True, slots=True)
class Made:
    """An image that was made: its item, the two items it lies between, and its question."""

    item: int
    parents: tuple[int, int]
    question: int


def synthesise_items(
    store: Store,
    thumbnails: ThumbnailStore,
    predictor: Predictor,
    labels: Labels,
    n: int,
    *,
    random_state: int = 0,
    report: Report = silent,
) -> list[Made]:
    """Make up to `n` images at the boundary of classes, keep them as items, and ask about each.

    Their parents are the nearest pairs of items that are believed to be of different classes; no
    item is the parent of two. An image is on disk before its item is, and the item before its
    question; a question that was not reached is asked by the next call.

    Parameters
    ----------
    labels : Labels
        What is believed of the items now.
    random_state : int, default 0
        Draws the items that are compared where there are more than 10,000.

    Raises
    ------
    InvalidInput
        `n` is below 1, or fewer than two classes are known.
    Conflict
        The project is a rehearsal.
    ProjectBusy, DiskFull, ReadOnlyProject
        The project cannot be written.
    """
    checks.between(n, 1, np.inf, "n", integer=True)
    if store.home != store.folder:
        raise Conflict("A rehearsal shares its items, so none can be made there.")
    report("making images", 0, n)
    images = picture_items(store, thumbnails, report).images
    pairs = boundary_pairs(
        images,
        _parents_left(store, labels),
        SPARE * n,
        at_most=int(np.clip(MOST_NUMBERS // images[0].size, 2, 10_000)),
        random_state=random_state,
    )
    reader = _Reader(predictor, store.describe()["options"]["pictures_settled"]["invert"])
    made = between(reader, images, pairs)
    _keep(store, thumbnails, made, reader.shown(made.images), n)
    report("making images", n, n)
    return _ask(store, labels)


def synthesised_counts(store: Store, labels: Labels) -> dict[str, Any] | None:
    """How many images were made, answered and named, and the share that could be; None if none was.

    “Not sure” and “none” count as what could not be named; `readable` is None before any answer.
    """
    ids = items_of(store, SYNTHESISED)
    if not len(ids):
        return None
    ids = ids[ids < len(labels.sources)]
    answered = ids[labels.sources[ids] == PERSON]
    named = readability(answered, labels.class_ids[answered, 0])
    return {
        "made": len(ids),
        "answered": len(answered),
        "named": int(np.count_nonzero(named)),
        "readable": float(named.mean()) if len(answered) else None,
    }


class _Reader:
    """The predictor as a model of pictures, which glyphs of dark ink enter inverted."""

    def __init__(self, predictor: Predictor, inverted: bool) -> None:
        self._predictor = predictor
        self._inverted = inverted

    def shown(self, pictures: Any) -> NDArray[np.uint8]:
        """Return pictures as people are shown them."""
        pixels = np.asarray(pictures, np.uint8)
        return 255 - pixels if self._inverted else pixels

    def predict_proba(self, pictures: Any) -> FloatArray:
        """Return the shares of belief, (n, n_classes)."""
        return self._predictor.judge(list(self.shown(pictures)))[0]


def _parents_left(store: Store, labels: Labels) -> Any:
    """Return the class of every item that may be a parent, NO_CLASS of the others."""
    classes = labels.class_ids[:, 0].copy()
    made = items_of(store, SYNTHESISED)
    classes[made] = NO_CLASS
    for name in store.items.names(made).values():
        classes[list(_parents(name))] = NO_CLASS
    return classes


def _name(parents: Sequence[int]) -> str:
    return f"{parents[0]}-{parents[1]}.png"


def _parents(name: str) -> tuple[int, int]:
    first, second = Path(name).stem.split("-")
    return int(first), int(second)


def _keep(
    store: Store, thumbnails: ThumbnailStore, made: Synthesised, shown: NDArray[np.uint8], n: int
) -> None:
    """Write the first `n` images, then import them."""
    folder = store.folder / SYNTHESISED
    names = [_name(parents) for parents in made.parents[:n].tolist()]
    for name, pixels in zip(names, shown, strict=False):
        with replacing(folder / name) as temporary, open(temporary, "wb") as file:
            Image.fromarray(pixels).save(file, "PNG")
            file.flush()
            os.fsync(file.fileno())
    entries = [Entry(name, split=SYNTHESISED) for name in names]
    if entries:
        source = FolderSource(absolute(folder), {})
        import_entries(store, thumbnails, source, entries, (SYNTHESISED, SYNTHESISED))


def _ask(store: Store, labels: Labels) -> list[Made]:
    """Ask about all that was made and nobody has spoken on; return what had no question yet."""
    ids = items_of(store, SYNTHESISED)
    copies = store.items.duplicate_of()[ids] >= 0
    known = ids < len(labels.sources)
    silent_on = ~known
    silent_on[known] = np.isin(labels.sources[ids[known]], (NOBODY, MODEL))
    ids = ids[silent_on & ~copies]
    before = store.questions.open_of(ids.tolist())
    ids = ids[[int(item) not in before for item in ids]]
    names = store.items.names(ids)
    questions = [Question("item", REASON, priority=SOON, item=int(item)) for item in ids]
    asked = store.questions.ask_items(questions)
    return [
        Made(int(item), _parents(names[int(item)]), question)
        for item, question in zip(ids, asked, strict=True)
    ]
