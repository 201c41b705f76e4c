"""Nearest neighbours of every item, and the similarity graph they make."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import faiss
import numpy as np
import scipy.sparse as sp

from fewclicks import checks, settings
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import float32, spans

BASE_BYTES = 256 * 1024 * 1024
"""Bytes of float32 rows held in memory at a time while every other row is compared with them."""

REFINE_ROWS = 1024
"""Rows whose distances are computed again together: 1,024 × 11 × 1,280 float32 is 58 MB."""

HNSW_LINKS = 32
HNSW_CANDIDATES = 40
"""Links per item and candidates looked at while the graph grows, which one thread does (Malkov and
Yashunin 2020, their M and efConstruction)."""

HNSW_SEARCHED = 160
"""Candidates looked at in a search, which all threads share (their ef). Of the ten true neighbours
among 100,000 rows of 128 numbers around 2,000 centres, 93.2 % are found with 40, 95.6 % with 80,
97.6 % with 160."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The k nearest other items of every item, nearest first.

    Attributes
    ----------
    indices : ndarray of shape (n_items, k), int32
        Item ids; an item is never its own neighbour.
    distances : ndarray of shape (n_items, k), float32
        Euclidean, ascending along each row; 0 for exact duplicates.
    """

    indices: IntArray
    distances: FloatArray

    def first(self, k: int) -> Neighbours:
        """Return the `k` nearest of them, or all where there are fewer."""
        return Neighbours(self.indices[:, :k], self.distances[:, :k])


def knn_graph(
    X: Any,
    k: int = 10,
    *,
    exact: bool | None = None,
    random_state: int = 0,
    report: Report = silent,
) -> Neighbours:
    """Find the `k` nearest other items of every item.

    Parameters
    ----------
    X : array-like of shape (n_items, n_features)
        Memory-mapped and half-precision rows are read in blocks. Beyond
        `settings.EXACT_NEIGHBOURS_UP_TO` items the index holds all rows in memory as float32, so
        project wide rows to a hundred columns or so first.
    k : int, default 10
        Fewer when there are fewer other items.
    exact : bool, optional
        Compare all pairs, or search an HNSW graph. By default all pairs up to
        `settings.EXACT_NEIGHBOURS_UP_TO` items.
    random_state : int, default 0
        Draws the layers of the HNSW graph. The same input and seed give the same neighbours.
    report : callable
        Told the items done; may raise to stop the work.

    Raises
    ------
    InvalidInput
        `X` is not a finite matrix, or `k` is below 1.
    """
    X = checks.rows(X)
    checks.between(k, 1, np.inf, "k", integer=True)
    k = min(int(k), len(X) - 1)
    if k == 0:
        return Neighbours(np.empty((1, 0), np.int32), np.empty((1, 0), np.float32))
    if exact is None:
        exact = len(X) <= settings.EXACT_NEIGHBOURS_UP_TO
    if exact:
        candidates = _exact(X, X, k + 1, report)
    else:
        candidates = _approximate(X, k + 1, random_state, report)
    return _measure(X, _without_self(candidates))


def nearest_items(
    X: FloatArray,
    rows: FloatArray,
    k: int = 10,
    *,
    exact: bool = True,
    random_state: int = 0,
    report: Report = silent,
) -> Neighbours:
    """Find the `k` items nearest each of some rows that are no items, or not yet.

    Parameters
    ----------
    X : array or memory map of shape (n_items, n_features)
        Read in blocks.
    rows : array or memory map of shape (n, n_features)
        Finite; read in blocks.
    k : int, default 10
        Fewer where there are fewer items.
    exact : bool, default True
        Compare every row with every item, or search an HNSW graph of the items, which holds them
        all in memory.
    random_state : int, default 0
        Draws the layers of the HNSW graph.
    report : callable
        Told the rows done; may raise to stop the work.
    """
    k = min(int(k), len(X))
    found = _exact(rows, X, k, report) if exact else _approximate(X, k, random_state, report, rows)
    return _measure(X, found, rows)


def similarity_graph(neighbours: Neighbours) -> sp.csr_matrix:
    """Weigh each pair of neighbours by how alike they are.

    The weights of `similarities`, made symmetric: (W + Wᵀ)/2.

    Returns
    -------
    csr_matrix of shape (n_items, n_items), float32
        Symmetric, zero diagonal, every stored weight in [e⁻⁴/2, 1]; columns sorted.
    """
    n, k = neighbours.indices.shape
    weights = similarities(neighbours.distances).ravel()
    starts = np.arange(0, n * k + 1, k) if k else np.zeros(n + 1, np.int64)
    directed = sp.csr_matrix((weights, neighbours.indices.ravel(), starts), shape=(n, n))
    graph = ((directed + directed.T) * np.float32(0.5)).tocsr()
    graph.sort_indices()
    return graph


def similarities(distances: FloatArray) -> FloatArray:
    """Return how alike an item is to each of its neighbours, (n, k), float32, in [e⁻⁴, 1].

    With d_ij the distance from item i to its neighbour j and d_ik to its farthest one,
    w_ij = exp(−4·d_ij²/d_ik²) (the self-tuning form of GraphLearning, `weightmatrix.knn`). An item
    whose k neighbours are all exact duplicates has weight 1 to each.

    Parameters
    ----------
    distances : ndarray of shape (n, k)
        Ascending along each row.
    """
    farthest = distances[:, -1:]  # (n, 1), or (n, 0) where there is no neighbour at all
    ratio = np.divide(distances, farthest, out=np.zeros_like(distances), where=farthest > 0)
    return cast(FloatArray, np.exp(-4 * ratio**2).astype(np.float32))


def _exact(queries: FloatArray, X: FloatArray, k: int, report: Report) -> IntArray:
    """Return the ids of the `k` rows of `X` nearest each query (itself included), unordered."""
    ids = np.empty((len(queries), k), np.int32)
    distances = np.full((len(queries), k), np.inf, np.float32)
    base_rows = max(k, BASE_BYTES // (4 * X.shape[1]))
    steps = len(queries) * -(-len(X) // base_rows)
    done = 0
    for base in spans(len(X), base_rows):
        rows = float32(X[base])
        for block in spans(len(queries)):
            found, near = faiss.knn(float32(queries[block]), rows, min(k, len(rows)))
            _merge(ids[block], distances[block], near + base.start, found)
            done += block.stop - block.start
            report("neighbours", done * len(queries) // steps, len(queries))
    return ids


def _merge(ids: IntArray, distances: FloatArray, new_ids: IntArray, new: FloatArray) -> None:
    """Keep in place the nearest of what is held and what is new, row by row."""
    both = np.hstack([distances, new])
    order = np.argsort(both, axis=1, kind="stable")[:, : distances.shape[1]]
    ids[:] = np.take_along_axis(np.hstack([ids, new_ids]), order, axis=1)
    distances[:] = np.take_along_axis(both, order, axis=1)


def _approximate(
    X: FloatArray, k: int, random_state: int, report: Report, rows: FloatArray | None = None
) -> IntArray:
    """Return the ids of about the `k` rows of `X` nearest each of `rows`, unordered.

    `rows` are those of `X` by default, each its own nearest. The graph is grown by one thread,
    because several would link items in a different order each time.
    """
    sought = X if rows is None else rows
    index: Any = faiss.IndexHNSWFlat(X.shape[1], HNSW_LINKS)
    index.hnsw.efConstruction = max(HNSW_CANDIDATES, k)
    index.hnsw.efSearch = max(HNSW_SEARCHED, 2 * k)
    index.hnsw.rng = cast(Any, faiss).RandomGenerator(random_state)  # missing from its stubs
    total = len(X) + len(sought)
    with _one_thread():
        for block in spans(len(X)):
            index.add(float32(X[block]))
            report("neighbours", block.stop, total)
    ids = np.empty((len(sought), k), np.int32)
    for block in spans(len(sought)):
        ids[block] = index.search(float32(sought[block]), k)[1]
        report("neighbours", len(X) + block.stop, total)
    lost = np.flatnonzero((ids < 0).any(axis=1))  # cut off from the graph by heaps of duplicates
    if len(lost):
        ids[lost] = _exact(sought[lost], X, k, silent)
    return ids


def _without_self(candidates: IntArray) -> IntArray:
    """Drop each row's own id, or its last candidate where duplicates pushed its own id out."""
    own = candidates == np.arange(len(candidates))[:, None]
    own[~own.any(axis=1), -1] = True
    return cast(IntArray, candidates[~own].reshape(len(candidates), -1))


def _measure(X: FloatArray, ids: IntArray, rows: FloatArray | None = None) -> Neighbours:
    """Measure the distances without the rounding of the search, and order by (distance, id).

    The search subtracts large squares and can call two duplicates different. `rows` are what was
    searched for, the items themselves by default.
    """
    sought = X if rows is None else rows
    indices = np.empty_like(ids)
    distances = np.empty(ids.shape, np.float32)
    for block in spans(len(ids), REFINE_ROWS):
        near = np.sort(ids[block], axis=1)
        gap = float32(X[near.ravel()]).reshape(*near.shape, -1) - float32(sought[block])[:, None]
        squared = np.einsum("ijk,ijk->ij", gap, gap)
        order = np.argsort(squared, axis=1, kind="stable")
        indices[block] = np.take_along_axis(near, order, axis=1)
        distances[block] = np.sqrt(np.take_along_axis(squared, order, axis=1))
    return Neighbours(indices, distances)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Hold faiss to one thread."""
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
