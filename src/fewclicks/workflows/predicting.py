"""Labels of images that are no items: from what the project believes now, without a round."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from fewclicks import settings
from fewclicks.engine.base import in_shards
from fewclicks.errors import FewclicksError, InvalidInput, MissingExtra, NotFound
from fewclicks.items.base import Read, Source, SourceBase
from fewclicks.items.ingest import Failure, Ingested, ingest
from fewclicks.items.names import is_image_name
from fewclicks.items.places import read_local
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import ThumbnailStore, decode_thumbnail
from fewclicks.models.induction import NeighbourInduction, no_surer_than
from fewclicks.progress import Report, silent
from fewclicks.records import NO_CLASS, BoolArray, Entry, FloatArray, IntArray, Labels
from fewclicks.store import Store
from fewclicks.workflows.describing import describe_images, describe_items, refuse_external
from fewclicks.workflows.pictures import small_pictures
from fewclicks.workflows.rounds import model_path

BEST = 3
"""Classes named per image."""

MOST_REMEMBERED = 1000
"""Items whose judgement a predictor keeps: more than a list of uploads shows."""

Images = list[NDArray[np.uint8]]
Given = str | os.PathLike[str] | bytes | NDArray[Any]
"""An image: a path, a folder or other source of many, an encoded file, or pixels."""

Judge = Callable[[Images], tuple[FloatArray, BoolArray]]
Judgement = tuple[tuple["Guess", ...], bool]
"""The likeliest classes of an image, and whether it is familiar."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A class that may be right; `confidence` in [0, 1] is about how often such a guess is."""

    class_id: int
    class_name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the project believes of an image.

    Attributes
    ----------
    name : str
        The file's name, or the number of the image among those given.
    guesses : tuple of Guess
        Up to three, best first; none while no class is known.
    item : int or None
        The item that has this very content already, if one does.
    familiar : bool
        Whether it is as near to an item as items are to each other; else nothing is known of it.
    path : str or None
        The file on the local disk that is the image, if one is.
    read : callable
        Gives the image's bytes again; None if it cannot be read any more.
    """

    name: str
    guesses: tuple[Guess, ...]
    item: int | None
    familiar: bool
    path: str | None = field(default=None, repr=False, compare=False)
    read: Callable[[], bytes | None] = field(default=lambda: None, repr=False, compare=False)

    @property
    def class_id(self) -> int | None:
        """The likeliest class."""
        return self.guesses[0].class_id if self.guesses else None

    @property
    def class_name(self) -> str | None:
        """Its name."""
        return self.guesses[0].class_name if self.guesses else None

    @property
    def confidence(self) -> float:
        """Confidence in it, in [0, 1]; 0 while no class is known."""
        return self.guesses[0].confidence if self.guesses else 0.0

    def sure(self, threshold: float) -> bool:
        """Whether nobody need be asked: the confidence is at the threshold, and it is familiar.

        What is unfamiliar is left to the threshold 0 only: while one class is known, that class
        has all confidence whatever is shown.
        """
        trusted = self.familiar or threshold == 0
        return bool(self.guesses) and trusted and self.confidence >= threshold


@dataclass(frozen=True, slots=True)
class Predictor:
    """Judges images by what was believed when it was made.

    `by` says what judges: "neighbours" or "network", or "nothing" while no class is known; `note`
    says in a sentence why it is not the network that the workflow trained, where it should be.
    `remembered` holds what was said of items, which are not judged again.
    """

    names: dict[int, str]
    classes: IntArray
    judge: Judge
    by: str
    note: str = ""
    remembered: dict[int, Judgement] = field(default_factory=dict, repr=False, compare=False)

    def guesses_of(
        self, items: Sequence[int], pixels: Callable[[Sequence[int]], Images]
    ) -> list[Judgement]:
        """What `guesses` says of items, whose images are fetched only to be judged once."""
        new = [item for item in items if item not in self.remembered]
        told = dict(zip(new, self.guesses(pixels(new)) if new else [], strict=True))
        found = [told[item] if item in told else self.remembered[item] for item in items]
        for item, judgement in told.items():
            self.remember(item, judgement)
        return found

    def remember(self, item: int, judgement: Judgement) -> None:
        """Keep what was said of an item; the longest kept is forgotten for it."""
        if len(self.remembered) >= MOST_REMEMBERED:
            self.remembered.pop(next(iter(self.remembered)))
        self.remembered[item] = judgement

    def guesses(self, images: Images) -> list[Judgement]:
        """The likeliest classes of each image, and whether it is familiar."""
        proba, familiar = self.judge(images)
        best = np.argsort(-proba, axis=1, kind="stable")[:, :BEST]
        return [
            (
                tuple(
                    Guess(int(self.classes[c]), self.names[int(self.classes[c])], float(row[c]))
                    for c in order
                ),
                bool(known),
            )
            for row, order, known in zip(proba, best, familiar, strict=True)
        ]


def make_predictor(store: Store, thumbnails: ThumbnailStore, labels: Labels, n: int) -> Predictor:
    """Learn from what is believed of the first `n` items, which have been prepared.

    The network of the last round judges, if its workflow left one that can be read and torch is
    there; else the nearest items do, see `NeighbourInduction`. The nearest items tell in both cases
    what is familiar, and a network is no surer of a class than they are: its own shares were
    never tested on anything it had not learnt.

    Raises
    ------
    InvalidInput
        Classes are known but no item has been prepared, or the features come from a file.
    """
    refuse_external(store.describe()["options"]["features"])
    names = store.classes.names()
    if not (labels.class_ids[: n or None, 0] != NO_CLASS).any():
        return Predictor(names, np.empty(0, np.int64), _nothing, "nothing")
    near = _neighbours(store, thumbnails, labels, n)
    latest = store.rounds.latest()
    path = None if latest is None else model_path(store, latest.id)
    if path is None or not path.exists():
        return _by_neighbours(store, thumbnails, near)
    try:
        return _by_network(store, thumbnails, path, near)
    except MissingExtra as error:
        note = f"{error.message} The nearest items judge instead of the workflow's network."
    except (InvalidInput, NotFound, OSError):
        note = (
            "The workflow's network cannot be read from its file. The nearest items judge until "
            "the next round trains another."
        )
    return _by_neighbours(store, thumbnails, near, note)


def predict_images(
    store: Store, predictor: Predictor, images: Given | Sequence[Given], report: Report = silent
) -> Iterator[Prediction | Failure]:
    """Yield what is believed of each image, in the order given; a Failure where one is unreadable.

    Raises
    ------
    SourceError
        A path that is not called like an image leads to no source of images.
    """
    one = isinstance(images, str | os.PathLike | bytes | np.ndarray)
    given = cast(Sequence[Given], [images] if one else images)
    wanted = [(source, list(source.entries())) for source in _sources(given)]
    total, done = sum(len(entries) for _, entries in wanted), 0
    for source, entries in wanted:
        for shard in in_shards(entries, settings.SHARD_ITEMS):
            yield from judged(store, predictor, source, ingest(source, shard))
            done += len(shard)
            report("predicting", done, total)


def judged(
    store: Store, predictor: Predictor, source: Source, read: Sequence[Ingested | Failure]
) -> Iterator[Prediction | Failure]:
    """Yield what is believed of each image that was read from a source."""
    good = [one for one in read if isinstance(one, Ingested)]
    items = store.items.with_content([one.content_hash for one in good])
    pixels = [decode_thumbnail(one.thumbnail) for one in good]
    told = iter(predictor.guesses(pixels) if good else [])
    for one in read:
        if isinstance(one, Failure):
            yield one
            continue
        guesses, familiar = next(told)
        key = one.entry.key
        read_again = partial(_content, source, key, one.thumbnail)
        item = items.get(one.content_hash)
        yield Prediction(key, guesses, item, familiar, source.path_of(key), read_again)


class GivenImages(SourceBase):
    """Images that are given as they are: paths of files, their bytes, or pixels, by name."""

    kind: ClassVar[str] = "given"

    def __init__(self, images: dict[str, str | Read]) -> None:
        super().__init__("", {})
        self._images = images

    def entries(self) -> Iterator[Entry]:
        """Yield each, in the order given."""
        return (Entry(name) for name in self._images)

    def read(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield what was given, files read."""
        for key in keys:
            one = self._images[key]
            yield read_local(one) if isinstance(one, str) else one

    def path_of(self, key: str) -> str | None:
        """Return the file, if a file was given."""
        one = self._images[key]
        return one if isinstance(one, str) else None


def _sources(given: Sequence[Given]) -> Iterator[Source]:
    """Yield what holds the images; single ones that follow each other come together."""
    single: dict[str, str | Read] = {}
    for number, one in enumerate(given):
        if isinstance(one, str | os.PathLike):
            place = os.fsdecode(one)
            if not is_image_name(place) or os.path.isdir(place):
                if single:
                    yield GivenImages(single)
                single = {}
                yield open_source(place)
            else:
                single[place] = place
        else:
            single[str(number)] = one
    if single:
        yield GivenImages(single)


def _content(source: Source, key: str, thumbnail: bytes) -> bytes | None:
    """The image file, or for pixels their thumbnail; None if it cannot be read any more."""
    found = next(iter(source.read([key])), None)
    if isinstance(found, bytes):
        return found
    return None if found is None or isinstance(found, FewclicksError) else thumbnail


def _nothing(images: Images) -> tuple[FloatArray, BoolArray]:
    return np.empty((len(images), 0), np.float32), np.zeros(len(images), bool)


def _neighbours(
    store: Store, thumbnails: ThumbnailStore, labels: Labels, n: int
) -> NeighbourInduction:
    if not n:
        raise InvalidInput("No item has been described yet.", "Run: fewclicks prepare")
    rows = describe_items(store, thumbnails, n_items=n).rows
    return NeighbourInduction().fit(
        rows,
        labels.class_ids[:n],
        shares=np.clip(labels.confidences[:n], 0, 1),
        answered=_one_per_answer(store, n),
    )


def _by_neighbours(
    store: Store, thumbnails: ThumbnailStore, near: NeighbourInduction, note: str = ""
) -> Predictor:
    def judge(images: Images) -> tuple[FloatArray, BoolArray]:
        return near.judge(describe_images(store, thumbnails, images))

    return Predictor(store.classes.names(), near.classes_, judge, "neighbours", note)


def _one_per_answer(store: Store, n: int) -> IntArray:
    """One item of each answer: a named cluster is one piece of evidence, not a thousand."""
    sheet = store.answers.sheet(store.items.count())
    said = np.flatnonzero(sheet.class_ids[:n] != NO_CLASS)
    said = np.random.default_rng(0).permutation(said)
    _, first = np.unique(sheet.answer_ids[said], return_index=True)
    return np.sort(said[first])


def _by_network(
    store: Store, thumbnails: ThumbnailStore, path: Path, near: NeighbourInduction
) -> Predictor:
    from fewclicks.models import Network

    network = Network.load(path, device="auto")  # it may have been trained elsewhere
    form = store.describe()["options"]["pictures_settled"]
    heirs = np.append(store.classes.heirs(), NO_CLASS)
    now = heirs[network.classes_]  # classes merged or deleted since it was trained
    classes = np.unique(now[now != NO_CLASS])
    stands_for = (now[:, None] == classes).astype(np.float32)  # (trained, now)
    _, ours, theirs = np.intersect1d(classes, near.classes_, return_indices=True)

    def judge(images: Images) -> tuple[FloatArray, BoolArray]:
        shares = network.predict_proba(small_pictures(form, images)) @ stands_for
        by_near, familiar = near.judge(describe_images(store, thumbnails, images))
        limits = np.zeros_like(shares)
        limits[:, ours] = by_near[:, theirs]
        return no_surer_than(shares, limits), familiar

    return Predictor(store.classes.names(), classes, judge, "network")
