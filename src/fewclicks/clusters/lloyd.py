"""Lloyd's iteration in blocks: the nearest codeword of every row, and the means of the cells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np
from scipy.sparse import csr_array

from fewclicks import checks
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import blocks, float32, spans

PRODUCTS = 2**21
"""Products of rows and codewords held at a time, 8 MB. With a quarter of it one thread of a busy
machine waits for the other so often that narrow rows take three times as long."""


@dataclass(frozen=True)
class Weighted:
    """Rows, (n, d), and the weight of each, (n,), float32, not negative and not all zero."""

    rows: FloatArray
    weights: FloatArray

    @cached_property
    def moments(self) -> tuple[FloatArray, FloatArray]:
        """The weighted mean and variance of each column, (d,) and (d,), float64."""
        shift = np.asarray(self.rows[0], dtype=np.float32)  # near the data: no digits are lost
        sums, squares = np.zeros((2, self.rows.shape[1]))
        for where, block in blocks(self.rows):
            with np.errstate(invalid="ignore"):  # infinity is told of by the search
                offsets = block - shift
                sums += self.weights[where] @ offsets
                squares += self.weights[where] @ np.square(offsets, out=offsets)
        with np.errstate(invalid="ignore"):
            mean, square = sums / self.total, squares / self.total
            return shift + mean, np.maximum(square - mean**2, 0)

    @cached_property
    def total(self) -> float:
        """The sum of the weights."""
        return float(self.weights.sum(dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Partition:
    """Rows shared out among codewords.

    Attributes
    ----------
    codebook : ndarray of shape (n_codewords, d), float32
        The weighted mean of the rows of each cell.
    labels : ndarray of shape (n,), int32
        The cell of each row; every cell has a row of weight above 0.
    before : float
        Weighted mean squared distance of the rows to the codewords that shared them out.
    n_iter : int
        Iterations run.
    """

    codebook: FloatArray
    labels: IntArray
    before: float
    n_iter: int = 1


def lloyd(
    data: Weighted,
    codebook: FloatArray,
    max_iter: int,
    tol: float,
    tell: Callable[[int], None],
    stretch: float = 0,
) -> Partition:
    """Improve a codebook by Lloyd's iteration (Lloyd, IEEE Trans. Inf. Theory 28, 1982).

    Stops after `max_iter` iterations, or once one lowers the distortion by no more than `tol` of
    it. `tell` hears the number of every iteration done. With a `stretch` every codeword goes on
    beyond the mean of its cell by that share of the way it came (overrelaxation, Salakhutdinov and
    Roweis, ICML 2003): fewer iterations, but the distortion may rise on the way.
    """
    before = np.inf
    for iteration in range(1, max_iter + 1):
        found = step(data, codebook)
        tell(iteration)
        if before - found.before <= tol * found.before:
            break
        ahead = np.float32(stretch if iteration > 1 else 0) * (found.codebook - codebook)
        before, codebook = found.before, found.codebook + ahead
    return replace(found, n_iter=iteration)


def step(data: Weighted, codebook: FloatArray) -> Partition:
    """Share the rows out among the nearest codewords and take the means, reading them once.

    Cells that would be empty are refilled. Costs n · d · n_codewords multiplications.
    """
    rows, weights, n_codewords = data.rows, data.weights, len(codebook)
    centre, variance = data.moments
    labels = np.empty(len(rows), dtype=np.int32)
    sums = np.zeros(codebook.shape)
    gained = 0.0
    for where, block in blocks(rows):
        labels[where], gains = closest(block, codebook, centre, where.start)
        gained += float(gains @ weights[where])
        sums += cell_sums(block, labels[where], weights[where], n_codewords)
    sizes = np.bincount(labels[weights > 0], minlength=n_codewords)
    if sizes.all():
        totals = np.bincount(labels, weights=weights, minlength=n_codewords)
        distortion = float(variance.sum()) - gained / data.total
        return Partition(float32(sums / totals[:, None]), labels, distortion)
    distances = squared_distances(rows, labels, codebook)
    fill_empty(labels, distances, weights, n_codewords)
    means = cell_means(rows, labels, weights, n_codewords)
    return Partition(means, labels, float(np.average(distances, weights=weights)))


def closest(
    block: FloatArray, codebook: FloatArray, centre: FloatArray, first: int = 0
) -> tuple[IntArray, FloatArray]:
    """Find the nearest codeword of each row of one block by a matrix product.

    Parameters
    ----------
    block : ndarray of shape (n, d), float32
    codebook : ndarray of shape (n_codewords, d)
    centre : ndarray of shape (d,), float64
        A point among the rows. Products are taken with the codewords' offsets from it, so that
        rows far from the origin lose fewer digits.
    first : int, default 0
        Number of the first row, for the message.

    Returns
    -------
    labels : ndarray of shape (n,), int32
        The first of those that tie.
    gains : ndarray of shape (n,), float64
        How much smaller the squared distance to that codeword is than to `centre`.

    Raises
    ------
    InvalidInput
        A row holds NaN or infinity, with its number.
    """
    with np.errstate(all="ignore"):  # infinity is told of below
        offsets = codebook - centre
        bias = (offsets @ centre + 0.5 * np.einsum("ij,ij->i", offsets, offsets)).astype(np.float32)
        transposed = float32(offsets).T
    labels = np.empty(len(block), dtype=np.int32)
    best = np.empty(len(block), dtype=np.float32)
    size = max(16, PRODUCTS // len(codebook))
    products = np.empty((min(size, len(block)), len(codebook)), dtype=np.float32)
    for part in spans(len(block), size):
        out = products[: part.stop - part.start]
        with np.errstate(all="ignore"):  # told of below, with the number of the row
            np.matmul(block[part], transposed, out=out)
            out -= bias
        labels[part] = out.argmax(axis=1)
        best[part] = out[np.arange(len(out)), labels[part]]
    if not np.isfinite(best).all():
        checks.finite(block, f"X from row {first} on")
    return labels, 2 * best.astype(np.float64)


def fill_empty(
    labels: IntArray, distances: FloatArray, weights: FloatArray, n_codewords: int
) -> None:
    """Give every empty cell, in place, the farthest item of a cell that can spare one."""
    counted = weights > 0
    sizes = np.bincount(labels[counted], minlength=n_codewords)
    empty = np.flatnonzero(sizes == 0)
    if not len(empty):
        return
    farthest = iter(np.argsort(-np.where(counted, distances, -1), kind="stable"))
    for cell in empty:
        item = next(i for i in farthest if sizes[labels[i]] > 1)
        sizes[labels[item]] -= 1
        sizes[cell] = 1
        labels[item], distances[item] = cell, 0


def cell_sums(
    block: FloatArray, labels: IntArray, weights: FloatArray, n_codewords: int
) -> FloatArray:
    """Return the weighted sum of the rows of each label, (n_codewords, d)."""
    shape = (n_codewords, len(block))
    by_cell = csr_array((weights, (labels, np.arange(len(block)))), shape=shape)
    return cast(FloatArray, by_cell @ block)


def cell_means(
    rows: FloatArray, labels: IntArray, weights: FloatArray, n_codewords: int
) -> FloatArray:
    """Return the weighted mean of the rows of each label, (n_codewords, d), float32."""
    sums = np.zeros((n_codewords, rows.shape[1]))
    for where, block in blocks(rows):
        sums += cell_sums(block, labels[where], weights[where], n_codewords)
    totals = np.bincount(labels, weights=weights, minlength=n_codewords)
    return float32(sums / totals[:, None])


def squared_distances(rows: FloatArray, labels: IntArray, codebook: FloatArray) -> FloatArray:
    """Return the squared distance of each row to the codeword of its label, (n,), float32."""
    out = np.empty(len(rows), dtype=np.float32)
    for where, block in blocks(rows):
        offset = block - codebook[labels[where]]
        out[where] = np.einsum("ij,ij->i", offset, offset)
    return out
