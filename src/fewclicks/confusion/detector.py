"""Confusing data detection (CDD): methods 1 and 2 of confusion area analysis, and one of ours.

Source of methods 1 and 2: Y.-T. Hwang and C.-Y. Wen, "Semi-Automatic Labeling of Big Data for AI
Training", section 2.1, Algorithm 1.
"""

from __future__ import annotations

from typing import Any, Literal, Self, cast

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks
from fewclicks.confusion import scores
from fewclicks.errors import InvalidInput
from fewclicks.neighbours import Neighbours, knn_graph
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.rows import blocks, validated

Method = Literal[1, 2, "neighbours"]

METHODS: tuple[Method, ...] = (1, 2, "neighbours")

THRESHOLDS: dict[Method, float] = {1: 0.99, 2: 0.99, "neighbours": 0.5}
"""Score from which an item is confusing if neither threshold nor budget is given: the first column
of the paper's Tables 4 and 5; for neighbours, that half of them are labelled otherwise."""


class ConfusingDataDetector(BaseEstimator):
    """Rank items by how confusing they are; higher scores are more confusing, all in [0, 1].

    Method 1 scores the ratio R = d1 / d2 of an item's distances to its nearest and second nearest
    codeword; the paper's |R − 1| < δ is a threshold of 1 − δ. Method 2 scores D = d1 / max(d1 over
    the items nearest to the same codeword); the paper's ε is the threshold. As in the paper's
    Table 3, an item is confusing when its score is at least the threshold, so under method 2 the
    farthest item of each cluster is, unless all of them lie on the codeword.

    Method "neighbours" is ours: the share of an item's nearest neighbours, weighed by likeness,
    whose label differs from its own (`scores.disagreement_scores`). Labels are what people gave the
    clusters; before any is named, neighbours in other clusters count. At equal budget it finds
    about twice as many wrong labels as method 2 and at least three times as many as method 1
    (experiments/README.md), at the price of the neighbour graph.

    The distances compared by methods 1 and 2 are squared Euclidean ones, the distortion of vector
    quantisation: only so do the counts of the paper's Tables 4 to 6 come out (Table 5, MNIST, 256
    codewords, D ≥ 0.99, 0.95, 0.90, 0.80, 0.70: 297, 472, 809, 2,155 and 5,629 there; 300, 492,
    799, 2,089 and 5,275 here with LBG; 344, 782, 1,895, 8,691 and 24,507 without squaring). Its
    Table 7 fits plain distances better. `squared` changes what a threshold means, never the
    ranking.

    Parameters
    ----------
    codebook : array of shape (n_codewords, d), clusterer or None
        The centroids; or anything with `codebook_` or `cluster_centers_`; or another clusterer,
        fitted or to be fitted to the rows (a clone of it), whose `labels_` or `predict` tell the
        clusters: their means are the centroids. None takes scikit-learn's KMeans as it is.
    method : {1, 2, "neighbours"}, default 2
    threshold : float or None, default None
        In [0, 1]: lowest score of a confusing item. None, with no budget either, means 0.99 for
        methods 1 and 2, and 0.5 for neighbours.
    budget : int or None, default None
        Confusing items at most: the first of the ranking.
    per_cluster : bool, default False
        Whether the ranking goes round the clusters, the most confusing item of each, then the
        second of each and so on; otherwise all items compete.
    squared : bool, default True
        Whether methods 1 and 2 compare squared distances.
    n_neighbours : int, default 10
        Neighbours looked at by method "neighbours".

    Attributes
    ----------
    scores_ : ndarray of shape (n_items,), float32
        In [0, 1]. 1 is a dead heat (method 1), the farthest item of its cluster (method 2), an item
        among others only (neighbours); 0 an item on its codeword, or among its like.
    ranking_ : ndarray of shape (n_items,), int64
        Item ids, most confusing first. Equal scores: the farther from its codeword, then the lower
        id.
    confusing_ : ndarray of shape (n_items,), bool
    nearest_ : ndarray of shape (n_items, 2), int32
        Nearest and second nearest codeword; the second is −1 if there is only one, and then the
        ratio of method 1 is 0.
    distances_ : ndarray of shape (n_items, 2), float32
        Euclidean distances to these two.
    """

    def __init__(
        self,
        codebook: Any = None,
        method: Method = 2,
        threshold: float | None = None,
        budget: int | None = None,
        per_cluster: bool = False,
        squared: bool = True,
        n_neighbours: int = 10,
    ) -> None:
        self.codebook = codebook
        self.method = method
        self.threshold = threshold
        self.budget = budget
        self.per_cluster = per_cluster
        self.squared = squared
        self.n_neighbours = n_neighbours

    def fit(self, X: Any, y: Any = None, *, neighbours: Neighbours | None = None) -> Self:
        """Score every row of `X`.

        Parameters
        ----------
        X : array or memory map of shape (n_items, d)
            Walked in blocks.
        y : int array of shape (n_items,), optional
            The class of each item as far as people have named it, alone or with its cluster; −1
            where they have not. Only method "neighbours" looks at it; without it every codeword is
            a class of its own.
        neighbours : Neighbours, optional
            The nearest other items of each item, if they are known already.

        Raises
        ------
        InvalidInput
            If `X` is not a matrix of finite numbers, or a parameter, the codebook, the labels or
            the neighbours do not hold what they must.
        """
        self._check()
        rows = validated(self, X)
        codewords = checks.rows(
            _codewords(self.codebook, rows), "codebook", width=rows.shape[1]
        ).astype(np.float32)
        self.nearest_, self.distances_ = scores.two_nearest(rows, codewords)
        self.scores_ = self._scores(rows, y, neighbours)
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
        sentences = {1: self._between, 2: self._edge, "neighbours": self._among_others}
        sentence = sentences[self.method]
        return [sentence(item) for item in checks.item_ids(items, len(self.scores_)).tolist()]

    def _check(self) -> None:
        if self.method not in METHODS:
            raise InvalidInput(f'method must be 1, 2 or "neighbours" but is {self.method!r}.')
        if self.threshold is not None:
            checks.between(self.threshold, 0, 1, "threshold")
        if self.budget is not None:
            checks.between(self.budget, 0, 2**62, "budget", integer=True)
        checks.between(self.n_neighbours, 1, 2**20, "n_neighbours", integer=True)

    def _scores(self, rows: FloatArray, y: Any, neighbours: Neighbours | None) -> FloatArray:
        if self.method == "neighbours":
            labels = self.nearest_[:, 0] if y is None else _labels(y)
            checks.same_length(labels, rows, ("y", "X"))
            self._unlabelled = labels == NO_CLASS
            if neighbours is None:
                neighbours = knn_graph(rows, self.n_neighbours)
            checks.same_length(neighbours.indices, rows, ("neighbours", "X"))
            return scores.disagreement_scores(labels, neighbours)
        if self.method == 1:
            found = scores.ratio_scores(self.distances_)
        else:
            found = scores.boundary_scores(self.nearest_[:, 0], self.distances_[:, 0])
        return found**2 if self.squared else found

    def _ranking(self) -> IntArray:
        order = np.lexsort((-self.distances_[:, 0], -self.scores_))
        if not self.per_cluster:
            return order
        turn = turns(self.nearest_[order, 0])
        return order[np.argsort(turn, kind="stable")]

    def _confusing(self) -> BoolArray:
        threshold = self.threshold
        if threshold is None:
            threshold = THRESHOLDS[self.method] if self.budget is None else 0.0
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

    def _among_others(self, item: int) -> str:
        if self._unlabelled[item]:
            return "Nobody has said yet what it is, nor its cluster."
        return (
            f"Among others: {self.scores_[item]:.0%} of what is most like it is labelled otherwise."
        )


def turns(clusters: IntArray) -> IntArray:
    """Return how many earlier entries belong to the same cluster, for each entry."""
    by_cluster = np.argsort(clusters, kind="stable")
    sizes = np.bincount(clusters)
    within = np.arange(len(clusters)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    out = np.empty(len(clusters), dtype=np.int64)
    out[by_cluster] = within
    return out


def _labels(y: Any) -> IntArray:
    """Return `y` as class ids, (n,), int64, or refuse what is not one whole number per item."""
    given = np.asarray(y)
    try:
        labels = given.astype(np.int64)
    except (TypeError, ValueError):
        labels = None
    if given.ndim != 1 or labels is None or not (labels == given).all():
        raise InvalidInput(
            f"y must hold one class id per item but has shape {given.shape} of {given.dtype}.",
            "Give whole numbers, -1 where nobody has named the item.",
        )
    return cast(IntArray, labels)


def _codewords(codebook: Any, rows: FloatArray) -> Any:
    """Return the centroids that are meant by the parameter `codebook`."""
    if codebook is None:
        codebook = KMeans(random_state=0)
    if not hasattr(codebook, "fit"):
        return getattr(codebook, "codebook_", codebook)
    centroids = _centroids(codebook, rows)
    return _centroids(clone(codebook).fit(rows), rows) if centroids is None else centroids


def _centroids(clusterer: Any, rows: FloatArray) -> Any:
    """The centroids of a clusterer, or the means of its clusters; None if it is not fitted."""
    for name in ("codebook_", "cluster_centers_"):
        if hasattr(clusterer, name):
            return getattr(clusterer, name)
    labels = getattr(clusterer, "labels_", None)
    if labels is None or len(labels) != len(rows):
        try:
            labels = clusterer.predict(rows)
        except (AttributeError, NotFittedError):
            return None
    return _means(rows, np.asarray(labels))


def _means(rows: FloatArray, labels: IntArray) -> FloatArray:
    """Return the mean of the rows of each cluster; label −1 is none, as in DBSCAN."""
    names, codes = np.unique(labels, return_inverse=True)
    sums, sizes = np.zeros((len(names), rows.shape[1])), np.bincount(codes)
    for where, block in blocks(rows):
        np.add.at(sums, codes[where], block)
    return cast(FloatArray, (sums / sizes[:, None])[names >= 0])
