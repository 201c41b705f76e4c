import numpy as np
import pytest

from fewclicks.clusters import parts_for, split_cluster
from fewclicks.errors import InvalidInput

ROWS = np.array([[0.0], [90.0], [1.0], [91.0], [2.5], [50.0]], dtype=np.float32)


def test_heaps_come_apart_largest_first_typical_first():
    parts = split_cluster(ROWS, [0, 1, 2, 3, 4], n_parts=2, random_state=0)
    assert [part.tolist() for part in parts] == [[2, 0, 4], [1, 3]]


def test_only_the_members_are_split():
    members = np.array([5, 1, 3])
    parts = split_cluster(ROWS, members, random_state=0)
    assert sorted(np.concatenate(parts).tolist()) == [1, 3, 5]
    assert all(len(part) for part in parts)


def test_equal_members_stay_together():
    rows = np.repeat([[0.0], [1.0]], 20, axis=0)
    parts = split_cluster(rows, range(40), n_parts=5, random_state=0)
    assert sorted(sorted(part.tolist()) for part in parts) == [
        list(range(20)),
        list(range(20, 40)),
    ]


def test_members_that_are_all_alike_cannot_be_told_apart():
    with pytest.raises(InvalidInput, match="all 3 are alike"):
        split_cluster(np.ones((5, 2)), [0, 1, 2])
    with pytest.raises(InvalidInput, match="all 1 are alike"):
        split_cluster(ROWS, [0])


@pytest.mark.parametrize("n_parts", [1, 4])
def test_parts_must_be_between_2_and_the_members(n_parts):
    with pytest.raises(InvalidInput, match="n_parts"):
        split_cluster(ROWS, [0, 1, 2], n_parts=n_parts)


@pytest.mark.parametrize(("size", "parts"), [(2, 2), (30, 2), (100, 4), (250, 6), (10_000, 8)])
def test_larger_clusters_get_more_parts(size, parts):
    assert parts_for(size) == parts


def test_a_large_cluster_is_split_by_the_rule():
    rows = np.random.default_rng(0).normal(size=(300, 3))
    assert len(split_cluster(rows, range(250), random_state=0)) == 6
