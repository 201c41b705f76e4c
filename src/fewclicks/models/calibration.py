"""Making confidence mean what it says: temperature scaling."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from fewclicks.records import BoolArray, FloatArray, IntArray

TEMPERATURES = (0.05, 20.0)
"""Lowest and highest temperature tried: beyond, too few held-out answers are to blame."""


_LEAST = 1e-6
"""What is left for other classes where one has all: certainty, too, can be lowered."""

_SURE = (1e-9, 1 - 1e-9)
"""Confidences beyond are taken for these, whose logarithms are finite."""


def calibrated(logits: FloatArray, temperature: float) -> FloatArray:
    """Turn logits of shape (n, n_classes) into probabilities: softmax(logits / temperature).

    Above 1 the temperature lowers confidence, below 1 it raises it; the likeliest class stays.
    """
    return np.asarray(softmax(logits / temperature, axis=1))


def fit_temperature(logits: FloatArray, codes: IntArray) -> float:
    """Find the temperature that makes held-out answers likeliest.

    Minimises the mean negative log-likelihood (Guo, Pleiss, Sun and Weinberger 2017, section
    4.2), within `TEMPERATURES`.

    Parameters
    ----------
    logits : ndarray of shape (n, n_classes)
        From models that had not seen these rows; −inf for a class the model had not met.
    codes : ndarray of shape (n,)
        The right column of each row; its logit must be finite.

    Returns
    -------
    float
        1 when there is no row.
    """
    if not len(codes):
        return 1.0
    rows = np.arange(len(codes))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits / np.exp(log_temperature), axis=1)
        return -float(scaled[rows, codes].mean())

    found = minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded")
    return float(np.exp(found.x))


def tempered(shares: FloatArray, n_classes: int, temperature: float) -> FloatArray:
    """Raise or lower the confidence of rows that hold only the likeliest classes.

    As `calibrated` of their logarithms; what a row lacks to 1 is spread over the other classes.

    Parameters
    ----------
    shares : ndarray of shape (n, k)
        In [0, 1], of the k likeliest classes, best first, 0 where there are fewer; rows sum to
        1 at most.
    n_classes : int
        All there are.
    temperature : float
        Above 0.

    Returns
    -------
    ndarray of shape (n, k), float32
        In the same order; 0 stays 0.
    """
    shares = np.asarray(shares, np.float32)
    k, power = shares.shape[1], np.float32(1 / temperature)
    best = np.where(shares[:, 0] > 0, shares[:, 0], 1)
    n_others = max(n_classes - k, 1)
    rest = np.maximum(1 - shares.sum(axis=1), 0) if n_classes > k else np.zeros_like(best)
    rest[best > 1 - _LEAST] = _LEAST
    found: FloatArray = (shares / best[:, None]) ** power
    others = n_others * (rest / (n_others * best)) ** power
    total = np.where(shares[:, 0] > 0, found.sum(axis=1) + others, 1)
    found /= total[:, None]
    return found


def fit_tempered(shares: FloatArray, right: BoolArray, n_classes: int) -> float:
    """Find the temperature at which the likeliest class is believed as much as it is right.

    Minimises the cross-entropy with (n + 1)/(n + 2) for the n rows that are right and 1/(m + 2)
    for the m that are not (Platt 1999, section 2.2): that all of few rows are right is less than
    that all of many are.

    Parameters
    ----------
    shares : ndarray of shape (n, k)
        As of `tempered`; the first is above 0.
    right : ndarray of shape (n,), bool
        Whether the likeliest class is.
    n_classes : int

    Returns
    -------
    float
        Within `TEMPERATURES`; 1 when there is no row.
    """
    if not len(right):
        return 1.0
    n = int(np.count_nonzero(right))
    wanted = np.where(right, (n + 1) / (n + 2), 1 / (len(right) - n + 2))

    def loss(log_temperature: float) -> float:
        best = tempered(shares, n_classes, np.exp(log_temperature))[:, 0].astype(np.float64)
        best = np.clip(best, *_SURE)
        return -float((wanted * np.log(best) + (1 - wanted) * np.log1p(-best)).mean())

    found = minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded")
    return float(np.exp(found.x))


def folds(codes: IntArray, n_folds: int, random_state: int) -> IntArray:
    """Deal the answers of each class over the folds as evenly as they go.

    A class with a single answer stays out of every fold (−1), so that each model learns from it.

    Returns
    -------
    ndarray of shape (len(codes),), int64
        Fold of each row, 0…n_folds−1, or −1: train on it always.
    """
    rng = np.random.default_rng(random_state)
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    fold = np.empty(len(codes), np.int64)
    fold[order] = np.arange(len(codes)) % n_folds
    fold[np.bincount(codes)[codes] == 1] = -1
    return fold
