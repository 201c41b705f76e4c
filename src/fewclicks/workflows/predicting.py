"""Labels of images that are no items: from what the project believes now, without a round."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from fewclicks import settings
from fewclicks.engine.base import in_shards
from fewclicks.errors import FewclicksError
from fewclicks.items.base import Read, Source, SourceBase
from fewclicks.items.ingest import Failure, Ingested, ingest
from fewclicks.items.names import is_image_name
from fewclicks.items.places import read_local
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import decode_thumbnail
from fewclicks.progress import Report, silent
from fewclicks.records import Entry
from fewclicks.store import Store
from fewclicks.workflows.judging import Guess, Predictor

Given = str | os.PathLike[str] | bytes | NDArray[Any]
"""An image: a path, a folder or other source of many, an encoded file, or pixels."""


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
