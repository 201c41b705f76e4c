"""What the other answers say of each answer, without those that owe themselves to the same look.

Near-duplicates, copies and the images of a group must not vouch for each other, nor must those
that one answer named at once: a cluster that was misnamed as a whole would speak for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from fewclicks.items.sampling import group_folds
from fewclicks.neighbours import knn_graph
from fewclicks.progress import Report, silent
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.workflows.belief import believe
from fewclicks.workflows.collection import Collection

N_FOLDS = 5

N_VOTERS = 10
"""Nearest answered items that have a say,"""

N_LOOKED_AT = 30
"""and those among which they are looked for."""

MOST_SEARCHED = 0.5
"""Where a larger share of all items is answered, the neighbours that are known already will do."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The items that people have named, alone or with their cluster.

    Attributes
    ----------
    items : ndarray of shape (n,), int64
        Ascending.
    said : ndarray of shape (n,), int64
        Class ids.
    answer_ids : ndarray of shape (n,), int64
        The answer that decided; one that named a cluster decided many.
    groups : ndarray of shape (n,), int64
        What belongs together; −1 for an item that belongs to nothing.
    """

    items: IntArray
    said: IntArray
    answer_ids: IntArray
    groups: IntArray

    @property
    def own(self) -> IntArray:
        """Number of each's group, or one of its own."""
        alone = int(self.groups.max(initial=-1)) + 1 + np.arange(len(self.items))
        return np.where(self.groups >= 0, self.groups, alone)

    @property
    def looks(self) -> IntArray:
        """Number of what each owes its class to: the answer, where that named several items at
        once, else the group."""
        _, answers, counts = np.unique(self.answer_ids, return_inverse=True, return_counts=True)
        return np.where(counts[answers] > 1, answers, len(counts) + self.own)

    def find(self, items: IntArray) -> IntArray:
        """Return the positions of some items; −1 for those that nobody has named."""
        if not len(self.items):
            return np.full(np.shape(items), -1, np.int64)
        at = np.minimum(np.searchsorted(self.items, items), len(self.items) - 1)
        return np.where(self.items[at] == items, at, -1)


def unseen_belief(
    collection: Collection, judged: Judged, random_state: int, report: Report = silent
) -> tuple[FloatArray, IntArray]:
    """Return what the other answers make believe of each judged item, by cross-validation.

    Where no other look has named the class of an item, those that were named with it must do: they
    tell the misfits of a cluster apart, if not whether the cluster has its right name.

    Returns
    -------
    proba : ndarray of shape (n, n_classes), float32
        Rows sum to 1; NaN where nothing else names the item's own class.
    classes : ndarray of shape (n_classes,)
        Class ids of the columns.
    """
    classes = np.unique(judged.said)
    proba = np.full((len(judged.items), len(classes)), np.nan, np.float32)
    for together in (judged.looks, judged.own):
        left = np.isnan(proba[:, 0])
        folds = group_folds(together, N_FOLDS, np.random.default_rng(random_state))
        for number in range(N_FOLDS):
            report("looking for mistakes", number, N_FOLDS)
            tested = np.flatnonzero((folds == number) & left)
            if len(tested):
                learnt = _others(judged, folds, number)
                known, rows = _belief_in(collection, judged, tested, learnt, classes, random_state)
                proba[known] = rows
    report("looking for mistakes", N_FOLDS, N_FOLDS)
    return proba, classes


def _belief_in(
    collection: Collection,
    judged: Judged,
    tested: IntArray,
    learnt: BoolArray,
    classes: IntArray,
    random_state: int,
) -> tuple[IntArray, FloatArray]:
    """Learn from some judged items; return which of others have a class learnt, and their rows."""
    if not learnt.any():
        return tested[:0], np.empty((0, len(classes)), np.float32)
    taught = np.full(collection.n_items, NO_CLASS, np.int64)
    taught[judged.items[learnt]] = judged.said[learnt]
    belief = believe(collection, collection.graph, taught, random_state)
    tested = tested[np.isin(judged.said[tested], belief.classes)]
    rows = np.zeros((len(tested), len(classes)), np.float32)
    rows[:, np.searchsorted(classes, belief.classes)] = belief.proba[judged.items[tested]]
    return tested, rows


def near_judged(
    collection: Collection, judged: Judged, random_state: int, report: Report = silent
) -> IntArray:
    """Return the judged items nearest to each, that have a say in it, nearest first.

    Of those that owe themselves to the same look only the nearest has one: all members of a cluster
    that was named at once are one person's word.

    Returns
    -------
    ndarray of shape (n, at most N_VOTERS), int64
        Positions; −1 where there are no more.
    """
    if len(judged.items) < 2:
        return np.full((len(judged.items), 0), -1)
    if len(judged.items) > MOST_SEARCHED * collection.n_items:
        found = judged.find(collection.candidates.first(N_LOOKED_AT).indices[judged.items])
    else:
        rows = np.asarray(collection.features[judged.items], np.float32)
        near = knn_graph(rows, N_LOOKED_AT, random_state=random_state, report=report)
        found = near.indices.astype(np.int64)
    looks = judged.looks
    has_say = (found >= 0) & (looks[found] != looks[:, None])
    grouped = (judged.groups >= 0)[:, None]
    has_say &= ~(grouped & (judged.groups[found] == judged.groups[:, None]))
    has_say &= _first_of_each(np.where(has_say, looks[found], -1 - np.arange(found.shape[1])))
    order = np.argsort(~has_say, axis=1, kind="stable")[:, :N_VOTERS]
    return np.where(
        np.take_along_axis(has_say, order, axis=1), np.take_along_axis(found, order, axis=1), -1
    )


def _first_of_each(numbers: IntArray) -> BoolArray:
    """Mark the first of equal numbers in each row, shape (n, k)."""
    order = np.argsort(numbers, axis=1, kind="stable")
    ranked = np.take_along_axis(numbers, order, axis=1)
    first = np.ones(numbers.shape, np.bool_)
    repeated = ranked[:, 1:] == ranked[:, :-1]
    np.put_along_axis(first, order[:, 1:], ~repeated, axis=1)
    return first


def _others(judged: Judged, folds: IntArray, number: int) -> BoolArray:
    """The answers to learn from when those of a fold are to be told: of no group in it."""
    tested = folds == number
    together = np.unique(judged.groups[tested & (judged.groups >= 0)])
    return cast(BoolArray, ~tested & ~np.isin(judged.groups, together))
