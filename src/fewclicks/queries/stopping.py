"""When to stop asking: figures of each round, criteria over them, and what is still worth asking.

A round is told by a dict of plain numbers (`round_figures`), a run by the list of them, oldest
first. A criterion looks at that list and gives a `Signal`. Criteria know nothing of how the
figures came about, so they serve a workflow, a simulation and a benchmark alike.

The largest comparison (Pullar-Strecker, Dost, Frank and Wicker 2022) finds stabilising predictions
and classification change the reliable ones; overall uncertainty depends on the model's confidence
and is here for completeness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from fewclicks import checks
from fewclicks.answers.agreement import cohen_kappa
from fewclicks.bounds import accuracy_bound
from fewclicks.queries.registry import make
from fewclicks.queries.uncertainty import entropy
from fewclicks.records import NO_CLASS, FloatArray, IntArray

Figures = Mapping[str, float]
"""Of one round: `answers` given up to it; and, where they are known, `changed`, `changed_share`,
`agreement`, `uncertainty`, `held_out` and `held_out_right`, as `round_figures` says."""

History = Sequence[Figures]

GOOD_AGREEMENT = 0.99
"""Agreement from which labels hardly move: Bloodgood and Vijay-Shanker's 2009 intensity."""

DONE_AGREEMENT = 0.998
"""Agreement from which more answers bring next to nothing: on MNIST reached at 200 answers, with
99.3 % right, where 0.99 is reached at 125, with 99.2 %."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What a criterion says after a round.

    Attributes
    ----------
    name : str
        The criterion.
    met : bool
        Whether it says to stop.
    value, bound : float
        What was seen and what it is compared with; `value` is NaN while nothing was seen.
    sentence : str
        The same in plain words.
    """

    name: str
    met: bool
    value: float
    bound: float
    sentence: str


class Criterion(Protocol):
    """Says whether to stop, from the rounds so far."""

    name: ClassVar[str]

    def __call__(self, history: History) -> Signal:
        """Look at the rounds so far, oldest first; never met on an empty list."""
        ...


def round_figures(
    answers: int,
    after: IntArray,
    before: IntArray | None = None,
    *,
    proba: FloatArray | None = None,
    held_out: IntArray | None = None,
) -> dict[str, float]:
    """Return the figures of one round that the criteria look at.

    Parameters
    ----------
    answers : int
        Answers given up to this round's labels.
    after, before : ndarray of shape (n_items,)
        The class of every item after this round and after the one before, NO_CLASS where nothing
        is believed. Without `before` (the first round), nothing is said of changes.
    proba : ndarray of shape (n, n_classes), optional
        Shares of belief of the items without an answer.
    held_out : ndarray of shape (n_items,), optional
        Answers to randomly drawn items that the model has not learned from, NO_CLASS elsewhere.

    Returns
    -------
    dict
        `answers`; with `before`: `changed`, the items whose class differs, `changed_share`, their
        share, and `agreement`, Cohen's kappa; with `proba`: `uncertainty`, the mean entropy in
        [0, 1]; with `held_out`: `held_out` and `held_out_right`, counts.

    Raises
    ------
    InvalidInput
        Two arrays over the items differ in length.
    """
    figures: dict[str, float] = {"answers": answers}
    if before is not None:
        checks.same_length(before, after, ("before", "after"))
        figures["agreement"] = cohen_kappa(before, after)
        figures["changed"] = int(np.count_nonzero(before != after))
        figures["changed_share"] = figures["changed"] / max(1, len(after))
    if proba is not None:
        figures["uncertainty"] = float(entropy(proba).mean()) if len(proba) else 0.0
    if held_out is not None:
        checks.same_length(held_out, after, ("held_out", "after"))
        known = held_out != NO_CLASS
        figures["held_out"] = int(known.sum())
        figures["held_out_right"] = int((held_out[known] == after[known]).sum())
    return figures


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """Stop when as many answers are given as were to be given."""

    budget: int
    name: ClassVar[str] = "budget"

    def __post_init__(self) -> None:
        checks.between(self.budget, 1, np.inf, "budget", integer=True)

    def __call__(self, history: History) -> Signal:
        """See the class."""
        value = _last(history, "answers")
        sentence = f"{_count(value)} of {self.budget:,} answers are given."
        return Signal(self.name, value >= self.budget, value, self.budget, sentence)


@dataclass(frozen=True, slots=True)
class TargetAccuracy:
    """Stop when held-out answers show, beyond luck, that the labels are accurate enough.

    Met when `accuracy_bound` of the last round's held-out answers reaches `target`. To show 0.99
    with confidence 0.95 takes 299 held-out answers, all of them right.
    """

    target: float = 0.99
    confidence: float = 0.95
    name: ClassVar[str] = "accuracy"

    def __post_init__(self) -> None:
        checks.between(self.target, 0, 1, "target")
        checks.between(self.confidence, 0.5, 1, "confidence")

    def __call__(self, history: History) -> Signal:
        """See the class."""
        n, right = _last(history, "held_out"), _last(history, "held_out_right")
        if not n > 0:
            return Signal(self.name, False, np.nan, self.target, "No answers are held out yet.")
        value = accuracy_bound(int(right), int(n), self.confidence)
        sentence = (
            f"{right:,.0f} of {n:,.0f} held-out answers are right: at least {value:.2%} of all, "
            f"with confidence {self.confidence:.0%}; {self.target:.2%} are wanted."
        )
        return Signal(self.name, value >= self.target, value, self.target, sentence)


@dataclass(frozen=True, slots=True)
class StablePredictions:
    """Stop when the labels of successive rounds agree (Bloodgood and Vijay-Shanker 2009).

    Met when the mean agreement of the last `window` rounds reaches `bound`: GOOD_AGREEMENT, or
    DONE_AGREEMENT for the last tenths of a percent. With agreement κ, the F-measure differs by at
    most 4(1 − κ)/κ from one round to the next (Bloodgood and Grothendieck 2013).
    """

    bound: float = GOOD_AGREEMENT
    window: int = 3
    name: ClassVar[str] = "stable"

    def __post_init__(self) -> None:
        checks.between(self.bound, -1, 1, "bound")
        checks.between(self.window, 1, np.inf, "window", integer=True)

    def __call__(self, history: History) -> Signal:
        """See the class."""
        seen = _latest(history, "agreement", self.window)
        value = float(np.mean(seen)) if seen else np.nan
        met = len(seen) == self.window and value >= self.bound
        sentence = (
            f"Labels agreed by {value:.4f} over the last {_rounds(len(seen))}; "
            f"{self.bound} over {_rounds(self.window)} is wanted."
            if seen
            else "There are no two rounds to compare yet."
        )
        return Signal(self.name, met, value, self.bound, sentence)


@dataclass(frozen=True, slots=True)
class FewChanges:
    """Stop when hardly a label changes from round to round (Zhu, Wang and Hovy 2008, section 4.1).

    Met when in each of the last `window` rounds at most `bound` of the labels changed. The paper
    asks that none does, which a large collection seldom grants.
    """

    bound: float = 0.001
    window: int = 2
    name: ClassVar[str] = "changes"

    def __post_init__(self) -> None:
        checks.between(self.bound, 0, 1, "bound")
        checks.between(self.window, 1, np.inf, "window", integer=True)

    def __call__(self, history: History) -> Signal:
        """See the class."""
        seen = _latest(history, "changed_share", self.window)
        value = max(seen) if seen else np.nan
        met = len(seen) == self.window and value <= self.bound
        sentence = (
            f"At most {value:.2%} of the labels changed in each of the last {_rounds(len(seen))}; "
            f"{self.bound:.2%} over {_rounds(self.window)} is wanted."
            if seen
            else "There are no two rounds to compare yet."
        )
        return Signal(self.name, met, value, self.bound, sentence)


@dataclass(frozen=True, slots=True)
class LowUncertainty:
    """Stop when the model is sure of what is left (Zhu, Wang and Hovy 2008, overall uncertainty).

    Met when the mean entropy of the items without an answer, in [0, 1], is at most `bound`. A
    model may be sure and wrong: prefer the other criteria.
    """

    bound: float = 0.01
    name: ClassVar[str] = "uncertainty"

    def __post_init__(self) -> None:
        checks.between(self.bound, 0, 1, "bound")

    def __call__(self, history: History) -> Signal:
        """See the class."""
        value = _last(history, "uncertainty")
        sentence = (
            "No uncertainty is known yet."
            if np.isnan(value)
            else f"The mean uncertainty is {value:.4f}; {self.bound} is wanted."
        )
        return Signal(self.name, value <= self.bound, value, self.bound, sentence)


CRITERIA: dict[str, type[Any]] = {
    made.name: made
    for made in (BudgetSpent, TargetAccuracy, StablePredictions, FewChanges, LowUncertainty)
}
"""Every criterion by name."""


def make_criterion(name: str, **parameters: Any) -> Criterion:
    """Make a criterion by name.

    Raises
    ------
    InvalidInput
        There is no such criterion, or its parameters are not these, or out of range.
    """
    criterion: Criterion = make(CRITERIA, "criterion", name, parameters)
    return criterion


def _last(history: History, figure: str) -> float:
    """Return a figure of the last round, NaN if it is not known."""
    return float(history[-1].get(figure, np.nan)) if history else np.nan


def _latest(history: History, figure: str, n: int) -> list[float]:
    """Return a figure of the last `n` rounds, oldest first, back to where it is not known."""
    seen: list[float] = []
    for figures in reversed(history[-n:]):
        if figure not in figures:
            break
        seen.append(float(figures[figure]))
    return seen[::-1]


def _rounds(n: int) -> str:
    return "1 round" if n == 1 else f"{n} rounds"


def _count(value: float) -> str:
    return "None" if np.isnan(value) else f"{value:,.0f}"
