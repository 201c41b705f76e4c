"""Bounds of the share of wrong items that hold at every look, from bets against many shares."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from fewclicks.betting import Doubt, check_alpha, checked, least_count, paths
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray

POINTS = 1024
"""Shares that a bound is looked for among: 1.4 % apart with a million items."""

_BLOCK = 1 << 20
"""Numbers in memory at once."""


def error_grid(n_items: float, errors: Any = ()) -> FloatArray:
    """Return the shares that bounds are looked for among, ascending, those given among them.

    Every share that `n_items` can have if these are few; else `POINTS` of them, closer together
    the smaller they are.
    """
    if math.isinf(n_items):
        return np.unique(np.concatenate([np.geomspace(1e-6, 1, POINTS), np.ravel(errors)]))
    if n_items <= POINTS:
        counts = np.arange(1.0, max(1, n_items) + 1)
    else:
        counts = np.unique(np.round(np.geomspace(1, n_items, POINTS)))
    asked = [least_count(error, n_items) for error in np.ravel(errors)]
    return np.unique(np.concatenate([counts, asked])) / max(1, n_items)


def error_upper(wrong: Any, n_items: float, alpha: float = 0.05, errors: Any = ()) -> float:
    """Return the share of wrong items that is not exceeded with confidence 1 − `alpha`.

    It holds at every look: after each answer it may be read, with all answers so far, and one may
    stop whenever it pleases. More answers never loosen it, but for wrong ones that leave it no
    choice. All shares from it on (those of `error_grid`) were bet against with success.

    Parameters
    ----------
    wrong, n_items
        As of `log_wealth`.
    alpha : float, default 0.05
        In (0, 1): chance that the bound is ever too low.
    errors : array-like, optional
        Shares that are looked at besides the others.

    Returns
    -------
    float
        In [0, 1]; the share of wrong ones itself once all are audited.

    Examples
    --------
    >>> round(error_upper(np.zeros(343, bool), 60000, errors=[0.01]), 4)
    0.01
    """
    wrong = _flat(checked(wrong, n_items))
    check_alpha(alpha)
    grid = error_grid(n_items, errors)
    passed = crossed(len(grid), len(wrong), alpha, _uniform(wrong, n_items, grid, fewer=True))
    found = highest(grid, passed, n_items)
    return within(found, int(wrong.sum()), len(wrong), n_items)


def error_lower(wrong: Any, n_items: float, alpha: float = 0.05, errors: Any = ()) -> float:
    """Return the share of wrong items that is reached with confidence 1 − `alpha`, at every look.

    The other side of `error_upper`, with the same parameters.
    """
    wrong = _flat(checked(wrong, n_items))
    check_alpha(alpha)
    grid = error_grid(n_items, errors)
    passed = crossed(len(grid), len(wrong), alpha, _uniform(wrong, n_items, grid, fewer=False))
    found = lowest(grid, passed)
    return within(found, int(wrong.sum()), len(wrong), n_items)


def error_interval(
    wrong: Any, n_items: float, alpha: float = 0.05, errors: Any = ()
) -> tuple[float, float]:
    """Return the lowest and highest share of wrong items that fit, at every look.

    `error_lower` and `error_upper`, each with half of `alpha`.
    """
    low = error_lower(wrong, n_items, alpha / 2, errors)
    return low, error_upper(wrong, n_items, alpha / 2, errors)


def highest(grid: FloatArray, passed: BoolArray, n_items: float) -> float:
    """Return the greatest share below all of the grid's end that was bet against with success."""
    n_left = len(grid) - int(np.argmin(passed[::-1])) if not passed.all() else 0
    if n_left == len(grid):
        return 1.0
    return float(grid[n_left] - (0 if math.isinf(n_items) else 1 / max(1, n_items)))


def lowest(grid: FloatArray, passed: BoolArray) -> float:
    """Return the last share of the grid's beginning that was bet against with success."""
    n_passed = len(grid) if passed.all() else int(np.argmin(passed))
    return float(grid[n_passed - 1]) if n_passed else 0.0


def within(share: float, wrong: int, audits: int, n_items: float) -> float:
    """Return the share, or the nearest one that the audited items leave possible."""
    if math.isinf(n_items) or n_items == 0:
        return min(1.0, share) if n_items else 0.0
    return min(max(share, wrong / n_items), (wrong + n_items - audits) / n_items)


def _flat(wrong: BoolArray) -> BoolArray:
    if wrong.ndim != 1:
        raise InvalidInput(f"wrong must have shape (n,) but has shape {wrong.shape}.")
    return wrong


def crossed(
    n_shares: int, n_audits: int, alpha: float, wealth: Callable[[slice], FloatArray]
) -> BoolArray:
    """Return whether the wealth has ever reached 1/alpha, of the bets against each share.

    `wealth` gives its logarithm after each audit, of shape (n, n_audits), for a slice of shares.
    """
    if not n_audits:
        return np.zeros(n_shares, np.bool_)
    step = max(1, _BLOCK // n_audits)
    parts = [slice(begin, begin + step) for begin in range(0, n_shares, step)]
    return np.concatenate([(wealth(part) >= -math.log(alpha)).any(axis=1) for part in parts])


def _uniform(wrong: BoolArray, n_items: float, grid: FloatArray, *, fewer: bool) -> Any:
    doubt = Doubt(grid_counts(grid, n_items)[:, None], n_items, fewer)
    return lambda part: paths(wrong, doubt.only(part))


def grid_counts(grid: FloatArray, n_items: float) -> FloatArray:
    """Return the counts of a doubt about each share of a grid."""
    return grid if math.isinf(n_items) else np.round(grid * n_items)
