import numpy as np
import pytest

from fewclicks.records import NO_CLASS
from fewclicks.workflows.covering import uncovered, upper_of_exported
from fewclicks.workflows.frozen import thawed


def frozen_of(class_ids, n_tested):
    labels = {"class_ids": np.array(class_ids), "order": np.arange(n_tested)}
    return thawed({**labels, "uncertainty": np.zeros(n_tested)})


FROZEN = frozen_of([1, 1, 2, 2, NO_CLASS, 1], 4)
"""Of six items four could be wrong, one had no label, and of one a person had given it."""


@pytest.mark.parametrize(
    ("class_ids", "alone", "expected"),
    [
        ([1, 1, 2, 2, NO_CLASS, 1], [5], []),
        ([2, 2, 2, 2, NO_CLASS, 1], [1, 5], [0]),
        ([1, 1, 2, NO_CLASS, 1, 1], [5], [4]),
        ([1, 1, 2, 2, 1, 1], [4], [5]),
        ([1, 1, 2, 2, NO_CLASS, 1, 1, 2], [5, 7], [6]),
        ([1, 2, 2], [], [1]),
    ],
    ids=["as frozen", "others", "new", "a word taken back", "added", "fewer items"],
)
def test_labels_are_covered_where_they_were_tested_and_are_the_same(class_ids, alone, expected):
    now = np.array(class_ids)
    mask = np.isin(np.arange(len(now)), alone)
    found = uncovered(FROZEN, now, np.arange(3), np.ones(len(now), np.bool_), mask)
    assert np.flatnonzero(found).tolist() == expected


def test_items_that_are_not_exported_and_classes_that_are_one_now_are_minded():
    now, merged = np.ones(6, np.int64), np.array([0, 1, 1])
    wanted, alone = np.array([True] * 4 + [False, True]), np.array([False] * 5 + [True])
    assert not uncovered(FROZEN, now, merged, wanted, alone).any()


def test_a_bound_of_what_is_exported_counts_every_uncovered_label():
    assert upper_of_exported(0.1, 150, 150, 300) == pytest.approx(165 / 300)
    assert upper_of_exported(0.1, 150, 0, 100) == pytest.approx(0.15)
    assert upper_of_exported(0.1, 10, 20, 10) == 1
    assert upper_of_exported(0.1, 10, 0, 0) == 0


@pytest.mark.parametrize("seed", range(20))
def test_it_is_never_below_the_share_that_is_wrong(seed):
    """Against labels that change at random, all others counted one by one."""
    rng = np.random.default_rng(seed)
    frozen_ids, truth = rng.integers(1, 4, 40), rng.integers(1, 4, 40)
    frozen = frozen_of(frozen_ids, 30)
    wrong = int((frozen_ids[:30] != truth[:30]).sum())
    now, alone = rng.integers(0, 4, 60), rng.random(60) < 0.5
    truth = np.append(truth, rng.integers(1, 4, 20))
    now = np.where(now == 0, NO_CLASS, np.where(alone, truth, now))  # a person is the reference
    wanted = rng.random(60) < 0.8
    n = int(uncovered(frozen, now, np.arange(4), wanted, alone).sum())
    labelled = wanted & (now != NO_CLASS)
    share = np.mean(now[labelled] != truth[labelled])
    assert share <= upper_of_exported(wrong / 40, 40, n, int(labelled.sum()))
