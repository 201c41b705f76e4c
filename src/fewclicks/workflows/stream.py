"""Stream-based labelling: items pass once, in their order; each is asked about or labelled there.

Settles, *Active Learning Literature Survey* (2009), section 2.2. What is asked is decided as in
Žliobaitė, Bifet, Pfahringer and Holmes (2014), see `queries.StreamSampler`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from fewclicks import checks
from fewclicks.labels.resolve import clear, resolve
from fewclicks.queries.stream import METHODS, PageHinkley, StreamSampler
from fewclicks.records import (
    MODEL,
    NO_CLASS,
    NOBODY,
    PERSON,
    BoolArray,
    IntArray,
    Labels,
    Outcome,
    Question,
)
from fewclicks.workflows.base import State
from fewclicks.workflows.learning import KINDS, Kind, Learnt, learn
from fewclicks.workflows.rounds import UNSAID
from fewclicks.workflows.wording import shares_in_words


@dataclass(frozen=True, slots=True)
class Stream:
    """Let the items pass in mini-batches, in their order; label or ask each there and then.

    Items added later come later. When all questions of a batch are answered the next one passes,
    and where nothing of it is asked, the one after it too. Items that have not passed are not
    labelled, unless a stopping criterion ends the questions: then the model labels the rest.

    Parameters
    ----------
    n_start : int, default 100
        The first items, all of which are asked about.
    n_batch : int, default 100
        Items that pass before the model is trained again.
    budget : float, default 0.1
        Share of the items after these that may be asked about, in (0, 1].
    method : {"split", "variable", "randomised", "fixed", "random"}, default "split"
        Which of them are, see `queries.StreamSampler`.
    threshold : float, default 1
        Share of belief below which an item is asked about, at the start, in (0, 1].
    window : int, default 100
        Items over which spending is measured.
    drift : float, default 5
        How far errors of the model must pile up above their mean before it is said to have
        drifted: `threshold` of `queries.PageHinkley`. Fewer false alarms for larger values.
    memory : int, default 100
        Latest answers that are learnt from when it has; older ones are left out from then on.
    revise : bool, default False
        Whether labels of the model are given anew in each round. A stream that is gone cannot be.
    model : {"linear", "graph", "network", "auto"}, default "linear"
        As in `Guided`; rounds are many, so it should be quick.
    """

    n_start: int = 100
    n_batch: int = 100
    budget: float = 0.1
    method: str = "split"
    threshold: float = 1.0
    window: int = 100
    drift: float = 5.0
    memory: int = 100
    revise: bool = False
    model: Kind = "linear"

    name: ClassVar[str] = "stream"
    summary: ClassVar[str] = "Items pass once, in their order: each is asked about or labelled."

    def __post_init__(self) -> None:
        for name in ("n_start", "n_batch", "memory"):
            checks.between(getattr(self, name), 1, np.inf, name, integer=True)
        checks.one_of(self.method, METHODS, "method")
        checks.one_of(self.model, KINDS, "model")
        self._sampler(0)
        self._alarm()

    def round(self, state: State) -> Outcome:
        """One round: hear of drift; then train, and let batches pass until one asks something."""
        place = int(state.figures.get("position", 0))
        figures = {**_kept_figures(state), "position": place, **self._heard(state, place), **UNSAID}
        labels = _standing(state, place)
        waiting = _waiting(state, place)
        if waiting:
            note = f"{len(waiting):,} questions of the last batch are open"
            return Outcome(labels, waiting, note=note, figures=figures)
        place, questions = self._start(state, place)
        if not questions and place < state.collection.n_items:
            return self._go_on(state, labels, place, figures)
        note = f"{len(questions):,} items to start with" if questions else "all items have passed"
        return Outcome(labels, questions, note=note, figures={**figures, "position": place})

    def _heard(self, state: State, place: int) -> dict[str, float]:
        """Hear whether the model was right on what has been answered since the last round."""
        alarm = self._alarm().resume(_part(state, "drift_"))
        since = state.figures.get("since", 0)
        if state.modelled is not None:
            said = state.taught()
            new = (state.modelled != NO_CLASS) & (said != NO_CLASS) & _before(state, place)
            new &= state.sheet.sources == PERSON
            if alarm.hear(state.modelled[new] != said[new]):
                since = self._latest(said, place)
        return {"since": since, **_named(alarm.state(), "drift_")}

    def _latest(self, said: IntArray, place: int) -> int:
        """Return the item from which on as many are answered as may be learnt from."""
        answered = np.flatnonzero(said[:place] != NO_CLASS)
        return int(answered[-self.memory :][0])

    def _start(self, state: State, place: int) -> tuple[int, list[Question]]:
        """Ask about the first items; and about the next ones, until a class is known."""
        n, known = state.collection.n_items, (state.taught() != NO_CLASS).any()
        while place < n and (place == 0 or not known):
            stop = min(place + self.n_start, n)
            ids = np.flatnonzero(~state.asked[place:stop]) + place
            ids, place = ids[: state.affordable(len(ids))], stop
            if len(ids):
                reason = "It is among the first items of the stream."
                return place, [_question(item, reason) for item in ids]
        return place, []

    def _go_on(
        self, state: State, labels: Labels, place: int, figures: dict[str, float]
    ) -> Outcome:
        """Train, and let batches pass."""
        taught = np.where(
            np.arange(len(labels.sources)) < figures["since"], NO_CLASS, state.taught()
        )
        learnt = learn(state, taught, self.model)
        sampler = self._sampler(state.seed).resume(_part(state, "sampler_"))
        place, questions = self._pass(state, place, learnt, sampler)
        fresh = resolve(state.sheet, learnt.proba, learnt.classes)
        _label(labels, fresh, place, self.revise)
        final = _copy(labels)  # if a stopping criterion ends it here
        _label(final, fresh, len(fresh.sources), self.revise)
        note = f"{place:,} items have passed, {sampler.n_asked_:,} of them asked about by doubt"
        passed = {**figures, "position": place, **_named(sampler.state(), "sampler_")}
        return Outcome(
            labels, questions, note=note, figures=passed, model=learnt.saved, final=final
        )

    def _pass(
        self, state: State, place: int, learnt: Learnt, sampler: StreamSampler
    ) -> tuple[int, list[Question]]:
        """Let batches pass up to the first of which something is asked; return where it ends."""
        n_items = state.collection.n_items
        while place < n_items:
            stop = min(place + self.n_batch, n_items)
            ids = np.flatnonzero(~state.asked[place:stop]) + place
            place = stop
            if not state.affordable(1) or not len(ids):
                continue
            decided = sampler.ask(learnt.proba[ids])
            chosen = np.flatnonzero(decided.ask)
            chosen = chosen[: state.affordable(len(chosen))]
            if len(chosen):
                reasons = [
                    "It was drawn at random, to see how often the model is right."
                    if decided.at_random[i]
                    else shares_in_words(learnt.proba[ids[i]])
                    for i in chosen
                ]
                return place, [_question(ids[i], r) for i, r in zip(chosen, reasons, strict=True)]
        return place, []

    def _sampler(self, seed: int) -> StreamSampler:
        return StreamSampler(
            self.budget,
            self.method,
            threshold=self.threshold,
            window=self.window,
            random_state=seed,
        )

    def _alarm(self) -> PageHinkley:
        return PageHinkley(self.drift)


def _question(item: int | np.integer, reason: str) -> Question:
    return Question("item", reason, priority=-float(item), item=int(item))


def _waiting(state: State, place: int) -> list[Question]:
    """Ask again what was asked of items that have passed and is not answered yet."""
    ids = sorted(item for item in state.waiting if item < place and not state.asked[item])
    reason = "It has passed, and the stream waits for the answer."
    return [_question(item, reason) for item in ids[: state.affordable(len(ids))]]


def _standing(state: State, place: int) -> Labels:
    """Return the labels as the round before left them, none where nothing has passed yet."""
    if state.previous is None:
        return resolve(state.sheet)
    labels = _copy(state.previous)
    clear(labels, (labels.sources == MODEL) & ~_before(state, place))
    return labels


def _copy(labels: Labels) -> Labels:
    return Labels(labels.class_ids.copy(), labels.confidences.copy(), labels.sources.copy())


def _label(labels: Labels, fresh: Labels, place: int, revise: bool) -> None:
    """Give what has passed and nobody named its label, for good unless it is to be revised."""
    passed = np.arange(len(labels.sources)) < place
    given = (labels.sources == NOBODY) | (revise & (labels.sources == MODEL))
    where = passed & given
    for column in ("class_ids", "confidences", "sources"):
        getattr(labels, column)[where] = getattr(fresh, column)[where]


def _before(state: State, place: int) -> BoolArray:
    mask: BoolArray = np.arange(state.collection.n_items) < place
    return mask


def _kept_figures(state: State) -> dict[str, float]:
    """Return how far the stream's parts were after the round before."""
    return {name: v for name, v in state.figures.items() if name.startswith(("sampler_", "drift_"))}


def _part(state: State, prefix: str) -> dict[str, float]:
    """Return what one part of the stream was told to remember, empty in the first round."""
    return {k.removeprefix(prefix): v for k, v in state.figures.items() if k.startswith(prefix)}


def _named(part: dict[str, float], prefix: str) -> dict[str, float]:
    return {prefix + name: value for name, value in part.items()}
