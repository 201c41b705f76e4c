"""New images for a person to name, made where the model is unsure: membership query synthesis.

Angluin (1988) let the learner make its own questions; Baum and Lang (1992) found that people cannot
read many of them. Here an image is made between two of different classes, and `readability` tells
how many of those made a reader can name at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from sklearn.decomposition import PCA

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.queries.strategy import answers, shares
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.rows import float32, nearest, spans


class Decoder(Protocol):
    """A space of fewer numbers than pixels, and the way back: PCA, or an autoencoder.

    Rows are the pixels of an image, 0 to 255, one after another.
    """

    def transform(self, X: Any) -> FloatArray:
        """Return the place of each image, (n, d)."""
        ...

    def inverse_transform(self, X: Any) -> FloatArray:
        """Return the pixels at each place, (n, n_pixels)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Synthesised:
    """Images that were made, and where from.

    Attributes
    ----------
    images : ndarray of shape (n, h, w) or (n, h, w, 3), uint8
    parents : ndarray of shape (n, 2), int64
        Ids of the two items each lies between.
    positions : ndarray of shape (n,)
        How far from the first parent (0) to the second (1).
    proba : ndarray of shape (n, n_classes)
        The model's shares of belief.
    """

    images: Any
    parents: IntArray
    positions: FloatArray
    proba: FloatArray


def boundary_pairs(
    X: Any, classes: Any, n: int, *, at_most: int = 10_000, random_state: int = 0
) -> IntArray:
    """Find the nearest pairs of items of different classes.

    Parameters
    ----------
    X : array-like of shape (n_items, ...)
        Feature rows or images, compared by their Euclidean distance. May be memory-mapped.
    classes : array-like of shape (n_items,)
        Answers or predicted classes; items with NO_CLASS (−1) are left out.
    n : int
        Pairs wanted.
    at_most : int, default 10,000
        Items compared, drawn at random where there are more. The cost is at_most² distances, a
        block at a time, and memory for at_most rows, whatever the number of items.
    random_state : int, default 0
        Draws them.

    Returns
    -------
    ndarray of shape (at most n, 2), int64
        Item ids, nearest pair first; the smaller id first in each. No item is in two pairs.

    Raises
    ------
    InvalidInput
        There are fewer than two classes, or lengths do not match.
    """
    checks.between(at_most, 2, np.inf, "at_most", integer=True)
    ids = answers(classes, len(X))
    known = np.flatnonzero(ids != NO_CLASS)
    if len(known) > at_most:
        known = np.sort(np.random.default_rng(random_state).choice(known, at_most, replace=False))
    present = np.unique(ids[known])
    if len(present) < 2:
        raise InvalidInput(
            f"There must be items of two classes but there are {len(present)}.",
            "Answer more, or give the classes that a model predicts.",
        )
    rows = float32(np.asarray(X[known]).reshape(len(known), -1))
    checks.finite(rows, "X")
    near, squared = np.empty(len(known), np.int64), np.empty(len(known))
    for class_id in present:
        own, others = (np.flatnonzero(m) for m in (ids[known] == class_id, ids[known] != class_id))
        found, apart = nearest(rows[own], rows[others])
        near[own], squared[own] = others[found[:, 0]], apart[:, 0]
    pairs = np.sort(np.stack([known, known[near]], axis=1), axis=1)
    return _disjoint(pairs[np.argsort(squared, kind="stable")], n)


def latent_space(
    images: Any, n_components: int = 50, *, at_most: int = 10_000, random_state: int = 0
) -> Decoder:
    """Fit the default decoder: principal components of the pixels of at most `at_most` images.

    Parameters
    ----------
    images : uint8 array of shape (n, h, w) or (n, h, w, 3)
    n_components : int, default 50
        Fewer where there are fewer images or pixels. Few give smooth, typical images.
    """
    images = _checked(images)
    chosen = np.arange(len(images))
    if len(images) > at_most:
        rng = np.random.default_rng(random_state)
        chosen = np.sort(rng.choice(len(images), at_most, replace=False))
    rows = _pixels(images[chosen])
    fitted = PCA(min(n_components, *rows.shape), random_state=random_state).fit(rows)
    return cast(Decoder, fitted)


def synthesise(
    model: Any, images: Any, pairs: IntArray, *, decoder: Decoder | None = None, steps: int = 10
) -> Synthesised:
    """Make an image between the two of each pair, where the model's two likeliest classes tie.

    The line between them is halved again and again, keeping the half at whose ends the model sees
    different classes. With images as they are shown, rounded to bytes, the tie is as near as that
    allows. A line along which a third class lies ends at one of its boundaries.

    Parameters
    ----------
    model
        Anything with `predict_proba(images)`: a network, or a pipeline from features to a model.
    images : uint8 array of shape (n_items, h, w) or (n_items, h, w, 3)
        The collection; only parents are read.
    pairs : ndarray of shape (n_pairs, 2)
        Item ids, as of `boundary_pairs`.
    decoder : optional
        Anything with `transform` and `inverse_transform`, such as `latent_space(images)`: the line
        is drawn in its space. By default in the space of pixels, where two images are blended.
    steps : int, default 10
        Halvings, each one prediction of all that is made; at least 1.

    Returns
    -------
    Synthesised
        Without the pairs at whose ends the model sees the same class: nothing lies between.

    Raises
    ------
    InvalidInput
        `images` are none, an id is not in them, or the model's shares do not fit.
    """
    images = _checked(images)
    checks.between(steps, 1, np.inf, "steps", integer=True)
    parents = checks.item_ids(pairs, len(images)).reshape(-1, 2)
    line = _Line.between(images, parents, decoder)
    low, high = np.zeros(len(parents)), np.ones(len(parents))
    first = _believed(model, line.at(low)).argmax(axis=1)
    differ = np.flatnonzero(first != _believed(model, line.at(high)).argmax(axis=1))
    line, first, low, high = line.only(differ), first[differ], low[differ], high[differ]
    for _ in range(int(steps)):
        middle = (low + high) / 2
        before = _believed(model, line.at(middle)).argmax(axis=1) == first
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    middle = (low + high) / 2
    made = line.at(middle)
    return Synthesised(made, parents[differ], middle, _believed(model, made))


def readability(images: Any, reader: Any, *, confidence: float = 0.9) -> BoolArray:
    """Tell which images a reader can name.

    Parameters
    ----------
    images : array of shape (n, h, w) or (n, h, w, 3)
    reader
        Who reads: a model with `predict_proba(images)` that stands in for a person, or its shares,
        shape (n, n_classes); or what a person answered, shape (n,): class ids, and NO_CLASS (−1)
        where they could not say.
    confidence : float, default 0.9
        A model can name an image if its likeliest class has at least this share. Choose it before
        looking, and see how many real images pass it.

    Returns
    -------
    ndarray of shape (n,), bool
        False where it cannot; `1 - mean()` is the share of questions asked in vain.
    """
    checks.between(confidence, 0, 1, "confidence")
    if not hasattr(reader, "predict_proba") and np.ndim(reader) == 1:
        return cast(BoolArray, answers(reader, len(images)) != NO_CLASS)
    given = reader if hasattr(reader, "predict_proba") else np.asarray(reader)
    return cast(BoolArray, _believed(given, images).max(axis=1) >= confidence)


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """Straight lines between pairs of places, and the images along them."""

    starts: FloatArray
    ends: FloatArray
    shape: tuple[int, ...]
    decoder: Decoder | None

    @classmethod
    def between(cls, images: Any, parents: IntArray, decoder: Decoder | None) -> _Line:
        ends = [_pixels(images[parents[:, side]]) for side in (0, 1)]
        if decoder is not None and len(parents):
            ends = [np.asarray(decoder.transform(rows)) for rows in ends]
        return cls(ends[0], ends[1], images.shape[1:], decoder)

    def only(self, which: IntArray) -> _Line:
        return _Line(self.starts[which], self.ends[which], self.shape, self.decoder)

    def at(self, positions: FloatArray) -> Any:
        """Return the images at `positions` along each line, bytes."""
        places = self.starts + positions[:, None] * (self.ends - self.starts)
        if self.decoder is not None and len(places):
            places = np.asarray(self.decoder.inverse_transform(places))
        pixels = np.rint(np.clip(places, 0, 255)).astype(np.uint8)
        return pixels.reshape(len(positions), *self.shape)


def _believed(model: Any, images: Any) -> FloatArray:
    """Return the model's shares of all images, (n, n_classes), asked a block at a time."""
    if not len(images):
        return np.empty((0, 1))
    return np.concatenate([shares(model, images, block) for block in spans(len(images))])


def _checked(images: Any) -> Any:
    """Return `images` if they are bytes of grey or colour images."""
    if not hasattr(images, "shape"):
        images = np.asarray(images)
    grey_or_colour = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if images.dtype != np.uint8 or not grey_or_colour or not len(images):
        raise InvalidInput(
            "images must be bytes of shape (n, h, w) or (n, h, w, 3) but are "
            f"{images.dtype} of shape {images.shape}."
        )
    return images


def _pixels(images: Any) -> FloatArray:
    """Return images as rows of numbers from 0 to 255, in single precision."""
    return float32(np.asarray(images).reshape(len(images), int(np.prod(images.shape[1:]))))


def _disjoint(pairs: IntArray, n: int) -> IntArray:
    """Return the first `n` pairs none of which shares an item with one before it."""
    taken: set[int] = set()
    kept: list[list[int]] = []
    for pair in pairs.tolist():
        if len(kept) == n:
            break
        if taken.isdisjoint(pair):
            kept.append(pair)
            taken.update(pair)
    return np.array(kept, dtype=np.int64).reshape(-1, 2)
