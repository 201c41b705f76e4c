"""Items that stand for many others, and items far from every answer."""

from __future__ import annotations

from typing import Any, cast

import faiss
import numpy as np
import scipy.sparse as sp

from fewclicks import checks
from fewclicks.queries.base import allowed_items, spread_out
from fewclicks.queries.diversity import smooth
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import float32, spans

TRAIN_ROWS_PER_CLUSTER = 1024
"""Rows per cluster that k-means learns from; more move the centroids no further."""

MOST_CLUSTERS = 500
"""Clusters at most, as in TypiClust (Hacohen, Dekel and Weinshall 2022), unless more are asked
for at once; beyond, clusters with the fewest answers come first."""


def medoids(
    X: Any,
    n: int,
    *,
    exclude: BoolArray | None = None,
    answered: BoolArray | None = None,
    random_state: int = 0,
) -> IntArray:
    """Pick the item nearest the centre of each of the largest clusters without an answer.

    k-means makes as many clusters as there will be answers, so that at least `n` have none yet.

    Parameters
    ----------
    X : array-like of shape (n_items, n_features)
        Memory-mapped and half-precision rows are read in blocks.
    n : int
        Items wanted.
    exclude : ndarray of shape (n_items,), bool, optional
        Items never to pick.
    answered : ndarray of shape (n_items,), bool, optional
        Items whose clusters count as covered.
    random_state : int, default 0
        Draws the training rows and the first centroids.

    Returns
    -------
    ndarray of shape (at most n,), int64
        Item ids, least covered and then largest cluster first. Fewer than `n` only where fewer
        are allowed.

    Raises
    ------
    InvalidInput
        `X` is not a finite matrix, or a mask does not fit it.
    """
    X = checks.rows(X)
    allowed = allowed_items(len(X), exclude)
    covered = ~allowed_items(len(X), answered)
    n = min(n, int(np.count_nonzero(allowed)))
    if n <= 0:
        return np.empty(0, np.int64)
    k = min(len(X), max(n, min(n + int(covered.sum()), MOST_CLUSTERS)))
    cluster, distance = _cluster(X, k, random_state)
    picked = representatives(cluster, distance, allowed, covered)[:n]
    if len(picked) == n:
        return picked
    exclude = ~allowed
    exclude[picked] = True
    more = medoids(X, n - len(picked), exclude=exclude, random_state=random_state + 1)
    return np.concatenate([picked, more])


def representatives(
    cluster: IntArray, distance: FloatArray, allowed: BoolArray, covered: BoolArray
) -> IntArray:
    """Return one allowed item per cluster: the one nearest its centre, the smaller id on a tie.

    Clusters with the fewest covered items come first, then the largest, then the smaller number.
    `cluster` and `distance` have shape (n_items,).
    """
    ids = np.flatnonzero(allowed)
    order = ids[np.lexsort((ids, distance[ids], cluster[ids]))]
    first = np.r_[True, np.diff(cluster[order]) != 0] if len(order) else np.empty(0, bool)
    nearest = order[first]
    size = np.bincount(cluster)[cluster[nearest]]
    answers = np.bincount(cluster, covered)[cluster[nearest]]
    return cast(IntArray, nearest[np.lexsort((cluster[nearest], -size, answers))])


def hops_from(graph: sp.csr_matrix, sources: BoolArray) -> IntArray:
    """Return how many edges each item is from the nearest source, shape (n_items,), int64.

    0 at the sources; one more than the farthest reached item where no path leads.
    """
    hops = np.full(len(sources), -1, np.int64)
    front = np.asarray(sources, dtype=bool)
    step = 0
    while front.any():
        hops[front] = step
        step += 1
        front = (graph @ front.astype(np.float32) > 0) & (hops < 0)
    hops[hops < 0] = step
    return hops


def farthest(
    graph: sp.csr_matrix,
    answered: BoolArray,
    n: int,
    *,
    exclude: BoolArray | None = None,
    smoothing: int = 3,
    hops: int = 2,
) -> IntArray:
    """Pick the centres of the areas that lie most edges away from any answered item.

    A model cannot doubt a class it has never met; this finds it. Averaging over `smoothing`
    steps prefers an area of distant items to a lone outlier; other parameters as in
    `diversity.confusion_areas`.

    Returns
    -------
    ndarray of shape (at most n,), int64
        Item ids, farthest area first.
    """
    away = hops_from(graph, answered).astype(np.float64)
    return spread_out(smooth(graph, away, smoothing), graph, n, hops=hops, exclude=exclude)


def unseen_share(class_ids: IntArray) -> float:
    """Estimate the share of items whose class no answer has met yet, in [0, 1].

    Good and Turing's estimate (Good 1953): the answers whose class came exactly once, divided by
    all answers. 1 when there is no answer.

    Parameters
    ----------
    class_ids : ndarray of shape (n_answers,)
        The class of each answer.
    """
    if not len(class_ids):
        return 1.0
    _, counts = np.unique(class_ids, return_counts=True)
    return float(np.count_nonzero(counts == 1) / len(class_ids))


def _cluster(X: FloatArray, k: int, random_state: int) -> tuple[IntArray, FloatArray]:
    """Return the k-means cluster of every row and its squared distance to the centroid."""
    rng = np.random.default_rng(random_state)
    wanted = min(len(X), k * TRAIN_ROWS_PER_CLUSTER)
    train = np.sort(rng.choice(len(X), wanted, replace=False))
    kmeans = faiss.Kmeans(
        X.shape[1],
        k,
        niter=25,
        seed=int(rng.integers(2**31)),
        min_points_per_centroid=1,
        max_points_per_centroid=TRAIN_ROWS_PER_CLUSTER,
    )
    kmeans.train(float32(X[train]))
    cluster = np.empty(len(X), np.int64)
    distance = np.empty(len(X), np.float32)
    for block in spans(len(X)):
        near, nearest = kmeans.index.search(float32(X[block]), 1)
        cluster[block], distance[block] = nearest[:, 0], near[:, 0]
    return cluster, distance
