"""Guided labelling, as its paper runs it.

Stabinger & Rodríguez-Sánchez, *Guided labeling using convolutional neural networks*, Algorithm 1:
train a network on a small random start, ask about the items whose responses to varied images have
the highest mean entropy, as many as have been answered, and train afresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import numpy as np

from fewclicks import checks
from fewclicks.labels.resolve import resolve
from fewclicks.queries import Strategy, make_strategy
from fewclicks.queries.uncertainty import entropy
from fewclicks.records import NO_CLASS, NOBODY, PERSON, BoolArray, IntArray, Outcome, Question
from fewclicks.workflows.base import State
from fewclicks.workflows.drawing import drawn_questions, mates, set_apart
from fewclicks.workflows.learning import Kind, Learnt, check_learning, learn, network_options
from fewclicks.workflows.wording import shares_in_words

NOTHING_LEFT = "nothing is known yet, and nothing is left to ask: hold out fewer items"
"""What is held out, and what shares a group with it, is all there is."""


@dataclass(frozen=True, slots=True)
class Guided:
    """Train a network in rounds, each on twice as many answers as the one before.

    Parameters
    ----------
    n_start : int, default 160
        Random items answered before anything is learnt.
    schedule : {"doubling", "fixed"}, default "doubling"
        "doubling" asks for as many items as have been answered, so that iteration i asks
        2^(i−1)·`n_start` (equation 3); "fixed" asks for `n_batch` each time.
    n_batch : int, default 160
        Items asked in each round of the fixed schedule.
    n_validation : int, default 0
        Random items answered besides and never learnt from: by their accuracy a network tells when
        to end its training and which weights to keep. The paper has 10,000 of them.
    n_held_out : int, default 0
        Random items answered besides that nothing looks at: how many of them the model gets right
        is an honest estimate of its accuracy, which `queries.TargetAccuracy` can stop by.
    strategy : str, default "mean_rde"
        Which items are asked: a name of `queries.STRATEGIES` that needs no committee.
    strategy_options : dict, optional
        Its parameters, such as {"k": 8} of the mean entropy.
    model : {"auto", "network", "finetuned", "linear", "graph"}, default "auto"
        A network where torch is installed, else a linear model on the features; "finetuned" is a
        pretrained network with a new head; "graph" spreads the answers over the graph of
        neighbours. The last two of all cannot vary images: the entropy is that of their only
        response.
    architecture : str, default "small"
        Of the network; the paper's are "guided_mnist" and "guided_cifar10".
    backbone : str, default "efficientnet_lite0"
        Of the pretrained network, as `models.FineTuned` takes it by name. All of it learns if
        `epochs` is above 0, which wants a GPU.
    balance : {"weights", "none", "undersample", "sampling"}, default "weights"
        How rare classes are made up for; the paper weighs them (equation 2).
    augment : str, optional
        "glyphs", "photos" or "none"; by default what fits the images. Those of the paper are
        "guided_glyphs" and "guided_photos".
    epochs, min_steps, learning_rate, patience, device : optional
        As in `models.Network`, whose defaults they leave alone.
    """

    n_start: int = 160
    schedule: Literal["doubling", "fixed"] = "doubling"
    n_batch: int = 160
    n_validation: int = 0
    n_held_out: int = 0
    strategy: str = "mean_rde"
    strategy_options: Mapping[str, Any] = field(default_factory=dict)
    model: Kind = "auto"
    architecture: str = "small"
    backbone: str = "efficientnet_lite0"
    balance: str = "weights"
    augment: str | None = None
    epochs: int | None = None
    min_steps: int | None = None
    learning_rate: float | None = None
    patience: int | None = None
    device: str = "auto"

    name: ClassVar[str] = "guided"
    summary: ClassVar[str] = "Train a network in rounds; ask about what confuses it, then double."

    def __post_init__(self) -> None:
        checks.between(self.n_start, 1, np.inf, "n_start", integer=True)
        checks.between(self.n_batch, 1, np.inf, "n_batch", integer=True)
        checks.between(self.n_validation, 0, np.inf, "n_validation", integer=True)
        checks.between(self.n_held_out, 0, np.inf, "n_held_out", integer=True)
        checks.one_of(self.schedule, ("doubling", "fixed"), "schedule")
        check_learning(self)
        # tried on a few made-up items now, rather than after the start has been answered
        self._strategy().pick(np.full((9, 3), 1 / 3), np.eye(9, dtype=np.float32), 1)

    def round(self, state: State) -> Outcome:
        """One round: the random start; then train, label everything, ask what is confusing."""
        held = set_apart(state, 0, self.n_held_out)
        n_apart = self.n_held_out + self.n_validation
        validation = set_apart(state, self.n_held_out, n_apart)
        apart = held | validation
        others = mates(state, apart)
        state = replace(state, asked=state.asked | others)
        y = np.where(apart | others, NO_CLASS, state.taught())
        start = drawn_questions(state, n_apart + self.n_start, without=others)
        known = bool((y != NO_CLASS).any())
        if not known or (start and not state.begun()):
            nothing = NOTHING_LEFT if others.any() else "nothing is known yet"
            note = f"{len(start)} random items to start with" if start else nothing
            return Outcome(resolve(state.sheet), start, note=note)
        learnt = learn(state, y, self.model, network=network_options(self), validation=validation)
        labels = resolve(state.sheet, learnt.proba, learnt.classes)
        questions = [*start, *self._next(state, learnt, y, start)]
        note = f"{learnt.who} learnt from {np.count_nonzero(y != NO_CLASS):,} items"
        figures = _figures(state, learnt, held)
        return Outcome(labels, questions, note=note, figures=figures, model=learnt.saved)

    def _strategy(self) -> Strategy:
        return make_strategy(self.strategy, **self.strategy_options)

    def _next(
        self, state: State, learnt: Learnt, y: IntArray, start: list[Question]
    ) -> list[Question]:
        """Ask what confuses the model; what is still open of the start counts."""
        one_by_one = (state.sheet.sources == PERSON) & (y != NO_CLASS)
        answered = len(np.unique(state.sheet.answer_ids[one_by_one]))
        wanted = max(1, answered) if self.schedule == "doubling" else self.n_batch
        n = state.affordable(wanted) - len(start)
        if n <= 0:
            return []
        state.report("choosing what to ask", 0, 0)
        asked = state.asked.copy()
        asked[[question.item for question in start if question.item is not None]] = True
        seed = int(state.rng.integers(2**31))
        picked = self._strategy().pick(
            learnt.model, learnt.rows, n, y=state.taught(), exclude=asked, random_state=seed
        )
        return [
            Question("item", shares_in_words(learnt.proba[item]), float(-rank), item=int(item))
            for rank, item in enumerate(picked, len(start))
        ]


def _figures(state: State, learnt: Learnt, held: BoolArray) -> dict[str, float]:
    """How sure the model is of what nobody has named, and how many held-out items it gets right."""
    unnamed = state.sheet.sources == NOBODY
    figures = {"uncertainty": float(entropy(learnt.proba[unnamed]).mean()) if unnamed.any() else 0}
    held = held & (state.taught() != NO_CLASS)
    if held.any():
        figures["held_out"] = int(np.count_nonzero(held))
        figures["held_out_right"] = int(np.count_nonzero(learnt.best[held] == state.taught()[held]))
    return figures
