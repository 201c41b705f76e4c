"""Sharing: an answer holds for the whole group of its item, as long as groups prove to be pure.

The images of a group show the same thing where it is a sequence or a set of near-duplicates; where
it is a writer or a subject, they need not. Nobody has to say which: some groups are asked about a
second image, drawn at random among all that share an answer, and answers are shared while these
agree, or agree more often than audited labels are right. A group whose answers differ is taken
apart.
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

TRUSTED = 0.85
"""Share of pure groups, by Laplace's rule, from which answers are shared: after five of five."""

FIRST_CHECKS = 8
CHECKED = 0.1
"""Groups that are asked about a second image: so many to begin with, later this share of all
answers;"""

FIRST_NEAR_CHECKS = 5
NEAR_CHECKED = 0.02
"""and of near-duplicates, which are seldom torn and whose labels the graph shares anyway."""

CHECK = 2
"""Tells this draw from the others of the run's seed."""

AUDITED = ("held_out_right", "held_out")
"""Figures of the round before: how many audited labels were right, and how many there were."""

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

    def trusted(self, right: int = 0, audited: int = 0) -> bool:
        """Tell whether an answer should hold for its group.

        Once one group turned out torn, only if groups are pure more often than labels are right,
        `right` of those `audited`.
        """
        n_torn = int(np.count_nonzero(self.torn))
        pure = _laplace(self.n_checked - n_torn, self.n_checked)
        return pure >= (max(TRUSTED, _laplace(right, audited)) if n_torn else TRUSTED)


def _laplace(n: int, of: int) -> float:
    """Laplace's rule of succession: the chance that the next is one, too."""
    return (n + 1) / (of + 2)


def purity(groups: IntArray, sheet: AnswerSheet) -> Purity:
    """Count what was said of the items of each group; an exact copy in it adds nothing.

    Parameters
    ----------
    groups : ndarray of shape (n_items,)
        As `Collection` has them.
    """
    n = int(groups.max(initial=ALONE)) + 1
    told = (sheet.sources == PERSON) & (sheet.class_ids != NO_CLASS) & (groups != ALONE)
    said = np.stack([groups[told], sheet.answer_ids[told]])
    _, first = np.unique(said, axis=1, return_index=True)
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
        where nothing is shared; where only the answers are, every item is still a unit.
    said : AnswerSheet
        What people have said of items, and what holds for others of a group by that, from GROUP.
    unit_of : ndarray of shape (n_items,), int64, or None
        The unit of each item; None where each is one.
    purity : Purity
    groups : ndarray of shape (n_items,)
        As `Collection` has them.
    """

    items: State
    units: State
    said: AnswerSheet
    unit_of: IntArray | None
    purity: Purity
    groups: IntArray

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
        sheet = self.items.sheet
        named = (sheet.sources == PERSON) & (sheet.class_ids != NO_CLASS)
        return [self._about_item(question, self.unit_of, named) for question in questions]

    def _about_item(self, question: Question, unit_of: IntArray, named: BoolArray) -> Question:
        members = np.flatnonzero(unit_of == question.item)
        rows = np.asarray(self.items.features[members], np.float32)
        far = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
        fits = named[members] if named[members].any() else ~self.items.asked[members]
        far[~fits] = np.inf
        reason = question.reason
        if len(members) > 1:
            reason = f"{reason} {STANDS_FOR.format(n=len(members))}"
        return replace(question, item=int(members[far.argmin()]), reason=reason)

    def without(self, questions: list[Question]) -> Shared:
        """Return the round with the items of these questions as good as asked."""
        asked = self.items.asked.copy()
        asked[[question.item for question in questions if question.item is not None]] = True
        if self.unit_of is None:
            closed = self.units.asked | asked
        else:
            closed = self.units.asked | ~_with_any(~asked, self.unit_of, len(self.units.asked))
        items, units = replace(self.items, asked=asked), replace(self.units, asked=closed)
        return replace(self, items=items, units=units)

    def rest(self, n: int) -> list[Question]:
        """Ask about further items of groups that answers hold for, least known groups first."""
        lots = np.random.default_rng([self.items.seed, CHECK]).random(len(self.groups))
        open_ = np.flatnonzero((self.groups != ALONE) & ~self.items.asked)
        order = open_[np.lexsort([lots[open_], self.purity.words[self.groups[open_]]])]
        return [Question("item", REASON, item=int(item), purpose="review") for item in order[:n]]

    def checks(self, n: int, asked: list[Question]) -> list[Question]:
        """Ask about a second item of some groups of which one was named, or is being `asked`.

        Parameters
        ----------
        n : int
            Questions at most.
        """
        groups, n_answers = self.groups, self.items.sheet.n_answers
        near = self.items.collection.near_duplicates
        least, rate = (FIRST_NEAR_CHECKS, NEAR_CHECKED) if near else (FIRST_CHECKS, CHECKED)
        due = max(least, int(rate * n_answers)) - self.purity.n_checked
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
    return Shared(state, state, state.sheet, None, Purity(none, none.astype(np.bool_)), lone)


def share(state: State, *, by_units: bool = True) -> Shared:
    """Share answers within groups, if these have proved pure.

    What is shared among near-duplicates teaches nothing: the graph spreads it among them anyway,
    and a photo that was saved often would count as many.

    Parameters
    ----------
    by_units : bool, default True
        Whether units take the place of items; else only the answers are shared, as it must be
        where networks learn from the images of all items.
    """
    groups = state.collection.groups
    told = purity(groups, state.sheet)
    if not told.trusted(*(int(state.figures.get(name, 0)) for name in AUDITED)):
        return Shared(state, state, state.sheet, None, told, groups)
    said = with_mates(state.sheet, groups, told)
    units = state.collection.units if by_units else None
    if units is None:
        taught = state.sheet if state.collection.near_duplicates else said
        asked = (said.sources == GROUP) | state.asked
        return Shared(state, replace(state, sheet=taught, asked=asked), said, None, told, groups)
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
    return Shared(state, reduced_state, said, units.unit_of, told, groups)


def answers_behind(labels: Labels, sheet: AnswerSheet, groups: IntArray) -> IntArray:
    """Return the id of the answer that each label goes back to, (n_items,), −1 where none does.

    Behind a shared label is the first answer of its group that named the same class.
    """
    found = sheet.answer_ids.copy()
    named = (sheet.sources == PERSON) & (sheet.class_ids != NO_CLASS) & (groups != ALONE)
    told = np.flatnonzero(named)
    shared = np.flatnonzero(labels.sources == GROUP)
    known = np.unique(np.stack([groups[told], sheet.class_ids[told]]), axis=1, return_index=True)
    place = {(int(g), int(c)): int(told[i]) for (g, c), i in zip(known[0].T, known[1], strict=True)}
    wanted = zip(groups[shared].tolist(), labels.class_ids[shared, 0].tolist(), strict=True)
    behind = [place.get(pair, -1) for pair in wanted]
    found[shared] = [-1 if item < 0 else sheet.answer_ids[item] for item in behind]
    return found


def _first_labels(labels: Labels, units: Units) -> Labels:
    """Return the label of each unit's first item; none where a unit has no item."""
    first = np.full(units.n_items, -1)
    first[units.unit_of[::-1]] = np.arange(len(units.unit_of))[::-1]
    found = Labels(labels.class_ids[first], labels.confidences[first], labels.sources[first])
    clear(found, first < 0)
    return found


def with_mates(sheet: AnswerSheet, groups: IntArray, told: Purity) -> AnswerSheet:
    """Return the sheet with each answer held for the rest of its group, unless that is torn."""
    named = (sheet.sources == PERSON) & (sheet.class_ids != NO_CLASS) & (groups != ALONE)
    of_group = np.full(len(told.words) + 1, NO_CLASS, np.int32)  # ALONE finds the last
    of_group[groups[named]] = sheet.class_ids[named]
    of_group[:-1][told.torn] = NO_CLASS
    also = (of_group[groups] != NO_CLASS) & (sheet.sources != PERSON) & ~sheet.withheld
    return replace(
        sheet,
        class_ids=np.where(also, of_group[groups], sheet.class_ids),
        sources=np.where(also, GROUP, sheet.sources),
    )


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
