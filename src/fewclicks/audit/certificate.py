"""What may be claimed of finished labels, after audits of random ones, at any moment.

The claim is that at most a share of the labels is wrong, with confidence 1 − α. Audits are drawn
uniformly at random without replacement from the labels that the claim is about, by people who do
not see them. It holds as soon as a bet against its contrary has multiplied its wealth by 1/α (see
`fewclicks.betting`): then one may stop, or look on, whatever was seen before.

The labels must not depend on the audits. If they change nonetheless, the audited items are scored
anew against the new labels, provided that nothing has learnt from their answers, and the bet begins
again with the smaller α that `restart_alpha` leaves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from fewclicks import checks
from fewclicks.audit.anytime import error_lower, error_upper
from fewclicks.betting import (
    CAP,
    FEWER,
    WEIGHT,
    check_alpha,
    checked,
    least_count,
    log_wealth,
)
from fewclicks.records import FloatArray

_STEPS = 4096
"""Points at which the growth to come is summed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """That at most the share `error` of the labels is wrong, with confidence 1 − `alpha`.

    Attributes
    ----------
    error : float
        In [0, 1].
    alpha : float
        In (0, 1): the chance that such a claim is certified although it is false, at most.
    """

    error: float
    alpha: float = 0.05

    def __post_init__(self) -> None:
        checks.between(self.error, 0, 1, "error")
        check_alpha(self.alpha)


@dataclass(frozen=True, slots=True)
class Certificate:
    """What audits show of a claim.

    Attributes
    ----------
    claim : Claim
    n_items : int
        Labels that the claim is about.
    audits, wrong : int
        Labels audited, and those of them that were wrong.
    lower, upper : float
        Shares of wrong labels: not fewer with confidence 1 − alpha, not more with confidence
        1 − alpha, at every look.
    certified_at : int or None
        Audits after which the claim held for the first time.
    to_go : float
        Audits still needed if as many are wrong as so far: 0 where it holds, infinite where more
        are wrong than it allows.
    planted, missed : int
        Labels known to be wrong that were shown among the others, and those not noticed.
    weighted : float or None
        The share estimated to be wrong, where some labels were likelier to be drawn than others.
    """

    claim: Claim
    n_items: int
    audits: int
    wrong: int
    lower: float
    upper: float
    certified_at: int | None
    to_go: float
    planted: int = 0
    missed: int = 0
    weighted: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is certified, and not known to be false since."""
        return self.certified_at is not None and self.wrong <= allowed(self.n_items, self.claim)

    @property
    def estimate(self) -> float:
        """Share of labels estimated to be wrong, with those missed added; NaN without audits."""
        if self.weighted is not None:
            return min(1.0, self.weighted)
        noticed = 1 - self.missed / self.planted if self.planted else 1.0
        return min(1.0, self.wrong / self.audits / noticed) if self.audits and noticed else math.nan

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same in plain words: what holds, what was seen, what is needed, what is not said."""
        said = (self._verdict(), self._seen(), *self._missed(), *self._needed())
        return (*said, *NOT_PROMISED)

    def _verdict(self) -> str:
        share = _percent(1 - self.claim.error)
        what = f"at least {share} of the {self.n_items:,} labels are right"
        if self.holds:
            return f"With confidence {_percent(1 - self.claim.alpha)}, {what}."
        if self.wrong > allowed(self.n_items, self.claim):
            return f"It is not so that {what}."
        if self.lower > self.claim.error:
            confidence = _percent(1 - self.claim.alpha)
            return f"It seems false that {what}: with confidence {confidence}, fewer are."
        return f"It is not shown yet that {what}."

    def _seen(self) -> str:
        if not self.audits:
            return "No label is audited yet."
        return (
            f"{self.wrong:,} of {self.audits:,} random audits were wrong "
            f"({self.wrong / self.audits:.2%}); of all, between {self.lower:.2%} and "
            f"{self.upper:.2%} are, each end with confidence {_percent(1 - self.claim.alpha)}."
        )

    def _missed(self) -> tuple[str, ...]:
        if not self.planted:
            return ()
        return (
            f"{self.missed:,} of {self.planted:,} wrong labels planted among them were missed; "
            "the bounds allow for as many missed among the rest, and for luck.",
        )

    def _needed(self) -> tuple[str, ...]:
        if self.holds:
            return ()
        if math.isinf(self.to_go):
            return ("If as many are wrong as so far, more audits will not show it.",)
        return (f"If as many are wrong as so far, some {self.to_go:,.0f} more audits show it.",)


NOT_PROMISED = (
    "Right is what those who audited said; how often they agree with themselves is measured apart.",
    "Nothing is promised of a single label, of one class, or of labels changed since.",
)
"""What no certificate says."""


def certify(wrong: Any, n_items: int, claim: Claim) -> Certificate:
    """Say what audits show of a claim.

    Parameters
    ----------
    wrong : array-like of shape (n,), bool
        Whether each label was wrong, in the order drawn.
    n_items : int
        Labels that they were drawn from, without replacement.
    claim : Claim
        Settled before the audits.

    Raises
    ------
    InvalidInput
        There are more audits than labels.

    Examples
    --------
    >>> made = certify(np.zeros(343, bool), 60000, Claim(0.01))
    >>> made.holds, made.sentences[0]
    (True, 'With confidence 95%, at least 99% of the 60,000 labels are right.')
    """
    wrong = checked(wrong, n_items)
    error, alpha = claim.error, claim.alpha
    return Certificate(
        claim,
        n_items,
        len(wrong),
        int(wrong.sum()),
        error_lower(wrong, n_items, alpha, [error]),
        error_upper(wrong, n_items, alpha, [error]),
        certified_at(wrong, n_items, error, alpha),
        audits_to_go(wrong, n_items, error, alpha),
    )


def certified_at(wrong: Any, n_items: int, error: float, alpha: float = 0.05) -> int | None:
    """Return the audits after which the claim "at most `error` are wrong" first held, or None.

    That is when `log_wealth` first reached log 1/alpha, or when too few labels were left for
    more to be wrong. 0 where it holds without audits.
    """
    wrong = checked(wrong, n_items)
    check_alpha(alpha)
    log_k = np.append(-np.inf, log_wealth(wrong, n_items, error))
    possible = np.append(0, np.cumsum(wrong)) + n_items - np.arange(len(wrong) + 1)
    shown = (log_k >= -math.log(alpha)) | (possible <= allowed(n_items, Claim(error, alpha)))
    return int(np.argmax(shown)) if shown.any() else None


def audits_to_go(wrong: Any, n_items: int, error: float, alpha: float = 0.05) -> float:
    """Return how many more audits the claim needs if as many are wrong as so far.

    As many: the share that the bets believe in, between what was seen and the guess that they
    began with. 0 once it holds, infinite where that share or what is known leaves no hope. An
    outlook, not a bound: half of the time it takes longer.
    """
    wrong = checked(wrong, n_items)
    if certified_at(wrong, n_items, error, alpha) is not None:
        return 0.0
    log_k = log_wealth(wrong, n_items, error)
    now = float(log_k[-1]) if len(log_k) else 0.0
    return outlook(int(wrong.sum()), len(wrong), n_items, error, -math.log(alpha) - now)


def outlook(wrong: int, audits: int, n_items: int, error: float, lacking: float) -> float:
    """Return after how many more audits the logarithm of the wealth has grown by `lacking`.

    `wrong` of `audits` were wrong, and the share that the bets believe in will be.
    """
    count = least_count(error, n_items)
    share = count / n_items
    weight = WEIGHT / share
    rate = (weight * FEWER * share + wrong) / (weight + audits)
    left = n_items - audits
    if wrong > allowed(n_items, Claim(error)) or rate * left >= count - wrong:
        return math.inf
    at_most = min(float(left), (left - (count - wrong)) / (1 - rate) + 1)  # then all is known
    at_most = min(at_most, 1 + lacking / float(_growth(rate, np.array((count - wrong) / left))))
    more = np.arange(1, _STEPS + 1) * (at_most / _STEPS)
    grown = np.cumsum(_growth(rate, (count - wrong - rate * more) / np.maximum(left - more, 1e-9)))
    enough = int(np.searchsorted(grown * at_most / _STEPS, lacking))
    return float(math.ceil(more[min(enough, _STEPS - 1)]))


def _growth(rate: float, m: FloatArray) -> FloatArray:
    """What an audit is expected to add to the logarithm of the wealth; more, the larger `m` is."""
    m = np.clip(m, 1e-300, 1 - 1e-12)
    p = np.maximum(rate, (1 - CAP) * m)
    grown = rate * np.log(p / m) + (1 - rate) * (np.log1p(-p) - np.log1p(-m))
    return cast(FloatArray, grown)


def restart_alpha(alpha: float, n_restarts: int, first: float = 0.5) -> float:
    """Return the α of the bet after so many restarts; all of them together spend at most `alpha`.

    first · alpha for the bet that comes before any restart, and the same share of what is left
    for each after it: α/2, α/4, … by default. To be settled before the first audit. Who never
    restarts loses nothing by `first` = 1.

    Raises
    ------
    InvalidInput
        A figure is out of range, or nothing is left.

    Examples
    --------
    >>> [restart_alpha(0.08, k) for k in range(3)]
    [0.04, 0.02, 0.01]
    """
    check_alpha(alpha)
    checks.between(n_restarts, 0, np.inf, "n_restarts", integer=True)
    checks.between(first, np.nextafter(0, 1), 1 if n_restarts == 0 else 1 - 1e-9, "first")
    return alpha * first * (1 - first) ** n_restarts


def allowed(n_items: int, claim: Claim) -> float:
    """How many may be wrong, with room for rounding."""
    return claim.error * n_items * (1 + 1e-12)


def _percent(share: float) -> str:
    return f"{100 * share:.6g}%"
