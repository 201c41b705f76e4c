"""Which of a model's labels are taken as they are: self-training by confidence."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray


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
