"""Near-duplicates: items so near one another that chance would not have put them there."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from fewclicks import checks
from fewclicks.neighbours import Neighbours
from fewclicks.records import FloatArray, IntArray

NEAR = 0.5
"""Share of the distance to the last neighbour within which another item is a near-duplicate."""

CHANCE = 0.002
"""Items that chance alone may put that near to another, per item."""

CROWD = 0.05
FEWEST = 5
"""The last neighbour that counts is of this share of all items at most, so that it is still one of
those around; with fewer neighbours than `FEWEST` there is no telling."""


def near_duplicates(neighbours: Neighbours, near: float = NEAR) -> IntArray:
    """Group what lies much nearer to one another than the items around them do.

    A photo that was saved again, scaled, cropped a little or taken twice in a row hardly moves,
    while other photos keep their distance: in many dimensions nearly all neighbours of an item are
    about as far from it as its last. Two items belong together if the distance between them is at
    most `near` times that from either to its last neighbour, and less where the items have few
    dimensions, so that of items spread evenly at most two in a thousand would have another that
    near. How many dimensions is told by the neighbours (Levina and Bickel, "Maximum likelihood
    estimation of intrinsic dimension", NIPS 17, 2004), by the median over all items.

    Parameters
    ----------
    neighbours : Neighbours
        Some fifty of each item find up to as many near-duplicates of it.
    near : float, default 0.5
        In (0, 1).

    Returns
    -------
    ndarray of shape (n_items,), int64
        Number of the group of each item, by their first items from 0; −1 for an item without a
        near-duplicate, and for all where there are fewer than a hundred.
    """
    checks.between(near, 1e-9, 1 - 1e-9, "near")
    n, k = neighbours.indices.shape
    k = min(k, int(CROWD * n))
    groups = np.full(n, -1, np.int64)
    if k < FEWEST:
        return groups
    nearest = neighbours.first(k)
    last = nearest.distances[:, -1]
    reach = min(near, (CHANCE / k) ** (1 / _dimensions(nearest.distances)))
    limits = reach * np.minimum(last[:, None], last[nearest.indices])
    one, rank = np.nonzero(nearest.distances <= limits)
    other = nearest.indices[one, rank]
    pairs = sp.csr_matrix((np.ones(len(one), np.int8), (one, other)), shape=(n, n))
    _, parts = connected_components(pairs, directed=False)
    together = np.flatnonzero(np.bincount(parts)[parts] > 1)
    _, first, numbers = np.unique(parts[together], return_index=True, return_inverse=True)
    rank_of = np.empty(len(first), np.int64)
    rank_of[np.argsort(first)] = np.arange(len(first))
    groups[together] = rank_of[numbers]
    return groups


def _dimensions(distances: FloatArray) -> float:
    """Estimate the dimensions of what items are spread over, at least 1."""
    last = distances[:, -1:]
    usual = (last[:, 0] > 0) & (distances[:, 0] > 0)  # copies tell nothing
    if not usual.any():
        return 1.0
    logs = np.log(last[usual] / distances[usual, :-1]).mean(axis=1)
    return float(max(1.0, 1 / max(float(np.median(logs)), 1e-9)))
