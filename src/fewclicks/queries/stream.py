"""Items that pass one by one: each is asked about or left to the model, once and for all.

Stream-based selective sampling (Settles 2009, section 2.2) by the strategies of Žliobaitė, Bifet,
Pfahringer and Holmes, "Active learning with drifting streaming data" (2014, section III), and the
Page-Hinkley test for drift (Page 1954, in the form of Gama, Žliobaitė, Bifet, Pechenizkiy and
Bouchachia 2014, section 3.2.1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple, Self, cast

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray

METHODS = ("random", "fixed", "variable", "randomised", "split")


class Asked(NamedTuple):
    """What is asked of a batch; all else is the model's to label.

    Attributes
    ----------
    ask : ndarray of shape (n_items,), bool
        True where the item is to be asked about.
    at_random : ndarray of shape (n_items,), bool
        True where that was drawn whatever the model believes: errors among these tell of all.
    """

    ask: BoolArray
    at_random: BoolArray


class StreamSampler:
    """Decides for each item of a stream, from the model's shares alone, whether to ask.

    An item is asked about if the budget allows and the share of its likeliest class is below a
    threshold. By method that threshold

    - ``fixed`` stays, so that a model that is sure and wrong is never asked about;
    - ``variable`` falls by a `step` of itself with every question and rises by as much with every
      item that could have been asked about and was not, up to just above 1: the budget is used
      whether the model is sure or unsure;
    - ``randomised`` is that times a number drawn from N(1, `spread`²) for each item, so that now
      and then an item is asked about of which the model is sure: the only way to hear of a change
      far from its boundaries;
    - ``split`` is ``variable`` too, but sets a share `split_share` of the items aside, drawn at
      random, each of which is asked about with the budget as its chance whatever was spent: these
      answers are unbiased, and a test of drift can believe them.

    ``random`` sets all items aside in this way.

    What is spent is estimated as the paper has it, by uₜ = (1 − 1/window)·uₜ₋₁ + askedₜ, the
    questions of about one window. Where the paper asks while u < budget·window, which spends
    about 1/(2·window) too much, the bound here is the one under which a stream that could always be
    asked is asked exactly at the budget. Of n items, at most about budget·(n + window) + 1 are
    asked, and with ``random`` and ``split`` as many in the mean.

    A question counts when it is asked: if nobody ever answers, the budget is spent on nothing, the
    threshold moves as if there were answers, and nothing fails.

    Parameters
    ----------
    budget : float, default 0.1
        Share of the items that may be asked about, above 0, at most 1.
    method : str, default "split"
        As above.
    threshold : float, default 1
        At the start, in (0, 1]; shares of belief below it are asked about.
    step : float, default 0.01
        How fast the threshold moves, in (0, 1).
    window : int, default 100
        Items over which spending is measured, at least 2. Unused budget is lost after about as
        many, and right at the start about budget·window may be asked in a row.
    spread : float, default 1
        Standard deviation of the factor of ``randomised``, at least 0.
    split_share : float, default 0.2
        In [0, 1].
    random_state : int, default 0
        The same seed, stream and order give the same questions, however the stream is cut into
        batches.

    Attributes
    ----------
    threshold_ : float
        As it is now.
    spent_ : float
        Estimated share of the last window's items that were asked about.
    n_seen_, n_asked_ : int
        Since the start.

    Raises
    ------
    InvalidInput
        A parameter is out of range.
    """

    def __init__(
        self,
        budget: float = 0.1,
        method: str = "split",
        *,
        threshold: float = 1.0,
        step: float = 0.01,
        window: int = 100,
        spread: float = 1.0,
        split_share: float = 0.2,
        random_state: int = 0,
    ) -> None:
        self.budget = checks.between(budget, 1e-9, 1, "budget")
        self.method = checks.one_of(method, METHODS, "method")
        self.threshold = checks.between(threshold, 1e-9, 1, "threshold")
        self.step = checks.between(step, 1e-9, 1 - 1e-9, "step")
        self.window = checks.between(window, 2, np.inf, "window", integer=True)
        self.spread = checks.between(spread, 0, np.inf, "spread")
        self.split_share = checks.between(split_share, 0, 1, "split_share")
        self.random_state = random_state
        self.threshold_ = float(threshold)
        self.n_seen_ = self.n_asked_ = 0
        self._used = 0.0  # u of the paper
        self._spread = spread if method == "randomised" else 0.0
        self._aside = {"random": 1.0, "split": split_share}.get(method, 0.0)
        self._seed_all()

    @property
    def spent_(self) -> float:
        """See the class."""
        return self._used / self.window

    def ask(self, proba: Any) -> Asked:
        """Decide about the next items, in order.

        Parameters
        ----------
        proba : array-like of shape (n_items, n_classes) or (n_classes,)
            Shares of belief of a batch, or of one item.

        Raises
        ------
        InvalidInput
            They are not finite, or of another shape.
        """
        surest = _surest(proba)
        n = len(surest)
        factors = self._factors.normal(1, self._spread, n).tolist()
        lots = (self._coins.random(n) < self.budget).tolist()
        aside = (self._branches.random(n) < self._aside).tolist()
        asked = Asked(np.zeros(n, bool), np.zeros(n, bool))
        for i, sure in enumerate(surest.tolist()):
            ask = lots[i] if aside[i] else self._affordable() and self._unsure(sure, factors[i])
            asked.ask[i], asked.at_random[i] = ask, ask and aside[i]
            self._used = self._used * (1 - 1 / self.window) + ask
        self.n_seen_ += n
        self.n_asked_ += int(asked.ask.sum())
        return asked

    def state(self) -> dict[str, float]:
        """Return all that `resume` needs besides the parameters, as plain numbers."""
        return {
            "threshold": self.threshold_,
            "used": self._used,
            "seen": self.n_seen_,
            "asked": self.n_asked_,
        }

    def resume(self, state: Mapping[str, float]) -> Self:
        """Go on where a sampler of the same parameters was; from the start if `state` is empty.

        Its random numbers are drawn again, one for each item seen.
        """
        self.threshold_ = float(state.get("threshold", self.threshold))
        self._used = float(state.get("used", 0))
        self.n_seen_, self.n_asked_ = int(state.get("seen", 0)), int(state.get("asked", 0))
        self._seed_all()
        self._factors.normal(1, self._spread, self.n_seen_)
        for lots in (self._coins, self._branches):
            lots.random(self.n_seen_)
        return self

    def _seed_all(self) -> None:
        self._factors, self._coins, self._branches = (
            np.random.default_rng((self.random_state, number)) for number in range(3)
        )

    def _affordable(self) -> bool:
        """Tell whether one more question keeps spending within the budget in the long run.

        With decay d = 1 − 1/window and a question every L = 1/budget items, u stands at
        d^(L−1)/(1 − d^L) before each, and at a 1/d-th more an item earlier. The bound lies between.
        """
        rate = -math.log1p(-1 / self.window)
        return self._used * math.expm1(min(rate / self.budget, 700)) < math.exp(1.5 * rate)

    def _unsure(self, sure: float, factor: float) -> bool:
        """Tell whether to ask about an item that could be, and move the threshold."""
        ask = sure < self.threshold_ * factor
        if self.method != "fixed":
            self.threshold_ *= 1 - self.step if ask else 1 + self.step
            self.threshold_ = min(self.threshold_, 1 + self.step)
        return ask


class PageHinkley:
    """Hears from the errors of answered items when the model has become worse.

    With xₜ the t-th error, 0 or 1, and x̄ₜ the mean so far, it sums mₜ = Σ (xₜ − x̄ₜ − tolerance)
    and tells of drift when m has risen by more than `threshold` above its smallest value; then it
    starts afresh. A rise of the error rate by r is heard after about threshold/(r − tolerance)
    answers.

    Give it errors that stand for the stream: those of items asked at random (`Asked.at_random`), or
    always those of the same sampler. It needs answers; without them it tells of nothing.

    Parameters
    ----------
    threshold : float, default 15
        Above 0; larger means fewer false alarms, and later true ones.
    tolerance : float, default 0.05
        Rise of the error rate that is no drift, in [0, 1).
    least : int, default 30
        Errors to hear before any alarm.

    Attributes
    ----------
    n_ : int
        Errors heard since the last drift.
    rate_ : float
        Their mean, 0 before the first.
    n_drifts_ : int
        Drifts told of.
    """

    def __init__(
        self, threshold: float = 15.0, *, tolerance: float = 0.05, least: int = 30
    ) -> None:
        self.threshold = checks.between(threshold, 1e-9, np.inf, "threshold")
        self.tolerance = checks.between(tolerance, 0, 1, "tolerance")
        self.least = checks.between(least, 1, np.inf, "least", integer=True)
        self.n_drifts_ = 0
        self.n_, self.rate_ = 0, 0.0
        self._sum = self._lowest = 0.0

    def hear(self, errors: Any) -> bool:
        """Take the next errors, in order, and return whether the model has drifted among them.

        Parameters
        ----------
        errors : bool, or array-like of shape (n,)
            True or 1 where the answer was not what the model said.

        Raises
        ------
        InvalidInput
            An error is neither 0 nor 1.
        """
        heard = np.atleast_1d(np.asarray(errors, dtype=np.float64))
        if heard.ndim != 1 or not np.isin(heard, (0, 1)).all():
            raise InvalidInput("errors must be True or False each.", "Compare answers with labels.")
        drifts = [self._hear_one(error) for error in heard.tolist()]
        self.n_drifts_ += sum(drifts)
        return any(drifts)

    def state(self) -> dict[str, float]:
        """Return all that `resume` needs besides the parameters, as plain numbers."""
        return {
            "drifts": self.n_drifts_,
            "n": self.n_,
            "rate": self.rate_,
            "sum": self._sum,
            "lowest": self._lowest,
        }

    def resume(self, state: Mapping[str, float]) -> Self:
        """Go on where a test of the same parameters was; from the start if `state` is empty."""
        self.n_drifts_, self.n_ = int(state.get("drifts", 0)), int(state.get("n", 0))
        self.rate_ = float(state.get("rate", 0))
        self._sum, self._lowest = float(state.get("sum", 0)), float(state.get("lowest", 0))
        return self

    def _hear_one(self, error: float) -> bool:
        self.n_ += 1
        self.rate_ += (error - self.rate_) / self.n_
        self._sum += error - self.rate_ - self.tolerance
        self._lowest = min(self._lowest, self._sum)
        drifted = self.n_ >= self.least and self._sum - self._lowest > self.threshold
        if drifted:
            self.n_, self.rate_ = 0, 0.0
            self._sum = self._lowest = 0.0
        return drifted


def _surest(proba: Any) -> FloatArray:
    """Return the share of the likeliest class of each item."""
    shares = np.atleast_2d(np.asarray(proba, dtype=np.float64))
    if shares.ndim != 2 or shares.shape[1] == 0:
        raise InvalidInput(
            f"proba must have shape (n_items, n_classes) but has shape {np.shape(proba)}."
        )
    checks.finite(shares, "proba")
    return cast(FloatArray, shares.max(axis=1))
