"""Who answers: the contract, and a simulated annotator that knows the truth.

No workflow, model or query sees ground truth: only `KnownLabels` and what scores a simulation do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from fewclicks import checks
from fewclicks.answers.effort import EffortModel
from fewclicks.errors import InvalidInput
from fewclicks.records import IntArray, Question, Reply


class Annotator(Protocol):
    """Whoever answers: a person at the page, or a simulated one."""

    def answer(self, question: Question) -> Reply:
        """Say what this question's item or cluster is."""
        ...


class KnownLabels:
    """A simulated annotator who knows what every item is.

    An item gets its true class; a cluster the class of most of its members, which is what a person
    sees on its page.

    Parameters
    ----------
    names : sequence of str or None
        True class of each item by id; None is answered with "unsure".
    error_rate : float, default 0
        Chance that an answer names another class, drawn uniformly from the others.
    unsure_rate : float, default 0
        Chance that an item is answered with "unsure".
    mark_misfits : bool, default False
        Whether members of other classes are clicked out of a cluster, at their cost.
    mixed_below : float, default 0
        A cluster whose largest class has less than this share of its members is called "mixed".
    random_state : int, default 0
        Seed of errors and doubts; the same questions in the same order get the same answers.
    effort : EffortModel, optional
        What each answer costs.

    Raises
    ------
    InvalidInput
        A rate or share is outside 0…1, or no item has a true class.
    """

    def __init__(
        self,
        names: Sequence[str | None],
        *,
        error_rate: float = 0.0,
        unsure_rate: float = 0.0,
        mark_misfits: bool = False,
        mixed_below: float = 0.0,
        random_state: int = 0,
        effort: EffortModel | None = None,
    ) -> None:
        for name, value in (
            ("error_rate", error_rate),
            ("unsure_rate", unsure_rate),
            ("mixed_below", mixed_below),
        ):
            checks.between(value, 0, 1, name)
        self.names = [None if name is None else str(name) for name in names]
        self.classes = sorted({name for name in self.names if name is not None})
        if not self.classes:
            raise InvalidInput(
                "A simulated annotator needs the truth, but no item has a true class.",
                "Import with --labels (“folders” for class folders), or name a file with --truth.",
            )
        self.error_rate = error_rate
        self.unsure_rate = unsure_rate
        self.mark_misfits = mark_misfits
        self.mixed_below = mixed_below
        self.effort = effort or EffortModel()
        self._rng = np.random.default_rng(random_state)

    def answer(self, question: Question) -> Reply:
        """Answer one question with the truth, or with an error or doubt at the rates given."""
        if question.kind == "cluster":
            if question.members is None or not len(question.members):
                raise InvalidInput("A cluster question must have members.")
            return self._cluster(question.members)
        if question.item is None:
            raise InvalidInput("An item question must have an item.")
        return self._item(question.item, confusing=not question.typical)

    def _item(self, item: int, *, confusing: bool) -> Reply:
        seconds, actions = self.effort.item(confusing=confusing)
        name = self.names[item]
        if name is None or self._rng.random() < self.unsure_rate:
            return Reply("unsure", seconds=seconds, actions=actions)
        return Reply("class", self._said(name), seconds=seconds, actions=actions)

    def _cluster(self, members: IntArray) -> Reply:
        known = Counter(name for name in (self.names[i] for i in members) if name is not None)
        seconds, actions = self.effort.cluster(len(members))
        if not known:
            return Reply("unsure", seconds=seconds, actions=actions)
        name, n = min(known.items(), key=lambda pair: (-pair[1], pair[0]))
        if n < self.mixed_below * len(members):
            return Reply("mixed", seconds=seconds, actions=1)
        misfits = (
            tuple(int(i) for i in members if self.names[i] != name) if self.mark_misfits else ()
        )
        seconds, actions = self.effort.cluster(len(members), len(misfits))
        return Reply("class", self._said(name), misfits, seconds, actions)

    def _said(self, name: str) -> str:
        if len(self.classes) < 2 or self._rng.random() >= self.error_rate:
            return name
        others = [other for other in self.classes if other != name]
        return others[int(self._rng.integers(len(others)))]
