"""One belief out of two models' shares."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks import checks
from fewclicks.records import FloatArray
from fewclicks.rows import spans

FLOOR = 1e-4
"""Shares count as at least this, so that no model can rule a class out by itself."""


def log_pool(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the logarithmic opinion pool of two models with equal weight.

    p ∝ √(p₁·p₂), a mean of the logarithms (Genest and Zidek 1986, section 3): what both deem
    unlikely is, and where one is sure and the other is not, the sure one decides.

    Parameters
    ----------
    first, second : ndarray of shape (n, n_classes)
        Shares of belief in the same classes; rows sum to 1.

    Returns
    -------
    ndarray of shape (n, n_classes), float32
        Rows sum to 1.

    Examples
    --------
    >>> log_pool(np.array([[0.5, 0.5]]), np.array([[0.9, 0.1]])).round(2)
    array([[0.75, 0.25]], dtype=float32)
    """
    checks.same_length(first, second, ("first", "second"))
    pool = np.empty(first.shape, np.float32)
    for block in spans(len(first)):
        product = np.sqrt(np.maximum(first[block], FLOOR) * np.maximum(second[block], FLOOR))
        pool[block] = product / product.sum(axis=1, keepdims=True)
    return cast(FloatArray, pool)
