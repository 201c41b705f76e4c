"""Confusing data detection (CDD), methods 1 and 2 of confusion area analysis.

Source: Y.-T. Hwang and C.-Y. Wen, "Semi-Automatic Labeling of Big Data for AI Training",
section 2.1, Algorithm 1.
"""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import blocks, nearest, validated

PAPER_THRESHOLD = 0.99
"""Score from which an item is confusing if neither threshold nor budget is given (Tables 4, 5)."""


class ConfusingDataDetector(BaseEstimator):
    """Rank items by how confusing they are, given a codebook; higher scores are more confusing.

    Method 1 scores the ratio R = d1 / d2 of an item's distances to its nearest and second nearest
    codeword; the paper's |R − 1| < δ is a threshold of 1 − δ. Method 2 scores D = d1 / max(d1 over
    the items nearest to the same codeword); the paper's ε is the threshold. Both lie in [0, 1]. As
    in the paper's Table 3, an item is confusing when its score is at least the threshold, so under
    method 2 the farthest item of each cluster always is.

    The distances compared are squared Euclidean ones, the distortion of vector quantisation: only
    so do the counts of the paper's Tables 4 and 5 come out (MNIST, 256 codewords, D ≥ 0.99, 0.95,
    0.90, 0.80, 0.70: 297, 472, 809, 2,155 and 5,629 there; 286, 433, 747, 2,143 and 5,513 here;
    325, 731, 1,964, 9,227 and 25,349 without squaring). `squared` changes what a threshold means,
    never the ranking.

    Parameters
    ----------
    method : {1, 2}, default 2
    threshold : float or None, default None
        In [0, 1]: lowest score of a confusing item. None, with no budget either, means 0.99.
    budget : int or None, default None
        Confusing items at most: the first of the ranking.
    per_cluster : bool, default False
        Whether the ranking goes round the clusters, the most confusing item of each, then the
        second of each and so on; otherwise all items compete.
    squared : bool, default True
        Whether scores compare squared distances.

    Attributes
    ----------
    scores_ : ndarray of shape (n_items,), float32
        In [0, 1]; 1 is a dead heat (method 1) or the farthest item of its cluster (method 2), 0 an
        item on its codeword.
    ranking_ : ndarray of shape (n_items,), int64
        Item ids, most confusing first. Equal scores: the farther from its codeword, then the lower
        id.
    confusing_ : ndarray of shape (n_items,), bool
    nearest_ : ndarray of shape (n_items, 2), int32
        Nearest and second nearest codeword; the second is −1 if there is only one.
    distances_ : ndarray of shape (n_items, 2), float32
        Euclidean distances to these two.
    """

    def __init__(
        self,
        method: int = 2,
        threshold: float | None = None,
        budget: int | None = None,
        per_cluster: bool = False,
        squared: bool = True,
    ) -> None:
        self.method = method
        self.threshold = threshold
        self.budget = budget
        self.per_cluster = per_cluster
        self.squared = squared

    def fit(self, X: Any, codebook: Any) -> Self:
        """Score every row of `X`.

        Parameters
        ----------
        X : array or memory map of shape (n_items, d)
            Walked in blocks.
        codebook : array of shape (n_codewords, d), or anything with `codebook_`

        Raises
        ------
        ValueError
            If `X` is not a matrix of finite numbers.
        InvalidInput
            If a parameter or the codebook does not hold what it must.
        """
        self._check()
        rows = validated(self, X)
        codewords = checks.rows(
            getattr(codebook, "codebook_", codebook),
            "codebook",
            width=rows.shape[1],
            at_least=3 - self.method,
        )
        self.nearest_, self.distances_ = two_nearest(rows, codewords)
        score = ratio_scores if self.method == 1 else boundary_scores
        scores = score(self.nearest_, self.distances_)
        self.scores_ = scores**2 if self.squared else scores
        self.ranking_ = self._ranking()
        self.confusing_ = self._confusing()
        return self

    def reasons(self, items: Any = None) -> list[str]:
        """Return one plain sentence per item saying why it is confusing.

        Parameters
        ----------
        items : array of item ids, optional
            Left out, the confusing items in the order of the ranking.
        """
        check_is_fitted(self)
        if items is None:
            items = self.ranking_[self.confusing_[self.ranking_]]
        sentence = self._between if self.method == 1 else self._edge
        return [sentence(item) for item in checks.item_ids(items, len(self.scores_)).tolist()]

    def _check(self) -> None:
        if self.method not in (1, 2):
            raise InvalidInput(f"method must be 1 or 2 but is {self.method!r}.")
        if self.threshold is not None:
            checks.between(self.threshold, 0, 1, "threshold")
        if self.budget is not None:
            checks.between(self.budget, 0, 2**62, "budget", integer=True)

    def _ranking(self) -> IntArray:
        order = np.lexsort((-self.distances_[:, 0], -self.scores_))
        if not self.per_cluster:
            return order
        turn = turns(self.nearest_[order, 0])
        return order[np.argsort(turn, kind="stable")]

    def _confusing(self) -> BoolArray:
        threshold = self.threshold
        if threshold is None:
            threshold = PAPER_THRESHOLD if self.budget is None else 0.0
        chosen = self.ranking_[self.scores_[self.ranking_] >= threshold][: self.budget]
        mask = np.zeros(len(self.scores_), dtype=np.bool_)
        mask[chosen] = True
        return mask

    def _between(self, item: int) -> str:
        first, second = self.nearest_[item]
        return (
            f"Between two clusters: its distance to cluster {first} is "
            f"{self._share(item):.0%} of that to cluster {second}."
        )

    def _share(self, item: int) -> float:
        """Return the ratio of plain distances behind a score."""
        score = float(self.scores_[item])
        return score**0.5 if self.squared else score

    def _edge(self, item: int) -> str:
        cluster, share = self.nearest_[item, 0], self._share(item)
        if share == 1:
            return f"At the edge: no item of cluster {cluster} is farther from its centre."
        return (
            f"Near the edge of cluster {cluster}: {share:.0%} as far from its centre "
            f"as the farthest item."
        )


def two_nearest(rows: FloatArray, codebook: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return the two nearest codewords (n, 2) int32 of each row, and the distances, float32.

    The search is exhaustive; the distances are then taken from the differences themselves. Where
    the codebook has one row, the second is −1 at an infinite distance.
    """
    codewords = np.ascontiguousarray(codebook, dtype=np.float32)
    found = np.full((len(rows), 2), -1, dtype=np.int32)
    distances = np.full((len(rows), 2), np.inf, dtype=np.float32)
    ranks = min(2, len(codewords))
    found[:, :ranks], _ = nearest(rows, codewords, ranks)
    for where, block in blocks(rows):
        for rank in range(ranks):
            distances[where, rank] = np.linalg.norm(block - codewords[found[where, rank]], axis=1)
    swapped = distances[:, 0] > distances[:, 1]
    found[swapped], distances[swapped] = found[swapped, ::-1], distances[swapped, ::-1]
    return found, distances


def ratio_scores(found: IntArray, distances: FloatArray) -> FloatArray:
    """Return R = d1 / d2 (method 1), (n,), in [0, 1]; 1 where both are 0: a dead heat."""
    first, second = distances.T
    return cast(FloatArray, np.divide(first, second, out=np.ones_like(first), where=second > 0))


def boundary_scores(found: IntArray, distances: FloatArray) -> FloatArray:
    """Return D = d1 / max d1 within the cluster (method 2), (n,), in [0, 1]; 0 where that is 0."""
    clusters, first = found[:, 0], distances[:, 0]
    farthest = np.zeros(clusters.max() + 1, dtype=first.dtype)
    np.maximum.at(farthest, clusters, first)
    limit = farthest[clusters]
    return cast(FloatArray, np.divide(first, limit, out=np.zeros_like(first), where=limit > 0))


def turns(clusters: IntArray) -> IntArray:
    """Return how many earlier entries belong to the same cluster, for each entry."""
    by_cluster = np.argsort(clusters, kind="stable")
    sizes = np.bincount(clusters)
    within = np.arange(len(clusters)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    out = np.empty(len(clusters), dtype=np.int64)
    out[by_cluster] = within
    return out
