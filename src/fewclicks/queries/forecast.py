"""How many more answers are worth giving, from how the labels moved so far."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fewclicks import checks
from fewclicks.queries.stopping import History
from fewclicks.records import FloatArray

LEAST_ROUNDS = 3
"""Rounds with changes below which nothing is said: two points lie on every curve."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """How many more answers are worth giving.

    Attributes
    ----------
    answers : int or None
        Answers still worth giving; None while too few rounds are known.
    at_least : bool
        True where that is as far as the rounds allow to look, and it may well be more.
    rate : float
        Labels that the next answer changes, by the fitted curve; NaN where `answers` is None.
    sentence : str
        The same in plain words.
    """

    answers: int | None
    at_least: bool
    rate: float
    sentence: str


def worth_giving(history: History, *, worth: float = 1.0, window: int = 8) -> Forecast:
    """Estimate how many more answers are worth giving.

    The labels changed per answer are taken to fall as a power of the answers given, a·n^−b, as
    learning curves do. The curve is fitted by least squares to the logarithms of the last `window`
    rounds (half a change is added to each, so that a round without any counts), and followed to
    where an answer changes fewer than `worth` labels. An answer changes at least its own label
    where that was wrong, so 1 says: hardly more is learned than is said.

    Assumed: the same model, features and strategy go on being used; a changed label is as good as
    a corrected one (some are not, so this errs towards asking more); batches are of like size, as
    a larger batch changes fewer labels per answer. The curve is followed no farther than to twice
    the answers given.

    Parameters
    ----------
    history : sequence of dict
        Figures of the rounds so far, oldest first: `answers` and, but for the first, `changed`
        (`stopping.round_figures`). Rounds without a new answer are passed over.
    worth : float, default 1.0
        Above 0: labels an answer must change to be worth giving. To look at an unsure item costs
        as much as to answer a question and mends 0.3 to 0.5 labels, so less than that is too low.
    window : int, default 8
        Rounds looked at, at least 3.

    Raises
    ------
    InvalidInput
        `worth` or `window` is out of range.
    """
    checks.between(worth, 1e-9, np.inf, "worth")
    checks.between(window, LEAST_ROUNDS, np.inf, "window", integer=True)
    middles, rates = changes_per_answer(history)
    middles, rates = middles[-window:], rates[-window:]
    if len(rates) < LEAST_ROUNDS:
        needed = f"{LEAST_ROUNDS} rounds that changed labels are needed"
        return Forecast(None, False, np.nan, f"Too early to say: {needed}.")
    given = float(history[-1]["answers"])
    slope, level = np.polyfit(np.log(middles), np.log(rates), 1)
    rate = float(np.exp(level + slope * np.log(given)))
    return _told(*_left(rate, float(slope), given, worth), rate)


def changes_per_answer(history: History) -> tuple[FloatArray, FloatArray]:
    """Return, per round with new answers, their middle count and the labels changed per answer.

    Returns
    -------
    middles : ndarray of shape (n_rounds,)
        Geometric mean of the answers before (at least 1) and after the round.
    rates : ndarray of shape (n_rounds,)
        (changed + ½) / new answers.
    """
    middles, rates = [], []
    for before, after in pairwise(history):
        new = after["answers"] - before["answers"]
        if new > 0 and "changed" in after:
            middles.append(math.sqrt(max(1, before["answers"]) * after["answers"]))
            rates.append((after["changed"] + 0.5) / new)
    return np.array(middles), np.array(rates)


def _left(rate: float, slope: float, given: float, worth: float) -> tuple[int, bool]:
    """Follow rate·(n/given)^slope from `given` down to `worth`, at most to twice `given`."""
    if rate <= worth:
        return 0, False
    doublings = math.log2(rate / worth) / -slope if slope < 0 else math.inf
    if doublings >= 1:
        return int(given), True
    return max(1, round(given * (2**doublings - 1))), False


def _told(answers: int, at_least: bool, rate: float) -> Forecast:
    now = f"an answer changes about {rate:.1f} labels now"
    if not answers:
        return Forecast(0, False, rate, f"Enough: {now}.")
    count = f"at least {answers:,}" if at_least else f"about {answers:,}"
    noun = "answer is" if answers == 1 else "answers are"
    return Forecast(
        answers, at_least, rate, f"{count.capitalize()} more {noun} worth giving: {now}."
    )
