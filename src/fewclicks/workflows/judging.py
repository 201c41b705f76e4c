"""What judges images that are no items, by what is believed of the items; it needs no project."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from fewclicks.errors import InvalidInput, MissingExtra, NotFound
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.models.induction import NeighbourInduction, no_surer_than
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray, Labels
from fewclicks.store import Store
from fewclicks.workflows.describing import Describer, describe_items, describer, refuse_external
from fewclicks.workflows.pictures import small_pictures
from fewclicks.workflows.rounds import model_path

if TYPE_CHECKING:
    from fewclicks.models import Network

BEST = 3
"""Classes named per image."""

MOST_REMEMBERED = 1000
"""Items whose judgement a predictor keeps: more than a list of uploads shows."""

Images = list[NDArray[np.uint8]]

Judgement = tuple[tuple["Guess", ...], bool]
"""The likeliest classes of an image, and whether it is familiar."""

Version = tuple[int, int, int]
"""What beliefs depend on: number of items, newest event, newest round."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A class that may be right; `confidence` in [0, 1] is about how often such a guess is."""

    class_id: int
    class_name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of n images: feature rows (n, d), and small pictures where a network judges."""

    rows: FloatArray
    pictures: NDArray[np.uint8] | None = None

    @classmethod
    def joined(cls, looks: Sequence[Look]) -> Look:
        """The looks at some images after the others, at least one."""
        pictures = [look.pictures for look in looks if look.pictures is not None]
        rows = np.concatenate([look.rows for look in looks])
        return cls(rows, np.concatenate(pictures) if pictures else None)


@dataclass
class NetworkJudge:
    """A network that a workflow trained, and what its classes have become since.

    It travels as the content of its file and is loaded where it judges, onto the device there.

    Parameters
    ----------
    content : bytes
        What `Network.save` wrote.
    form : dict
        Form of the pictures that it looks at, see `pictures.small_pictures`.
    heirs : ndarray
        The class that each class id stands for now, NO_CLASS for none.

    Raises
    ------
    MissingExtra
        torch is not installed.
    InvalidInput, NotFound
        The content is no network, or damaged.
    """

    content: bytes = field(repr=False)
    form: dict[str, Any]
    heirs: IntArray = field(repr=False)

    def __post_init__(self) -> None:
        self._network = self._loaded()
        now = np.append(self.heirs, NO_CLASS)[self._network.classes_]  # merged or deleted since
        self.classes = np.unique(now[now != NO_CLASS])
        self._stands_for = (now[:, None] == self.classes).astype(np.float32)  # (trained, now)

    def __reduce__(self) -> tuple[type[NetworkJudge], tuple[bytes, dict[str, Any], IntArray]]:
        return type(self), (self.content, self.form, self.heirs)

    def look(self, images: Images) -> NDArray[np.uint8]:
        """Return what the network looks at of images."""
        return small_pictures(self.form, images)

    def shares(self, pictures: NDArray[np.uint8]) -> FloatArray:
        """Return its shares of belief in `classes`, (n, n_classes)."""
        return cast(FloatArray, self._network.predict_proba(pictures) @ self._stands_for)

    def _loaded(self) -> Network:
        from fewclicks.models import Network

        with tempfile.TemporaryDirectory(prefix="fewclicks-") as folder:
            path = Path(folder) / "network.pt"
            path.write_bytes(self.content)
            return Network.load(path, device="auto")  # it may have been trained elsewhere


@dataclass(frozen=True, slots=True)
class Predictor:
    """Judges images by what was believed when it was made.

    `note` says in a sentence why it is not the network that the workflow trained, where it should
    be; `version` what the beliefs were that it was made of. `remembered` holds what was said of
    items, which are not judged again. It holds all it needs, so it can be pickled and judge where
    there is no project: with it travel the rows of all items that have a class.
    """

    names: dict[int, str]
    describe: Describer | None = None
    near: NeighbourInduction | None = None
    network: NetworkJudge | None = None
    note: str = ""
    version: Version = (0, 0, 0)
    remembered: dict[int, Judgement] = field(default_factory=dict, repr=False, compare=False)

    @property
    def by(self) -> str:
        """What judges: "neighbours" or "network", or "nothing" while no class is known."""
        if self.near is None:
            return "nothing"
        return "neighbours" if self.network is None else "network"

    @property
    def classes(self) -> IntArray:
        """Class ids that it may guess, ascending."""
        if self.near is None:
            return np.empty(0, np.int64)
        return self.near.classes_ if self.network is None else self.network.classes

    def look(self, images: Images) -> Look:
        """Look at images, at least one, which is what takes time."""
        assert self.describe is not None
        pictures = None if self.network is None else self.network.look(images)
        return Look(self.describe(images), pictures)

    def judge(self, images: Images) -> tuple[FloatArray, BoolArray]:
        """Return shares of belief, (n, n_classes), and which images are familiar."""
        blank = Look(np.empty((len(images), 0), np.float32))
        return self.judge_look(blank if self.near is None else self.look(images))

    def judge_look(self, look: Look) -> tuple[FloatArray, BoolArray]:
        """Return what `judge` does of images that have been looked at."""
        if self.near is None:
            return np.empty((len(look.rows), 0), np.float32), np.zeros(len(look.rows), bool)
        by_near, familiar = self.near.judge(look.rows)
        if self.network is None or look.pictures is None:
            return by_near, familiar
        shares = self.network.shares(look.pictures)
        _, ours, theirs = np.intersect1d(self.classes, self.near.classes_, return_indices=True)
        limits = np.zeros_like(shares)
        limits[:, ours] = by_near[:, theirs]
        return no_surer_than(shares, limits), familiar

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
        return self._named(*self.judge(images))

    def guesses_look(self, look: Look) -> list[Judgement]:
        """What `guesses` says of images that have been looked at."""
        return self._named(*self.judge_look(look))

    def _named(self, proba: FloatArray, familiar: BoolArray) -> list[Judgement]:
        classes = self.classes
        best = np.argsort(-proba, axis=1, kind="stable")[:, :BEST]
        return [
            (
                tuple(
                    Guess(int(classes[c]), self.names[int(classes[c])], float(row[c]))
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
        return Predictor(names)
    near = _neighbours(store, thumbnails, labels, n)
    network, note = _network(store)
    return Predictor(names, describer(store, thumbnails), near, network, note)


def _network(store: Store) -> tuple[NetworkJudge | None, str]:
    """The network of the last round, or why there is none where there should be one."""
    latest = store.rounds.latest()
    path = None if latest is None else model_path(store, latest.id)
    if path is None or not path.exists():
        return None, ""
    form = store.describe()["options"]["pictures_settled"]
    try:
        return NetworkJudge(path.read_bytes(), form, store.classes.heirs()), ""
    except MissingExtra as error:
        return None, f"{error.message} The nearest items judge instead of the workflow's network."
    except (InvalidInput, NotFound, OSError):
        return None, (
            "The workflow's network cannot be read from its file. The nearest items judge until "
            "the next round trains another."
        )


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


def _one_per_answer(store: Store, n: int) -> IntArray:
    """One item of each answer: a named cluster is one piece of evidence, not a thousand."""
    sheet = store.answers.sheet(store.items.count())
    said = np.flatnonzero(sheet.class_ids[:n] != NO_CLASS)
    said = np.random.default_rng(0).permutation(said)
    _, first = np.unique(sheet.answer_ids[said], return_index=True)
    return np.sort(said[first])
