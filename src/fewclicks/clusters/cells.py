"""Clusterers that compare all pairs, made to work on any number of items."""

from __future__ import annotations

import warnings
from typing import Any, Self, cast

import numpy as np
from sklearn.cluster import HDBSCAN, AgglomerativeClustering, SpectralClustering
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks
from fewclicks.clusters.codebook import CodebookEstimator
from fewclicks.clusters.quantizer import VectorQuantizer, codewords_for
from fewclicks.errors import InvalidInput
from fewclicks.neighbours import knn_graph, similarity_graph
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import means_of, nearest, validated

METHODS = ("agglomerative", "spectral", "hdbscan")

N_CELLS = 2000
"""Cells of k-means that take the place of the items: all pairs of them are 32 MB."""

N_SAMPLE = 10_000
"""Items drawn for HDBSCAN, which needs their density, and cells are all about as full."""

LEAST_DENSE = 5
"""Items of a cluster of HDBSCAN at least."""

N_NEIGHBOURS = 10


class CellClusterer(CodebookEstimator):
    """Agglomerative, spectral or density clustering of cells, of which each item follows its own.

    These compare all pairs. So they see k-means cells, or for density a random sample, and every
    item is in the cluster of the cell, or the sampled item, that it is nearest to. Up to as many
    items, each is a cell of its own and nothing is approximate.

    Parameters
    ----------
    n_codewords : int, default 256
        Clusters, at least 1 and at most the number of rows. "hdbscan" finds their number itself:
        a cluster has at least a quarter of the items that it would have if all were equal.
    method : {"agglomerative", "spectral", "hdbscan"}
        "agglomerative": merging what raises the variance within least (Ward; Müllner 2011).
        "spectral": normalised cuts of the graph of the ten nearest cells (Yu and Shi, "Multiclass
        spectral clustering", ICCV 2003). "hdbscan": the leaves of the tree of densities (Campello,
        Moulavi and Sander 2013); items between them follow the nearest that is in one.
    n_cells : int, optional
        By default `N_CELLS`, or `N_SAMPLE` for "hdbscan".
    random_state : int, RandomState or None, default None
        Draws the start of k-means or the sample.

    Attributes
    ----------
    codebook_ : ndarray of shape (n_clusters, d), float32
        Means of the clusters. An item need not be in the cluster with the nearest.
    labels_ : ndarray of shape (n,), int32
    cells_ : ndarray of shape (n_cells, d), float32
    cluster_of_cell_ : ndarray of shape (n_cells,), int32
    """

    def __init__(
        self,
        n_codewords: int = 256,
        method: str = "agglomerative",
        n_cells: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_codewords = n_codewords
        self.method = method
        self.n_cells = n_cells
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, *, report: Report = silent) -> Self:
        """Learn the clusters of `X`, an array or memory map of shape (n, d), read in blocks.

        Raises
        ------
        InvalidInput
            If `X` is not a matrix of finite numbers, or has fewer rows than clusters are asked for.
        """
        rows = validated(self, X)
        self._check(len(rows))
        random = check_random_state(self.random_state)
        self.cells_ = self._cells(rows, random, report)
        found = self._clusters(random)
        _, self.cluster_of_cell_ = np.unique(found, return_inverse=True)
        self.cluster_of_cell_ = self.cluster_of_cell_.astype(np.int32)
        self.labels_ = self.predict(rows)
        self.codebook_ = means_of(rows, self.labels_, int(self.cluster_of_cell_.max()) + 1)
        return self

    def predict(self, X: Any) -> IntArray:
        """Return the cluster of each row, that of its nearest cell, (n,), int32."""
        check_is_fitted(self, "cluster_of_cell_")
        rows = validated(self, X, reset=False)
        return cast(IntArray, self.cluster_of_cell_[nearest(rows, self.cells_)[0][:, 0]])

    def _cells(self, rows: FloatArray, random: Any, report: Report) -> FloatArray:
        n_cells = self.n_cells or (N_SAMPLE if self.method == "hdbscan" else N_CELLS)
        n_cells = max(n_cells, self.n_codewords)
        if len(rows) <= n_cells:
            return np.array(rows, np.float32)
        if self.method == "hdbscan":
            drawn = np.sort(random.choice(len(rows), n_cells, replace=False))
            return np.asarray(rows[drawn], np.float32)
        quantizer = VectorQuantizer(n_cells, random_state=random.randint(2**31))
        return quantizer.fit(rows, report=report).codebook_

    def _clusters(self, random: Any) -> IntArray:
        n = self.n_codewords
        if n == 1 or n == len(self.cells_):
            return np.arange(len(self.cells_)) % n
        if self.method == "agglomerative":
            return cast(IntArray, AgglomerativeClustering(n).fit_predict(self.cells_))
        if self.method == "spectral":
            return _cuts(self.cells_, n, random)
        least = max(LEAST_DENSE, len(self.cells_) // (4 * n))
        dense = HDBSCAN(
            min_cluster_size=min(least, len(self.cells_)),
            min_samples=LEAST_DENSE,
            cluster_selection_method="leaf",
            copy=True,
        )
        return _without_noise(self.cells_, dense.fit_predict(self.cells_))

    def _check(self, n_rows: int) -> None:
        checks.between(self.n_codewords, 1, 2**20, "n_codewords", integer=True)
        checks.one_of(self.method, METHODS, "method")
        if self.n_cells is not None:
            checks.between(self.n_cells, 1, 2**20, "n_cells", integer=True)
        if n_rows < self.n_codewords:
            raise InvalidInput(
                f"There must be at least as many rows as clusters, but n_samples={n_rows} and "
                f"n_codewords={self.n_codewords}.",
                f"Ask for {codewords_for(n_rows)}, as codewords_for({n_rows}) does.",
            )


def _cuts(cells: FloatArray, n: int, random: Any) -> IntArray:
    """Cut the graph of neighbours; parts that nothing joins are a cut that costs nothing."""
    graph = similarity_graph(knn_graph(cells, N_NEIGHBOURS))
    cut = SpectralClustering(
        n,
        affinity="precomputed",
        assign_labels="cluster_qr",
        random_state=random.randint(2**31),
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Graph is not fully connected")
        return cast(IntArray, cut.fit_predict(graph))


def _without_noise(rows: FloatArray, labels: IntArray) -> IntArray:
    """Let each row that is in no cluster follow the nearest row that is in one."""
    inside = np.flatnonzero(labels >= 0)
    if not len(inside):
        return np.zeros_like(labels)
    outside = np.flatnonzero(labels < 0)
    if len(outside):
        labels[outside] = labels[inside[nearest(rows[outside], rows[inside])[0][:, 0]]]
    return labels
