"""Labels that are taken because few of those taken are wrong: two promises of different strength.

`learn_then_test`: with confidence 1 − α, at most the share `error` of the labels taken is wrong
(Angelopoulos, Bates, Candès, Jordan and Lei, "Learn then test", 2021, with a fixed sequence).
`conformal_selection`: on average over samples, it is (Jin and Candès, "Selection by prediction with
conformal p-values", JMLR 24, 2023). Both need people's word on a random sample and know nothing of
the model. `labels.pac` promises something of the finished set instead, people's labels included.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from scipy.stats import hypergeom

from fewclicks import checks
from fewclicks.betting import check_alpha
from fewclicks.labels.pac import Cut, checked_sample
from fewclicks.records import BoolArray, FloatArray

CANDIDATES = 200
"""Cuts that are tested, at most: quantiles of the uncertainty."""

ROOM = 1.5
"""The first cut is tested where so many times the sample is expected that could show anything."""


def learn_then_test(
    uncertainty: Any,
    asked: Any,
    wrong: Any,
    error: float,
    alpha: float = 0.05,
    candidates: Any = None,
) -> Cut:
    """Find the highest of some cuts up to which each is shown to let through few wrong labels.

    Cuts are tested from the strictest to the laxest, until the first fails: the hypothesis that
    more than the share `error` of all labels up to the cut is wrong, by the exact chance of seeing
    as few wrong ones in the sample. The first is where the sample can be expected to show anything.

    Parameters
    ----------
    uncertainty, asked, wrong, alpha
        As of `pac_cut`; the number of items asked settled beforehand.
    error : float
        In [0, 1]: share of the labels up to the cut.
    candidates : array-like, optional
        Cuts, settled before anybody was asked; by default `CANDIDATES` quantiles.

    Raises
    ------
    InvalidInput
        As of `pac_cut`.

    Examples
    --------
    >>> uncertainty = np.arange(1000) / 1000
    >>> asked = np.arange(0, 1000, 5)
    >>> cut = learn_then_test(uncertainty, asked, uncertainty[asked] > 0.9, 0.05)
    >>> round(cut.threshold, 3)
    0.924
    """
    uncertainty, asked, wrong = checked_sample(uncertainty, asked, wrong)
    checks.between(error, 0, 1, "error")
    check_alpha(alpha)
    tried = _quantiles(uncertainty) if candidates is None else np.unique(candidates)
    n_below = np.searchsorted(np.sort(uncertainty), tried, side="right")
    n_asked = np.searchsorted(np.sort(uncertainty[asked]), tried, side="right")
    n_wrong = np.searchsorted(np.sort(uncertainty[asked][wrong]), tried, side="right")
    too_many = np.floor(error * n_below * (1 + 1e-12)) + 1
    expected = np.floor(n_below * (len(asked) / max(1, len(uncertainty)) / ROOM))
    testable = _p_values(np.zeros_like(n_wrong), n_below, too_many, expected) <= alpha
    passed = _p_values(n_wrong, n_below, too_many, n_asked)[testable] <= alpha
    n_passed = len(passed) if passed.all() else int(np.argmin(passed))
    threshold = float(tried[testable][n_passed - 1]) if n_passed else -math.inf
    kept = uncertainty <= threshold
    people = ~kept
    kept[asked] = people[asked] = False
    return Cut(threshold, kept, people)


def conformal_selection(uncertainty: Any, asked: Any, wrong: Any, share: float) -> BoolArray:
    """Choose labels so that, on average over samples, at most a share of those chosen is wrong.

    The p-value of a label is the share of the sample that is wrong and no more uncertain than it,
    with itself counted as such; chosen is what Benjamini and Hochberg's procedure (1995) rejects.
    In a single sample the share may be larger: for a promise with confidence see `learn_then_test`.

    Parameters
    ----------
    uncertainty, asked, wrong
        As of `pac_cut`.
    share : float
        In [0, 1].

    Returns
    -------
    ndarray of shape (n_items,), bool
        Labels chosen; those asked are not among them.

    Raises
    ------
    InvalidInput
        As of `pac_cut`.
    """
    uncertainty, asked, wrong = checked_sample(uncertainty, asked, wrong)
    checks.between(share, 0, 1, "share")
    others = np.ones(len(uncertainty), np.bool_)
    others[asked] = False
    left = np.flatnonzero(others)
    suspects = np.sort(uncertainty[asked][wrong])
    below = np.searchsorted(suspects, uncertainty[left], side="right")
    p_values = (1 + below) / (len(asked) + 1)
    chosen = np.zeros(len(uncertainty), np.bool_)
    chosen[left[p_values <= _benjamini_hochberg(p_values, share)]] = True
    return chosen


def _benjamini_hochberg(p_values: FloatArray, share: float) -> float:
    """The greatest p-value that is rejected; −1 if none is."""
    ranked = np.sort(p_values)
    passed = np.flatnonzero(ranked <= share * np.arange(1, len(ranked) + 1) / max(1, len(ranked)))
    return float(ranked[passed[-1]]) if len(passed) else -1.0


def _p_values(n_wrong: Any, n_below: Any, too_many: Any, n_asked: Any) -> FloatArray:
    """The chance of so few wrong ones among those asked if the least that is too many are."""
    possible = np.minimum(too_many, n_below)
    chances = hypergeom.cdf(n_wrong, n_below, possible, n_asked)
    return cast(FloatArray, np.where(too_many > n_below, 0.0, chances))


def _quantiles(uncertainty: FloatArray) -> FloatArray:
    """Uncertainties that divide the items evenly, the last one among them."""
    if not len(uncertainty):
        return np.empty(0)
    ranked = np.sort(uncertainty)
    at = np.ceil(np.arange(1, CANDIDATES + 1) / CANDIDATES * len(ranked)).astype(int) - 1
    return np.unique(ranked[at])
