"""Bets against a share of wrong items: what a random audit shows, however often one looks.

A bettor doubts that at least a share of the items is wrong, and stakes a part of the wealth on
every item that is drawn at random and looked at. If the doubt is wrong, the wealth is expected to
fall, and reaches 1/α with a chance of α at most, whenever one stops (Ville's inequality). So what
the wealth has reached may be read after every answer.

The bets are those of ALPHA (Stark, "ALPHA: audit that learns from previously hand-audited ballots",
Annals of Applied Statistics 17, 2023), without replacement as in Waudby-Smith and Ramdas
("Confidence sequences for sampling without replacement", NeurIPS 2020). Of n_items, `count` are
doubted to be wrong, and `seen` of the t − 1 so far were. The next is wrong with the chance
m = (count − seen) / (n_items − t + 1); the bettor believes in p = (d·guess + seen) / (d + t − 1);
the wealth is multiplied by p/m if it is wrong, by (1 − p)/(1 − m) else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray

CAP = 0.95
"""Most of the wealth that is staked on one item."""

FEWER = 1 / 5
"""The guess to begin with: so much of the doubted share. With WEIGHT it is 0.002 with d = 300 for
1 %, which certifies after 343 right ones of 60,000 (found best by simulation)."""

MORE = 3.0
"""The same for bets that more is wrong: so many times the doubted odds."""

WEIGHT = 3.0
"""The guess weighs as much as the audits in which so many wrong ones are doubted to be."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is bet against: that at least `counts` of the items are wrong, or fewer than that.

    Attributes
    ----------
    counts : ndarray of shape (...,), float64
        Wrong items doubted; whole numbers in 1…n_items. Of endlessly many items, shares in (0, 1].
    n_items : float
        May be infinite: then items are drawn with replacement, or made anew.
    fewer : bool
        Bet that fewer are wrong; else, that not fewer are.
    guess, weight : float, optional
        p0 and d, where they are not to follow from the doubted share.
    cap : float
        In (0, 1): most of the wealth that is staked on one item.
    """

    counts: FloatArray
    n_items: float
    fewer: bool = True
    guess: float | None = None
    weight: float | None = None
    cap: float = CAP

    def factors(self, wrong: Any, seen: Any, drawn: Any) -> FloatArray:
        """Return the logarithm of what each answer multiplies the wealth by.

        `wrong` says whether the item is, `seen` how many of the `drawn` before it were; all
        broadcast against `counts`. Infinite where the answer leaves the doubt impossible; minus
        infinity where more are wrong than were doubted.
        """
        m = self._left(seen, drawn)
        p = self._belief(seen, drawn)
        if self.fewer:
            p = np.clip(p, (1 - self.cap) * m, m)
        else:
            p = np.clip(p, m, 1 - (1 - self.cap) * (1 - m))
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.where(wrong, np.log(p) - np.log(m), np.log1p(-p) - np.log1p(-m))
        return np.where(np.isnan(logs), -np.inf, logs)

    def _left(self, seen: Any, drawn: Any) -> FloatArray:
        """The doubted share of those not drawn yet."""
        if math.isinf(self.n_items):
            return np.asarray(self.counts + 0 * np.asarray(seen))
        counts = self.counts if self.fewer else self.counts - 1
        return np.asarray(np.clip((counts - seen) / (self.n_items - drawn), 0, 1))

    def _belief(self, seen: Any, drawn: Any) -> FloatArray:
        share = self.counts / (1 if math.isinf(self.n_items) else self.n_items)
        likely = FEWER * share if self.fewer else MORE * share / (1 + (MORE - 1) * share)
        guess = likely if self.guess is None else self.guess
        weight = WEIGHT / share if self.weight is None else self.weight
        return cast(FloatArray, (weight * guess + seen) / (weight + drawn))

    def only(self, which: slice) -> Doubt:
        """Return it for some of the counts, along the first axis."""
        return Doubt(
            self.counts[which], self.n_items, self.fewer, self.guess, self.weight, self.cap
        )


def paths(wrong: BoolArray, doubt: Doubt) -> FloatArray:
    """Return the logarithm of the wealth after each answer, of shape (..., n).

    `wrong` has shape (..., n), the answers in the order drawn; `doubt.counts` broadcasts against
    it.
    """
    seen: Any = np.cumsum(wrong, axis=-1) - wrong
    return np.cumsum(doubt.factors(wrong, seen, np.arange(wrong.shape[-1])), axis=-1)


def least_count(error: float, n_items: float) -> float:
    """Return how many wrong ones contradict the claim that fewer than `error` are, 1 at least.

    Of endlessly many items, `error` itself.
    """
    if math.isinf(n_items):
        return error
    return max(1.0, math.ceil(error * n_items - 1e-9 * max(1.0, error * n_items)))


def log_wealth(
    wrong: Any,
    n_items: float,
    error: float,
    *,
    guess: float | None = None,
    weight: float | None = None,
    cap: float = CAP,
) -> FloatArray:
    """Return log K after each audit: the wealth of a bet that fewer than `error` are wrong.

    Parameters
    ----------
    wrong : array-like of shape (..., n), bool
        Whether each item was wrong, in the order in which they were drawn: uniformly at random
        from all, without replacement.
    n_items : float
        Items that they were drawn from; infinite for draws with replacement.
    error : float
        In [0, 1]. What is bet against is that at least this share of the items is wrong, and
        one item at least.
    guess, weight : float, optional
        p0 and d of ALPHA; by default 0.2 · error and 3 / error.
    cap : float, default 0.95
        Most of the wealth that is staked on one item.

    Returns
    -------
    ndarray of shape (..., n), float64
        Whenever exp of it is 1/α or more, the claim "fewer than `error` are wrong" holds with
        confidence 1 − α. Infinite once it is known to hold, minus infinity once it is known not
        to.

    Raises
    ------
    InvalidInput
        There are more answers than items, or a figure is out of range.

    Examples
    --------
    >>> log_k = log_wealth(np.zeros(400, bool), 60000, 0.01)
    >>> int(np.argmax(log_k >= np.log(20))) + 1
    343
    """
    wrong = checked(wrong, n_items)
    checks.between(error, 0, 1, "error")
    checks.between(cap, 0, 1, "cap")
    if n_items == 0 or (math.isinf(n_items) and error == 0):
        return np.full(wrong.shape, -np.inf)
    count = least_count(error, n_items)
    found = paths(wrong, Doubt(np.array(count), n_items, True, guess, weight, cap))
    if math.isinf(n_items):
        return found
    return np.where(np.cumsum(wrong, axis=-1) >= count, -np.inf, found)


def checked(wrong: Any, n_items: float) -> BoolArray:
    """Return the answers as booleans; there must be no more than items."""
    answers = np.asarray(wrong)
    if answers.dtype != np.bool_ and not np.isin(answers, (0, 1)).all():
        raise InvalidInput("wrong must say of each audit whether it was: true or false.")
    if not math.isinf(n_items):
        checks.between(n_items, 0, np.inf, "n_items", integer=True)
        if answers.shape[-1:] > (n_items,):
            raise InvalidInput(
                f"wrong has {answers.shape[-1]:,} audits of {n_items:,} items.",
                "Audit each item once.",
            )
    return np.atleast_1d(answers.astype(np.bool_))


def check_alpha(alpha: float) -> None:
    """Refuse what is no chance of a mistake."""
    checks.between(alpha, np.nextafter(0, 1), np.nextafter(1, 0), "alpha")
