"""Members of a cluster that lie unusually far from its middle: the likeliest misfits."""

from __future__ import annotations

import numpy as np

from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import spans

FEWEST = 8
"""Members of which one can tell what is usual."""


def outlying(X: FloatArray, members: IntArray) -> BoolArray:
    """Tell which members lie beyond Tukey's inner fence of the distances to the cluster's mean.

    The fence is the third quartile and one and a half times the distance between the quartiles
    (Tukey, Exploratory Data Analysis, 1977). A loose cluster has a wide fence, a tight one a
    narrow one.

    Parameters
    ----------
    X : ndarray of shape (n_items, n_features)
        May be memory-mapped; read in blocks.
    members : ndarray of shape (n,), int
        Items of the cluster.

    Returns
    -------
    ndarray of shape (n,), bool
        All False for fewer than 8 members.
    """
    if len(members) < FEWEST:
        return np.zeros(len(members), np.bool_)
    total = np.zeros(X.shape[1])
    for where in spans(len(members)):
        total += np.asarray(X[members[where]], np.float32).sum(axis=0, dtype=np.float64)
    mean = (total / len(members)).astype(np.float32)
    distances = np.empty(len(members), np.float32)
    for where in spans(len(members)):
        distances[where] = np.linalg.norm(np.asarray(X[members[where]], np.float32) - mean, axis=1)
    low, high = np.quantile(distances, [0.25, 0.75])
    far: BoolArray = distances > high + 1.5 * (high - low)
    return far
