"""Sharing: an answer holds for the whole group of its item, as long as groups prove to be pure.

The images of a group show the same thing where it is a sequence or a set of near-duplicates; where
it is a writer or a subject, they need not. Nobody has to say which: a few groups are asked about a
second image, at random among all that share an answer, and answers are shared while nearly all of
these agree. A group whose answers differ is taken apart for good.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from fewclicks.labels.resolve import clear
from fewclicks.records import (
    CLUSTER,
    GROUP,
    NO_CLASS,
    NOBODY,
    PERSON,
    AnswerSheet,
    BoolArray,
    FloatArray,
    IntArray,
    Labels,
    Question,
)
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import ALONE
from fewclicks.workflows.units import Units

TRUSTED = 0.8
"""Share of pure groups from which answers are shared."""

FIRST_CHECKS = 4
CHECKED = 0.05
"""Groups that are asked about a second image: so many to begin with, later this share of all
answers."""

CHECK = 2
"""Tells this draw from the others of the run's seed."""

REASON = "Another image of its group is known: this one tells whether they are all alike."
STANDS_FOR = "It stands for the {n:,} images of its group."


@dataclass(frozen=True, slots=True)
class Purity:
    """What the answers tell of each group.

    Attributes
    ----------
    words : ndarray of shape (n_groups,), int64
        Answers that named an item of the group on its own.
    torn : ndarray of shape (n_groups,), bool
        Whether these named different classes.
    """

    words: IntArray
    torn: BoolArray

    @property
    def n_checked(self) -> int:
        """Groups of which more than one item was named."""
        return int(np.count_nonzero(self.words > 1))

    @property
    def trusted(self) -> bool:
        """Whether nearly all groups are pure, by Laplace's rule: after three that are, it is so."""
        n_pure = self.n_checked - int(np.count_nonzero(self.torn))
        return (n_pure + 1) / (self.n_checked + 2) >= TRUSTED


def purity(groups: IntArray, sheet: AnswerSheet) -> Purity:
    """Count what was said of the items of each group; an exact copy adds nothing.

    Parameters
    ----------
    groups : ndarray of shape (n_items,)
        As `Collection` has them.
    """
    n = int(groups.max(initial=ALONE)) + 1
    told = (sheet.sources == PERSON) & (sheet.class_ids != NO_CLASS) & (groups != ALONE)
    _, first = np.unique(sheet.answer_ids[told], return_index=True)
    named = np.flatnonzero(told)[first]
    words = np.bincount(groups[named], minlength=n)
    pairs = np.unique(np.stack([groups[named], sheet.class_ids[named]]), axis=1)
    return Purity(words, np.bincount(pairs[0], minlength=n) > 1)


@dataclass(frozen=True, slots=True)
class Shared:
    """A round in which what shares an answer counts as one item.

    Attributes
    ----------
    items : State
        The round as it is.
    units : State
        The same with units in place of items: what to learn from, and to ask about. `items` itself
        where nothing is shared.
    unit_of : ndarray of shape (n_items,), int64, or None
        The unit of each item; None where nothing is shared.
    purity : Purity
    groups : ndarray of shape (n_items,)
        As `Collection` has them.
    """

    items: State
    units: State
    unit_of: IntArray | None
    purity: Purity
    groups: IntArray

    def sheet(self) -> AnswerSheet:
        """What people have said, and what holds for others of a group by that, from GROUP."""
        sheet = self.items.sheet
        if self.unit_of is None:
            return sheet
        told = self.units.sheet
        known = (told.class_ids != NO_CLASS)[self.unit_of]
        also = known & (told.sources == PERSON)[self.unit_of]
        also &= (sheet.sources != PERSON) & ~sheet.withheld
        where = self.unit_of[also]
        class_ids, sources = sheet.class_ids.copy(), sheet.sources.copy()
        class_ids[also], sources[also] = told.class_ids[where], GROUP
        return replace(sheet, class_ids=class_ids, sources=sources)

    def of_items(self, proba: FloatArray) -> FloatArray:
        """Return the rows of the items' units."""
        return proba if self.unit_of is None else proba[self.unit_of]

    def about_items(self, questions: list[Question]) -> list[Question]:
        """Let a unit's question be about one of its items.

        That is the item that was named, if one was, else the most typical one that nobody was
        asked about.
        """
        if self.unit_of is None:
            return questions
        return [self._about_item(question, self.unit_of) for question in questions]

    def _about_item(self, question: Question, unit_of: IntArray) -> Question:
        members = np.flatnonzero(unit_of == question.item)
        rows = np.asarray(self.items.features[members], np.float32)
        far = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
        sheet = self.items.sheet
        named = (sheet.sources == PERSON) & (sheet.class_ids != NO_CLASS)
        fits = named if named[members].any() else ~self.items.asked
        far[~fits[members]] = np.inf
        reason = question.reason
        if len(members) > 1:
            reason = f"{reason} {STANDS_FOR.format(n=len(members))}"
        return replace(question, item=int(members[far.argmin()]), reason=reason)

    def without(self, questions: list[Question]) -> Shared:
        """Return the round with the items of these questions as good as asked."""
        asked = self.items.asked.copy()
        asked[[question.item for question in questions if question.item is not None]] = True
        closed = asked
        if self.unit_of is not None:
            closed = self.units.asked | ~_with_any(~asked, self.unit_of, len(self.units.asked))
        items, units = replace(self.items, asked=asked), replace(self.units, asked=closed)
        return replace(self, items=items, units=units)

    def checks(self, n: int, asked: list[Question]) -> list[Question]:
        """Ask about a second item of some groups of which one was named, or is being `asked`.

        Parameters
        ----------
        n : int
            Questions at most.
        """
        groups, n_answers = self.groups, self.items.sheet.n_answers
        due = max(FIRST_CHECKS, int(CHECKED * n_answers)) - self.purity.n_checked
        words = np.append(self.purity.words, 0)  # of no group, which ALONE finds
        items = [question.item for question in asked if question.item is not None]
        words[np.unique(groups[items])] += 1
        words[ALONE] = 0
        open_ = np.flatnonzero((words[groups] == 1) & ~self.items.asked)
        open_ = open_[~np.isin(open_, items)]
        lots = np.random.default_rng([self.items.seed, CHECK]).random(len(groups))
        order = open_[np.argsort(lots[open_], kind="stable")]
        _, first = np.unique(groups[order], return_index=True)
        drawn = order[np.sort(first)][: max(0, min(n, due))]
        return [Question("item", REASON, item=int(item), purpose="review") for item in drawn]


def apart(state: State) -> Shared:
    """Share nothing and check no group: every item is for itself."""
    none = np.zeros(0, np.int64)
    lone = np.full(state.collection.n_items, ALONE)
    return Shared(state, state, None, Purity(none, none.astype(np.bool_)), lone)


def share(state: State) -> Shared:
    """Put units in place of items, if the groups have proved pure."""
    groups, units = state.collection.groups, state.collection.units
    told = purity(groups, state.sheet)
    if units is None or not told.trusted:
        return Shared(state, state, None, told, groups)
    torn = np.append(told.torn, False)[groups]  # ALONE finds the last
    torn[len(units.unit_of) :] = True
    units = units.apart(np.flatnonzero(torn), state.features)
    sheet, n = reduced(state.sheet, units.unit_of, units.n_items), units.n_items
    closed = ~_with_any(~state.asked, units.unit_of, n)
    reduced_state = replace(
        state,
        collection=units,
        sheet=sheet,
        asked=closed | (sheet.sources == PERSON),
        named=frozenset(),
        previous=None if state.previous is None else _first_labels(state.previous, units),
        modelled=None,
        kept=None,
        waiting=frozenset(),
        audits=None,
        auditing=frozenset(),
        refinement=None,
    )
    return Shared(state, reduced_state, units.unit_of, told, groups)


def answers_behind(labels: Labels, sheet: AnswerSheet, groups: IntArray) -> IntArray:
    """Return the id of the answer that each label goes back to, (n_items,), −1 where none does."""
    told = (sheet.sources == PERSON) & (sheet.class_ids != NO_CLASS)
    shared = np.full(int(groups.max(initial=ALONE)) + 2, -1, np.int64)  # ALONE finds the last
    shared[groups[told]] = sheet.answer_ids[told]
    shared[ALONE] = -1
    return np.where(labels.sources == GROUP, shared[groups], sheet.answer_ids)


def _first_labels(labels: Labels, units: Units) -> Labels:
    """Return the label of each unit's first item; none where a unit has no item."""
    first = np.full(units.n_items, -1)
    first[units.unit_of[::-1]] = np.arange(len(units.unit_of))[::-1]
    found = Labels(labels.class_ids[first], labels.confidences[first], labels.sources[first])
    clear(found, first < 0)
    return found


def reduced(sheet: AnswerSheet, unit_of: IntArray, n: int) -> AnswerSheet:
    """Lay out what was said of items as one entry per unit.

    A word on an item outranks those on clusters, of which the most frequent counts.
    """
    known = sheet.class_ids != NO_CLASS
    alone = np.flatnonzero(known & (sheet.sources == PERSON))
    within = np.flatnonzero(known & (sheet.sources == CLUSTER))
    class_ids = np.full(n, NO_CLASS, np.int32)
    sources = np.full(n, NOBODY, np.int8)
    answer_ids = np.full(n, -1, np.int64)
    for items, source in ((_of_most(sheet, unit_of, within), CLUSTER), (alone, PERSON)):
        where = unit_of[items]
        class_ids[where], sources[where] = sheet.class_ids[items], source
        answer_ids[where] = sheet.answer_ids[items]
    withheld = _with_any(sheet.withheld, unit_of, n) & ~_with_any(~sheet.withheld, unit_of, n)
    sources[withheld] = PERSON
    times, turned = np.zeros(n, np.int32), np.zeros(n, np.bool_)
    if sheet.times is not None and sheet.turned is not None:
        np.maximum.at(times, unit_of, sheet.times)
        np.logical_or.at(turned, unit_of, sheet.turned)
    return AnswerSheet(class_ids, sources, answer_ids, withheld, sheet.n_answers, times, turned)


def _with_any(items: BoolArray, unit_of: IntArray, n: int) -> BoolArray:
    """Mask of the units that have one of these items."""
    return np.bincount(unit_of[items], minlength=n) > 0


def _of_most(sheet: AnswerSheet, unit_of: IntArray, items: IntArray) -> IntArray:
    """Return one of these items for each unit, with the class that most of them there have."""
    pairs = np.stack([unit_of[items], sheet.class_ids[items]])
    kinds, first, counts = np.unique(pairs, axis=1, return_index=True, return_counts=True)
    order = np.lexsort([-counts, kinds[0]])
    _, best = np.unique(kinds[0][order], return_index=True)
    return cast(IntArray, items[first[order[best]]])
