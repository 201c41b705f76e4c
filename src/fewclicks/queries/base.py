"""What every query shares: scores where higher is more worth asking, and how items are picked."""

from __future__ import annotations

from typing import cast

import numpy as np
import scipy.sparse as sp

from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray, IntArray


def pick(
    scores: FloatArray, n: int, *, exclude: BoolArray | None = None, random_state: int = 0
) -> IntArray:
    """Pick the `n` items with the highest scores.

    Parameters
    ----------
    scores : ndarray of shape (n_items,)
        Higher is more worth asking.
    n : int
        Fewer come back when fewer are allowed.
    exclude : ndarray of shape (n_items,), bool, optional
        Items never to pick: answered, withheld, or waiting in a queue.
    random_state : int, default 0
        Orders ties.

    Returns
    -------
    ndarray of shape (at most n,), int64
        Item ids, best first.
    """
    order = np.random.default_rng(random_state).permutation(len(scores))
    allowed = order[allowed_items(len(scores), exclude)[order]]
    best = np.argsort(-scores[allowed], kind="stable")[: max(n, 0)]
    return cast(IntArray, allowed[best])


def spread_out(
    scores: FloatArray,
    graph: sp.csr_matrix,
    n: int,
    *,
    hops: int = 2,
    exclude: BoolArray | None = None,
) -> IntArray:
    """Pick items with high scores, no two of them near each other.

    Greedy: the best item is taken and everything within `hops` edges of it is set aside; when
    nothing is left, what was set aside is open again. Ties fall to the smallest id.

    Parameters
    ----------
    scores : ndarray of shape (n_items,)
        Higher is more worth asking.
    graph : csr_matrix of shape (n_items, n_items)
        Edges between similar items.
    n, exclude
        As in `pick`.

    Returns
    -------
    ndarray of shape (at most n,), int64
        Item ids in the order taken.
    """
    allowed = allowed_items(len(scores), exclude)
    n = min(n, int(np.count_nonzero(allowed)))
    left = np.where(allowed, scores, -np.inf)
    picked: list[int] = []
    while len(picked) < n:
        item = int(left.argmax())
        if left[item] == -np.inf:
            left = np.where(allowed, scores, -np.inf)
            continue
        picked.append(item)
        allowed[item] = False
        left[within(graph, item, hops)] = -np.inf
    return np.array(picked, dtype=np.int64)


def within(graph: sp.csr_matrix, item: int, hops: int) -> IntArray:
    """Return the items at most `hops` edges from `item`, itself included, ascending."""
    found = np.array([item], dtype=np.int64)
    for _ in range(hops):
        runs = [graph.indices[graph.indptr[i] : graph.indptr[i + 1]] for i in found]
        found = np.unique(np.concatenate([found, *runs]))
    return found


def allowed_items(n_items: int, exclude: BoolArray | None) -> BoolArray:
    """Return a new mask of shape (n_items,) that is False at the excluded items."""
    if exclude is None:
        return np.ones(n_items, bool)
    mask = np.asarray(exclude)
    if mask.shape != (n_items,) or mask.dtype != bool:
        raise InvalidInput(
            f"exclude must be a mask of {n_items} booleans but is {mask.dtype} of shape "
            f"{mask.shape}.",
            "Give one True or False per item.",
        )
    return ~mask
