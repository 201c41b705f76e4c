"""Logistic regression whose confidence can be believed."""

from __future__ import annotations

import warnings
from typing import Any, Literal, Self, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.models.calibration import fit_temperature, folds
from fewclicks.records import NO_CLASS, FloatArray, IntArray
from fewclicks.rows import float32, spans, validated

MOST_ROWS = 50_000
"""Answers that weights are found from: a linear model has some thousands of them at most, which
more rows move by less than it is wrong anyway, while memory and time go on growing."""

FEWEST_OF_CLASS = 500
"""Answers that each class keeps among those, where it has them: a rare class has few to spare."""

CALIBRATION_ROWS = 5000
"""Answers that the temperature is found with: more, drawn at random, move it no further."""

HELD_OUT = 1000
"""Answers held out, in whole folds, from which on no further fold is: a temperature is one number,
while each fold costs a fit."""

FEW_PRODUCTS = 2**28
"""Multiplications of a product, some 10 ms, below which the optimiser is kept to one thread: it
takes hundreds of such products one after the other, and on a busy machine the threads of each wait
for one another several times as long as they work."""

ONE_THREAD = 2**18
"""Multiplications up to which OpenBLAS keeps a product to one thread. Products as thin as those of
a few classes gain nothing from a second one, and where other work keeps it busy they wait for it
four times as long as they take."""

FEW_ROWS = 32


class CalibratedLinear(BaseEstimator):
    """Multinomial logistic regression with a fitted temperature.

    The temperature comes from cross-validation on the answers (Guo, Pleiss, Sun and Weinberger
    2017), so a few answers per class are enough; classes with one answer are learned from but do
    not calibrate. Where there are many, the folds that make up `HELD_OUT` answers are held out,
    the others are not. Weights are found in single precision.

    Of more than `MOST_ROWS` answers that many, drawn at random, are learned from, so that memory
    and time stop growing there: in each class the same share of its answers, but no fewer than
    `FEWEST_OF_CLASS` of them (or equally many of each class, where there are too many classes for
    that). Each counts for as many answers as it stands for, so that classes stay as frequent and
    `C` means the same.

    Parameters
    ----------
    C : float, default 1.0
        Inverse strength of the L2 penalty; smaller is smoother.
    scaling : {"common", "columns"}, default "common"
        What the features are divided by. "common", the mean of the columns' deviations, leaves
        small columns small, as is right for pixels, embeddings and principal components: the last
        of those are mostly noise. "columns", each by its own, is for columns of different units.
    n_folds : int, default 5
        Cross-validation folds, at least 2.
    max_iter : int, default 200
        Optimiser steps; a fit that stops there is used as it is.
    random_state : int, default 0
        Deals the folds, and draws among many answers.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class ids that have answers, ascending.
    temperature_ : float
        1 where nothing could be held out.
    n_features_in_ : int
        Columns of the features.
    """

    classes_: IntArray
    temperature_: float
    n_features_in_: int

    def __init__(
        self,
        C: float = 1.0,
        *,
        scaling: Literal["common", "columns"] = "common",
        n_folds: int = 5,
        max_iter: int = 200,
        random_state: int = 0,
    ) -> None:
        self.C = C
        self.scaling = scaling
        self.n_folds = n_folds
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from the answered rows.

        Parameters
        ----------
        X : array-like of shape (n_items, n_features)
            May be memory-mapped; only the answered rows that are learned from are read.
        y : array-like of shape (n_items,)
            Class ids; NO_CLASS (−1) for unanswered items.

        Raises
        ------
        InvalidInput
            `X` is not a matrix of finite numbers, the lengths differ, no item is answered, or a
            parameter is out of range.
        """
        X = validated(self, X)
        ids = np.asarray(y, dtype=np.int64).reshape(-1)
        checks.same_length(X, ids, ("X", "y"))
        checks.one_of(self.scaling, ("common", "columns"), "scaling")
        checks.between(self.n_folds, 2, np.inf, "n_folds", integer=True)
        answered = np.flatnonzero(ids != NO_CLASS)
        if not len(answered):
            raise InvalidInput("y must hold at least one answer but is -1 throughout.")
        self.classes_, codes = np.unique(ids[answered], return_inverse=True)
        kept, weights = thinned(codes, self.random_state)
        rows = np.asarray(X[answered[kept]], dtype=np.float64)
        checks.finite(rows, "X")
        codes = codes[kept]
        centre, deviation = rows.mean(axis=0), rows.std(axis=0)
        scale = deviation if self.scaling == "columns" else np.full_like(centre, deviation.mean())
        scale[scale == 0] = 1
        rows -= centre  # in place: these are a copy already
        rows /= scale
        rows = rows.astype(np.float32)
        with threadpool_limits(1 if rows.size * len(self.classes_) < FEW_PRODUCTS else None):
            self.temperature_ = self._calibrate(rows, codes, weights)
            self._fold(centre, scale, *self._weigh(rows, codes, weights))
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        """Return probabilities of shape (len(X), n_classes), float32; rows sum to 1.

        Rows are read in blocks.
        """
        check_is_fitted(self)
        X = validated(self, X, reset=False)
        proba = np.empty((len(X), len(self.classes_)), np.float32)
        for block in spans(len(X)):
            logits = thin_product(self._matrix, X[block], self._centre)  # (n_classes, n_block)
            logits += self._level
            logits -= logits.max(axis=0)
            np.exp(logits, out=logits)
            logits /= logits.sum(axis=0)
            proba[block] = logits.T
        return proba

    def predict(self, X: Any) -> IntArray:
        """Return the likeliest class id of every row; on a tie the smaller."""
        proba = self.predict_proba(X)
        return cast(IntArray, self.classes_[proba.argmax(axis=1)])

    def _fold(
        self, centre: FloatArray, scale: FloatArray, weights: FloatArray, bias: FloatArray
    ) -> None:
        """Make scaling, weights and temperature one product in single precision.

        Rows are centred before it, so that columns far from 0 lose no digits.
        """
        matrix = weights.T / scale / self.temperature_
        self._matrix = float32(matrix)
        self._centre = float32(centre)
        rounding = matrix @ (self._centre - centre)
        self._level = float32(bias / self.temperature_ + rounding)[:, None]

    def _calibrate(self, rows: FloatArray, codes: IntArray, weights: FloatArray | None) -> float:
        """Return the temperature under which held-out answers are likeliest."""
        if len(codes) > CALIBRATION_ROWS:
            rng = np.random.default_rng(self.random_state)
            share = None if weights is None else weights / weights.sum()
            some = rng.choice(len(codes), CALIBRATION_ROWS, replace=False, p=share)
            rows, codes = rows[some], codes[some]
        fold = folds(codes, self.n_folds, self.random_state)
        held, logits = [], []
        for number in range(self.n_folds):
            test = np.flatnonzero(fold == number)
            if len(test) and len(test) < len(fold):
                matrix, bias = self._weigh(rows[fold != number], codes[fold != number])
                logits.append(rows[test] @ matrix + bias)
                held.append(codes[test])
            if sum(map(len, held)) >= HELD_OUT:
                break
        if not held:
            return 1.0
        return fit_temperature(np.concatenate(logits), np.concatenate(held))

    def _weigh(
        self, rows: FloatArray, codes: IntArray, weights: FloatArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return a matrix (n_features, n_classes) and biases; −inf for a class not in `codes`."""
        n_classes = len(self.classes_)
        matrix = np.zeros((rows.shape[1], n_classes))
        bias = np.full(n_classes, -np.inf)
        present = np.unique(codes)
        bias[present] = 0
        if len(present) == 1:
            return matrix, bias
        model = LogisticRegression(C=self.C, max_iter=self.max_iter)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # close enough, as documented
            warnings.filterwarnings("ignore", "The number of unique classes")  # few answers to each
            model.fit(rows, codes, weights)
        if len(present) == 2:  # scikit-learn keeps one row: the log-odds of the second class
            matrix[:, present[1]], bias[present[1]] = model.coef_[0], model.intercept_[0]
        else:
            matrix[:, present], bias[present] = model.coef_.T, model.intercept_
        return matrix, bias


def thinned(codes: IntArray, random_state: int) -> tuple[Any, FloatArray | None]:
    """Choose about `MOST_ROWS` answers to learn from, of every class; never twice as many.

    Parameters
    ----------
    codes : ndarray of shape (n,)
        Class of each answer as a number in 0…n_classes−1.
    random_state : int

    Returns
    -------
    kept : ndarray of int64, ascending, or slice
        Numbers of the chosen answers. Of a class with c of the n answers these are the share
        c / n of `MOST_ROWS`, but no fewer than `FEWEST_OF_CLASS` or an equal part of `MOST_ROWS`,
        whichever is less (1 at least), as far as it has so many.
    weights : ndarray of shape (n_kept,), float64, or None
        How many answers each stands for; they sum to n. None where all are kept.
    """
    if len(codes) <= MOST_ROWS:
        return slice(None), None
    counts = np.bincount(codes)
    fewest = max(1, min(FEWEST_OF_CLASS, MOST_ROWS // len(counts)))
    wanted = np.maximum(counts * MOST_ROWS // len(codes), fewest)
    order = np.random.default_rng([random_state, 1]).permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    place = np.arange(len(codes)) - (np.cumsum(counts) - counts)[codes[order]]
    kept = np.sort(order[place < wanted[codes[order]]])
    return kept, (counts / np.minimum(wanted, counts))[codes[kept]]


def thin_product(matrix: FloatArray, rows: FloatArray, centre: FloatArray) -> FloatArray:
    """Return matrix @ (rows − centre)ᵀ, shape (n_classes, n_rows), float32.

    In steps of `ONE_THREAD` multiplications, unless that were only a few rows.
    """
    step = ONE_THREAD // matrix.size
    if step < FEW_ROWS:
        return cast(FloatArray, matrix @ float32(rows - centre).T)
    out = np.empty((len(matrix), len(rows)), np.float32)
    for part in spans(len(rows), step):
        out[:, part] = matrix @ float32(rows[part] - centre).T
    return out
