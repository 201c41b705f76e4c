"""How far people agree on what items are: raw, and beyond what chance would give.

Intervals are percentile bootstraps over items (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993, section 13.3). Where everybody agrees on everything, resampling knows no doubt;
the lower end is then that of Clopper and Pearson's interval for the share of items agreed upon,
with agreement by chance as it was seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fewclicks import checks
from fewclicks.answers.votes import Votes
from fewclicks.bounds import accuracy_interval
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray, IntArray

Measure = Callable[[FloatArray], tuple[FloatArray, FloatArray]]
"""From sums over items, (n, n_sums), to the agreement and that by chance, (n,) each."""

_AT_ONCE = 2_000_000
"""Entries of the resamples that are drawn at once."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval; NaN where it cannot be known."""

    value: float
    low: float
    high: float


UNKNOWN = Estimate(np.nan, np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class Resampling:
    """How an interval is made.

    Parameters
    ----------
    random_state : int
        Seed of the resamples.
    n_resamples : int, default 1000
    confidence : float, default 0.95
    """

    random_state: int
    n_resamples: int = 1000
    confidence: float = 0.95

    def __post_init__(self) -> None:
        checks.between(self.n_resamples, 1, np.inf, "n_resamples", integer=True)
        checks.between(self.confidence, 0.5, 1, "confidence")


def cohen_kappa(first: IntArray, second: IntArray) -> float:
    """Return Cohen's kappa between two labellings of the same items, in [−1, 1].

    (observed agreement − agreement by chance) / (1 − agreement by chance), Cohen 1960 ("A
    coefficient of agreement for nominal scales", Educational and Psychological Measurement 20); 1
    where all labels are the same, also if there is one class only.

    Examples
    --------
    >>> cohen_kappa(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 0]))
    0.5
    """
    checks.same_length(first, second, ("first", "second"))
    if np.array_equal(first, second):
        return 1.0
    n = len(first)
    _, codes = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, other = (np.bincount(part, minlength=codes.max() + 1) for part in np.split(codes, 2))
    chance = float(one @ other) / n**2
    return float((np.mean(np.equal(first, second)) - chance) / (1 - chance))


def raw_agreement(votes: Votes, resampling: Resampling) -> Estimate:
    """Return the share of pairs of votes on the same item that name the same class."""
    return _estimated(votes.shared, _pair_sums, _raw, resampling)


def fleiss_kappa(votes: Votes, resampling: Resampling) -> Estimate:
    """Return Fleiss' kappa, in [−1, 1]; items that one person has voted on are left out.

    Fleiss 1971 ("Measuring nominal scale agreement among many raters", Psychological Bulletin 76),
    equations 2 to 7. Who votes may differ from item to item, how many may not.

    Raises
    ------
    InvalidInput
        Some items have more votes than others.
    """
    shared = votes.shared
    if len(np.unique(shared.per_item)) > 1:
        raise InvalidInput(
            f"Fleiss' kappa wants as many votes on each item but there are "
            f"{shared.per_item.min()} to {shared.per_item.max()}.",
            "Take Krippendorff's alpha, which does not mind.",
        )
    return _estimated(shared, _fleiss_sums, _fleiss, resampling)


def krippendorff_alpha(votes: Votes, resampling: Resampling) -> Estimate:
    """Return Krippendorff's alpha for nominal data, at most 1; missing votes do not matter.

    Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), section D. Items that one
    person has voted on are left out.
    """
    return _estimated(votes.shared, _alpha_sums, _alpha, resampling)


def cohen_kappa_of(votes: Votes, one: int, other: int, resampling: Resampling) -> Estimate:
    """Return Cohen's kappa of two people, on the items that both have voted on."""
    return _estimated(votes.of_people(one, other).shared, _cohen_sums, _cohen, resampling)


def agreement_with_others(votes: Votes, person: int, resampling: Resampling) -> Estimate:
    """Return how often others' votes on the items that a person has voted on are the same."""

    def sums_of(shared: Votes) -> FloatArray:
        patterns = shared.patterns
        own = shared.people[patterns.person] == person
        said = np.full(len(patterns), -1)
        said[patterns.pattern[own]] = patterns.said[own]
        about = ~own & (said[patterns.pattern] >= 0)
        same = about & (patterns.said == said[patterns.pattern])
        each = (np.bincount(patterns.pattern, which, len(patterns)) for which in (same, about))
        return np.column_stack(list(each))

    shared = votes.shared
    judged = shared.item[shared.people[shared.person] == person]
    return _estimated(shared.only(np.isin(shared.item, judged)), sums_of, _raw, resampling)


def _estimated(
    shared: Votes, sums_of: Callable[[Votes], FloatArray], measure: Measure, how: Resampling
) -> Estimate:
    """The agreement of votes whose items all have two or more, from the sums of each pattern."""
    if not len(shared):
        return UNKNOWN
    sums, weights = sums_of(shared), shared.patterns.n_items
    observed, chance = measure((weights @ sums)[None])
    value = float(_beyond(observed, chance)[0])
    if observed[0] == 1:
        n = len(shared.items)
        least = np.array([accuracy_interval(n, n, how.confidence)[0]])
        return Estimate(value, float(_beyond(least, chance)[0]), value)
    drawn = np.concatenate([_beyond(*measure(part)) for part in _resampled(sums, weights, how)])
    tail = (1 - how.confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))


def _beyond(observed: FloatArray, chance: FloatArray) -> FloatArray:
    """Agreement beyond chance; 1 where all agree, NaN where chance alone would agree always."""
    beyond = np.full(len(observed), np.nan)
    np.divide(observed - chance, 1 - chance, out=beyond, where=chance < 1)
    beyond[observed == 1] = 1
    return beyond


def _resampled(sums: FloatArray, weights: IntArray, how: Resampling) -> list[FloatArray]:
    """The sums over items of each resample; items with the same votes are drawn together."""
    rng = np.random.default_rng(how.random_state)
    n, shares = int(weights.sum()), weights / weights.sum()
    most = max(1, _AT_ONCE // len(weights))
    parts = [min(most, how.n_resamples - done) for done in range(0, how.n_resamples, most)]
    return [rng.multinomial(n, shares, size=size) @ sums for size in parts]


def _pair_sums(shared: Votes) -> FloatArray:
    """Of each pattern, pairs of votes that agree, and pairs."""
    counts = shared.patterns.counts(len(shared.classes))
    totals = counts.sum(axis=1)
    agreed = (counts * (counts - 1)).sum(axis=1) / 2
    return np.column_stack([agreed, totals * (totals - 1) / 2])


def _raw(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    agreed, pairs = sums.T
    return agreed / pairs, np.zeros(len(sums))


def _fleiss_sums(shared: Votes) -> FloatArray:
    """Of each pattern, the share of pairs that agree, 1, and the votes for each class."""
    agreed, pairs = _pair_sums(shared).T
    counts = shared.patterns.counts(len(shared.classes))
    return np.column_stack([agreed / pairs, np.ones(len(pairs)), counts])


def _fleiss(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    shares = sums[:, 2:] / sums[:, 2:].sum(axis=1, keepdims=True)
    return sums[:, 0] / sums[:, 1], (shares**2).sum(axis=1)


def _alpha_sums(shared: Votes) -> FloatArray:
    """Of each pattern, its part of the observed disagreement, and the votes for each class."""
    agreed, pairs = _pair_sums(shared).T
    counts = shared.patterns.counts(len(shared.classes))
    return np.column_stack([2 * (pairs - agreed) / (counts.sum(axis=1) - 1), counts])


def _alpha(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Alpha is 1 − D_o / D_e: agreement is 1 − D_o here, and by chance 1 − D_e."""
    counts = sums[:, 1:]
    n = counts.sum(axis=1)
    by_chance = (n**2 - (counts**2).sum(axis=1)) / (n * (n - 1))
    return 1 - sums[:, 0] / n, 1 - by_chance


def _cohen_sums(shared: Votes) -> FloatArray:
    """Of each pattern, whether both agree, 1, and the vote of each as a row of a table."""
    said = shared.patterns.said.reshape(-1, 2)
    one, other = np.eye(len(shared.classes))[said.T]
    return np.column_stack([said[:, 0] == said[:, 1], np.ones(len(said)), one, other])


def _cohen(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    n = sums[:, 1]
    one, other = np.split(sums[:, 2:], 2, axis=1)
    return sums[:, 0] / n, (one * other).sum(axis=1) / n**2
