"""The default workflow: typical items first, then what the labels so far leave confusing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fewclicks.labels.resolve import resolve
from fewclicks.models.propagation import GraphPropagation
from fewclicks.queries.coverage import medoids
from fewclicks.queries.diversity import confusion_areas
from fewclicks.records import NO_CLASS, FloatArray, IntArray, Outcome, Question
from fewclicks.workflows.base import State


@dataclass(frozen=True, slots=True)
class FewClicks:
    """Ask for medoids, spread the answers over the neighbour graph, ask where they conflict.

    Parameters
    ----------
    n_start : int, default 50
        Medoids asked in the first round: about five per class for ten classes, and enough to meet
        most classes of a longer list.
    n_batch : int, default 25
        Confusing items asked in each later round.
    """

    n_start: int = 50
    n_batch: int = 25

    name: ClassVar[str] = "fewclicks"
    summary: ClassVar[str] = "Name typical items, then only what is still confusing."

    def round(self, state: State) -> Outcome:
        """One round: start, or propagate and ask for the confusing."""
        if not (state.taught() != NO_CLASS).any():
            return self._start(state)
        model = GraphPropagation().fit(state.collection.graph, state.taught())
        proba = model.predict_proba()
        labels = resolve(state.sheet, proba, model.classes_)
        questions = self._confusing(state, proba, model.classes_)
        return Outcome(labels, questions, note=f"{len(model.classes_)} classes known")

    def _start(self, state: State) -> Outcome:
        n = state.affordable(self.n_start)
        items = medoids(state.features, n, random_state=state.seed, exclude=state.asked)
        questions = [
            Question(
                "item",
                "It is typical of many items.",
                priority=float(-rank),
                item=int(item),
                typical=True,
            )
            for rank, item in enumerate(items)
        ]
        return Outcome(resolve(state.sheet), questions, note="nothing is known yet")

    def _confusing(self, state: State, proba: FloatArray, classes: IntArray) -> list[Question]:
        n = state.affordable(self.n_batch)
        items = confusion_areas(proba, state.collection.graph, n, exclude=state.asked)
        return [
            Question("item", _why(proba[item]), priority=float(-rank), item=int(item))
            for rank, item in enumerate(items)
        ]


def _why(shares: FloatArray) -> str:
    if len(shares) < 2:
        return "Only one class is known so far; is it of that class too?"
    first, second = np.sort(shares)[::-1][:2]
    return (
        f"Its neighbours disagree: {first:.0%} of the belief is in the likeliest class, "
        f"{second:.0%} in the next."
    )
