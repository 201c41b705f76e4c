"""Items on which several people have had their say: whose answer decides.

Everybody has one vote, their latest word on the item itself; who was unsure has none as long as
somebody else has one. An answer given in review starts the voting anew, so that a correction is
not outvoted by what it corrects.
"""

from __future__ import annotations

import numpy as np

from fewclicks.answers.consensus import Rule, settle
from fewclicks.answers.votes import Votes
from fewclicks.records import BoolArray, IntArray


def deciding(
    items: IntArray,
    said: IntArray,
    people: IntArray,
    unsure: BoolArray,
    reviewed: BoolArray,
    rule: Rule,
) -> IntArray:
    """Return the position of the answer that decides each item several people have spoken on.

    Parameters
    ----------
    items, said, people : ndarray of shape (n,)
        Of answers by rising time: the item, the class (any number below 0 for “none”), and who.
    unsure, reviewed : ndarray of shape (n,), bool
        Whether it is “unsure”; whether it was given in review.
    rule : {"auto", "majority", "latest"}
        See `fewclicks.answers.consensus.settle`; with "latest" the latest answer decides.
    """
    at = _of_several(items, people)
    if rule == "latest" or not len(at):
        return at[:0]
    at = at[_since_review(items[at], reviewed[at])]
    at = at[_latest(items[at], people[at])]
    at = at[~unsure[at]]
    votes = Votes.of(items[at], people[at], said[at])
    newest = at[_latest(items[at])]
    newest = newest[np.argsort(items[newest])]  # in the order of the votes' items
    settled = settle(votes, said[newest], rule).classes
    winners = at[said[at] == settled[np.searchsorted(votes.items, items[at])]]
    decided: IntArray = winners[_latest(items[winners])]
    return decided


def _of_several(items: IntArray, people: IntArray) -> IntArray:
    """The answers about items that more than one person has spoken on."""
    if not len(items) or (people == people[0]).all():
        return np.empty(0, np.int64)
    first = np.empty(int(items.max()) + 1, np.int64)
    first[items[::-1]] = people[::-1]  # of several NumPy keeps the last, here the earliest
    others = np.zeros(len(first), np.bool_)
    others[items[people != first[items]]] = True
    return np.flatnonzero(others[items])


def _since_review(items: IntArray, reviewed: BoolArray) -> BoolArray:
    """Which answers are no older than the latest review of their item."""
    last = np.full(int(items.max(initial=-1)) + 1, -1)
    last[items[reviewed]] = np.flatnonzero(reviewed)  # of several NumPy keeps the last
    kept: BoolArray = np.arange(len(items)) >= last[items]
    return kept


def _latest(items: IntArray, people: IntArray | None = None) -> IntArray:
    """The positions of the latest answer about each item, by each of `people`; ascending."""
    keys = items.astype(np.int64)
    if people is not None:
        keys = keys * (int(people.max(initial=0)) + 1) + people
    _, first = np.unique(keys[::-1], return_index=True)
    return np.sort(len(keys) - 1 - first)
