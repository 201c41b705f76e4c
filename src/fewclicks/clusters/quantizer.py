"""Vector quantisation: a codebook by k-means or by splitting, in blocks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks
from fewclicks.clusters.batches import mini_batches
from fewclicks.clusters.codebook import CodebookEstimator, row_weights
from fewclicks.clusters.lbg import lbg
from fewclicks.clusters.lloyd import Partition, Weighted, closest, lloyd, squared_distances
from fewclicks.clusters.start import first_codewords, start
from fewclicks.errors import InvalidInput
from fewclicks.progress import Report, silent
from fewclicks.records import IntArray
from fewclicks.rows import blocks, validated

METHODS = ("kmeans", "lbg")


def codewords_for(n_items: int) -> int:
    """Return how many codewords suit a collection.

    √n, rounded, kept within 16 and 1,024, but never more than a quarter of the items and at
    least 1: about √n clusters of √n items each balance clusters to name against their purity.
    """
    return max(1, min(1024, max(16, round(math.sqrt(n_items))), n_items // 4))


class VectorQuantizer(CodebookEstimator):
    """A codebook of codewords, each the mean of the rows nearest it (vector quantisation).

    Rows are read in blocks, so memory maps of any size and half precision do. Cells that become
    empty are refilled with the items farthest from their codewords. An iteration costs
    n · d · n_codewords multiplications.

    Parameters
    ----------
    n_codewords : int, default 256
        At least 1 and at most the number of rows; see `codewords_for`.
    method : {"kmeans", "lbg"}, default "kmeans"
        "kmeans": Lloyd's iteration over every row, started by k-means++ (Arthur and Vassilvitskii,
        SODA 2007) on a random sample; many wide rows are first clustered by their principal
        directions alone, after which few iterations over all columns remain. "lbg": splitting
        from the mean (Linde, Buzo and Gray 1980), slower and nothing in it random.
    max_iter : int, default 25
        Iterations over all rows with all codewords at most, at least 1.
    tol : float, default 1e-4
        Stop once an iteration lowers the distortion by no more than this share of it.
    batch_size : int or None, default None
        Rows per step of mini-batch k-means (Sculley, WWW 2010), where an iteration is a pass over
        the rows in random order; None improves the whole codebook at once. For rows too many to
        go over again and again; 0 to 1 % more distortion. Only with method "kmeans".
    random_state : int, RandomState or None, default None
        Decides the start and the batches; the same seed and rows give the same codebook on the
        same machine.

    Attributes
    ----------
    codebook_ : ndarray of shape (n_codewords, d), float32
        Each codeword is the (weighted) mean of the rows whose label it is.
    labels_ : ndarray of shape (n,), int32
        The codeword of each row. Every codeword has at least one row. Where the iteration stopped
        before it converged, `predict` may give another codeword to rows near a boundary.
    distortion_ : float
        (Weighted) mean squared distance of the rows to their codewords.
    n_iter_ : int
        Iterations run over all rows with all codewords.
    """

    def __init__(
        self,
        n_codewords: int = 256,
        method: str = "kmeans",
        max_iter: int = 25,
        tol: float = 1e-4,
        batch_size: int | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_codewords = n_codewords
        self.method = method
        self.max_iter = max_iter
        self.tol = tol
        self.batch_size = batch_size
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, *, report: Report = silent
    ) -> Self:
        """Learn the codebook of `X`, an array or memory map of shape (n, d).

        Parameters
        ----------
        X : array of shape (n, d)
        y : ignored
        sample_weight : array of shape (n,), optional
            Weight of each row, not negative; rows of weight 0 get a label but move no codeword.
        report : callable
            Told of every iteration; of those that only prepare the codebook as number 0.

        Raises
        ------
        InvalidInput
            If `X` is not a matrix of finite numbers, or has fewer rows (of weight above 0) than
            codewords.
        """
        rows = validated(self, X)
        weights = row_weights(sample_weight, len(rows))
        self._check(int(np.count_nonzero(weights)))
        found = self._partition(
            Weighted(rows, weights), lambda done: report("clusters", done, self.max_iter)
        )
        self.codebook_, self.labels_, self.n_iter_ = found.codebook, found.labels, found.n_iter
        distances = squared_distances(rows, self.labels_, self.codebook_)
        self.distortion_ = float(np.average(distances, weights=weights))
        return self

    def _partition(self, data: Weighted, tell: Callable[[int], None]) -> Partition:
        n_codewords, max_iter, tol = self.n_codewords, self.max_iter, self.tol
        if self.method == "lbg":
            return lbg(data, n_codewords, max_iter, tol, tell)
        random = check_random_state(self.random_state)
        if self.batch_size is None:
            codebook = start(data, n_codewords, tol, random, tell)
            return lloyd(data, codebook, max_iter, tol, tell)
        codebook = first_codewords(data.rows, data.weights, n_codewords, random)
        return mini_batches(data, codebook, self.batch_size, max_iter, tol, random, tell)

    def predict(self, X: Any) -> IntArray:
        """Return the nearest codeword of each row, (n,), int32."""
        check_is_fitted(self)
        rows = validated(self, X, reset=False)
        centre = self.codebook_.mean(axis=0, dtype=np.float64)
        out = np.empty(len(rows), dtype=np.int32)
        for where, block in blocks(rows):
            out[where] = closest(block, self.codebook_, centre, where.start)[0]
        return out

    def _check(self, n_rows: int) -> None:
        checks.between(self.n_codewords, 1, 2**20, "n_codewords", integer=True)
        checks.one_of(self.method, METHODS, "method")
        checks.between(self.max_iter, 1, 2**31, "max_iter", integer=True)
        checks.between(self.tol, 0, 1, "tol")
        if self.batch_size is not None:
            checks.between(self.batch_size, 1, 2**31, "batch_size", integer=True)
            if self.method != "kmeans":
                raise InvalidInput(
                    f"batch_size must be None with method {self.method!r} but is "
                    f"{self.batch_size}.",
                    'Use method "kmeans" for mini-batches.',
                )
        if n_rows < self.n_codewords:
            raise InvalidInput(
                f"There must be at least as many rows (of weight above 0) as codewords, but "
                f"n_samples={n_rows} and n_codewords={self.n_codewords}.",
                f"Ask for {codewords_for(n_rows)} codewords, as codewords_for({n_rows}) does.",
            )
