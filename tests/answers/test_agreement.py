from __future__ import annotations

import doctest
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from fewclicks.answers import (
    Resampling,
    Votes,
    agreement,
    agreement_with_others,
    cohen_kappa,
    cohen_kappa_of,
    fleiss_kappa,
    krippendorff_alpha,
    raw_agreement,
)
from fewclicks.bounds import accuracy_interval
from fewclicks.errors import InvalidInput
from fewclicks.records import IntArray

HOW = Resampling(0)

DIAGNOSES = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006
10050 11040 03300 10050 02031 00501 30012 51000 02040 10203
00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
"""Fleiss 1971, table 1: diagnoses of 30 patients by 6 psychiatrists each, in 5 categories."""

OBSERVED = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Krippendorff 2011, section C: 12 units by 4 observers, with missing data."""


said = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 3)), st.integers(0, 2), max_size=25
)


def votes_of(table: dict[tuple[int, int], int]) -> Votes:
    """What was said, by item and person."""
    pairs = np.array(list(table), np.int64).reshape(-1, 2)
    return Votes.of(pairs[:, 0], pairs[:, 1], np.array(list(table.values()), np.int64))


def by_counts(rows: IntArray) -> Votes:
    """Votes of people 0, 1, … on the items whose votes for each class are counted in rows."""
    table = {}
    for item, row in enumerate(rows):
        for person, what in enumerate(np.repeat(np.arange(len(row)), row).tolist()):
            table[item, person] = what
    return votes_of(table)


def test_the_examples_hold() -> None:
    assert doctest.testmod(agreement).failed == 0


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(-1, 3)), min_size=2, max_size=30))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    if not (first == second).all():
        expected = cohen_kappa_score(first, second)
        assert cohen_kappa(first, second) == pytest.approx(expected, abs=1e-12)


def test_kappa_of_equal_labels_is_1_even_of_one_class() -> None:
    assert cohen_kappa(np.zeros(5, int), np.zeros(5, int)) == 1
    assert cohen_kappa(np.empty(0, int), np.empty(0, int)) == 1


def test_cohen_s_kappa_of_cohen_1960() -> None:
    """Table 1 there, of 200: 0.70 are agreed upon, 0.41 would be by chance; kappa is 0.492."""
    table = np.array([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    cells = np.repeat(np.arange(9), table.ravel())
    first, second = np.divmod(cells, 3)
    assert cohen_kappa(first, second) == pytest.approx(0.29 / 0.59)
    items = np.arange(200)
    votes = Votes.of(np.tile(items, 2), np.repeat([4, 8], 200), np.concatenate([first, second]))
    told = cohen_kappa_of(votes, 4, 8, HOW)
    assert told.value == pytest.approx(0.29 / 0.59)
    # the standard error that Cohen gives there, in equation 7
    error = np.sqrt(0.70 * 0.30 / (200 * 0.59**2))
    assert told.high - told.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_fleiss_kappa_of_fleiss_1971() -> None:
    rows = np.array([[int(n) for n in row] for row in DIAGNOSES.split()])
    assert rows.sum(axis=0).tolist() == [26, 26, 30, 55, 43]  # as in the paper
    told = fleiss_kappa(by_counts(rows), HOW)
    assert round(told.value, 3) == 0.430
    assert told.low < told.value < told.high


def test_krippendorff_s_alpha_of_his_example() -> None:
    table = {
        (unit, observer): int(value)
        for observer, row in enumerate(OBSERVED)
        for unit, value in enumerate(row.split())
        if value != "."
    }
    told = krippendorff_alpha(votes_of(table), HOW)
    assert round(told.value, 3) == 0.743
    assert told.low < told.value < told.high


def test_raw_agreement_by_hand() -> None:
    """Of the four pairs three agree: one of one item, one of the three of another."""
    votes = votes_of({(0, 0): 5, (0, 1): 5, (1, 0): 5, (1, 1): 6, (1, 2): 6, (2, 0): 6})
    assert raw_agreement(votes, HOW).value == 0.5
    alike = votes_of({(0, 0): 5, (0, 1): 5, (1, 0): 6, (1, 1): 6})
    told = raw_agreement(alike, HOW)
    assert (told.value, told.high) == (1.0, 1.0)
    assert told.low == pytest.approx(0.025**0.5)  # Clopper and Pearson, 2 of 2


def test_agreement_of_one_with_the_others_by_hand() -> None:
    """Person 1 agrees with 1 of 2 on item 1, with 1 of 1 on item 2; item 3 is not theirs."""
    votes = votes_of({
        (1, 0): 5, (1, 1): 6, (1, 2): 6, (2, 1): 5, (2, 2): 5, (3, 0): 5, (3, 2): 6, (4, 1): 5,
    })  # fmt: skip
    told = agreement_with_others(votes, 1, HOW)
    assert told.value == pytest.approx(2 / 3)
    assert told.low <= told.value <= told.high
    assert np.isnan(agreement_with_others(votes, 9, HOW).value)


def test_where_all_agree_kappa_is_as_sure_as_the_share_of_items() -> None:
    both = {(item, who): item % 2 for item in range(20) for who in range(2)}
    votes = votes_of(both)
    least = accuracy_interval(20, 20)[0]
    for told in (fleiss_kappa(votes, HOW), cohen_kappa_of(votes, 0, 1, HOW)):
        assert (told.value, told.high) == (1, 1)
        assert told.low == pytest.approx((least - 0.5) / 0.5)
    one_class = votes_of(dict.fromkeys(both, 3))
    told = fleiss_kappa(one_class, HOW)
    assert told.value == 1
    assert np.isnan(told.low)  # chance alone would do as well


def test_nothing_shared_is_unknown() -> None:
    votes = votes_of({(0, 0): 1, (1, 1): 1})
    for measure in (raw_agreement, fleiss_kappa, krippendorff_alpha):
        assert np.isnan(measure(votes, HOW).value)
    assert np.isnan(cohen_kappa_of(votes, 0, 1, HOW).value)


def test_fleiss_kappa_wants_as_many_votes_on_each_item() -> None:
    votes = votes_of({(0, 0): 1, (0, 1): 1, (1, 0): 1, (1, 1): 1, (1, 2): 1})
    with pytest.raises(InvalidInput, match="2 to 3"):
        fleiss_kappa(votes, HOW)


def slow_alpha(table: dict[tuple[int, int], int]) -> float:
    """By the matrix of coincidences, a pair of votes at a time."""
    units: dict[int, list[int]] = {}
    for (item, _), what in table.items():
        units.setdefault(item, []).append(what)
    cells: dict[tuple[int, int], float] = {}
    for values in units.values():
        for one, other in combinations(range(len(values)), 2):
            for pair in ((values[one], values[other]), (values[other], values[one])):
                cells[pair] = cells.get(pair, 0) + 1 / (len(values) - 1)
    if not cells:
        return np.nan
    n = sum(cells.values())
    margins = [sum(v for (one, _), v in cells.items() if one == c) for c in range(3)]
    observed = sum(v for (one, other), v in cells.items() if one != other) / n
    expected = 1 - sum(m * (m - 1) for m in margins) / (n * (n - 1))
    return 1 - observed / expected if expected else 1.0


@settings(deadline=None)
@given(said)
def test_alpha_is_that_of_the_coincidences(table: dict[tuple[int, int], int]) -> None:
    told = krippendorff_alpha(votes_of(table), Resampling(0, n_resamples=20))
    assert told.value == pytest.approx(slow_alpha(table), nan_ok=True)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=30))
def test_kappa_of_votes_is_that_of_labellings(pairs: list[tuple[int, int]]) -> None:
    first, second = np.array(pairs).T
    items = np.arange(len(pairs))
    votes = Votes.of(
        np.tile(items, 2), np.repeat([0, 1], len(items)), np.concatenate([first, second])
    )
    told = cohen_kappa_of(votes, 1, 0, Resampling(0, n_resamples=50))
    assert told.value == pytest.approx(cohen_kappa(first, second))
    assert raw_agreement(votes, HOW).value == pytest.approx(np.mean(first == second))
    assert told.value == pytest.approx(cohen_kappa_of(votes, 0, 1, HOW).value)


def test_renamed_classes_people_and_items_agree_as_much() -> None:
    rows = np.array([[int(n) for n in row] for row in DIAGNOSES.split()])
    votes = by_counts(rows)
    renamed = Votes.of(
        900 - votes.items[votes.item], 7 * votes.people[votes.person], 40 - votes.said
    )
    for measure in (fleiss_kappa, krippendorff_alpha):
        assert measure(renamed, HOW).value == pytest.approx(measure(votes, HOW).value)


def test_the_interval_covers_what_is_true() -> None:
    """Two who are each right 9 times of 10, of 5 classes: 200 times, 150 shared items."""
    rng = np.random.default_rng(7)
    agreed = 0.9**2 + 0.1**2 / 4
    hits = 0
    for repeat in range(200):
        truth = rng.integers(5, size=150)
        wrong = rng.integers(1, 5, size=(2, 150)) * (rng.random((2, 150)) < 0.1)
        said = (truth + wrong) % 5
        items = np.tile(np.arange(150), 2)
        votes = Votes.of(items, np.repeat([0, 1], 150), said.ravel())
        told = krippendorff_alpha(votes, Resampling(repeat, n_resamples=300))
        hits += told.low <= (agreed - 0.2) / 0.8 <= told.high
    assert 0.90 <= hits / 200 <= 0.99


def test_the_same_seed_gives_the_same_interval() -> None:
    rows = np.array([[int(n) for n in row] for row in DIAGNOSES.split()])
    votes = by_counts(rows)
    assert fleiss_kappa(votes, Resampling(3)) == fleiss_kappa(votes, Resampling(3))
    assert fleiss_kappa(votes, Resampling(3)) != fleiss_kappa(votes, Resampling(4))
    narrow = fleiss_kappa(votes, Resampling(3, confidence=0.5))
    wide = fleiss_kappa(votes, Resampling(3))
    assert wide.low < narrow.low < narrow.high < wide.high
