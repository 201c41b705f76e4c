"""Batches after which a linear head is as sure as can be about the whole pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self, cast

import numpy as np

from fewclicks import checks
from fewclicks.queries.batch import ByBatch, Pool
from fewclicks.queries.scaling import SCALES, Scale, Scaling
from fewclicks.queries.strategy import scored, shares
from fewclicks.queries.uncertainty import margin
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import spans


@dataclass(frozen=True, slots=True)
class VarianceReduction(ByBatch):
    """Ask what lets a linear head vary least in what it believes of the whole pool.

    The head is multinomial logistic regression on z = (x, 1). An answer to item i tells
    p_ic(1 − p_ic)·z_i z_iᵀ about the weights of class c: their Fisher information, where the
    weights of two classes are taken to be told of apart (the diagonal blocks of the full matrix,
    which for d columns and c classes would have (c(d + 1))² entries). What is made small is the
    Fisher information ratio (Zhang and Oles 2000; Settles 2009, section 3.5)

        Σ_c tr(Q_c M_c⁻¹),  Q_c = mean over the pool of p_c(1 − p_c) z zᵀ,
                            M_c = λI + Σ over answered and picked items of p_c(1 − p_c) z zᵀ

    the variance of the head's logits over the pool, each weighed by how much the belief follows
    it: A-optimal design for what is to be predicted. Items are taken greedily; what each would
    take away is exact (Sherman and Morrison) and kept up to date by products with two vectors per
    class.

    The pool is represented by a random sample of it, and only some open items compete: half of
    them the least sure by margin, half drawn at random from the rest. A step costs
    candidates · d · c multiplications; 3·c·(d + 1)² numbers are held in double precision, so
    project wide rows first.

    Parameters
    ----------
    penalty : float, default 1.0
        λ, above 0: the head's L2 penalty, 1/C in scikit-learn.
    candidates : int, default 4096
        Open items that compete, or as many as are wanted if that is more.
    pool_sample : int, default 10_000
        Items that stand for the pool.
    scaling : {"common", "columns", "none"}, default "common"
        As in ExpectedGradientLength.
    """

    penalty: float = 1.0
    candidates: int = 4096
    pool_sample: int = 10_000
    scaling: Scale = "common"
    name: ClassVar[str] = "variance_reduction"

    def __post_init__(self) -> None:
        checks.between(self.penalty, 1e-9, np.inf, "penalty")
        checks.between(self.candidates, 1, np.inf, "candidates", integer=True)
        checks.between(self.pool_sample, 1, np.inf, "pool_sample", integer=True)
        checks.one_of(self.scaling, SCALES, "scaling")

    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """See `ByBatch`."""
        rng = np.random.default_rng(random_state)
        scaled = Scaling.of(pool.rows, self.scaling)
        candidates = self._candidates(pool, n, rng)
        sample = rng.choice(len(pool.rows), min(len(pool.rows), self.pool_sample), replace=False)
        wanted = information(pool, np.sort(sample), scaled) / len(sample)
        known = information(pool, np.flatnonzero(pool.answered), scaled)
        known += self.penalty * np.eye(known.shape[1])
        rows, weights = design(pool, candidates, scaled)
        return candidates[greedy(rows, weights, wanted, known, n)]

    def _candidates(self, pool: Pool, n: int, rng: np.random.Generator) -> IntArray:
        """Return the open items that compete, in random order, the least sure of them in front."""
        open_ = rng.permutation(np.flatnonzero(pool.open))
        count = max(n, self.candidates)
        doubt = scored(pool.model, pool.X, margin)  # also tells whether shares are finite
        if len(open_) <= count:
            return open_
        front = np.argsort(-doubt[open_], kind="stable")[: -(-count // 2)]
        rest = np.delete(open_, front)[: count - len(front)]
        return np.concatenate([open_[front], rest])


def greedy(
    rows: FloatArray, weights: FloatArray, wanted: FloatArray, known: FloatArray, n: int
) -> IntArray:
    """Pick the rows that lower Σ_c tr(Q_c M_c⁻¹) most, one by one.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, d)
        z of each candidate.
    weights : ndarray of shape (n_rows, n_classes)
        p(1 − p) of each.
    wanted, known : ndarray of shape (n_classes, d, d)
        Q and M; M positive definite.
    n : int
        At most n_rows.

    Returns
    -------
    ndarray of shape (n,), int64
        Positions in `rows`, in the order picked; on a tie the first.
    """
    design = _Design.of(rows, weights, wanted, known)
    picked = np.empty(n, np.int64)
    for place in range(n):
        gains = design.gains()
        gains[picked[:place]] = -np.inf
        picked[place] = gains.argmax()
        design.add(int(picked[place]))
    return picked


def information_ratio(wanted: FloatArray, known: FloatArray) -> float:
    """Return Σ_c tr(Q_c M_c⁻¹), at least 0; lower is better.

    Parameters as in `greedy`.
    """
    return float(np.trace(np.linalg.solve(known, wanted), axis1=1, axis2=2).sum())


@dataclass(slots=True, eq=False)
class _Design:
    """What is known of each class, and of each candidate under it.

    With W = M⁻¹ and B = W Q W, per class: `spread` is zᵀWz and `aim` is zᵀBz of each candidate,
    (n_classes, n_rows). To pick z with weight w lowers tr(QW) by w·aim/(1 + w·spread).
    """

    rows: FloatArray
    weights: FloatArray
    inverse: FloatArray
    between: FloatArray
    spread: FloatArray
    aim: FloatArray

    @classmethod
    def of(
        cls, rows: FloatArray, weights: FloatArray, wanted: FloatArray, known: FloatArray
    ) -> Self:
        inverse = np.linalg.inv(known)
        between = inverse @ wanted @ inverse
        spread = np.array([np.einsum("ij,ij->i", rows @ part, rows) for part in inverse])
        aim = np.array([np.einsum("ij,ij->i", rows @ part, rows) for part in between])
        return cls(rows, np.ascontiguousarray(weights.T), inverse, between, spread, aim)

    def gains(self) -> FloatArray:
        """Return how much each candidate would lower the sum over the classes, (n_rows,)."""
        return cast(
            FloatArray, (self.weights * self.aim / (1 + self.weights * self.spread)).sum(axis=0)
        )

    def add(self, row: int) -> None:
        """Count a candidate as answered: W becomes W − k·uuᵀ with u = Wz, v = Bz."""
        u, v = self.inverse @ self.rows[row], self.between @ self.rows[row]  # (n_classes, d)
        weight, aim = self.weights[:, row], self.aim[:, row].copy()
        k = weight / (1 + weight * self.spread[:, row])
        along, across = u @ self.rows.T, v @ self.rows.T  # (n_classes, n_rows)
        self.spread -= k[:, None] * along**2
        self.aim += (k**2 * aim)[:, None] * along**2 - 2 * k[:, None] * along * across
        outer = np.einsum("ci,cj->cij", u, v)
        self.inverse -= np.einsum("c,ci,cj->cij", k, u, u)
        self.between -= k[:, None, None] * (outer + outer.swapaxes(1, 2))
        self.between += np.einsum("c,ci,cj->cij", k**2 * aim, u, u)


def information(pool: Pool, ids: IntArray, scaled: Scaling) -> FloatArray:
    """Return Σ p_c(1 − p_c) z zᵀ over some items, shape (n_classes, d + 1, d + 1), float64."""
    n_classes = shares(pool.model, pool.X, slice(0, 1)).shape[1]
    total = np.zeros((n_classes, pool.rows.shape[1] + 1, pool.rows.shape[1] + 1))
    for block in spans(len(ids)):
        rows, weights = design(pool, ids[block], scaled)
        for number, weight in enumerate(weights.T):
            total[number] += (rows.T * weight) @ rows
    return total


def design(pool: Pool, ids: IntArray, scaled: Scaling) -> tuple[FloatArray, FloatArray]:
    """Return z and p(1 − p) of some items, (n_ids, d + 1) and (n_ids, n_classes), float64."""
    rows = scaled(pool.rows[ids]).astype(np.float64)
    checks.finite(rows, "features")
    given = isinstance(pool.model, np.ndarray)
    proba = pool.model[ids] if given else pool.model.predict_proba(pool.X[ids])
    proba = np.asarray(proba, np.float64)
    return np.hstack([rows, np.ones((len(rows), 1))]), proba * (1 - proba)
