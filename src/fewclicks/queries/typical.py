"""TypiClust: the most typical items of clusters that no answer has touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

import faiss
import numpy as np

from fewclicks import checks
from fewclicks.queries.batch import ByBatch, Pool, threads_for
from fewclicks.queries.clustering import clustered
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import float32

TRAIN_ROWS = 256
"""Rows per cluster that k-means learns from."""

SMALL = 5
"""Clusters of no more items are turned to last, as in the authors' program."""


@dataclass(frozen=True, slots=True)
class TypiClust(ByBatch):
    """Ask the most typical item of each of the largest clusters with the fewest answers.

    Typical is who has a small mean distance to its nearest neighbours in its cluster (Hacohen,
    Dekel and Weinshall 2022, section 2.2; k-means as for TPC_RP). For few answers: it needs no
    model beyond its features.

    In large clusters only `candidates` members drawn at random are rated, against at most
    `neighbourhood` others, so that a batch costs n_items · d · (n_clusters + candidates)
    multiplications and not the square of the cluster sizes; clusters of up to `candidates` items
    are rated as the paper does.

    Parameters
    ----------
    n_neighbours : int, default 20
        Neighbours whose mean distance counts; in a cluster of fewer, all others.
    max_clusters : int, default 500
        Clusters are one for each answer and each item wanted, this many at most.
    candidates : int, default 500
    neighbourhood : int, default 50_000
        At least `candidates`.
    """

    n_neighbours: int = 20
    max_clusters: int = 500
    candidates: int = 500
    neighbourhood: int = 50_000
    name: ClassVar[str] = "typiclust"

    def __post_init__(self) -> None:
        checks.between(self.n_neighbours, 1, 2**31, "n_neighbours", integer=True)
        checks.between(self.max_clusters, 1, 2**31, "max_clusters", integer=True)
        checks.between(self.candidates, 1, 2**31, "candidates", integer=True)
        checks.between(self.neighbourhood, self.candidates, 2**31, "neighbourhood", integer=True)

    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """See `ByBatch`."""
        rng = np.random.default_rng(random_state)
        k = min(len(pool.rows), self.max_clusters, n + int(np.count_nonzero(pool.answered)))
        cluster, _ = clustered(pool.rows, k, random_state, train_rows=TRAIN_ROWS)
        picked: list[int] = []
        left, answered = pool.open.copy(), pool.answered
        with threads_for(0):  # many small products, one after the other
            while len(picked) < n:
                for one in turns(cluster, left, answered)[: n - len(picked)]:
                    members = np.flatnonzero(cluster == one)
                    item = self.most_typical(pool.rows, members, left[members], rng)
                    picked.append(item)
                    left[item] = False
                    answered[item] = True
        return np.array(picked, dtype=np.int64)

    def most_typical(
        self, rows: FloatArray, members: IntArray, left: BoolArray, rng: np.random.Generator
    ) -> int:
        """Return the most typical of the members of a cluster that are left, the first on a tie."""
        rated = sample(members[left], self.candidates, rng)
        others = np.union1d(rated, sample(members, self.neighbourhood - len(rated), rng))
        distance = typical_distance(float32(rows[rated]), float32(rows[others]), self.n_neighbours)
        return int(rated[distance.argmin()])


def turns(cluster: IntArray, left: BoolArray, answered: BoolArray) -> IntArray:
    """Return the clusters that have items left, in the order of their turns.

    Those of more than `SMALL` items first, then those with the fewest answers, then the largest,
    then the smaller number.
    """
    size, answers = np.bincount(cluster), np.bincount(cluster, answered)
    order = np.lexsort((np.arange(len(size)), -size, answers, size <= SMALL))
    return order[np.bincount(cluster, left)[order] > 0]


def sample(ids: IntArray, most: int, rng: np.random.Generator) -> IntArray:
    """Return at most so many of `ids`, drawn at random, ascending."""
    return ids if len(ids) <= most else np.sort(rng.choice(ids, most, replace=False))


def typical_distance(rated: FloatArray, others: FloatArray, k: int) -> FloatArray:
    """Return the mean distance of each row to its `k` nearest others; lower is more typical.

    Parameters
    ----------
    rated : ndarray of shape (n_rated, d), float32
    others : ndarray of shape (n_others, d), float32
        All of `rated` among them: the nearest is the row itself and does not count.
    k : int
        Where there are fewer others, all of them count.

    Returns
    -------
    ndarray of shape (n_rated,), float32
        0 where there is no other row.
    """
    k = min(k, len(others) - 1)
    if k == 0:
        return np.zeros(len(rated), np.float32)
    mean = others.mean(axis=0)
    squared, _ = faiss.knn(rated - mean, others - mean, k + 1)
    return cast(FloatArray, np.sqrt(np.maximum(squared[:, 1:], 0)).mean(axis=1))
