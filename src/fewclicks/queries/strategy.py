"""What every query strategy is: who is to be asked about, out of a pool of items.

A strategy remembers its parameters and nothing else; all of them are asked alike::

    batch = Margin().pick(model, X, 100, y=y, random_state=0)

so that a workflow, a benchmark and a test can take any of them. Scores say how much an item is
worth asking: higher is more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, cast, runtime_checkable

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.queries.base import allowed_items, pick
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.rows import spans

Score = Callable[[FloatArray], FloatArray]
"""From shares of belief, shape (n, n_classes), to scores, shape (n,)."""


@runtime_checkable
class Strategy(Protocol):
    """Picks the items to ask about next.

    `pick(model, X, n, *, y, exclude, features, random_state)` takes

    model
        anything with `predict_proba(X)`; or the shares of belief themselves, shape (n_items,
        n_classes); or None for strategies that need no model;
    X : array-like of shape (n_items, ...)
        what the model speaks of: feature rows, or images; memory maps are read in blocks;
    n : int
        items wanted;
    y : array of shape (n_items,), optional
        answers so far, NO_CLASS (−1) where there is none; answered items are never picked;
    exclude : bool array of shape (n_items,), optional
        items never to pick besides;
    features : array-like of shape (n_items, d), optional
        rows whose distances tell how alike items are, and on which a model's last layer is
        linear; by default `model.transform(X)` where the model has it, else `X`;
    random_state : int, default 0
        orders ties and draws what is drawn;

    and gives the ids of at most `n` items, int64, most wanted first: fewer only where fewer are
    allowed. It raises InvalidInput where lengths do not match, numbers are not finite, or the
    strategy needs a model and there is none.
    """

    name: ClassVar[str]

    def pick(
        self,
        model: Any,
        X: Any,
        n: int,
        *,
        y: Any = None,
        exclude: BoolArray | None = None,
        features: Any = None,
        random_state: int = 0,
    ) -> IntArray:
        """See the class."""
        ...


class ByScore(ABC):
    """A strategy that scores every item by itself and picks the highest."""

    name: ClassVar[str]

    @abstractmethod
    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """Return how much each item is worth asking, shape (n_items,); higher is more.

        Parameters as in `Strategy`.
        """

    def pick(
        self,
        model: Any,
        X: Any,
        n: int,
        *,
        y: Any = None,
        exclude: BoolArray | None = None,
        features: Any = None,
        random_state: int = 0,
    ) -> IntArray:
        """Return the items with the highest scores; see `Strategy`."""
        open_ = open_items(len(X), y, exclude)
        scores = self.score(model, X, y=y, features=features, random_state=random_state)
        return pick(scores, n, exclude=~open_, random_state=random_state)


def open_items(n_items: int, y: Any, exclude: BoolArray | None) -> BoolArray:
    """Return a new mask of shape (n_items,): True where an item may be picked.

    Raises
    ------
    InvalidInput
        `y` or `exclude` is not of one entry per item.
    """
    allowed = allowed_items(n_items, exclude)
    return allowed if y is None else allowed & (answers(y, n_items) == NO_CLASS)


def answers(y: Any, n_items: int) -> IntArray:
    """Return the answers as int64 of shape (n_items,), NO_CLASS throughout if `y` is None.

    Raises
    ------
    InvalidInput
        `y` is not one class id per item.
    """
    if y is None:
        return np.full(n_items, NO_CLASS, dtype=np.int64)
    ids = np.asarray(y, dtype=np.int64)
    if ids.shape != (n_items,):
        raise InvalidInput(
            f"y must have shape ({n_items},) but has shape {ids.shape}.",
            "Give one class id per item, -1 where there is no answer.",
        )
    return ids


def scored(model: Any, X: Any, score: Score) -> FloatArray:
    """Score every item by the model's shares of belief, a block at a time; shape (n_items,).

    Raises
    ------
    InvalidInput
        There is no model, its shares do not fit the items, or they are not finite.
    """
    scores = np.empty(len(X), dtype=np.float64)
    for block in spans(len(X)):
        scores[block] = score(shares(model, X, block))
    return scores


def shares(model: Any, X: Any, block: slice) -> FloatArray:
    """Return the model's shares of belief of a block of items, shape (n_block, n_classes).

    Raises
    ------
    InvalidInput
        As `scored`.
    """
    if model is None:
        raise InvalidInput(
            "This strategy needs a model but None came.",
            "Give anything with predict_proba, or choose a strategy that needs no model.",
        )
    if isinstance(model, np.ndarray):
        checks.same_length(model, X, ("the model's shares", "X"))
        proba = model[block]
    else:
        proba = np.asarray(model.predict_proba(X[block]))
    checks.finite(proba, f"the model's shares from item {block.start} on")
    return cast(FloatArray, proba)


def feature_rows(model: Any, X: Any, features: Any) -> FloatArray:
    """Return the rows whose distances tell how alike items are, shape (n_items, d).

    `features` where given, else the model's own embedding, else `X`; see `Strategy`.

    Raises
    ------
    InvalidInput
        They are not a matrix of finite numbers with one row per item.
    """
    if features is None:
        features = model.transform(X) if hasattr(model, "transform") else X
    rows = checks.rows(features, "features")
    checks.same_length(rows, X, ("features", "X"))
    return rows
