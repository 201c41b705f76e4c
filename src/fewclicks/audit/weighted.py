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

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from fewclicks import checks
from fewclicks.audit.anytime import crossed, error_grid, grid_counts, highest, within
from fewclicks.audit.certificate import Certificate, allowed
from fewclicks.audit.claims import Claims
from fewclicks.betting import CAP, FEWER, WEIGHT, check_alpha, checked, least_count
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray, IntArray

ROUNDING = 1e-9
"""Sums of weights may differ by so much of themselves."""


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
    draws = _draws(wrong, drawn, weights)
    checks.between(error, 0, 1, "error")
    count = least_count(error, draws.n_items)
    known = np.cumsum(draws.wrong, axis=-1) >= count
    return np.where(known, -np.inf, np.cumsum(draws.factors(np.array(count)), axis=-1))


def weighted_error_upper(
    wrong: Any, drawn: Any, weights: Any, alpha: float = 0.05, errors: Any = ()
) -> float:
    """Return the share of wrong items that is not exceeded with confidence 1 − `alpha`.

    As `error_upper`, of draws with unequal chances: parameters as of `weighted_log_wealth`.
    """
    draws = _draws(wrong, drawn, weights)
    check_alpha(alpha)
    grid = error_grid(draws.n_items, errors)
    counts = grid_counts(grid, draws.n_items)[:, None]
    n = draws.wrong.shape[-1]
    passed = crossed(
        len(grid), n, alpha, lambda part: np.cumsum(draws.factors(counts[part]), axis=-1)
    )
    found = highest(grid, passed, draws.n_items)
    return within(found, int(draws.wrong.sum()), n, draws.n_items)


def weighted_estimate(wrong: Any, drawn: Any, weights: Any) -> float:
    """Return an estimate of the share of wrong items, right on average; NaN without audits.

    Des Raj's (1956): the mean, over audits, of the wrong ones before and what the audit says of
    those left.
    """
    draws = _draws(wrong, drawn, weights)
    if not draws.wrong.shape[-1]:
        return float("nan")
    each = (draws.seen + draws.size * draws.left) / draws.n_items
    return float(each.mean())


class WeightedCertifier:
    """Audits of draws with unequal chances as they come, as `Certifier` follows even ones.

    Time and memory grow neither with the items nor with the audits.

    Parameters
    ----------
    n_items : int
        Labels that the audits are drawn from.
    total, least : float
        Sum and smallest of their weights, see `audit_order`.
    errors : sequence of float
        Shares that may be claimed; settled before the audits.
    alpha : float, default 0.05
        Of each claim and bound.

    Attributes
    ----------
    audits, wrong : int
        So far.

    Raises
    ------
    InvalidInput
        `least` is not above 0, or `total` less than so many of it.
    """

    def __init__(
        self,
        n_items: int,
        total: float,
        least: float,
        errors: Sequence[float] = (),
        alpha: float = 0.05,
    ) -> None:
        self._claims = Claims(n_items, errors, alpha)
        if not (0 < least < math.inf and n_items * least * (1 - ROUNDING) <= total < math.inf):
            raise InvalidInput(
                f"Of {n_items:,} weights the smallest cannot be {least} and the sum {total}.",
                "Weights are finite and above 0.",
            )
        self.n_items = n_items
        self.alpha = alpha
        self.audits = self.wrong = 0
        self._rest, self._least = total, least
        self._sizes = self._squares = self._estimates = 0.0
        self._log_k = np.zeros(len(self._claims.counts))
        self._crossed = np.zeros(len(self._claims.counts), np.bool_)
        self._note()

    def add(self, wrong: bool, weight: float) -> None:
        """Take the next audit, and the weight of what was audited.

        Raises
        ------
        InvalidInput
            Every label is audited, or the weight is below the smallest.
        """
        if self.audits >= self.n_items:
            raise InvalidInput(f"All {self.n_items:,} items are audited.", "Audit each item once.")
        if not self._least * (1 - ROUNDING) <= weight < math.inf:
            raise InvalidInput(
                f"The weight must be at least {self._least}, the smallest, but is {weight}."
            )
        draw = self._draw(bool(wrong), weight)
        self._log_k += draw.factors(self._claims.counts)
        self._crossed |= self._log_k >= -math.log(self.alpha)
        self._estimates += float(draw.seen + draw.size * draw.left) / self.n_items
        self._sizes += float(draw.size)
        self._squares += float(draw.size) ** 2
        self._rest -= weight
        self.audits += 1
        self.wrong += bool(wrong)
        self._note()

    @property
    def upper(self) -> float:
        """As `weighted_error_upper`."""
        return self._claims.upper(self._crossed, self.wrong, self.audits)

    def certificate(self, error: float) -> Certificate:
        """Say what the audits show of one of `errors`; of its bounds `lower` is 0.

        Raises
        ------
        InvalidInput
            It is none of them.
        """
        claim, certified = self._claims.claim(error), self._claims.proved_at(error)
        return Certificate(
            claim,
            self.n_items,
            self.audits,
            self.wrong,
            0.0,
            self.upper,
            certified,
            0.0 if certified is not None else self._to_go(error),
            weighted=self._estimates / self.audits if self.audits else None,
        )

    def _draw(self, wrong: bool, weight: float) -> _Draw:
        left = float(self.n_items - self.audits)
        mean = max(self._rest, weight) / left  # rounding may leave less than the last one
        return _Draw(
            np.array(wrong),
            np.array(float(self.wrong)),
            np.array(left),
            np.array(mean / weight if wrong else 0.0),
            np.array(max(mean / self._least, 1.0)),
            np.array(self._sizes),
            np.array(self._squares),
            self.n_items,
        )

    def _to_go(self, error: float) -> float:
        """Audits until it holds if the wealth goes on growing as an audit is expected to add."""
        at_most = allowed(self.n_items, self._claims.claim(error))
        if self.audits == self.n_items or self.wrong > at_most:
            return math.inf
        count = np.array(least_count(error, self.n_items))
        growth = self._draw(False, self._least).growth(count)
        lacking = -math.log(self.alpha) - float(self._log_k[self._claims.place(error)])
        if growth <= 0:
            return math.inf
        return float(min(self.n_items - self.audits, max(1, math.ceil(lacking / growth))))

    def _note(self) -> None:
        self._claims.note(self._crossed, self.wrong, self.audits)


@dataclass(frozen=True, slots=True)
class _Draw:
    """What is known before audits, and what they say; the fields broadcast against counts.

    Attributes
    ----------
    wrong : ndarray of bool
    seen : ndarray
        Wrong ones before.
    left : ndarray
        Items left, this one among them.
    size : ndarray
        u of this one: 0 where it is right.
    most : ndarray
        The most that u can be.
    sizes, squares : ndarray
        Sums of u and of its square before.
    n_items : int
    """

    wrong: BoolArray
    seen: FloatArray
    left: FloatArray
    size: FloatArray
    most: FloatArray
    sizes: FloatArray
    squares: FloatArray
    n_items: int

    def factors(self, counts: FloatArray) -> FloatArray:
        """The logarithm of what bets that fewer than `counts` are wrong are multiplied by."""
        m = np.clip((counts - self.seen) / self.left, 0, 1)
        stake = self._stake(m, counts / self.n_items)
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log1p(stake * (m - self.size) / (self.most - m))
        refuted = counts - self.seen - self.wrong > self.left - 1
        logs = np.where(np.isnan(logs) | np.isinf(logs), 0.0, logs)
        return np.where(refuted, np.inf, logs)

    def growth(self, count: FloatArray) -> float:
        """What the next audit is expected to add, if as much is wrong as the bets believe."""
        m = np.clip((count - self.seen) / self.left, 0, 1)
        rate, size = self._belief(count / self.n_items)
        chance = np.clip(rate / size, 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            stake = self._stake(m, count / self.n_items) / (self.most - m)
            lost = np.log1p(np.maximum(stake * (m - size), -1))
            grown = chance * lost + (1 - chance) * np.log1p(stake * m)
        return float(np.nan_to_num(grown, nan=0.0))

    def _belief(self, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The expected u, and the u of a wrong one, as the bets believe."""
        prior = WEIGHT * FEWER
        rate = (prior + self.sizes) / (WEIGHT / share + self.n_items - self.left)
        return rate, (prior + self.squares) / (prior + self.sizes)

    def _stake(self, m: FloatArray, share: FloatArray) -> FloatArray:
        """The share of the wealth that grows most if wrong items are of one size each."""
        rate, size = self._belief(share)
        with np.errstate(divide="ignore", invalid="ignore"):
            stake = (m - rate) / (m * np.maximum(size - m, 1e-12)) * (self.most - m)
        return cast(FloatArray, np.clip(np.nan_to_num(stake, nan=0.0), 0, CAP))


def _draws(wrong: Any, drawn: Any, weights: Any) -> _Draw:
    """All audits, in the order drawn."""
    weights = _weights(weights)
    n_items = len(weights)
    wrong = checked(wrong, n_items)
    drawn = checks.item_ids(drawn, n_items).reshape(np.shape(drawn))
    if drawn.shape != wrong.shape:
        raise InvalidInput(
            f"drawn has shape {drawn.shape} but wrong has {wrong.shape}.",
            "Give one answer per item drawn.",
        )
    if (np.diff(np.sort(drawn, axis=-1), axis=-1) == 0).any():
        raise InvalidInput("drawn names an item twice.", "Audit each item once.")
    own = weights[drawn]
    left = n_items - np.arange(drawn.shape[-1], dtype=np.float64)
    rest = weights.sum() - (np.cumsum(own, axis=-1) - own)
    mean = np.maximum(rest, own) / left  # rounding may leave less than the last one
    size = np.where(wrong, mean / own, 0.0)
    return _Draw(
        wrong,
        np.cumsum(wrong, axis=-1, dtype=np.float64) - wrong,
        left,
        size,
        np.maximum(mean / weights.min(initial=np.inf), 1.0),
        np.cumsum(size, axis=-1) - size,
        np.cumsum(size**2, axis=-1) - size**2,
        n_items,
    )


def _weights(weights: Any) -> FloatArray:
    array = np.asarray(weights, np.float64)
    if array.ndim != 1 or not np.isfinite(array).all() or (array <= 0).any():
        raise InvalidInput("weights must be finite and above 0, one per item.")
    return array
