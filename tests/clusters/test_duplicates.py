import numpy as np
import pytest

from fewclicks.clusters import near_duplicates
from fewclicks.errors import InvalidInput
from fewclicks.neighbours import knn_graph


def groups_of(rows, k=50, **options):
    return near_duplicates(knn_graph(rows.astype(np.float32), k), **options)


@pytest.fixture
def spread():
    """Rows of 30 dimensions, spread evenly."""
    return np.random.default_rng(0).normal(size=(400, 30))


def test_rows_moved_a_little_are_grouped_with_where_they_were(spread):
    moved = spread[:20] + 0.1 * np.random.default_rng(1).normal(size=(20, 30))
    again = spread[:10] + 0.1 * np.random.default_rng(2).normal(size=(10, 30))
    groups = groups_of(np.concatenate([spread, moved, again]))
    assert groups[:20].tolist() == list(range(20))
    assert (groups[20:400] == -1).all()
    assert groups[400:420].tolist() == list(range(20))
    assert groups[420:].tolist() == list(range(10))


@pytest.mark.parametrize("dimensions", [1, 2, 5, 10, 40])
def test_chance_groups_next_to_nothing_in_few_dimensions_or_many(dimensions):
    rows = np.random.default_rng(0).random((2000, dimensions))
    assert (groups_of(rows) >= 0).mean() < 0.005


def test_items_of_a_crowd_keep_apart_though_they_are_nearer_than_others_are(spread):
    groups = groups_of(np.concatenate([spread, 0.05 * spread + 9]))
    assert (groups == -1).all()


def test_copies_are_grouped_even_if_there_are_more_than_neighbours(spread):
    groups = groups_of(np.concatenate([spread, np.repeat(spread[:1], 70, axis=0)]))
    assert len(set(groups[400:].tolist()) | {groups[0]}) == 1
    assert (groups[1:400] == -1).all()


def test_a_wider_reach_finds_more(spread):
    moved = spread[:20] + 0.6 * np.random.default_rng(1).normal(size=(20, 30))
    both = np.concatenate([spread, moved])
    assert (groups_of(both, near=0.7) >= 0).sum() > 2 * (groups_of(both, near=0.3) >= 0).sum()
    with pytest.raises(InvalidInput, match="near must be between"):
        groups_of(both, near=1)


def test_of_a_few_items_nothing_can_be_told():
    rows = np.random.default_rng(0).normal(size=(60, 30))
    assert (groups_of(np.concatenate([rows, rows[:5]])) == -1).all()
