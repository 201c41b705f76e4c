"""Items that stand for many others, and items far from every answer."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.metrics.pairwise import euclidean_distances

from fewclicks import checks
from fewclicks.queries.base import allowed_items, spread_out
from fewclicks.queries.batch import ByBatch, Pool, threads_for
from fewclicks.queries.clustering import clustered, representatives
from fewclicks.queries.diversity import smooth
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import float32

MOST_SERVED = 10_000
MOST_ANSWERS = 1_000
MOST_DISTANCES = 20_000_000
"""Items, answered items and distances between items that `by_service` looks at."""

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
    """Pick the item nearest the centre of clusters without an answer, those that serve most first.

    k-means makes as many clusters as there will be answers, so that at least `n` have none yet.
    They come in the order of `by_service`: however few of them are answered in the end, these
    have something near most items.

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
        Item ids. Clusters that have answers come last, the least covered and then the largest
        first. Fewer than `n` only where fewer are allowed.

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
    cluster, distance = clustered(X, k, random_state)
    picked = representatives(cluster, distance, allowed)
    clusters = cluster[picked]
    sizes = np.bincount(cluster, minlength=k)
    answers = np.bincount(cluster[covered], minlength=k)[clusters]
    free = by_service(X, picked[answers == 0], np.flatnonzero(covered), random_state)
    rest = np.lexsort((clusters, -sizes[clusters], answers))[len(free) :]
    picked = np.concatenate([free, picked[rest]])[:n]
    if len(picked) == n:
        return picked
    exclude = ~allowed
    exclude[picked] = True
    more = medoids(X, n - len(picked), exclude=exclude, random_state=random_state + 1)
    return np.concatenate([picked, more])


def by_service(
    X: FloatArray, candidates: IntArray, served: IntArray, random_state: int = 0
) -> IntArray:
    """Order items so that however few of them are answered, most others have one near.

    Greedy facility location: next comes the candidate that shortens most the sum of the distances
    from every item to the nearest that is answered or came before. So many candidates never shorten
    it by less than 1 − 1/e of what the best so many would (Cornuéjols, Fisher and Nemhauser 1977).
    Gains only shrink, so one is worked out again only when it comes up (Minoux 1978).

    Parameters
    ----------
    X : array or memory map of shape (n_items, d)
        The sum runs over a random sample of 10,000, or fewer where there are many candidates.
    candidates : ndarray of int
        The items to be ordered.
    served : ndarray of int
        Items that have an answer; of more than 1,000 a sample counts.
    random_state : int, default 0
        Draws the samples.

    Returns
    -------
    ndarray of int64
        All `candidates`. Ties fall to the one that was given first.
    """
    if not len(candidates):
        return candidates
    rng = np.random.default_rng(random_state)
    n = min(len(X), MOST_SERVED, max(1, MOST_DISTANCES // len(candidates)))
    rows = float32(X[np.sort(rng.choice(len(X), n, replace=False))])
    served = np.sort(rng.choice(served, min(len(served), MOST_ANSWERS), replace=False))
    with threads_for(rows.size * (len(candidates) + len(served))):
        distances = euclidean_distances(float32(X[candidates]), rows)
        nearest = np.full(n, distances.max())
        if len(served):
            nearest = np.minimum(nearest, euclidean_distances(rows, float32(X[served])).min(axis=1))

    def entry(at: int) -> tuple[float, int]:
        return -float(np.maximum(nearest - distances[at], 0).sum(dtype=np.float64)), at

    heap = [entry(at) for at in range(len(candidates))]
    heapq.heapify(heap)
    order: list[int] = []
    while heap:
        best = entry(heapq.heappop(heap)[1])
        if heap and best > heap[0]:
            heapq.heappush(heap, best)
            continue
        order.append(best[1])
        nearest = np.minimum(nearest, distances[best[1]])
    return candidates[order]


@dataclass(frozen=True, slots=True)
class Medoids(ByBatch):
    """Ask what stands for clusters without an answer; needs no model. See `medoids`."""

    name: ClassVar[str] = "medoids"

    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """See `ByBatch`."""
        return medoids(
            pool.rows, n, exclude=~pool.open, answered=pool.answered, random_state=random_state
        )


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
