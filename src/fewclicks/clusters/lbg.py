"""A codebook that grows by splitting its codewords: the algorithm of Linde, Buzo and Gray."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fewclicks.clusters.lloyd import Partition, Weighted, lloyd, squared_distances
from fewclicks.records import FloatArray
from fewclicks.rows import float32

NUDGE = 0.01
"""How far the two halves of a codeword start from it, in standard deviations of each column."""

STEPS = 10
"""Iterations at most before the next split: what more would gain, the split undoes."""


def lbg(
    data: Weighted, n_codewords: int, max_iter: int, tol: float, tell: Callable[[int], None]
) -> Partition:
    """Find a codebook by splitting (Linde, Buzo and Gray, IEEE Trans. Commun. 28, 1980).

    Starts with the mean and doubles the codebook, with Lloyd's iteration after each doubling: at
    most `STEPS` times, and `max_iter` times once all codewords are there. Nothing is random.
    `tell` hears the number of each of these last iterations, and 0 for every other.
    """
    mean, variance = data.moments
    codebook = float32(mean[None])
    nudge = np.sqrt(variance).astype(np.float32) * np.float32(NUDGE)
    while len(codebook) < n_codewords:
        found = lloyd(data, codebook, min(STEPS, max_iter), tol, lambda _: tell(0))
        codebook = split(data, found, n_codewords, nudge)
    return lloyd(data, codebook, max_iter, tol, tell)


def split(data: Weighted, found: Partition, n_codewords: int, nudge: FloatArray) -> FloatArray:
    """Put two codewords, c − nudge and c + nudge, in the place of each c.

    Where that would make more than `n_codewords`, only the cells with the largest sums of squared
    distances are split, of those that tie the first.
    """
    codebook = found.codebook.copy()
    chosen = np.arange(len(codebook))
    if 2 * len(codebook) > n_codewords:
        distances = squared_distances(data.rows, found.labels, codebook)
        sums = np.bincount(found.labels, weights=distances * data.weights.astype(np.float64))
        worst = np.argsort(-sums, kind="stable")
        chosen = np.sort(worst[: n_codewords - len(codebook)])
    raised = codebook[chosen] + nudge
    codebook[chosen] -= nudge
    return np.concatenate([codebook, raised])
