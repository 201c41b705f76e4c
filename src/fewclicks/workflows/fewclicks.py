"""The default workflow: typical items first, then what the labels so far leave confusing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewclicks.labels.resolve import resolve
from fewclicks.models.propagation import GraphPropagation
from fewclicks.queries.coverage import farthest, medoids
from fewclicks.queries.diversity import confusion_areas
from fewclicks.queries.uncertainty import entropy
from fewclicks.records import NO_CLASS, NOBODY, FloatArray, Outcome, Question
from fewclicks.workflows.base import State
from fewclicks.workflows.wording import shares_in_words


@dataclass(frozen=True, slots=True)
class FewClicks:
    """Ask for medoids, spread the answers over the neighbour graph, ask where they conflict.

    Parameters
    ----------
    n_start : int, default 50
        Answers that the start takes, medoids and named clusters alike: about five per class for
        ten classes, and enough to meet most classes of a longer list.
    n_batch : int, default 25
        Items asked in each later round.
    n_explore : int, default 1
        How many of them are the farthest from every answer instead of confusing: propagation never
        doubts an item whose class it has not met.
    """

    n_start: int = 50
    n_batch: int = 25
    n_explore: int = 1

    name: ClassVar[str] = "fewclicks"
    summary: ClassVar[str] = "Name typical items, then only what is still confusing."

    def round(self, state: State) -> Outcome:
        """One round: start, or propagate and ask for what is confusing or not yet met."""
        taught = state.taught()
        if not (taught != NO_CLASS).any():
            return Outcome(resolve(state.sheet), self._start(state), note="nothing is known yet")
        model = GraphPropagation().fit(state.collection.graph, taught)
        proba = model.predict_proba()
        labels = resolve(state.sheet, proba, model.classes_)
        unnamed = state.sheet.sources == NOBODY
        figures = {"uncertainty": float(entropy(proba[unnamed]).mean())} if unnamed.any() else {}
        started = state.sheet.n_answers >= self.n_start
        questions = self._next(state, proba) if started else self._start(state)
        note = f"{len(model.classes_)} classes known"
        return Outcome(labels, questions, note=note, figures=figures)

    def _start(self, state: State) -> list[Question]:
        """What is left of the start: medoids of what no answer, of an item or a cluster, covers."""
        n = state.affordable(max(1, self.n_start - state.sheet.n_answers))
        named = state.taught() != NO_CLASS
        items = medoids(
            state.features, n, exclude=state.asked, answered=named, random_state=state.seed
        )
        return [
            Question(
                "item",
                "It is typical of many items.",
                priority=float(-rank),
                item=int(item),
                typical=True,
            )
            for rank, item in enumerate(items)
        ]

    def _next(self, state: State, proba: FloatArray) -> list[Question]:
        n = state.affordable(self.n_batch)
        n_explore = min(self.n_explore, n // 2)
        graph = state.collection.graph
        confusing = confusion_areas(proba, graph, n - n_explore, exclude=state.asked)
        met, taken = state.sheet.sources != NOBODY, state.asked.copy()
        met[confusing] = taken[confusing] = True
        unmet = farthest(graph, met, n_explore, exclude=taken)
        asked = [(item, shares_in_words(proba[item], "Its neighbours give")) for item in confusing]
        asked += [(item, "It is the farthest from everything answered so far.") for item in unmet]
        return [
            Question("item", reason, priority=float(-rank), item=int(item))
            for rank, (item, reason) in enumerate(asked)
        ]
