"""Confusion-area analysis as its paper runs it.

Hwang & Wen, *Semi-automatic labeling of big data for AI training*, section 2.1, Algorithm 1: name
the N clusters of a codebook, then label the n items nearest a boundary one by one. The manual
labelling rate is (N + n) / M. Under our method "neighbours" an answer may make its neighbours
confusing, so it asks in rounds until nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fewclicks.confusion.detector import ConfusingDataDetector, Method
from fewclicks.labels.resolve import resolve
from fewclicks.records import BoolArray, Outcome, Question
from fewclicks.workflows.base import State


@dataclass(frozen=True, slots=True)
class ConfusionArea:
    """Name every cluster, then ask for the most confusing items.

    Parameters
    ----------
    method : {1, 2, "neighbours"}, default 2
        1: nearly as far from the second-nearest centroid as from the nearest; 2: nearly as far
        from the centroid as the farthest item of the cluster; "neighbours", ours: labelled
        otherwise than what is most like it.
    threshold : float or None, default None
        Score from which an item counts as confusing; None takes the method's own, 0.99 for
        methods 1 and 2 and 0.5 for neighbours; 0 asks for as many as the budget allows.
    """

    method: Method = 2
    threshold: float | None = None

    name: ClassVar[str] = "confusion_area"
    summary: ClassVar[str] = "Name every cluster, then the items nearest the cluster boundaries."

    def round(self, state: State) -> Outcome:
        """One round: cluster questions first; once they are answered, the confusing items."""
        labels = resolve(state.sheet)
        every = state.collection.cluster_questions(largest_first=True)
        clusters = [question for question in every if question.cluster not in state.named]
        if clusters:
            clusters = clusters[: state.affordable(len(clusters))]
            return Outcome(labels, clusters, note=f"{len(clusters)} clusters to name")
        questions = self._confusing(state)
        return Outcome(labels, questions, note=f"{len(questions)} confusing items")

    def _confusing(self, state: State) -> list[Question]:
        near = state.collection.neighbours if self.method == "neighbours" else None
        detector = ConfusingDataDetector(
            state.collection.codebook, method=self.method, threshold=self.threshold
        ).fit(state.features, state.taught(), neighbours=near)
        ranked = detector.ranking_
        ranked = ranked[detector.confusing_[ranked] & ~state.asked[ranked] & ~_alone(state)[ranked]]
        ranked = ranked[: state.affordable(len(ranked))]
        return [
            Question("item", reason, priority=float(detector.scores_[item]), item=int(item))
            for item, reason in zip(ranked, detector.reasons(ranked), strict=True)
        ]


def _alone(state: State) -> BoolArray:
    """Items that are a cluster of their own: naming it has answered them."""
    portraits = state.collection.portraits
    alone = np.zeros(portraits.starts[-1], dtype=np.bool_)
    alone[portraits.order[portraits.starts[:-1][portraits.sizes() == 1]]] = True
    return alone
