"""Which of a model's labels are taken as they are: self-training by confidence."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray, IntArray

BORROWED = 5.0
"""Validated items of any class that count towards a class of its own: with fewer than that of its
own, a class goes mostly by what holds for all."""


def confident(proba: FloatArray, upper: float) -> BoolArray:
    """Return where the likeliest class has at least the share `upper`.

    What it says is the model's own confidence: no promise that these labels are right.

    Parameters
    ----------
    proba : ndarray of shape (n, n_classes)
        Shares of belief; rows sum to 1.
    upper : float
        In [0, 1]. Shares in single precision cannot tell what lies above 0.9999999 from 1.

    Raises
    ------
    InvalidInput
        `upper` is out of range.

    Examples
    --------
    >>> confident(np.array([[0.5, 0.5], [0.01, 0.99]]), 0.9).tolist()
    [False, True]
    """
    checks.between(upper, 0, 1, "upper")
    return cast(BoolArray, proba.max(axis=1) >= upper)


def most_confident(proba: FloatArray, n: int, among: BoolArray) -> BoolArray:
    """Return a mask of the `n` items with the highest share of their likeliest class.

    Ties fall to the smaller id; parameters as in `confident`, `among` says which items count, and
    fewer come back where fewer do.
    """
    if len(among) != len(proba):
        raise InvalidInput(f"among has {len(among)} entries but proba has {len(proba)} rows.")
    ids = np.flatnonzero(among)
    best = ids[np.argsort(-proba[ids].max(axis=1), kind="stable")[: max(n, 0)]]
    mask = np.zeros(len(proba), dtype=np.bool_)
    mask[best] = True
    return mask


def precision_thresholds(
    shares: FloatArray, codes: IntArray, right: BoolArray, n_classes: int, precision: float
) -> FloatArray:
    """Find, for each class, the share of belief from which its labels are right often enough.

    That is the lowest share of a validated item above which the class is right at least so often:
    of the class's own validated items, and of `BORROWED` more at the rate of all classes, itself by
    Laplace's rule of succession, (right + 1) / (n + 2). An estimate from a sample that the choice
    is made on: no promise about the rest.

    Parameters
    ----------
    shares : ndarray of shape (n,)
        Share of belief in the likeliest class of each item of a random sample that a person has
        looked at and the model has not learnt from.
    codes : ndarray of shape (n,)
        That class, in 0…n_classes−1.
    right : ndarray of shape (n,), bool
        Whether the person said the same.
    precision : float
        Share of right labels wanted among those taken, in [0, 1].

    Returns
    -------
    ndarray of shape (n_classes,), float64
        In [0, 1]; infinite for a class of which nothing should be taken.

    Examples
    --------
    >>> shares, codes = np.array([0.9, 0.8, 0.7, 0.6]), np.zeros(4, int)
    >>> precision_thresholds(shares, codes, np.array([True, True, True, False]), 1, 0.75)
    array([0.7])
    """
    checks.between(precision, 0, 1, "precision")
    checks.same_length(shares, codes, ("shares", "codes"))
    checks.same_length(shares, right, ("shares", "right"))
    order = np.argsort(-shares, kind="stable")
    shares, codes, right = shares[order], codes[order], right[order]
    at = np.append(np.flatnonzero(np.diff(shares)), len(shares) - 1)[: len(shares)]  # ends of ties
    of_all = (np.cumsum(right)[at] + 1) / (at + 3)
    found = np.full(n_classes, np.inf)
    for code in range(n_classes):
        own = codes == code
        n, n_right = np.cumsum(own)[at], np.cumsum(own & right)[at]
        enough = np.flatnonzero((n_right + BORROWED * of_all) / (n + BORROWED) >= precision)
        if len(enough):
            found[code] = shares[at[enough[-1]]]
    return found
