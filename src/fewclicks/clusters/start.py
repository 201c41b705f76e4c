"""Where k-means starts: k-means++ on a sample, and for wide rows a first run on narrow ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.cluster import kmeans_plusplus
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from fewclicks.clusters.lloyd import Weighted, cell_means, lloyd
from fewclicks.records import FloatArray
from fewclicks.rows import blocks, float32

SEEDS_PER_CODEWORD = 16
"""Rows per codeword among which k-means++ chooses the first codewords: enough to gain 0.3 to 1 % in
distortion over a random start, at the price of a few iterations."""

WIDE = 256
"""Columns from which a sketch is worth its making."""

DIRECTIONS = 128
"""Width of a sketch at most; a quarter of the columns where that is less. On 784 pixels 128 keep
94 % of the variance, and three or four iterations over all columns remain."""

SKETCH_BYTES = 256 * 1024 * 1024
"""Memory of a sketch at most; of more rows every second, third, … is taken."""

SKETCH_ITERATIONS = 50
STRETCH = 0.8
"""Of the iterations over a sketch; 25 do for 34, and end in no more distortion."""

BASIS_ROWS = 4096
"""Rows from which the directions of a sketch are learnt."""


def start(
    data: Weighted,
    n_codewords: int,
    tol: float,
    random: np.random.RandomState,
    tell: Callable[[int], None],
) -> FloatArray:
    """Return the codebook with which Lloyd's iteration begins, (n_codewords, d), float32.

    For many wide rows it comes from k-means on a *sketch*: the rows projected on the directions
    in which they vary most, where an iteration costs a fraction and ends near the same place
    (Boutsidis, Zouzias, Mahoney and Drineas, IEEE Trans. Inf. Theory 61, 2015). Otherwise from
    k-means++ alone. `tell` hears 0 for every iteration over the sketch.
    """
    if data.rows.shape[1] < WIDE:
        return first_codewords(data.rows, data.weights, n_codewords, random)
    width = min(DIRECTIONS, data.rows.shape[1] // 4)
    every = -(-len(data.rows) * width * 4 // SKETCH_BYTES)
    part = Weighted(data.rows[::every], data.weights[::every])
    enough = max(BASIS_ROWS, 2 * SEEDS_PER_CODEWORD * n_codewords)
    if np.count_nonzero(part.weights) < enough:
        return first_codewords(data.rows, data.weights, n_codewords, random)
    narrow = Weighted(sketch(part, width, random), part.weights)
    first = first_codewords(narrow.rows, narrow.weights, n_codewords, random)
    found = lloyd(narrow, first, SKETCH_ITERATIONS, tol, lambda _: tell(0), STRETCH)
    return cell_means(part.rows, found.labels, part.weights, n_codewords)


def sketch(data: Weighted, width: int, random: np.random.RandomState) -> FloatArray:
    """Project rows on about the `width` directions in which they vary most, (n, width), float32.

    The directions come from a sample by subspace iteration (Halko, Martinsson and Tropp, SIAM
    Review 53, 2011, algorithm 4.4), and the origin moves to its mean.
    """
    candidates = np.flatnonzero(data.weights)
    chosen = np.sort(random.choice(candidates, min(BASIS_ROWS, len(candidates)), replace=False))
    sample = float32(data.rows[chosen])
    mean = sample.mean(axis=0, dtype=np.float64).astype(np.float32)
    sample -= mean
    basis = random.normal(size=(sample.shape[1], width)).astype(np.float32)
    with threadpool_limits(1):  # as below
        for _ in range(3):
            basis = np.linalg.qr(sample.T @ (sample @ basis))[0]
    out = np.empty((len(data.rows), width), dtype=np.float32)
    for where, block in blocks(data.rows):
        out[where] = (block - mean) @ basis
    return out


def first_codewords(
    rows: FloatArray, weights: FloatArray, n_codewords: int, random: np.random.RandomState
) -> FloatArray:
    """Choose `n_codewords` rows by k-means++ from a random sample of rows of weight above 0."""
    candidates = np.flatnonzero(weights)
    size = SEEDS_PER_CODEWORD * n_codewords
    if len(candidates) > size:
        candidates = np.sort(random.choice(candidates, size=size, replace=False))
    # in double precision scikit-learn takes one product per step, not one per chunk
    sample = np.asarray(rows[candidates], dtype=np.float64)
    # each of the many small products would wait for every thread, for seconds on a busy machine
    with threadpool_limits(1):
        chosen, _ = kmeans_plusplus(
            sample, n_codewords, sample_weight=weights[candidates], random_state=random
        )
    return float32(chosen)
