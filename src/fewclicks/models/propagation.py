"""Answers spread over the similarity graph: Laplace, WNLL and Poisson learning."""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from sklearn.base import BaseEstimator

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.models import diffusion
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray

METHODS = ("auto", "laplace", "wnll", "poisson")


class GraphPropagation(BaseEstimator):
    """Give every item the classes of the answered items it is connected to.

    - "laplace" (Zhu, Ghahramani and Lafferty 2003): every unanswered item is the weighted mean
      of its neighbours. Unstable with few answers.
    - "wnll" (Shi, Osher and Zhu 2017): the same with stronger edges around answered items.
      Steady with few answers; gains little from many.
    - "poisson" (Calder, Cook, Thorpe and Slepčev 2020): answers are sources and sinks.
    - "auto": from "wnll" to "laplace" without a jump: edges to answered items are multiplied by
      (switch_at · classes / answers)³, but by no more than "wnll" does and by no less than 1; then
      by (mean answers per class / answers of the class) to the power of `balance`, again by no
      more than "wnll" in all.

    Parameters
    ----------
    method : {"auto", "laplace", "wnll", "poisson"}
    switch_at : float, default 12
        Mean answers per class from which "auto" is Laplace learning. Measured on digits and
        letters: lower gains a little on good features and loses much on poor ones.
    balance : float, default 0.5
        In [0, 1], for "auto": 0 has every answer count alike, 1 every class. Questions about what
        is confusing give some classes many times the answers of others, and Laplace learning lets
        them swallow their neighbours: of Fashion-MNIST up to 7 % of all items.
    tol : float, default 1e-5
        Largest change of any value that satisfying its own equation would still make.
    max_iter : int, default 1000
        Conjugate-gradient steps after which the solution is taken as it is.
    warm_start : bool, default False
        Begin from the previous solution where it fits the graph. The result then differs within
        the tolerance, so leave it off where a run must repeat bit by bit.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Class ids that have answers, ascending.
    gain_ : ndarray of shape (n_classes,)
        How many times stronger edges to answered items of each class were made; 1 for "poisson".
    n_iter_ : int
        Steps the slowest class took; above `max_iter` if it had not converged.
    reached_ : ndarray of shape (n_items,), bool
        Items connected to at least one answer; of the others nothing is known.
    """

    classes_: IntArray
    gain_: FloatArray
    n_iter_: int
    reached_: BoolArray
    _values: FloatArray
    _shares: FloatArray

    def __init__(
        self,
        method: str = "auto",
        *,
        switch_at: float = 12,
        balance: float = 0.5,
        tol: float = 1e-5,
        max_iter: int = 1000,
        warm_start: bool = False,
    ) -> None:
        self.method = method
        self.switch_at = switch_at
        self.balance = balance
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start

    def fit(self, graph: sp.csr_matrix, y: Any) -> Self:
        """Spread the answers `y` over `graph`.

        Parameters
        ----------
        graph : csr_matrix of shape (n_items, n_items)
            Symmetric, non-negative, zero diagonal, as `neighbours.similarity_graph` gives.
        y : array-like of shape (n_items,)
            Class ids; NO_CLASS (−1) for unanswered items.

        Raises
        ------
        InvalidInput
            The lengths differ, no item is answered, or a parameter is out of range.
        """
        checks.one_of(self.method, METHODS, "method")
        checks.between(self.balance, 0, 1, "balance")
        checks.between(self.tol, 1e-8, 1, "tol")
        checks.between(self.max_iter, 1, np.inf, "max_iter", integer=True)
        y = _ids(graph, y)
        answered = np.flatnonzero(y != NO_CLASS)
        classes, codes = np.unique(y[answered], return_inverse=True)
        start = self._first_guess(len(y), classes)
        self.gain_ = self._gains(len(y), np.bincount(codes))
        self.classes_ = classes
        _, parts = connected_components(graph, directed=False)
        self.reached_ = diffusion.reached(parts, answered)
        self._values, self.n_iter_ = self._spread(graph, answered, codes, parts, start)
        self._shares = shares(self._values, answered, codes, self.reached_)
        return self

    def predict_proba(self) -> FloatArray:
        """Return the share of belief in each of `classes_`, shape (n_items, n_classes), float32.

        Rows sum to 1; higher is more believed. An answered item has share 1 in its class; an item
        that no answer reaches has equal shares. Shares are the solution itself: the chance that a
        random walk along the edges meets an answer of that class before any other. Poisson
        solutions are shifted to a smallest value of 0 in each row and divided by its sum. Shares
        order items well but are not calibrated probabilities.
        """
        return self._shares

    def predict(self) -> IntArray:
        """Return the likeliest class id of every item; on a tie the smaller."""
        return cast(IntArray, self.classes_[self._shares.argmax(axis=1)])

    def _first_guess(self, n_items: int, classes: IntArray) -> FloatArray:
        """Return the previous solution with its columns in the order of `classes`, else zeros."""
        guess = np.zeros((n_items, len(classes)), np.float32)
        if self.warm_start and hasattr(self, "_values") and len(self._values) == n_items:
            _, old, new = np.intersect1d(self.classes_, classes, return_indices=True)
            guess[:, new] = self._values[:, old]
        return guess

    def _gains(self, n_items: int, answers: IntArray) -> FloatArray:
        """Return the factor on the edges to answered items of each class, from their numbers."""
        most = diffusion.wnll_gain(n_items, int(answers.sum()))
        if self.method == "wnll":
            return np.full(len(answers), most)
        if self.method != "auto":
            return np.ones(len(answers))
        mean = answers.mean()
        gain = np.clip((self.switch_at / mean) ** 3, 1, most)
        return cast(FloatArray, np.minimum(gain * (mean / answers) ** self.balance, most))

    def _spread(
        self,
        graph: sp.csr_matrix,
        answered: IntArray,
        codes: IntArray,
        parts: IntArray,
        start: FloatArray,
    ) -> tuple[FloatArray, int]:
        """Solve by the method chosen."""
        known = (graph, answered, codes, parts, start)
        if self.method == "poisson":
            return diffusion.poisson(*known, tol=self.tol, max_iter=self.max_iter)
        return diffusion.harmonic(*known, gain=self.gain_, tol=self.tol, max_iter=self.max_iter)


def shares(
    values: FloatArray, answered: IntArray, codes: IntArray, reached: BoolArray
) -> FloatArray:
    """Turn a solution of shape (n, c) into rows of shares that sum to 1.

    Rows are shifted up if they hold a negative value, then divided by their sum. Answered items
    get their class, unreached items equal shares.
    """
    positive = values - np.minimum(values.min(axis=1, keepdims=True), 0)
    total = positive.sum(axis=1, keepdims=True)
    even = np.float32(1 / values.shape[1])
    result = np.divide(positive, total, out=np.full_like(positive, even), where=total > 0)
    result[~reached] = even
    result[answered] = 0
    result[answered, codes] = 1
    return cast(FloatArray, result)


def _ids(graph: sp.csr_matrix, y: Any) -> IntArray:
    """Return `y` as class ids after checking that it fits the graph and answers something."""
    ids = np.asarray(y, dtype=np.int64).reshape(-1)
    if graph.shape != (len(ids), len(ids)):
        raise InvalidInput(
            f"graph has shape {graph.shape} but y has {len(ids)} entries.",
            "Give y one entry per item, -1 where there is no answer.",
        )
    if not (ids != NO_CLASS).any():
        raise InvalidInput("y must hold at least one answer but is -1 throughout.")
    return ids
