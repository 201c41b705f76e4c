"""Audits on pages of thumbnails: quick, but not every wrong label is noticed.

Each page shows labels of one claimed class and, among them, planted ones that are known to be
wrong. How many of these are noticed tells how many of the others are.

Call a wrong item noticeable if it would be noticed when shown; each is with the same chance as a
planted one, independently. So a planted one tells nothing new when it is shown again, and counts
once. Random items on pages are draws without replacement from a collection with F noticeable ones.
Three statements hold together with confidence 1 − α if the first holds but for a share of 0.8 of α,
the second 0.15, and the third 0.05: F is at most what bets on the items flagged exclude (at every
look); the chance of being missed is at most what bets on the planted ones exclude (at every look);
and F is no unlucky draw, the chance of so few being above 0.05 · α. The bound is the largest number
of wrong items for which all three can be.

Single audits belong into the same sequence, in the order drawn: nothing is missed there, so more
are flagged than would have been on pages, and the bets against F stay fair, for what is flagged is
at least what is noticeable of those shown.
"""

from __future__ import annotations

import math
from typing import Any

from scipy.stats import binom

from fewclicks.audit.anytime import error_lower, error_upper, within
from fewclicks.audit.certificate import Certificate, Claim, allowed, outlook
from fewclicks.betting import check_alpha, checked, log_wealth

SPLIT = (0.8, 0.15, 0.05)
"""Shares of α: for the items flagged, for the planted ones missed, for luck in what is noticed."""


def grid_error_upper(flagged: Any, n_items: int, missed: Any, alpha: float = 0.05) -> float:
    """Return the share of wrong items that is not exceeded with confidence 1 − `alpha`.

    It holds at every look.

    Parameters
    ----------
    flagged : array-like of shape (n,), bool
        Whether each random item was said to be wrong, in the order drawn: uniformly, without
        replacement. Planted ones are not among them.
    n_items : int
        Items that they were drawn from.
    missed : array-like of shape (n_planted,), bool
        Whether each planted wrong one was missed when it was first shown, in this order.
    alpha : float, default 0.05
        In (0, 1).

    Returns
    -------
    float
        In [0, 1]; 1 or nearly so without planted ones.

    Raises
    ------
    InvalidInput
        There are more answers than items, or a figure is out of range.
    """
    flagged = checked(flagged, n_items)
    check_alpha(alpha)
    if not n_items:
        return 0.0
    noticeable = round(n_items * error_upper(flagged, n_items, SPLIT[0] * alpha))
    noticed = 1 - error_upper(missed, math.inf, SPLIT[1] * alpha)
    found = _most_wrong(noticeable, noticed, n_items, SPLIT[2] * alpha) / n_items
    return within(found, int(flagged.sum()), int(flagged.sum()), n_items)


def certify_grids(flagged: Any, n_items: int, missed: Any, claim: Claim) -> Certificate:
    """Say what audits on pages show of a claim: as `certify`, with what may have been missed.

    Parameters as of `grid_error_upper`. Its `certified_at` is the number of audits now, where it
    holds.
    """
    flagged, missed = checked(flagged, n_items), checked(missed, math.inf)
    n, wrong = len(flagged), int(flagged.sum())
    upper = grid_error_upper(flagged, n_items, missed, claim.alpha)
    holds = upper * n_items <= allowed(n_items, claim)
    lower = min(upper, error_lower(flagged, n_items, claim.alpha))
    return Certificate(
        claim,
        n_items,
        n,
        wrong,
        lower,
        upper,
        n if holds else None,
        0.0 if holds else _to_go(flagged, n_items, missed, claim),
        len(missed),
        int(missed.sum()),
    )


def _most_wrong(noticeable: int, noticed: float, n_items: int, luck: float) -> int:
    """The most items that can be wrong if so many are noticeable, each with this chance at least.

    The largest w for which a binomial draw of w is at most `noticeable` with a chance above `luck`.
    """
    low, high = min(noticeable, n_items), n_items
    while low < high:
        middle = (low + high + 1) // 2
        if binom.cdf(noticeable, middle, noticed) > luck:
            low = middle
        else:
            high = middle - 1
    return low


def _to_go(flagged: Any, n_items: int, missed: Any, claim: Claim) -> float:
    """As `audits_to_go`, against the noticeable share of the claim's error."""
    noticed = 1 - error_upper(missed, math.inf, SPLIT[1] * claim.alpha)
    low, high = 0, n_items  # the most noticeable ones that leave the claim standing
    while low < high:
        middle = (low + high + 1) // 2
        wrong = _most_wrong(middle, noticed, n_items, SPLIT[2] * claim.alpha)
        if wrong <= allowed(n_items, claim):
            low = middle
        else:
            high = middle - 1
    error = (low + 1) / n_items
    if _most_wrong(0, noticed, n_items, SPLIT[2] * claim.alpha) > allowed(n_items, claim):
        return math.inf
    log_k = log_wealth(flagged, n_items, error)
    lacking = -math.log(SPLIT[0] * claim.alpha) - (float(log_k[-1]) if len(log_k) else 0.0)
    return outlook(int(flagged.sum()), len(flagged), n_items, error, max(lacking, 0.0))
