from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.items.sampling import (
    group_folds,
    group_order,
    group_sample,
    group_split,
    spread_order,
    stratified_sample,
)

Labels = st.lists(st.sampled_from("abcd"), max_size=40)


def test_each_class_has_its_share() -> None:
    labels = ["a"] * 60 + ["b"] * 30 + ["c"] * 10
    drawn = stratified_sample(labels, 10, np.random.default_rng(0))
    assert Counter(labels[spot] for spot in drawn) == {"a": 6, "b": 3, "c": 1}


def test_what_is_left_goes_to_the_largest_remainder() -> None:
    labels = np.array([0] * 5 + [1] * 3 + [2] * 2)  # shares of 4: 2.0, 1.2, 0.8
    drawn = stratified_sample(labels, 4, np.random.default_rng(0))
    assert np.bincount(labels[drawn]).tolist() == [2, 1, 1]


def test_ties_and_members_fall_at_random() -> None:
    drawn = {
        tuple(stratified_sample(["a", "a", "b", "b"], 1, np.random.default_rng(seed)))
        for seed in range(60)
    }
    assert drawn == {(0,), (1,), (2,), (3,)}


@given(Labels, st.data())
def test_a_stratified_sample_is_within_one_of_every_share(
    labels: list[str], data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, len(labels)))
    drawn = stratified_sample(labels, n, np.random.default_rng(n))
    assert len(set(drawn.tolist())) == n
    assert (np.diff(drawn) > 0).all()
    counts = Counter(labels[spot] for spot in drawn)
    for name, count in Counter(labels).items():
        assert abs(counts[name] - n * count / len(labels)) < 1


@given(Labels, st.data())
def test_groups_stay_whole_and_are_no_more_than_needed(
    groups: list[str], data: st.DataObject
) -> None:
    n = data.draw(st.integers(0, len(groups)))
    drawn = group_sample(groups, n, np.random.default_rng(n))
    sizes = Counter(groups)
    chosen = Counter(groups[spot] for spot in drawn)
    assert all(sizes[name] == count for name, count in chosen.items())
    assert n <= len(drawn) < n + max(sizes.values(), default=1)


def test_every_group_is_as_likely() -> None:
    groups = [0, 1, 1, 1, 1, 1, 1, 2]
    first = [group_sample(groups, 1, np.random.default_rng(seed))[0] for seed in range(300)]
    assert all(70 < count < 130 for count in Counter(groups[spot] for spot in first).values())


@pytest.mark.parametrize("sample", [stratified_sample, group_sample])
@pytest.mark.parametrize("n", [-1, 4])
def test_more_than_there_is_is_refused(sample: object, n: int) -> None:
    with pytest.raises(InvalidInput, match="n must be between 0 and 3"):
        sample(["a", "b", "b"], n, np.random.default_rng(0))  # type: ignore[operator]


@given(Labels, st.data())
def test_groups_follow_each_other_whole_and_in_time(groups: list[str], data: st.DataObject) -> None:
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    times = rng.permutation(len(groups))
    order = group_order(groups, rng, times)
    assert sorted(order) == list(range(len(groups)))
    changes = [a for a, b in pairwise([groups[spot] for spot in order]) if a != b]
    assert len(changes) == max(0, len(set(groups)) - 1)
    for earlier, later in pairwise(order):
        assert groups[earlier] != groups[later] or times[earlier] < times[later]


@given(Labels, st.data())
def test_every_group_gives_one_before_any_gives_another(
    groups: list[str], data: st.DataObject
) -> None:
    order = spread_order(groups, np.random.default_rng(data.draw(st.integers(0, 99))))
    assert sorted(order) == list(range(len(groups)))
    taken: Counter[str] = Counter()
    turns = []
    for spot in order:
        turns.append(taken[groups[spot]])
        taken[groups[spot]] += 1
    assert turns == sorted(turns)


def test_a_group_gives_what_is_far_apart_in_time() -> None:
    times = np.arange(16)[::-1]
    found = [
        tuple(times[spread_order([0] * 16, np.random.default_rng(seed), times)[:2]])
        for seed in range(40)
    ]
    assert all(min(abs(a - b), 16 - abs(a - b)) == 4 for a, b in found)
    assert len({first for first, _ in found}) > 8  # and not always the same place


def test_groups_are_set_apart_whole() -> None:
    groups = np.repeat(np.arange(10), 10)
    apart = group_split(groups, 0.25, np.random.default_rng(0))
    assert apart.sum() == 30
    assert set(np.bincount(groups[apart])) == {0, 10}
    assert not group_split(groups, 0, np.random.default_rng(0)).any()
    with pytest.raises(InvalidInput, match="share"):
        group_split(groups, 1.5, np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="times"):
        group_order(groups, np.random.default_rng(0), [1])


def test_groups_are_dealt_whole_over_folds_of_about_one_size() -> None:
    groups = np.repeat(np.arange(20), 5)
    fold = group_folds(groups, 4, np.random.default_rng(0))
    assert sorted(np.bincount(fold)) == [25, 25, 25, 25]
    assert all(len(set(fold[groups == group])) == 1 for group in range(20))
    assert not np.array_equal(fold, group_folds(groups, 4, np.random.default_rng(1)))
    assert len(set(group_folds([0] * 9, 3, np.random.default_rng(0)))) == 1
    with pytest.raises(InvalidInput, match="n_folds"):
        group_folds(groups, 1, np.random.default_rng(0))
