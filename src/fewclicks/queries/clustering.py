"""k-means over a pool, and batches of uncertain items from different clusters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, cast

import faiss
import numpy as np

from fewclicks import checks
from fewclicks.queries.base import pick
from fewclicks.queries.batch import ByBatch, Pool, threads_for
from fewclicks.queries.strategy import ByScore
from fewclicks.queries.uncertainty import Margin
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import float32, nearest

TRAIN_ROWS_PER_CLUSTER = 1024
"""Rows per cluster that k-means learns from; more move the centroids no further."""

ITERATIONS = 25


def clustered(
    X: FloatArray,
    k: int,
    random_state: int,
    *,
    weights: FloatArray | None = None,
    train_rows: int = TRAIN_ROWS_PER_CLUSTER,
) -> tuple[IntArray, FloatArray]:
    """Share rows out among k-means clusters.

    Parameters
    ----------
    X : array or memory map of shape (n_items, d)
        Walked in blocks; `k` · `train_rows` random rows at most are learned from.
    k : int
        At most the number of rows; some clusters may have no row.
    random_state : int
        Draws the training rows and the first centroids.
    weights : ndarray of shape (n_items,), optional
        How much each row pulls its centroid; not negative.
    train_rows : int
        Rows per cluster that are learned from.

    Returns
    -------
    cluster : ndarray of shape (n_items,), int64
        In 0…k−1.
    squared : ndarray of shape (n_items,), float32
        Squared distance to the centroid.

    Raises
    ------
    InvalidInput
        A row holds NaN or infinity.
    """
    rng = np.random.default_rng(random_state)
    train = np.sort(rng.choice(len(X), min(len(X), k * train_rows), replace=False))
    rows = float32(X[train])
    checks.finite(rows, "features")
    kmeans = faiss.Kmeans(
        X.shape[1],
        k,
        niter=ITERATIONS,
        seed=int(rng.integers(2**31)),
        min_points_per_centroid=1,
        max_points_per_centroid=train_rows,
    )
    with threads_for(rows.size * k):
        kmeans.train(rows, None if weights is None else float32(weights[train]))
    cluster, squared = nearest(X, cast(FloatArray, kmeans.centroids))
    return cluster[:, 0].astype(np.int64), squared[:, 0]


def representatives(cluster: IntArray, distance: FloatArray, allowed: BoolArray) -> IntArray:
    """Return one allowed item per cluster: the one nearest its centre, the smaller id on a tie.

    Clusters come by their numbers, those of which no item is allowed are left out. All arguments
    have shape (n_items,).
    """
    ids = np.flatnonzero(allowed)
    order = ids[np.lexsort((ids, distance[ids], cluster[ids]))]
    first = np.r_[True, np.diff(cluster[order]) != 0] if len(order) else np.empty(0, bool)
    return cast(IntArray, order[first])


@dataclass(frozen=True, slots=True)
class UncertainClusters(ByBatch):
    """Ask one item from each of `n` clusters of the items that another strategy scores highest.

    k-means weighted by the scores, the item nearest each centroid (Zhdanov 2019, "Diverse
    mini-batch active learning", section 3). The cost beyond the scores does not grow with the pool.

    Parameters
    ----------
    score : ByScore, default Margin()
        Says which items are worth asking.
    candidates : int, default 10
        Items clustered for each one wanted (the paper's β), at least 1; with 1 the highest scores
        are taken as they are.
    """

    score: ByScore = field(default_factory=Margin)
    candidates: int = 10
    name: ClassVar[str] = "uncertain_clusters"

    def __post_init__(self) -> None:
        checks.between(self.candidates, 1, 2**31, "candidates", integer=True)

    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """See `ByBatch`; the highest score comes first."""
        scores = self.score.score(
            pool.model, pool.X, y=pool.y, features=pool.rows, random_state=random_state
        )
        best = pick(scores, n * self.candidates, exclude=~pool.open, random_state=random_state)
        rows = float32(pool.rows[best])
        weights = scores[best] - min(0, scores[best].min())  # all alike where none is above 0
        cluster, squared = clustered(
            rows, n, random_state, weights=weights if weights.any() else None
        )
        found = np.sort(representatives(cluster, squared, np.ones(len(best), bool)))
        others = np.setdiff1d(np.arange(len(best)), found)
        return cast(IntArray, best[np.concatenate([found, others])[:n]])
