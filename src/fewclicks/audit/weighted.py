"""Audits that look more often where labels are suspected, and what they show of all labels.

Items are drawn one after another, each with a chance in proportion to its weight among those that
are left. A wrong item that was likely to be drawn tells of few others: it counts for
u = (mean weight of those left) / (its weight), so that u is expected to be the share of wrong ones
among those left, m under the doubt. With b the most that u can be, a bet of the share f multiplies
the wealth by 1 + f·(m − u)/(b − m): Shekhar, Xu, Lipton, Liang and Ramdas ("Risk-limiting financial
audits via weighted sampling without replacement", UAI 2023). With equal weights this is
`log_wealth`.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from fewclicks import checks
from fewclicks.audit.anytime import crossed, error_grid, grid_counts, highest, within
from fewclicks.betting import CAP, FEWER, WEIGHT, check_alpha, checked, least_count
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray, IntArray


def audit_order(weights: Any, random_state: int) -> IntArray:
    """Return the items in the order in which they are to be audited.

    Each place falls to one of the items left, with a chance in proportion to its weight; with
    equal weights to each as likely. Efraimidis and Spirakis (2006).

    Parameters
    ----------
    weights : array-like of shape (n_items,)
        Finite and above 0. Settled before the audits.
    random_state : int
        Seed.

    Raises
    ------
    InvalidInput
        A weight is not above 0.
    """
    weights = _weights(weights)
    waits = np.random.default_rng(random_state).exponential(size=len(weights)) / weights
    return np.argsort(waits, kind="stable")


def suspicion_weights(suspicion: Any, extra: float = 0.2) -> FloatArray:
    """Return weights that draw a share `extra` by suspicion and the rest evenly.

    Parameters
    ----------
    suspicion : array-like of shape (n_items,)
        At least 0, in proportion to the chance that an item is wrong. It need not be right: who is
        wrong about it needs more audits, and is promised the same.
    extra : float, default 0.2
        In [0, 1). The more, the fewer audits if the suspicion is right.
    """
    suspicion = np.asarray(suspicion, np.float64)
    checks.between(extra, 0, np.nextafter(1, 0), "extra")
    if len(suspicion) and not (np.isfinite(suspicion).all() and suspicion.min() >= 0):
        raise InvalidInput("suspicion must be finite and at least 0.")
    total = suspicion.sum()
    if not total:
        return np.ones(len(suspicion))
    return cast(FloatArray, 1 - extra + extra * len(suspicion) * suspicion / total)


def weighted_log_wealth(wrong: Any, drawn: Any, weights: Any, error: float) -> FloatArray:
    """Return log K after each audit, as `log_wealth` does, of draws with unequal chances.

    Parameters
    ----------
    wrong : array-like of shape (..., n), bool
        Whether each item was wrong, in the order drawn.
    drawn : array-like of shape (..., n), int
        The items, each once, as `audit_order` has them.
    weights : array-like of shape (n_items,)
        As of `audit_order`.
    error : float
        In [0, 1].

    Returns
    -------
    ndarray of shape (..., n), float64
        See `log_wealth`.

    Raises
    ------
    InvalidInput
        There are more answers than items, or a figure is out of range.
    """
    draws = _Draws(wrong, drawn, weights)
    checks.between(error, 0, 1, "error")
    count = least_count(error, draws.n_items)
    known = np.cumsum(draws.wrong, axis=-1) >= count
    return np.where(known, -np.inf, draws.paths(np.array(count)))


def weighted_error_upper(
    wrong: Any, drawn: Any, weights: Any, alpha: float = 0.05, errors: Any = ()
) -> float:
    """Return the share of wrong items that is not exceeded with confidence 1 − `alpha`.

    As `error_upper`, of draws with unequal chances: parameters as of `weighted_log_wealth`.
    """
    draws = _Draws(wrong, drawn, weights)
    check_alpha(alpha)
    grid = error_grid(draws.n_items, errors)
    counts = grid_counts(grid, draws.n_items)[:, None]
    n = draws.wrong.shape[-1]
    passed = crossed(len(grid), n, alpha, lambda part: draws.paths(counts[part]))
    found = highest(grid, passed, draws.n_items)
    return within(found, int(draws.wrong.sum()), n, draws.n_items)


def weighted_estimate(wrong: Any, drawn: Any, weights: Any) -> float:
    """Return an estimate of the share of wrong items, right on average; NaN without audits.

    Des Raj's (1956): the mean, over audits, of the wrong ones before and what the audit says of
    those left.
    """
    draws = _Draws(wrong, drawn, weights)
    if not draws.wrong.shape[-1]:
        return float("nan")
    each = (draws.seen + draws.sizes * draws.left) / draws.n_items
    return float(each.mean())


class _Draws:
    """What is known before each audit, and what it says."""

    def __init__(self, wrong: Any, drawn: Any, weights: Any) -> None:
        weights = _weights(weights)
        self.n_items = len(weights)
        self.wrong = checked(wrong, self.n_items)
        drawn = checks.item_ids(drawn, self.n_items).reshape(np.shape(drawn))
        if drawn.shape != self.wrong.shape:
            raise InvalidInput(
                f"drawn has shape {drawn.shape} but wrong has {self.wrong.shape}.",
                "Give one answer per item drawn.",
            )
        if (np.diff(np.sort(drawn, axis=-1), axis=-1) == 0).any():
            raise InvalidInput("drawn names an item twice.", "Audit each item once.")
        own = weights[drawn]
        self.seen: FloatArray = np.cumsum(self.wrong, axis=-1, dtype=np.float64) - self.wrong
        self.left = self.n_items - np.arange(drawn.shape[-1], dtype=np.float64)
        rest = weights.sum() - (np.cumsum(own, axis=-1) - own)
        mean = np.maximum(rest, own) / self.left  # rounding may leave less than the last one
        self.sizes = np.where(self.wrong, mean / own, 0.0)
        self.most = np.maximum(mean / weights.min(initial=np.inf), 1.0)

    def paths(self, counts: FloatArray) -> FloatArray:
        """The logarithm of the wealth of bets that fewer than `counts` are wrong."""
        m = np.clip((counts - self.seen) / self.left, 0, 1)
        stake = self._stake(m, counts / self.n_items)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log1p(stake * (m - self.sizes) / (self.most - m))
        after = self.left - 1
        refuted = counts - self.seen - self.wrong > after
        logs = np.where(np.isnan(logs) | np.isinf(logs), 0.0, logs)
        return np.where(refuted, np.inf, np.cumsum(logs, axis=-1))

    def _stake(self, m: FloatArray, share: FloatArray) -> FloatArray:
        """The share of the wealth that grows most if wrong items are of one size each."""
        before = np.cumsum(self.sizes, axis=-1) - self.sizes
        squares = np.cumsum(self.sizes**2, axis=-1) - self.sizes**2
        prior = WEIGHT * FEWER
        rate = (prior + before) / (WEIGHT / share + self.n_items - self.left)
        size = (prior + squares) / (prior + before)
        with np.errstate(divide="ignore", invalid="ignore"):
            stake = (m - rate) / (m * np.maximum(size - m, 1e-12)) * (self.most - m)
        return cast(FloatArray, np.clip(np.nan_to_num(stake, nan=0.0), 0, CAP))


def _weights(weights: Any) -> FloatArray:
    array = np.asarray(weights, np.float64)
    if array.ndim != 1 or not np.isfinite(array).all() or (array <= 0).any():
        raise InvalidInput("weights must be finite and above 0, one per item.")
    return array
