"""What people have said of items by themselves, not knowing what others or they had said before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewclicks.records import BELIEVED, NO_CLASS, PURPOSES, VERDICTS, BoolArray, IntArray
from fewclicks.store.ledger import NONE, Answered


@dataclass(frozen=True, slots=True)
class Firsthand:
    """The first word of each person on each item that they judged alone, and what they said again.

    A look at an item in review, after somebody had spoken on it, is no first word: what they said
    was in sight. Who was unsure has said nothing; “none” is NO_CLASS.

    Attributes
    ----------
    people : tuple of str
        Names.
    items, person, said : ndarray of shape (n,), int64
        Items, positions in `people`, class ids.
    repeated : ndarray of shape (n_repeated, 3), int64
        Who was asked again (a position), what they had said, and what they said then.
    """

    people: tuple[str, ...]
    items: IntArray
    person: IntArray
    said: IntArray
    repeated: IntArray


def made(answered: Answered, heirs: IntArray, names: dict[int, str]) -> Firsthand:
    """Lay out what stands; see `Answers.firsthand`."""
    said = np.where(answered.class_ids == NO_CLASS, NO_CLASS, heirs[answered.class_ids])
    named = (answered.verdicts == VERDICTS.index("class")) & (said != NO_CLASS)
    named |= answered.verdicts == VERDICTS.index("none")
    single = named & (answered.items != NONE)
    alone = np.flatnonzero(single & answered.standing(BELIEVED) & ~_in_sight(answered))
    again = np.flatnonzero(single & answered.standing(("again",)))
    ids, person = np.unique(answered.annotators, return_inverse=True)
    alone = alone[_first(answered.items[alone], person[alone], len(ids))]
    return Firsthand(
        tuple(names[number] for number in ids.tolist()),
        answered.items[alone],
        person[alone],
        said[alone],
        _repeated(answered.items, person, said, single & answered.standing(BELIEVED), again),
    )


def _in_sight(answered: Answered) -> BoolArray:
    """Which answers review an item that somebody had spoken on alone."""
    about = answered.standing(BELIEVED) & (answered.items != NONE)
    rows = np.flatnonzero(about)
    first = np.full(len(answered.ids), False)
    first[rows[_first(answered.items[rows], np.zeros(len(rows), np.int64), 1)]] = True
    reviews = answered.purposes == PURPOSES.index("review")
    seen: BoolArray = about & reviews & ~first
    return seen


def _first(items: IntArray, person: IntArray, n_people: int) -> IntArray:
    """The positions of the first answer of each person about each item, ascending."""
    _, first = np.unique(items * max(1, n_people) + person, return_index=True)
    return np.sort(first)


def _repeated(
    items: IntArray, person: IntArray, said: IntArray, counts: BoolArray, again: IntArray
) -> IntArray:
    """Pair each answer given again with the last word of the same person before it."""
    rows = np.sort(np.concatenate([np.flatnonzero(counts), again]))
    rows = rows[np.lexsort((person[rows], items[rows]))]  # stable: of one pair by rising time
    place = np.where(counts[rows], np.arange(len(rows)), -1)
    before = np.maximum.accumulate(place)[:-1]
    at = np.flatnonzero(~counts[rows[1:]] & (before >= 0))
    now, then = rows[1:][at], rows[before[at]]
    same = (items[now] == items[then]) & (person[now] == person[then])
    pairs: IntArray = np.column_stack([person[now], said[then], said[now]])[same]
    return pairs
