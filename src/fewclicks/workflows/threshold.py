"""Labelling by a threshold of confidence, as its article runs it.

*Active learning for fast data set labeling*: answer a small share, train, take every label of
which the model is sure enough as if a person had given it, answer some of those it is least sure
of, and repeat until hardly an item is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from fewclicks import checks
from fewclicks.labels.acceptance import confident, most_confident
from fewclicks.labels.resolve import clear, resolve
from fewclicks.queries.base import pick
from fewclicks.records import (
    MODEL,
    NO_CLASS,
    NOBODY,
    BoolArray,
    IntArray,
    Labels,
    Outcome,
    Question,
)
from fewclicks.workflows.base import State
from fewclicks.workflows.drawing import drawn_questions
from fewclicks.workflows.learning import Kind, Learnt, check_learning, learn, network_options
from fewclicks.workflows.rounds import UNSAID
from fewclicks.workflows.wording import shares_in_words

FEWEST = 10
"""Items answered before anything is learnt, however few there are."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Take what the model is sure of, ask what it is least sure of, until hardly anything is left.

    Parameters
    ----------
    initial : float, default 0.01
        Share of all items answered before anything is learnt, in (0, 1], drawn at random; at
        least ten items.
    upper : float, default 0.7
        Share of belief from which the model's label is taken, in [0, 1]. The graph's shares are
        modest; for the other models 0.999 is about right.
    lower : float, default 0.01
        Share of the unlabelled items asked in each round, the least sure first, in (0, 1].
    stop : float, default 0.05
        Rounds end when less than this share of all items is unlabelled; the article's is 0.01.
    rest : {"model", "person"}, default "model"
        Who labels the items that are left then. The article has a person do it.
    n_accept : int, optional
        Take so many labels in each round, the surest, instead of those above `upper`: a variation
        that the article suggests.
    reconsider : bool, default False
        Whether labels taken earlier are judged afresh in every round instead of being kept.
    model : {"graph", "linear", "network", "finetuned", "auto"}, default "graph"
        As in `Guided`.
    architecture, backbone, balance, augment, epochs, min_steps, learning_rate, patience, device
        As in `Guided`.
    """

    initial: float = 0.01
    upper: float = 0.7
    lower: float = 0.01
    stop: float = 0.05
    rest: Literal["model", "person"] = "model"
    n_accept: int | None = None
    reconsider: bool = False
    model: Kind = "graph"
    architecture: str = "small"
    backbone: str = "efficientnet_lite0"
    balance: str = "none"
    augment: str | None = None
    epochs: int | None = None
    min_steps: int | None = None
    learning_rate: float | None = None
    patience: int | None = None
    device: str = "auto"

    name: ClassVar[str] = "threshold"
    summary: ClassVar[str] = "Take what a model is sure of; ask what it is least sure of."

    def __post_init__(self) -> None:
        for name in ("initial", "lower"):
            checks.between(getattr(self, name), 1e-9, 1, name)
        checks.between(self.upper, 0, 1, "upper")
        checks.between(self.stop, 0, 1, "stop")
        checks.one_of(self.rest, ("model", "person"), "rest")
        check_learning(self)
        if self.n_accept is not None:
            checks.between(self.n_accept, 1, np.inf, "n_accept", integer=True)

    def round(self, state: State) -> Outcome:
        """One round: the random start; then train, take what is sure, ask what is least sure."""
        n_start = max(FEWEST, int(np.ceil(self.initial * state.collection.n_items)))
        start = drawn_questions(state, n_start)
        known = bool((state.taught() != NO_CLASS).any())
        if not known or (start and not state.begun()):
            note = f"{len(start)} random items to start with" if start else "nothing is known yet"
            return Outcome(resolve(state.sheet), start, note=note, figures=UNSAID)
        taken = self._taken_before(state)
        y = np.where(taken != NO_CLASS, taken, state.taught())
        learnt = learn(state, y, self.model, network=network_options(self))
        return self._outcome(state, learnt, self._take(state, taken, learnt), start)

    def _taken_before(self, state: State) -> IntArray:
        """Classes of the model's labels that were taken in earlier rounds, NO_CLASS elsewhere."""
        none = np.full(state.collection.n_items, NO_CLASS, dtype=np.int32)
        if self.reconsider or state.previous is None or state.kept is None:
            return none
        standing = state.kept & (state.previous.sources == MODEL)
        return np.where(standing, state.previous.class_ids[:, 0], none)

    def _take(self, state: State, taken: IntArray, learnt: Learnt) -> IntArray:
        """Add the labels that the model is sure enough of now; of a single class none can be."""
        open_ = (taken == NO_CLASS) & (state.sheet.sources == NOBODY)
        if len(learnt.classes) < 2:
            return taken
        if self.n_accept is None:
            sure = confident(learnt.proba, self.upper) & open_
        else:
            sure = most_confident(learnt.proba, self.n_accept, open_)
        return np.where(sure, learnt.best, taken)

    def _outcome(
        self, state: State, learnt: Learnt, taken: IntArray, start: list[Question]
    ) -> Outcome:
        """Ask what is least sure; or end, once hardly anything is left or can be asked."""
        left = (taken == NO_CLASS) & (state.sheet.sources == NOBODY)
        n_left = int(np.count_nonzero(left))
        over = n_left < self.stop * state.collection.n_items or state.affordable(1) == 0
        final = labels = _labels(state, learnt, taken)
        questions, note = [], f"done: {learnt.who} labels the last {n_left:,} items"
        if self.rest == "model":
            final = _labels(state, learnt, np.where(left, learnt.best, taken))
        if not over or self.rest == "person":
            n = n_left if over else max(1, int(np.ceil(self.lower * n_left)))
            questions = [*start, *_least_sure(state, learnt, left, n, start)]
            note = f"{learnt.who} has labelled all but {n_left:,} items"
        figures = {"taken": float(np.count_nonzero(taken != NO_CLASS)), "left": float(n_left)}
        return Outcome(
            labels if questions else final,
            questions,
            note=note,
            figures={**UNSAID, **figures},
            model=learnt.saved,
            final=final,
            kept=taken != NO_CLASS,
        )


def _labels(state: State, learnt: Learnt, taken: IntArray) -> Labels:
    """Label the items whose class was taken; its confidence is the model's belief of today."""
    shown = resolve(state.sheet, learnt.proba, learnt.classes)
    by_model = shown.sources == MODEL
    clear(shown, by_model & (taken == NO_CLASS))
    kept = np.flatnonzero(by_model & (taken != NO_CLASS) & (taken != shown.class_ids[:, 0]))
    clear(shown, kept)
    columns = np.searchsorted(learnt.classes, taken[kept])
    shown.class_ids[kept, 0] = taken[kept]
    shown.confidences[kept, 0] = learnt.proba[kept, columns]
    shown.sources[kept] = MODEL
    return shown


def _least_sure(
    state: State, learnt: Learnt, left: BoolArray, n: int, start: list[Question]
) -> list[Question]:
    doubt = 1 - learnt.proba.max(axis=1)
    closed = ~left | state.asked
    closed[[question.item for question in start if question.item is not None]] = True
    n = state.affordable(n + len(start)) - len(start)
    picked = pick(doubt, n, exclude=closed, random_state=state.seed)
    return [
        Question("item", shares_in_words(learnt.proba[item]), float(-rank), item=int(item))
        for rank, item in enumerate(picked, len(start))
    ]
