"""The default workflow: typical items first, then what the labels so far leave confusing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from fewclicks import checks
from fewclicks.labels.resolve import resolve
from fewclicks.queries.base import pick
from fewclicks.queries.consistency import contradicted, worth_asking_again
from fewclicks.queries.coverage import farthest, medoids
from fewclicks.queries.diversity import confusion_areas
from fewclicks.queries.forecast import changes_per_answer
from fewclicks.queries.uncertainty import entropy, margin
from fewclicks.records import (
    NO_CLASS,
    NOBODY,
    PERSON,
    IntArray,
    Labels,
    Outcome,
    Question,
)
from fewclicks.workflows import refining
from fewclicks.workflows.auditing import audit_figures, audit_questions, with_audits
from fewclicks.workflows.base import State
from fewclicks.workflows.belief import Belief, believe
from fewclicks.workflows.discriminating import discriminated
from fewclicks.workflows.sharing import Shared, apart, share
from fewclicks.workflows.wording import shares_in_words

FIRST_REFINED = 2.0
"""The first network learns after so many times the answers of the start,"""

REFINED_AGAIN = 1.5
"""the next after so many times the answers that the one before knew of,"""

REFINED_LAST = 1.1
"""and one more when the budget is spent, if there are so many times as many by then."""

REVIEW_BELOW = 2.0
REVIEW_WINDOW = 3
"""Once an answer changes fewer labels than this, over so many rounds, the least sure labels are
reviewed: about half of the changes mend a label, and a look at an unsure one does so nearly as
often."""

MOST_AGAIN = 2
"""Answers of a batch that are asked again at most."""

TYPICAL = "It is typical of many items."
AGAIN = "It was named before, but nearly everything like it is named otherwise: which is right?"


def _labels(shared: Shared, belief: Belief) -> Labels:
    """The labels of all items, from what was said and what is believed of their units."""
    return resolve(shared.said, shared.of_items(belief.proba), belief.classes)


def _ranked(questions: list[Question]) -> list[Question]:
    """Have these asked in their order."""
    return [replace(question, priority=float(-rank)) for rank, question in enumerate(questions)]


def _believe(state: State) -> Belief:
    """What the answers make believe of every item."""
    return believe(state.collection, state.graph, state.taught(), state.seed)


def _unmet(state: State, others: IntArray, n: int) -> list[Question]:
    """Ask about the items farthest from every answer, and from the `others` of this batch."""
    met, taken = state.sheet.sources != NOBODY, state.asked.copy()
    met[others] = taken[others] = True
    reason = "It is the farthest from everything answered so far."
    items = farthest(state.graph, met, n, exclude=taken)
    return [Question("item", reason, item=int(item)) for item in items]


@dataclass(frozen=True, slots=True)
class FewClicks:
    """Ask for medoids, spread the answers over the neighbour graph, ask where they conflict.

    A linear model on the features has an equal say where images are photos. Where they are glyphs
    and torch is installed, a small network learns from all labels now and then, and what it sees
    makes a better graph; see `workflows.refining`.

    Parameters
    ----------
    n_start : int, default 50
        Answers that the start takes, medoids and named clusters alike: about five per class for
        ten classes, and enough to meet most classes of a longer list.
    n_clusters : int, default 0
        Clusters named before anything else, those first that lie near most items; they count among
        the start's answers.
    n_batch : int, default 25
        Items asked in each later round.
    n_explore : int, default 0
        How many of them are the farthest from every answer instead of confusing, for those who
        look for what is unlike anything named. Classes are met no sooner for it on the whole.
    audit : float, default 0.1
        Share of the later answers, in [0, 0.9], that is a blind check of random items: they tell
        how many labels are right, and no round learns from them until the budget is spent.
    refine : {"auto", "never"}, default "auto"
        Whether networks are to learn.
    share : {"auto", "never"}, default "auto"
        Whether an answer may hold for the whole group of its item; see `workflows.sharing`.
    """

    n_start: int = 50
    n_clusters: int = 0
    n_batch: int = 25
    n_explore: int = 0
    audit: float = 0.1
    refine: Literal["auto", "never"] = "auto"
    share: Literal["auto", "never"] = "auto"

    name: ClassVar[str] = "fewclicks"
    summary: ClassVar[str] = "Name typical items, then only what is still confusing."

    def __post_init__(self) -> None:
        checks.between(self.n_start, 1, np.inf, "n_start", integer=True)
        checks.between(self.n_clusters, 0, np.inf, "n_clusters", integer=True)
        checks.between(self.n_batch, 1, np.inf, "n_batch", integer=True)
        checks.between(self.n_explore, 0, np.inf, "n_explore", integer=True)
        checks.between(self.audit, 0, 0.9, "audit")
        checks.one_of(self.refine, ("auto", "never"), "refine")
        checks.one_of(self.share, ("auto", "never"), "share")

    def round(self, state: State) -> Outcome:
        """One round: start, or propagate and ask for what is confusing or not yet met."""
        shared = self._seen(state)
        if not (state.taught() != NO_CLASS).any():
            return Outcome(resolve(state.sheet), self._start(shared), note="nothing is known yet")
        belief = _believe(shared.units)
        labels = _labels(shared, belief)
        audited = audit_figures(state, labels)
        refine = len(belief.classes) > 1 and self._refine(shared.units)
        started = state.sheet.n_answers >= self.n_start and not self._clusters(state)
        questions = self._next(shared, belief) if started else self._start(shared)
        if state.budget_left == 0 and not refine:  # the audit has told all; now it may teach
            shared = self._seen(with_audits(state))
            belief = _believe(shared.units)
            labels = _labels(shared, belief)
        unnamed = shared.units.sheet.sources == NOBODY
        doubt = float(entropy(belief.proba[unnamed]).mean()) if unnamed.any() else 0.0
        return Outcome(
            labels,
            questions,
            note=f"{len(belief.classes)} classes known",
            figures={"uncertainty": doubt, **audited},
            refine=refine,
        )

    def _seen(self, state: State) -> Shared:
        """Look at pure groups as one, and at photos along what parts their classes."""
        by_units = self.refine == "never" or not refining.possible(state.collection)
        shared = share(state, by_units=by_units) if self.share == "auto" else apart(state)
        if shared.units.collection.kind != "photos":
            return shared
        return replace(shared, units=replace(shared.units, refinement=discriminated(shared.units)))

    def _start(self, shared: Shared) -> list[Question]:
        """What is left of the start: clusters, then medoids of what no answer covers."""
        clusters = self._clusters(shared.items)
        if clusters:
            return clusters
        state = shared.units
        left = max(1, self.n_start - state.sheet.n_answers)
        n = state.affordable(left)
        named = state.taught() != NO_CLASS
        items = medoids(
            state.features, left, exclude=state.asked, answered=named, random_state=state.seed
        )[:n]
        typical = shared.about_items(
            [Question("item", TYPICAL, item=int(item), typical=True) for item in items]
        )
        second = shared.checks(n // 4, typical[: n - n // 4])
        return _ranked([*typical[: n - len(second)], *second])

    def _clusters(self, state: State) -> list[Question]:
        """What is left of the clusters to be named first."""
        if len(state.named) >= self.n_clusters:
            return []
        n = state.affordable(self.n_clusters - len(state.named))
        every = state.collection.cluster_questions()
        return [question for question in every if question.cluster not in state.named][:n]

    def _next(self, shared: Shared, belief: Belief) -> list[Question]:
        """A batch: what is worth asking, and among it some to audit."""
        state = shared.items
        reviewing = self._reviewing(state)
        n = max(self.n_batch, state.sheet.n_answers // 10 if reviewing else 0)
        n = state.affordable(n)
        later = state.sheet.n_answers - self.n_start + n
        audits = audit_questions(state, int(self.audit * later), n)[:n]
        n = max(0, n - len(audits) - len(state.auditing))
        shared = shared.without(audits)
        second = shared.checks(n, [])
        shared = shared.without(second)
        again = self._again(shared.units, belief, n - len(second))
        ask = self._review if reviewing else self._learn
        others = ask(shared.units, belief, n - len(second) - len(again))
        asked = [*second, *shared.about_items([*again, *others])]
        rest = shared.without(asked).rest(n - len(asked))
        ranked = _ranked([*asked, *rest])
        return sorted([*ranked, *audits], key=lambda question: -question.priority)

    def _learn(self, state: State, belief: Belief, n: int) -> list[Question]:
        """What is confusing, and what is farthest from everything that was answered."""
        proba, n_explore = belief.proba, min(self.n_explore, n // 2)
        confusing = confusion_areas(proba, state.graph, n - n_explore, exclude=state.asked)
        asked = [
            Question("item", shares_in_words(proba[item], "Its neighbours give"), item=int(item))
            for item in confusing
        ]
        return [*asked, *_unmet(state, confusing, n_explore)]

    def _review(self, state: State, belief: Belief, n: int) -> list[Question]:
        """The labels that are least sure, wherever they are, and still the farthest item."""
        proba, n_explore = belief.proba, min(self.n_explore, n // 2)
        sure = 1 - margin(proba)
        if state.refinement is not None:
            sure = sure * state.refinement.belief_in(belief.best)
        unsure = pick(-sure, n - n_explore, exclude=state.asked, random_state=state.seed)
        reviewed = [
            Question(
                "item",
                shares_in_words(proba[item], "Its neighbours give"),
                item=int(item),
                purpose="review",
            )
            for item in unsure
        ]
        return [*reviewed, *_unmet(state, unsure, n_explore)]

    def _again(self, state: State, belief: Belief, n: int) -> list[Question]:
        """Answers that everything around them contradicts, as long as such are often wrong."""
        sheet = state.sheet
        if sheet.times is None or sheet.turned is None:
            return []
        again = sheet.times > 1
        if not worth_asking_again(int(again.sum()), int((again & sheet.turned).sum())):
            return []
        named = (sheet.sources == PERSON) & (sheet.times == 1) & ~sheet.withheld
        columns = np.searchsorted(belief.classes, np.where(named, sheet.class_ids, NO_CLASS))
        columns[~named] = NO_CLASS
        doubted = contradicted(
            belief.proba, state.graph, columns, min(n, MOST_AGAIN), settled=~named
        )
        return [Question("item", AGAIN, item=int(item)) for item in doubted]

    def _reviewing(self, state: State) -> bool:
        """Whether an answer teaches so little that the least sure labels are looked through."""
        rates = changes_per_answer(state.history)[1][-REVIEW_WINDOW:]
        return len(rates) == REVIEW_WINDOW and float(rates.mean()) < REVIEW_BELOW

    def _refine(self, state: State) -> bool:
        """Whether a network should learn now: there are enough answers, or enough new ones."""
        if self.refine == "never" or not refining.possible(state.collection):
            return False
        n = state.sheet.n_answers
        if state.refinement is None:
            return n >= FIRST_REFINED * self.n_start
        growth = n / max(1, state.refinement.n_answers)
        return growth >= (REFINED_AGAIN if state.affordable(1) else REFINED_LAST)
