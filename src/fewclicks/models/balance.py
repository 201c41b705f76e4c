"""Classes of unequal size: weights for the loss, or rows chosen so that none is drowned.

Nothing here needs a network: class ids go in, weights or row numbers come out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput, MissingExtra
from fewclicks.records import FloatArray, IntArray

BALANCES = ("none", "weights", "undersample", "sampling")
"""What a network may do about it: nothing; weigh the loss by `sample_weights`; learn from the rows
of `undersampled`; visit rows in `balanced_order`."""

MU = 0.3
"""The guided paper's scaling factor (section 3.3)."""


def class_weights(counts: Any, mu: float = MU) -> FloatArray:
    """Return how much an error on each class should count: max(ln(mu · t / c), 1).

    The guided paper's equation 2 (Stabinger and Rodríguez-Sánchez, section 3.3). Its "log" is
    read as natural, since the one logarithm to another base there names its base; with mu = 0.3 a
    class then weighs more than 1 when it has less than 0.3 / e = 11 % of the rows.

    Parameters
    ----------
    counts : array-like of shape (n_classes,)
        Rows c of each class, each at least 1; t is their sum.
    mu : float, default 0.3
        In [0, 1000]; more lifts more classes above 1.

    Returns
    -------
    ndarray of shape (n_classes,), float64
        At least 1; never less for a rarer class.

    Raises
    ------
    InvalidInput
        A count is below 1, or `mu` is out of range.

    Examples
    --------
    >>> class_weights([90, 10]).round(3).tolist()
    [1.0, 1.099]
    """
    checks.between(mu, 0, 1000, "mu")
    sizes = np.asarray(counts, dtype=np.float64)
    if sizes.ndim != 1 or not len(sizes) or not (sizes >= 1).all():
        raise InvalidInput(
            f"counts must be one number above 0 per class but are {sizes.tolist()}.",
            "Leave out classes without rows.",
        )
    scaled = np.maximum(mu * sizes.sum() / sizes, 1)  # ln 1 = 0 is below the bound of 1 anyway
    weights: FloatArray = np.maximum(np.log(scaled), 1)
    return weights


def sample_weights(y: Any, mu: float = MU) -> FloatArray:
    """Return the weight of each row's class, `class_weights`; shape (n,), float64.

    Parameters
    ----------
    y : array-like of shape (n,)
        Class ids, all of them answers.
    mu : float, default 0.3
        As for `class_weights`.

    Raises
    ------
    InvalidInput
        There is no row, or `mu` is out of range.
    """
    _, codes, counts = np.unique(np.asarray(y), return_inverse=True, return_counts=True)
    return class_weights(counts, mu)[codes]


def undersampled(y: Any, random_state: int = 0) -> IntArray:
    """Draw as many rows of every class as the rarest has, by imbalanced-learn.

    Parameters
    ----------
    y : array-like of shape (n,)
        Class ids, all of them answers.
    random_state : int, default 0
        Draws the rows that stay.

    Returns
    -------
    ndarray of int64
        Row numbers, ascending, none twice; all of them if there is one class only.

    Raises
    ------
    MissingExtra
        imbalanced-learn is not installed.
    """
    ids = np.asarray(y)
    if len(np.unique(ids)) < 2:
        return np.arange(len(ids))
    try:
        from imblearn.under_sampling import RandomUnderSampler
    except ModuleNotFoundError as error:
        raise MissingExtra(
            "Undersampling needs imbalanced-learn, which is missing.",
            "Run: pip install 'fewclicks[balance]'.",
        ) from error
    sampler = RandomUnderSampler(random_state=random_state)
    sampler.fit_resample(np.zeros((len(ids), 1)), ids)
    return np.sort(sampler.sample_indices_).astype(np.int64)


def balanced_order(codes: IntArray, rng: np.random.Generator) -> IntArray:
    """Order one pass of len(codes) visits in which every class comes equally often.

    Parameters
    ----------
    codes : ndarray of shape (n,)
        Class of each row as a number in 0…n_classes−1.
    rng : numpy.random.Generator
        Orders the visits.

    Returns
    -------
    ndarray of shape (n,), int64
        Row numbers. Class counts differ by at most 1, and so do the visits to rows of one class.
    """
    classes = np.unique(codes)
    # rotate, so that the classes that come once more differ from pass to pass
    share = np.arange(len(codes)) % len(classes)
    visits = np.bincount(rng.permutation(len(classes))[share], minlength=len(classes))
    chosen = [
        _cycled(np.flatnonzero(codes == code), wanted, rng)
        for code, wanted in zip(classes, visits, strict=True)
    ]
    return rng.permutation(np.concatenate(chosen))


def _cycled(rows: IntArray, wanted: int, rng: np.random.Generator) -> IntArray:
    """Return `wanted` of the rows, each once before any comes again."""
    rounds = -(-wanted // len(rows))
    return np.concatenate([rng.permutation(rows) for _ in range(rounds)])[:wanted]
