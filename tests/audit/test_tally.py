"""Votes counted, worked out by hand and compared with a counter."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.audit.tally import Tally
from fewclicks.records import NO_CLASS

VOTES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=40)


def test_votes_worked_out_on_paper() -> None:
    tally = Tally.of(np.array([0, 0, 0, 2]), np.array([7, 5, 7, 5]), 3)
    assert tally.totals.tolist() == [3, 0, 1]
    assert tally.first.tolist() == [7, NO_CLASS, 5]
    assert tally.second.tolist() == [5, NO_CLASS, NO_CLASS]
    every = np.arange(3)
    assert tally.votes(every, np.array([5, 5, 9])).tolist() == [1, 0, 0]
    assert tally.other(every, np.array([7, 7, 5])).tolist() == [5, NO_CLASS, NO_CLASS]


@given(VOTES)
def test_votes_are_those_of_a_counter(votes: list[tuple[int, int]]) -> None:
    matters = np.array([matter for matter, _ in votes], np.int64)
    said = np.array([class_id for _, class_id in votes], np.int64)
    tally = Tally.of(matters, said, 4)
    for matter in range(4):
        counts = Counter(class_id for where, class_id in votes if where == matter)
        ranked = sorted(counts, key=lambda class_id: (-counts[class_id], class_id))
        assert tally.totals[matter] == counts.total()
        assert tally.first[matter] == (ranked[0] if ranked else NO_CLASS)
        assert tally.second[matter] == (ranked[1] if len(ranked) > 1 else NO_CLASS)
        for class_id in range(6):
            found = tally.votes(np.array([matter]), np.array([class_id]))
            assert found.tolist() == [counts[class_id]]
