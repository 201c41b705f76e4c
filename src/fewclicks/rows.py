"""Matrices of one row per item, walked in blocks: memory maps of any size and precision do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import faiss
import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from fewclicks import checks, settings
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray, IntArray


def validated(estimator: BaseEstimator, X: Any, *, reset: bool = True) -> FloatArray:
    """Return `X` as a floating matrix (n, d), as scikit-learn checks what an estimator is given.

    Memory maps are not scanned for NaN, which would read them whole; the search finds it.

    Raises
    ------
    InvalidInput
        `X` is not a matrix of finite numbers, or not as wide as in `fit` (unless `reset`).
    """
    try:
        rows = validate_data(
            estimator,
            X,
            reset=reset,
            dtype=[np.float32, np.float64, np.float16],
            ensure_all_finite=not isinstance(X, np.memmap),
        )
    except ValueError as error:  # in scikit-learn's words, which its own checks look for
        raise InvalidInput(
            str(error).strip(), "Give finite numbers, one row per item and one column per feature."
        ) from error
    return cast(FloatArray, rows)


def spans(n: int, size: int | None = None) -> Iterator[slice]:
    """Yield slices of at most `size`, by default `settings.BLOCK_ROWS`, that cover 0…n−1."""
    size = size or settings.BLOCK_ROWS
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def float32(rows: FloatArray) -> FloatArray:
    """Return `rows` as faiss and BLAS want them: contiguous and in single precision."""
    return cast(FloatArray, np.ascontiguousarray(rows, dtype=np.float32))


def blocks(rows: FloatArray, size: int | None = None) -> Iterator[tuple[slice, FloatArray]]:
    """Yield where a block of at most `size` rows lies, and the block in single precision."""
    for where in spans(len(rows), size):
        yield where, float32(rows[where])


def nearest(rows: FloatArray, codebook: FloatArray, k: int = 1) -> tuple[IntArray, FloatArray]:
    """Find the `k` nearest codewords of each row, by faiss's exhaustive search.

    Parameters
    ----------
    rows : array or memory map of shape (n, d)
    codebook : ndarray of shape (n_codewords, d)
    k : int, default 1
        At most the number of codewords.

    Returns
    -------
    ids : ndarray of shape (n, k), int32
        Nearest first.
    squared : ndarray of shape (n, k), float32
        Squared Euclidean distances, not negative. They come from a difference of large numbers
        and are off by about 1e-7 of the squared lengths of row and codeword.

    Raises
    ------
    InvalidInput
        A row holds NaN, with its number.
    """
    ids = np.empty((len(rows), k), dtype=np.int32)
    squared = np.empty((len(rows), k), dtype=np.float32)
    for where, _, found, near in searched(rows, codebook, k):
        ids[where], squared[where] = found, near
    return ids, np.maximum(squared, 0, out=squared)


def searched(
    rows: FloatArray, codebook: FloatArray, k: int
) -> Iterator[tuple[slice, FloatArray, IntArray, FloatArray]]:
    """Yield where each block lies, the block, and ids and squared distances as `nearest` does.

    For those who need the rows too, and would read them twice. Distances may be below 0.
    """
    index = faiss.IndexFlatL2(codebook.shape[1])
    index.add(float32(codebook))
    for where, block in blocks(rows):
        squared, found = index.search(block, k)
        if (found < 0).any():
            checks.finite(block, f"X from row {where.start} on")
        yield where, block, found, squared


def means_of(rows: FloatArray, numbers: IntArray, n: int) -> FloatArray:
    """Return the mean row of each of `n` groups, (n, d), float32; zeros where one is empty.

    Parameters
    ----------
    rows : array or memory map of shape (n_items, d)
        Read in blocks.
    numbers : ndarray of shape (n_items,)
        Group of each row, in 0…n−1.
    """
    sums = np.zeros((n, rows.shape[1]))
    for where, block in blocks(rows):
        known, here = np.unique(numbers[where], return_inverse=True)
        ones = np.ones(len(here), np.float32)
        shape = (len(known), len(here))
        sums[known] += sp.csr_matrix((ones, (here, np.arange(len(here)))), shape=shape) @ block
    counts = np.maximum(np.bincount(numbers, minlength=n), 1)
    return cast(FloatArray, (sums / counts[:, None]).astype(np.float32))
