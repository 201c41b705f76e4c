"""Confusion-area analysis as its paper runs it.

Hwang & Wen, *Semi-automatic labeling of big data for AI training*, section 2.1, Algorithm 1: name
the N clusters of a codebook, then label the n items nearest a boundary one by one. The manual
labelling rate is (N + n) / M.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewclicks.confusion.detector import ConfusingDataDetector
from fewclicks.labels.resolve import resolve
from fewclicks.records import Outcome, Question
from fewclicks.workflows.base import State


@dataclass(frozen=True, slots=True)
class ConfusionArea:
    """Name every cluster, then ask for the most confusing items.

    Parameters
    ----------
    method : {1, 2}, default 2
        1: nearly as far from the second-nearest centroid as from the nearest; 2: nearly as far
        from the centroid as the farthest item of the cluster.
    threshold : float or None, default 0.99
        Score from which an item counts as confusing; None asks for as many as the budget allows.
    """

    method: int = 2
    threshold: float | None = 0.99

    name: ClassVar[str] = "confusion_area"
    summary: ClassVar[str] = "Name every cluster, then the items nearest the cluster boundaries."

    def round(self, state: State) -> Outcome:
        """One round: cluster questions first; once they are answered, the confusing items."""
        labels = resolve(state.sheet)
        clusters = [q for q in state.collection.cluster_questions() if q.cluster not in state.named]
        if clusters:
            clusters = clusters[: state.affordable(len(clusters))]
            return Outcome(labels, clusters, note=f"{len(clusters)} clusters to name")
        questions = self._confusing(state)
        return Outcome(labels, questions, note=f"{len(questions)} confusing items")

    def _confusing(self, state: State) -> list[Question]:
        detector = ConfusingDataDetector(
            method=self.method,
            threshold=self.threshold,
            budget=state.affordable(len(state.asked)) if self.threshold is None else None,
        ).fit(state.features, state.collection.codebook)
        ranked = detector.ranking_
        ranked = ranked[detector.confusing_[ranked] & ~state.asked[ranked]]
        ranked = ranked[: state.affordable(len(ranked))]
        return [
            Question("item", reason, priority=float(detector.scores_[item]), item=int(item))
            for item, reason in zip(ranked, detector.reasons(ranked), strict=True)
        ]
