"""Probably approximately correct labels: the cut above which people must label.

Candès, Ilyas and Zrnic ("Probably approximately correct labels", 2025). A random sample of all
items is labelled by people, and says of each label of a model whether it was wrong. Labels up to
some uncertainty are kept; people label all others. The cut is the highest for which it is shown
that of the finished set at most a share `error` is wrong, with confidence 1 − α. As more labels
can only be more wrong, no correction for looking at many cuts is needed.

It does not matter how good the uncertainty is: a bad one makes people label more.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import hypergeom

from fewclicks import checks
from fewclicks.betting import check_alpha, log_wealth
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Cut:
    """Which labels are kept.

    Attributes
    ----------
    threshold : float
        The greatest uncertainty that is kept; infinite if every label is, minus infinity if none.
    kept : ndarray of shape (n_items,), bool
        Labels that stay as the model gave them.
    people : ndarray of shape (n_items,), bool
        Items that people have to label besides those asked already.
    """

    threshold: float
    kept: BoolArray
    people: BoolArray

    @property
    def saved(self) -> float:
        """Share of all items that no person labels."""
        return float(self.kept.mean()) if len(self.kept) else 1.0


def pac_cut(
    uncertainty: Any,
    asked: Any,
    wrong: Any,
    error: float,
    alpha: float = 0.05,
    *,
    anytime: bool = False,
) -> Cut:
    """Find the uncertainty above which people must label.

    With a chance of 1 − `alpha` at least, at most the share `error` of the finished set is wrong,
    if people are right: labels kept by the cut, and people's for all others and for those asked.

    Parameters
    ----------
    uncertainty : array-like of shape (n_items,)
        Of each label; any finite numbers, higher is less sure. Known before anybody was asked.
    asked : array-like of shape (n,), int
        Items asked, each once: drawn uniformly from all, without replacement.
    wrong : array-like of shape (n,), bool
        Whether the label of each was.
    error : float
        In [0, 1].
    alpha : float, default 0.05
        In (0, 1).
    anytime : bool, default False
        Without it, the bound is exact for a number of asked items that was settled beforehand
        (hypergeometric; wrong labels that were asked count as mended). With it, one may look after
        every answer and stop as one likes; `asked` is then in the order drawn.

    Raises
    ------
    InvalidInput
        Arrays that do not fit, an item asked twice, or a figure out of range.

    Examples
    --------
    >>> uncertainty = np.arange(1000) / 1000
    >>> asked = np.arange(0, 1000, 5)
    >>> cut = pac_cut(uncertainty, asked, uncertainty[asked] > 0.9, 0.05)
    >>> cut.threshold, int(cut.people.sum())
    (0.934, 52)
    """
    uncertainty, asked, wrong = checked_sample(uncertainty, asked, wrong)
    first = first_unsure(uncertainty[asked], wrong, len(uncertainty), error, alpha, anytime=anytime)
    return _cut(uncertainty, asked, first)


def first_unsure(
    uncertainty: FloatArray,
    wrong: BoolArray,
    n_items: int,
    error: float,
    alpha: float,
    *,
    anytime: bool = False,
) -> float:
    """Return the uncertainty from which on people must label; `pac_cut` from the sample alone.

    `uncertainty` and `wrong` are of the items asked. Infinite if every label can stay, minus
    infinity if none can.
    """
    checks.between(error, 0, 1, "error")
    check_alpha(alpha)
    suspects = np.sort(uncertainty[wrong])
    if anytime:
        allowed = _allowed_at_any_time(uncertainty, wrong, n_items, error, alpha)
    else:
        allowed = wrong_allowed(n_items, len(wrong), error, alpha)
    if allowed < 0:
        return -math.inf
    return math.inf if allowed >= len(suspects) else float(suspects[allowed])


def pac_cut_by_class(
    uncertainty: Any,
    class_ids: Any,
    asked: Any,
    wrong: Any,
    error: float,
    alpha: float = 0.05,
    *,
    at_once: bool = False,
) -> Cut:
    """Find a cut for each class, so that of the labels of each at most `error` are wrong.

    Parameters as of `pac_cut`, and:

    class_ids : array-like of shape (n_items,)
        The class that the label names.
    at_once : bool, default False
        Whether the promise is for all classes together. Else it is for each by itself.

    Returns
    -------
    Cut
        Its threshold is that of the class of which most is kept.
    """
    uncertainty, asked, wrong = checked_sample(uncertainty, asked, wrong)
    class_ids = np.asarray(class_ids)
    checks.same_length(uncertainty, class_ids, ("uncertainty", "class_ids"))
    present = np.unique(class_ids)
    kept, people = (np.zeros(len(uncertainty), np.bool_) for _ in range(2))
    threshold = -math.inf
    for class_id in present:
        own = np.flatnonzero(class_ids == class_id)
        mine = class_ids[asked] == class_id
        places = np.searchsorted(own, asked[mine])
        each = alpha / len(present) if at_once else alpha
        cut = pac_cut(uncertainty[own], places, wrong[mine], error, each)
        kept[own], people[own] = cut.kept, cut.people
        threshold = max(threshold, cut.threshold)
    return Cut(threshold, kept, people)


def cut_sample(n_items: int, error: float, confidence: float = 0.95) -> int:
    """Return how many items to ask so that a cut saves about as many answers as it can.

    More show a higher cut, and cost more themselves. Best if some 15 % of the labels next to the
    cut are wrong, as of models they often are: (5.5 · n_items · √error)^(2/3). Then as few more as
    allow one more of them to be wrong: with any fewer, these would show nothing. At least as many
    as show the error if 3 are wrong. All items, where there are fewer.

    Examples
    --------
    >>> cut_sample(60000, 0.01), cut_sample(50000, 0.05)
    (1034, 1566)
    """
    checks.between(n_items, 0, np.inf, "n_items", integer=True)
    checks.between(error, np.nextafter(0, 1), 1, "error")
    checks.between(confidence, 0.5, np.nextafter(1, 0), "confidence")
    best: int = min(n_items, round((5.5 * n_items * math.sqrt(error)) ** (2 / 3)))

    def allowed(n: int) -> int:
        return wrong_allowed(n_items, n, error, 1 - confidence)

    wanted = max(3, allowed(best) + 1)
    return bisect_left(range(n_items), wanted, lo=best, key=allowed)


def wrong_allowed(n_items: int, n_asked: int, error: float, alpha: float) -> int:
    """Return how many of the asked labels may be wrong below a cut; −1 if not even none may.

    Let `count` be the least number of wrong labels that is too many. In the order of uncertainty,
    each wrong label was asked or not, as in a random arrangement of `n_asked` and the others. That
    at most w were asked before `count` were not has the chance that of the first count + w
    at most w were: hypergeometric. The largest w for which it is at most α is allowed.
    """
    count = math.floor(error * n_items * (1 + 1e-12)) + 1
    if count > n_items - n_asked:
        return n_asked  # so many are not left to be wrong
    low, high = -1, n_asked
    while high - low > 1:
        middle = (low + high) // 2
        several = min(count + middle, n_items)
        if hypergeom.cdf(middle, n_items, several, n_asked) <= alpha:
            low = middle
        else:
            high = middle
    return low


def checked_sample(uncertainty: Any, asked: Any, wrong: Any) -> tuple[FloatArray, IntArray, Any]:
    """Return the arrays as such, if they fit."""
    scores = np.asarray(uncertainty, np.float64)
    if scores.ndim != 1:
        raise InvalidInput(f"uncertainty must have shape (n_items,) but has {scores.shape}.")
    checks.finite(scores, "uncertainty")
    ids = checks.item_ids(asked, len(scores))
    checks.same_length(ids, wrong, ("asked", "wrong"))
    if len(np.unique(ids)) < len(ids):
        raise InvalidInput("asked names an item twice.", "Ask about each item once.")
    answers = np.asarray(wrong)
    if not np.isin(answers, (0, 1)).all():
        raise InvalidInput("wrong must say of each asked label whether it was: true or false.")
    return scores, ids, answers.astype(np.bool_)


def _allowed_at_any_time(
    uncertainty: FloatArray, wrong: BoolArray, n_items: int, error: float, alpha: float
) -> int:
    """How many of the least uncertain wrong ones can lie below a cut, by bets against each."""
    count = math.floor(error * n_items * (1 + 1e-12)) + 1
    if count > n_items:
        return len(wrong)
    places = np.flatnonzero(wrong)
    places = places[np.argsort(uncertainty[places], kind="stable")]
    below = np.zeros(len(wrong), np.bool_)
    for allowed, place in enumerate([*places, -1]):
        log_k = log_wealth(below, n_items, count / n_items)
        if not (log_k >= -math.log(alpha)).any():
            return allowed - 1
        below[place] = True
    return len(places)


def _cut(uncertainty: FloatArray, asked: IntArray, first: float) -> Cut:
    """Keep what is surer than the first that people must label."""
    kept = uncertainty < first
    threshold = float(uncertainty[kept].max()) if kept.any() else -math.inf
    people = ~kept
    kept[asked] = people[asked] = False
    return Cut(math.inf if not people.any() and first > -math.inf else threshold, kept, people)
