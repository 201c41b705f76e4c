"""K-means by mini-batches: running means, for rows too many to go over again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fewclicks import checks
from fewclicks.clusters.lloyd import Partition, Weighted, cell_sums, closest, step
from fewclicks.records import FloatArray
from fewclicks.rows import blocks, float32, spans

WORTH_A_PASS = 1e-3
"""Relative gain below which no further pass is made, however small the tolerance: the distortion
is measured while the codewords move, and later passes hardly move them."""

FADE = 0.1
"""Share of what codewords were given in earlier passes that counts in the next: the rows they got
on the way no longer hold them back. 0.5 to 1 % less distortion than with 1, at equal passes."""


def mini_batches(
    data: Weighted,
    codebook: FloatArray,
    batch_size: int,
    max_iter: int,
    tol: float,
    random: np.random.RandomState,
    tell: Callable[[int], None],
) -> Partition:
    """Improve a codebook by mini-batch k-means (Sculley, WWW 2010, algorithm 1).

    Each iteration is a pass over all rows in an order of its own, `batch_size` at a time: the rows
    of a batch are shared out, and each codeword becomes the running mean of the rows it was given
    so far, those of earlier passes for `FADE` of their weight. At the end a step of Lloyd's makes
    the codewords the exact means of their cells.
    """
    for where, block in blocks(data.rows):  # a batch would not know the numbers of its rows
        checks.finite(block, f"X from row {where.start} on")
    means, totals = codebook.astype(np.float64), np.zeros(len(codebook))
    before = np.inf
    for iteration in range(1, max_iter + 1):
        now = _pass(data, means, totals, batch_size, random)
        tell(iteration)
        if before - now <= max(tol, WORTH_A_PASS) * now:
            break
        before = now
        totals *= FADE
    return replace(step(data, float32(means)), n_iter=iteration)


def _pass(
    data: Weighted,
    means: FloatArray,
    totals: FloatArray,
    batch_size: int,
    random: np.random.RandomState,
) -> float:
    """Move `means` and `totals`, in place, and return the mean squared distance on the way."""
    order = random.permutation(len(data.rows))
    distortion = 0.0
    for part in spans(len(order), batch_size):
        ids = np.sort(order[part])
        distortion += _move(means, totals, float32(data.rows[ids]), data.weights[ids])
    return distortion / data.total


def _move(means: FloatArray, totals: FloatArray, batch: FloatArray, weights: FloatArray) -> float:
    """Take one batch into the running means; return its weighted sum of squared distances."""
    centre = means.mean(axis=0)
    labels, gains = closest(batch, means, centre)
    offsets = batch - centre.astype(np.float32)
    added = np.bincount(labels, weights=weights, minlength=len(means))
    totals += added
    hit = np.flatnonzero(added)
    sums = cell_sums(batch, labels, weights, len(means))[hit]
    means[hit] += (sums - added[hit, None] * means[hit]) / totals[hit, None]
    return float(weights @ (np.einsum("ij,ij->i", offsets, offsets) - gains))
