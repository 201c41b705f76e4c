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


def group_order(
    groups: ArrayLike, rng: np.random.Generator, times: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Order items by whole groups: the groups at random, the items of each in time.

    The first n items are then some subjects from their beginning to their end, as Mousavi et al.
    (*Collaborative learning of semi-supervised clustering and classification for labeling
    uncurated data*, section 2.1) draw their photos.

    Parameters
    ----------
    groups : array-like of shape (n_items,)
        Group of each item, numbers or text.
    times : array-like of shape (n_items,), optional
        When each item was made; by default in the order given.

    Returns
    -------
    ndarray of shape (n_items,)
        Positions.
    """
    codes, counts = _coded(groups)
    turn = rng.permutation(len(counts))
    return np.lexsort((_times(times, len(codes)), turn[codes]))


def spread_order(
    groups: ArrayLike, rng: np.random.Generator, times: ArrayLike | None = None
) -> NDArray[np.int64]:
    """Order items so that every group gives one before any gives another: stratified by group.

    The first of a group is any; those that follow are far in time from those before. Nothing falls
    on the same place of every group, since what is there may always show the same. Between groups
    lots decide.

    Parameters
    ----------
    groups, times
        As for `group_order`.

    Returns
    -------
    ndarray of shape (n_items,)
        Positions.
    """
    codes, counts = _coded(groups)
    in_time = np.lexsort((_times(times, len(codes)), codes))
    turn = np.empty(len(codes), np.int64)
    if len(counts):
        shifts = rng.integers(counts)
        turn[in_time] = np.concatenate(
            [np.roll(_halving(int(n)), shift) for n, shift in zip(counts, shifts, strict=True)]
        )
    return np.lexsort((rng.random(len(codes)), turn))


def group_split(groups: ArrayLike, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Set whole groups apart, to test on what nothing learnt from is like.

    Parameters
    ----------
    groups : array-like of shape (n_items,)
        Group of each item, numbers or text.
    share : float
        Share of the items wanted, in [0, 1].

    Returns
    -------
    ndarray of shape (n_items,), bool
        The items set apart: of groups drawn at random, until they have so many.
    """
    checks.between(share, 0, 1, "share")
    n_items = len(np.asarray(groups))
    apart = np.zeros(n_items, dtype=np.bool_)
    apart[group_sample(groups, int(np.ceil(share * n_items)), rng)] = True
    return apart


def group_folds(groups: ArrayLike, n_folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal whole groups over folds of about as many items each, to predict each from the others.

    Parameters
    ----------
    groups : array-like of shape (n_items,)
        Group of each item, numbers or text.
    n_folds : int
        At least 2.

    Returns
    -------
    ndarray of shape (n_items,), int64
        Fold of each item, 0…n_folds−1. A fold may be empty where a group is larger than one.
    """
    checks.between(n_folds, 2, np.inf, "n_folds", integer=True)
    array: NDArray[Any] = np.asarray(groups)
    fold, left = np.full(len(array), n_folds - 1, np.int64), np.arange(len(array))
    for number in range(n_folds - 1):
        apart = group_split(array[left], 1 / (n_folds - number), rng)
        fold[left[apart]] = number
        left = left[~apart]
    return fold


def _times(times: ArrayLike | None, n_items: int) -> NDArray[Any]:
    if times is None:
        return np.arange(n_items)
    found: NDArray[Any] = np.asarray(times)
    checks.same_length(found, range(n_items), ("times", "groups"))
    return found


def _halving(n: int) -> NDArray[np.int64]:
    """Turn of each of `n` items in time: the middle is 0, then the middles of what is left."""
    turns, spans, turn = np.empty(n, np.int64), [(0, n)], 0
    for start, stop in spans:  # which grows meanwhile
        if start < stop:
            middle = (start + stop) // 2
            turns[middle], turn = turn, turn + 1
            spans += [(start, middle), (middle + 1, stop)]
    return turns


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
