"""Items that stand for many others, and items far from every answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

from fewclicks import checks
from fewclicks.queries.base import allowed_items, spread_out
from fewclicks.queries.batch import ByBatch, Pool
from fewclicks.queries.clustering import clustered, representatives
from fewclicks.queries.diversity import smooth
from fewclicks.records import BoolArray, IntArray

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
    cluster, distance = clustered(X, k, random_state)
    picked = representatives(cluster, distance, allowed, covered)[:n]
    if len(picked) == n:
        return picked
    exclude = ~allowed
    exclude[picked] = True
    more = medoids(X, n - len(picked), exclude=exclude, random_state=random_state + 1)
    return np.concatenate([picked, more])


@dataclass(frozen=True, slots=True)
class Medoids(ByBatch):
    """Ask what stands for the largest clusters without an answer; needs no model. See `medoids`."""

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
