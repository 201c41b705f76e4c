"""Who called which item what: the votes that agreement and consensus are computed from.

Most items have the same few votes, so all sums go over patterns of votes, of which there are few:
a million answers of three people in ten classes make a few thousand.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, IntArray


@dataclass(frozen=True)
class Votes:
    """At most one vote of each person on each item; made by `Votes.of`.

    Attributes
    ----------
    items, people, classes : ndarray
        The distinct ids, ascending.
    item, person, said : ndarray of shape (n_votes,), int64
        Of each vote the positions in them; by item, then by person.
    """

    items: IntArray
    people: IntArray
    classes: IntArray
    item: IntArray
    person: IntArray
    said: IntArray

    @classmethod
    def of(cls, items: IntArray, people: IntArray, classes: IntArray) -> Votes:
        """Take in votes as three arrays of shape (n_votes,) of ids, in any order.

        Raises
        ------
        InvalidInput
            The arrays differ in length, or a person has two votes on an item.
        """
        checks.same_length(items, people, ("items", "people"))
        checks.same_length(items, classes, ("items", "classes"))
        known = [np.unique(ids, return_inverse=True) for ids in (items, people, classes)]
        keys = known[0][1] * max(1, len(known[1][0])) + known[1][1]
        order = np.argsort(keys, kind="stable")
        twice = np.flatnonzero(np.diff(keys[order]) == 0)
        if len(twice):
            at = order[twice[0]]
            raise InvalidInput(
                f"Person {people[at]} has two votes on item {items[at]}.",
                "Give one vote of each person on an item, such as the latest.",
            )
        ids, positions = zip(*known, strict=True)
        return cls(*ids, *(position[order] for position in positions))

    def __len__(self) -> int:
        return len(self.item)

    @cached_property
    def per_item(self) -> IntArray:
        """Votes on each item, shape (n_items,)."""
        return np.bincount(self.item, minlength=len(self.items))

    @cached_property
    def shared(self) -> Votes:
        """The votes on items that more than one person has voted on."""
        kept = self.per_item[self.item] > 1
        return self.only(kept)

    def of_people(self, *people: int) -> Votes:
        """The votes of some people."""
        return self.only(np.isin(self.people[self.person], people))

    @cached_property
    def patterns(self) -> Patterns:
        """The different patterns of votes, and which of them each item has."""
        return _patterns(self)

    def only(self, kept: BoolArray) -> Votes:
        """Some of the votes, by a mask of shape (n_votes,)."""
        return Votes.of(
            self.items[self.item[kept]],
            self.people[self.person[kept]],
            self.classes[self.said[kept]],
        )


@dataclass(frozen=True, slots=True)
class Patterns:
    """The different ways in which items were voted on.

    Attributes
    ----------
    of_item : ndarray of shape (n_items,), int64
        The pattern of each item.
    n_items : ndarray of shape (n_patterns,), int64
        Items of each pattern.
    pattern, person, said : ndarray of shape (n,), int64
        The votes of each pattern, as positions in `Votes.people` and `Votes.classes`; by pattern.
    """

    of_item: IntArray
    n_items: IntArray
    pattern: IntArray
    person: IntArray
    said: IntArray

    def __len__(self) -> int:
        return len(self.n_items)

    def counts(self, n_classes: int) -> IntArray:
        """Votes for each class, shape (n_patterns, n_classes)."""
        keys = self.pattern * n_classes + self.said
        tally = np.bincount(keys, minlength=len(self) * n_classes)
        return tally.reshape(len(self), n_classes)


def _patterns(votes: Votes) -> Patterns:
    """Rank items by their votes, one vote after the other; no key outgrows 64 bits."""
    n_classes = len(votes.classes)
    starts = np.cumsum(votes.per_item) - votes.per_item
    codes = votes.person * n_classes + votes.said + 1
    base = len(votes.people) * n_classes + 1
    ranks = np.zeros(len(votes.items), np.int64)
    for place in range(int(votes.per_item.max(initial=0))):
        more = np.flatnonzero(votes.per_item > place)
        code = np.zeros(len(ranks), np.int64)
        code[more] = codes[starts[more] + place]
        ranks = np.unique(ranks * base + code, return_inverse=True)[1]
    _, first, of_item, n_items = np.unique(
        ranks, return_index=True, return_inverse=True, return_counts=True
    )
    sizes = votes.per_item[first]
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    at = np.repeat(starts[first], sizes) + within
    pattern = np.repeat(np.arange(len(first)), sizes)
    return Patterns(of_item, n_items, pattern, votes.person[at], votes.said[at])
