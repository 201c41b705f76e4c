"""What a random sample of fixed size shows of a share: exact bounds, and one for display.

Each holds for one look at a sample whose size was settled beforehand. Looking again and again, and
stopping when the figures please, needs the bounds of `fewclicks.audit`, which hold at every look.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import beta, hypergeom, norm

from fewclicks import checks

__all__ = [
    "accuracy_bound",
    "accuracy_interval",
    "error_bound",
    "sample_size",
    "wilson_interval",
]


def accuracy_bound(right: int, n: int, confidence: float = 0.95) -> float:
    """Return the accuracy that is exceeded with `confidence`, if `right` of `n` were right.

    The lower end of Clopper and Pearson's one-sided interval (1934): the least accuracy under
    which as many right ones have a chance of 1 − confidence. 0 where `right` is 0. It holds for
    one look at a random sample; looking after every round and stopping at the first success makes
    it somewhat too hopeful.

    Examples
    --------
    >>> round(accuracy_bound(299, 299), 4)
    0.99
    """
    _check(right, n, confidence, "right")
    return float(beta.ppf(1 - confidence, right, n - right + 1)) if right else 0.0


def accuracy_interval(right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the lowest and highest accuracy that fit, if `right` of `n` were right.

    Clopper and Pearson's two-sided interval (1934): outside of it, as many right ones or more (or
    as few or fewer) have a chance of (1 − confidence) / 2. From 0 to 1 where `n` is 0. Like
    `accuracy_bound`, it holds for one look at a random sample.

    Examples
    --------
    >>> low, high = accuracy_interval(9, 10)
    >>> round(low, 3), round(high, 4)
    (0.555, 0.9975)
    """
    _check(right, n, confidence, "right")
    tail = (1 - confidence) / 2
    low = beta.ppf(tail, right, n - right + 1) if right else 0.0
    high = beta.isf(tail, right + 1, n - right) if right < n else 1.0
    return float(low), float(high)


def error_bound(
    wrong: int, n: int, confidence: float = 0.95, *, n_items: int | None = None
) -> float:
    """Return the error that is not exceeded with `confidence`, if `wrong` of `n` were wrong.

    The upper end of Clopper and Pearson's one-sided interval: the greatest error under which as
    few wrong ones have a chance of 1 − confidence. 1 where `wrong` is `n`.

    Parameters
    ----------
    wrong, n : int
        0 <= wrong <= n.
    confidence : float
        In [0.5, 1].
    n_items : int, optional
        How many items the sample was drawn from, without replacement. Then the bound is exact for
        that (by the hypergeometric distribution) and a whole number of items over `n_items`;
        without it, the sample is taken to be from endlessly many, which is on the safe side.

    Raises
    ------
    InvalidInput
        A figure is out of range.

    Examples
    --------
    >>> round(error_bound(0, 299), 4)
    0.01
    >>> error_bound(0, 95, n_items=100)
    0.0
    """
    _check(wrong, n, confidence, "wrong")
    if n_items is None:
        return 1 - accuracy_bound(n - wrong, n, confidence)
    checks.between(n_items, max(1, n), np.inf, "n_items", integer=True)
    low, high = wrong, n_items - n + wrong  # how many may be wrong; fewer get likelier
    while low < high:
        middle = (low + high + 1) // 2
        if hypergeom.cdf(wrong, n_items, middle, n) > 1 - confidence:
            low = middle
        else:
            high = middle - 1
    return low / n_items


def sample_size(error: float, wrong: int = 0, confidence: float = 0.95) -> int:
    """Return the fewest random items of which `wrong` may be wrong and `error_bound` is `error`.

    Examples
    --------
    >>> [sample_size(0.01, wrong) for wrong in range(7)]
    [299, 473, 628, 773, 913, 1049, 1182]
    """
    checks.between(error, np.nextafter(0, 1), 1, "error")
    checks.between(wrong, 0, np.inf, "wrong", integer=True)
    checks.between(confidence, 0.5, np.nextafter(1, 0), "confidence")
    low, high = wrong, max(1, wrong)
    while error_bound(wrong, high, confidence) > error:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if error_bound(wrong, middle, confidence) > error:
            low = middle
        else:
            high = middle
    return high


def wilson_interval(right: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return an interval of the accuracy to draw beside a figure, if `right` of `n` were right.

    Wilson's (1927). Shorter than `accuracy_interval`, and right so often only on average over
    accuracies: close to 0 and 1 it is too hopeful. Never for a certificate.

    Examples
    --------
    >>> low, high = wilson_interval(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    _check(right, n, confidence, "right")
    if n == 0:
        return 0.0, 1.0
    z = float(norm.isf((1 - confidence) / 2))
    share, weight = right / n, 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / weight
    half = z / weight * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _check(count: int, n: int, confidence: float, name: str) -> None:
    checks.between(n, 0, np.inf, "n", integer=True)
    checks.between(count, 0, n, name, integer=True)
    checks.between(confidence, 0.5, 1, "confidence")
