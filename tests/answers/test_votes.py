from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.answers import Votes
from fewclicks.errors import InvalidInput

said = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 3)), st.integers(0, 2), max_size=25
)


def votes_of(table: dict[tuple[int, int], int]) -> Votes:
    pairs = np.array(list(table), np.int64).reshape(-1, 2)
    return Votes.of(pairs[:, 0], pairs[:, 1], np.array(list(table.values()), np.int64))


def test_votes_worked_by_hand() -> None:
    votes = Votes.of(np.array([7, 3, 7, 5]), np.array([2, 1, 1, 2]), np.array([9, 4, 4, 4]))
    assert votes.items.tolist() == [3, 5, 7]
    assert votes.people.tolist() == [1, 2]
    assert votes.classes.tolist() == [4, 9]
    told = [votes.item.tolist(), votes.person.tolist(), votes.said.tolist()]
    assert told == [[0, 1, 2, 2], [0, 1, 0, 1], [0, 0, 0, 1]]
    assert votes.per_item.tolist() == [1, 1, 2]
    assert votes.shared.items.tolist() == [7]
    assert votes.of_people(2).items.tolist() == [5, 7]


def test_two_votes_of_a_person_on_an_item_are_refused() -> None:
    with pytest.raises(InvalidInput, match="Person 2 has two votes on item 7"):
        Votes.of(np.array([7, 3, 7]), np.array([2, 2, 2]), np.array([0, 0, 1]))
    with pytest.raises(InvalidInput):
        Votes.of(np.array([7, 3]), np.array([2]), np.array([0, 0]))


@given(said)
def test_patterns_are_what_items_are_when_compared_one_by_one(
    table: dict[tuple[int, int], int],
) -> None:
    votes = votes_of(table)
    slow = {
        item: tuple(sorted((who, what) for (about, who), what in table.items() if about == item))
        for item, _ in table
    }
    patterns = votes.patterns
    found = [
        tuple(
            (int(votes.people[who]), int(votes.classes[what]))
            for who, what in zip(
                patterns.person[patterns.pattern == number],
                patterns.said[patterns.pattern == number],
                strict=True,
            )
        )
        for number in range(len(patterns))
    ]
    assert len(set(found)) == len(found)
    assert [found[number] for number in patterns.of_item] == [slow[i] for i in votes.items.tolist()]
    assert dict(zip(found, patterns.n_items.tolist(), strict=True)) == Counter(slow.values())


def test_many_people_and_classes_do_not_outgrow_the_keys() -> None:
    """50 people with 1,000 classes would need keys of 800 bits."""
    rng = np.random.default_rng(0)
    items, people = np.divmod(np.arange(20 * 50), 50)
    classes = rng.integers(1000, size=len(items))
    classes[items == 7] = classes[items == 3]
    votes = Votes.of(items, people, classes)
    patterns = votes.patterns
    assert len(patterns) == 19
    assert patterns.of_item[7] == patterns.of_item[3]
