"""Samples that keep what matters whole: the share of each class, or each group."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fewclicks import checks


def stratified_sample(labels: ArrayLike, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw `n` items so that each class has its share, to within one item.

    Parameters
    ----------
    labels : array-like of shape (n_items,)
        Class of each item, numbers or text.
    n : int
        Items to draw, 0 ≤ n ≤ n_items.

    Returns
    -------
    ndarray of shape (n,)
        Positions, ascending. Each class has its share of `n` rounded down; what is left goes to the
        largest remainders, ties at random. Within a class every item is as likely.
    """
    codes, counts = _coded(labels)
    checks.between(n, 0, len(codes), "n", integer=True)
    quota = _apportioned(counts, n, rng)
    shuffled = rng.permutation(len(codes))
    by_class = shuffled[np.argsort(codes[shuffled], kind="stable")]
    rank = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.sort(by_class[rank < np.repeat(quota, counts)])


def group_sample(groups: ArrayLike, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw whole groups, every group as likely, until they have at least `n` items.

    Parameters
    ----------
    groups : array-like of shape (n_items,)
        Group of each item, numbers or text.
    n : int
        Items wanted, 0 ≤ n ≤ n_items.

    Returns
    -------
    ndarray of shape (m,)
        Positions, ascending, n ≤ m < n + the size of the last group drawn.
    """
    codes, counts = _coded(groups)
    checks.between(n, 0, len(codes), "n", integer=True)
    order = rng.permutation(len(counts))
    before = np.cumsum(counts[order]) - counts[order]
    return np.flatnonzero(np.isin(codes, order[before < n]))


def _coded(values: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each item's class as 0…k−1, and the items in each class."""
    array: NDArray[Any] = np.asarray(values)
    _, codes, counts = np.unique(array, return_inverse=True, return_counts=True)
    return codes.reshape(-1), counts


def _apportioned(counts: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Share `n` seats by counts, largest remainders first."""
    exact, remainders = np.divmod(counts * n, max(1, counts.sum()))
    left = n - int(exact.sum())
    order = rng.permutation(len(counts))
    lucky = order[np.argsort(-remainders[order], kind="stable")[:left]]
    exact[lucky] += 1
    return exact
