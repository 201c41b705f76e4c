"""Making confidence mean what it says: temperature scaling."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from fewclicks.records import FloatArray, IntArray

TEMPERATURES = (0.05, 20.0)
"""Lowest and highest temperature tried: beyond, too few held-out answers are to blame."""


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
