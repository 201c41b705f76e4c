"""What is believed of the items, carried over to images that are no items."""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.models.calibration import calibrated, fit_temperature
from fewclicks.neighbours import Neighbours, nearest_items, similarities
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.rows import float32, spans, validated

LEAST_SHARE = 1e-6
"""Shares below are taken as this, so that their logarithm is a number."""

MOST_LEFT_OUT = 300
"""Answered rows that calibrate: more would say the same."""

REACH_ROWS, REACH_MARGIN = 100, 1.4
"""Rows that tell how far apart items lie, and how much farther than those a new row may lie: 99.9 %
of the test digits of MNIST are within reach of the others."""

FAR_TRUST = 0.01
"""What is left of the confidence in a row far from every item: enough to order its classes."""

MOSTLY = 0.9
"""Share of items with a class from which the others are searched too: they count for nothing, and
the rows need not be copied."""


class NeighbourInduction(BaseEstimator):
    """Give a row the classes of the items nearest to it: propagation beyond the graph.

    The shares of a row x are the similarity-weighted mean of those of its nearest items,
    f(x) = Σ_j W(x, x_j) f_j / Σ_j W(x, x_j) (Delalleau, Bengio and Le Roux 2005, eq. 7), with the
    weights of `neighbours.similarities`. Propagated shares are timid, so a temperature is fitted
    to answered items, each judged by its neighbours without itself, and n of these let nobody be
    surer than n answers can make: p = (n · softmax(log f / T) + 1/n_classes) / (n + 1).

    Parameters
    ----------
    n_neighbours : int, default 10
        Nearest items looked at.
    random_state : int, default 0
        Draws the rows that calibrate where there are more than 300.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class ids that any item has a share in, ascending.
    temperature_ : float
        Below 1 it raises confidence; 1 where no answer could be left out.
    n_calibrated_ : int
        Answered rows that it was fitted to.
    reach_ : float
        1.4 times the farthest that any item with a class, of up to 100 drawn, lies from the next;
        of all items where one only has a class. Beyond it nothing is known of a row.
    n_features_in_ : int
        Columns of the features.
    """

    classes_: IntArray
    temperature_: float
    n_calibrated_: int
    reach_: float
    n_features_in_: int

    def __init__(self, n_neighbours: int = 10, *, random_state: int = 0) -> None:
        self.n_neighbours = n_neighbours
        self.random_state = random_state

    def fit(self, X: Any, y: Any, *, shares: Any = None, answered: Any = None) -> Self:
        """Remember the items and what is believed of them.

        Parameters
        ----------
        X : array-like of shape (n_items, n_features)
            May be memory-mapped: it is kept as it is and searched in blocks, unless less than nine
            tenths of the items have a class; then the rows of those that do are copied.
        y : array-like of shape (n_items,) or (n_items, k)
            Class ids, of several the likeliest first; NO_CLASS (−1) where nothing is believed.
        shares : array-like of the shape of `y`, optional
            In [0, 1]: the share of belief in each; what a row lacks to 1 is spread evenly over all
            classes. By default the first class has all of it.
        answered : array-like of int, optional
            Rows whose first class a person gave, to calibrate with. By default all with a class.

        Raises
        ------
        InvalidInput
            `X` is not a matrix of finite numbers, the shapes differ, nothing is believed of any
            item, or a parameter or share is out of range.
        """
        X = validated(self, X)
        checks.between(self.n_neighbours, 1, np.inf, "n_neighbours", integer=True)
        ids, shares = _beliefs(y, shares)
        checks.same_length(X, ids, ("X", "y"))
        self.classes_ = np.unique(ids[ids != NO_CLASS])
        if not len(self.classes_):
            raise InvalidInput("y must hold at least one class but is -1 throughout.")
        known = np.flatnonzero(ids[:, 0] != NO_CLASS)
        given = (
            known if answered is None else np.intersect1d(known, checks.item_ids(answered, len(X)))
        )
        spaced = X
        if len(known) < MOSTLY * len(X):
            given = np.searchsorted(known, given)
            X, ids, shares = float32(X[known]), ids[known], shares[known]
        self._rows, self._ids, self._shares = X, ids, shares
        self._measure_reach(X if len(X) > 1 else spaced)
        self._calibrate(given)
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Return what travels by pickle: the rows in one piece, wherever they are mapped from."""
        state: dict[str, Any] = super().__getstate__()
        if "_rows" in state:
            state = {**state, "_rows": np.ascontiguousarray(state["_rows"])}
        return state

    def predict_proba(self, X: Any) -> FloatArray:
        """Return calibrated shares of shape (len(X), n_classes), float32; rows sum to 1.

        All but equal shares where nothing is known of a row, see `judge`.
        """
        return self.judge(X)[0]

    def predict(self, X: Any) -> IntArray:
        """Return the likeliest class id of every row; on a tie the smaller."""
        proba = self.predict_proba(X)
        return cast(IntArray, self.classes_[proba.argmax(axis=1)])

    def judge(self, X: Any) -> tuple[FloatArray, BoolArray]:
        """Return what `predict_proba` does, and which rows lie within `reach_` of an item."""
        check_is_fitted(self)
        X = validated(self, X, reset=False)
        proba = np.empty((len(X), len(self.classes_)), np.float32)
        near_by = np.empty(len(X), bool)
        for block in spans(len(X)):
            near = nearest_items(self._rows, X[block], self.n_neighbours)
            near_by[block] = near.distances[:, 0] <= self.reach_
            trust = np.where(near_by[block, None], 1, FAR_TRUST)
            even = 1 / len(self.classes_)
            proba[block] = trust * self._confidence(self._mean(near)) + (1 - trust) * even
        return proba, near_by

    def _mean(self, near: Neighbours) -> FloatArray:
        """Return the weighted mean of the shares of each row's neighbours, (n, n_classes)."""
        n, n_classes = len(near.indices), len(self.classes_)
        weights = similarities(near.distances)
        weights = weights / weights.sum(axis=1, keepdims=True)
        ids, shares = self._ids[near.indices], self._shares[near.indices]  # (n, neighbours, k)
        given = np.where(ids == NO_CLASS, 0, shares) * weights[..., None]
        spot = np.arange(n)[:, None, None] * n_classes + np.searchsorted(self.classes_, ids)
        spot = np.where(ids == NO_CLASS, 0, spot)  # they carry no weight
        mean = np.bincount(spot.ravel(), given.ravel(), n * n_classes).reshape(n, n_classes)
        rest = np.maximum(1 - mean.sum(axis=1, keepdims=True), 0)
        return cast(FloatArray, mean + rest / n_classes)

    def _confidence(self, mean: FloatArray) -> FloatArray:
        sharp = calibrated(_logits(mean), self.temperature_)
        n = self.n_calibrated_
        return cast(FloatArray, (n * sharp + 1 / len(self.classes_)) / (n + 1))

    def _measure_reach(self, X: FloatArray) -> None:
        """Learn how far apart items lie; a single one reaches nothing but its like."""
        rng = np.random.default_rng(self.random_state)
        near = _without_self(X, _draw(np.arange(len(X)), REACH_ROWS, rng), self.n_neighbours)
        farthest = near.distances[:, 0].max() if near.indices.size else 0
        self.reach_ = REACH_MARGIN * float(farthest)

    def _calibrate(self, answered: IntArray) -> None:
        """Learn the temperature from answered items, each judged by the others."""
        rng = np.random.default_rng(self.random_state)
        codes = np.searchsorted(self.classes_, self._ids[:, 0])
        believed = np.bincount(codes[self._ids[:, 0] != NO_CLASS], minlength=len(self.classes_))
        answered = _draw(answered[believed[codes[answered]] > 1], MOST_LEFT_OUT, rng)
        self.n_calibrated_ = len(answered)
        self.temperature_ = 1.0
        if len(answered):
            mean = self._mean(_without_self(self._rows, answered, self.n_neighbours))
            self.temperature_ = fit_temperature(_logits(mean), codes[answered])


def no_surer_than(proba: FloatArray, limits: FloatArray) -> FloatArray:
    """Hold a model's confidence down to what another grants to the same class.

    A row whose likeliest class has more than its limit is mixed with equal shares until it has no
    more: the order of its classes stays, and so does its sum. Equal shares are the least, less
    `FAR_TRUST` of the row.

    Parameters
    ----------
    proba, limits : ndarray of shape (n, n_classes)
        Shares in [0, 1] of the same classes; rows of `proba` sum to 1. Not checked here.
    """
    if not proba.size:
        return proba
    rows, even = np.arange(len(proba)), 1 / proba.shape[1]
    best = proba.argmax(axis=1)
    above = proba[rows, best] - even
    granted = np.maximum(limits[rows, best] - even, 0)
    trust = np.divide(granted, above, out=np.ones_like(above), where=above > granted)
    trust = np.maximum(trust, FAR_TRUST)[:, None]
    return cast(FloatArray, trust * proba + (1 - trust) * even)


def _beliefs(y: Any, shares: Any) -> tuple[IntArray, FloatArray]:
    """Return class ids and shares, both (n_items, k)."""
    ids = np.asarray(y, dtype=np.int64)
    if ids.ndim not in (1, 2):
        raise InvalidInput(f"y must have shape (n,) or (n, k) but has shape {ids.shape}.")
    ids = ids.reshape(len(ids), -1)
    if shares is None:
        return ids, np.eye(1, ids.shape[1], dtype=np.float32).repeat(len(ids), axis=0)
    given = np.asarray(shares, dtype=np.float32).reshape(len(shares), -1)
    if given.shape != ids.shape or not ((given >= 0) & (given <= 1)).all():
        raise InvalidInput(
            f"shares must have the shape of y, {ids.shape}, and lie in [0, 1], but have shape "
            f"{given.shape} and lie in [{given.min():g}, {given.max():g}]."
        )
    return ids, given


def _without_self(X: FloatArray, spots: IntArray, k: int) -> Neighbours:
    """Return the `k` rows of `X` nearest to some of them, other than themselves."""
    near = nearest_items(X, np.asarray(X[spots], np.float32), k + 1)
    own = near.indices == spots[:, None]
    own[~own.any(axis=1), -1] = True  # duplicates pushed it out
    shape = (len(spots), near.indices.shape[1] - 1)
    return Neighbours(near.indices[~own].reshape(shape), near.distances[~own].reshape(shape))


def _draw(spots: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    return spots if len(spots) <= most else np.sort(rng.choice(spots, most, replace=False))


def _logits(mean: FloatArray) -> FloatArray:
    return cast(FloatArray, np.log(np.maximum(mean, LEAST_SHARE)))
