import numpy as np
import pytest

from fewclicks.workflows.collection import ALONE, Collection
from fewclicks.workflows.growing import Grown


@pytest.fixture
def sequences():
    """Twelve sequences of five, then six items of none: four kinds, and much that they share."""
    random = np.random.default_rng(0)
    kinds = np.append(np.repeat(np.arange(12) % 4, 5), np.arange(6) % 4)
    rows = random.normal(size=(66, 8)) * [9, 9, 9, 1, 1, 1, 1, 1]
    rows[:, 3:7] += 6 * np.eye(4)[kinds]
    groups = np.append(np.repeat(np.arange(12), 5), np.full(6, ALONE))
    return rows.astype(np.float32), groups, kinds


def test_a_group_is_one_unit_and_a_lone_item_another(sequences):
    rows, groups, _ = sequences
    units = Collection(rows, groups=groups, n_codewords=4).units
    assert units.n_items == 18
    assert units.unit_of[:10].tolist() == [0] * 5 + [1] * 5
    assert units.unit_of[60:].tolist() == [12, 13, 14, 15, 16, 17]
    assert units.features.shape == (18, 8)


def test_few_groups_leave_the_rows_as_they_are(sequences):
    rows, groups, _ = sequences
    few = np.where(groups < 3, groups, ALONE)  # twelve images beyond the first, for eight columns
    units = Collection(rows, groups=few, n_codewords=4).units
    assert np.allclose(units.features[0], rows[:5].mean(axis=0), atol=1e-4)
    assert np.allclose(units.features[-1], rows[-1], atol=1e-5)


def test_units_of_a_kind_are_neighbours_though_their_items_are_not(sequences):
    rows, groups, kinds = sequences
    collection = Collection(rows, groups=groups, n_codewords=4)
    first = np.unique(collection.units.unit_of, return_index=True)[1]
    of_unit = kinds[first]
    near = collection.units.neighbours.indices[:, :2]
    assert (of_unit[near] == of_unit[:, None]).mean() > 0.9
    assert (kinds[collection.neighbours.indices[:, :2]] == kinds[:, None]).mean() < 0.8


def test_they_are_prepared_with_their_items(sequences, tmp_path):
    rows, groups, _ = sequences
    told = []
    collection = Collection(rows, "rows", 4, folder=tmp_path, groups=groups)
    collection.prepare(lambda *step: told.append(step))
    assert (tmp_path / "units" / "neighbours.npz").exists()
    assert told[-1][1:3] == (18, 18)


@pytest.mark.parametrize("groups", [None, np.full(66, ALONE), np.arange(66)])
def test_without_two_items_that_belong_together_there_are_none(sequences, groups):
    assert Collection(sequences[0], groups=groups, n_codewords=4).units is None


def test_groups_of_copies_alone_leave_the_rows_as_they_are():
    rows = np.repeat(np.eye(4, 3, dtype=np.float32), 3, axis=0)
    units = Collection(rows, groups=np.repeat(np.arange(4), 3), n_codewords=2).units
    assert np.allclose(units.features, np.eye(4, 3))


def test_items_set_apart_are_units_with_neighbours_among_all(sequences):
    rows, groups, _ = sequences
    units = Collection(rows, groups=groups, n_codewords=4).units
    parted = units.apart(np.arange(5, 10), rows)
    assert parted.unit_of[5:10].tolist() == [18, 19, 20, 21, 22]
    assert parted.unit_of[[0, 60]].tolist() == [0, 12]
    assert parted.n_items == 23
    assert parted.neighbours.indices.shape == (23, 10)
    # what is found by extending the neighbours is what a search among all finds
    whole = Collection(parted.features, n_codewords=4)
    assert np.allclose(parted.neighbours.distances, whole.neighbours.distances, atol=1e-4)
    assert units.apart(np.arange(0), rows) is units


def test_units_are_kept_and_read_back_until_the_groups_change(sequences, tmp_path):
    rows, groups, _ = sequences
    first = Collection(rows, "a", 4, groups=groups, folder=tmp_path).units
    assert first.neighbours.indices.shape == (18, 10)
    written = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "units").iterdir()}
    again = Collection(rows, "a", 4, groups=groups, folder=tmp_path).units
    assert np.array_equal(again.features, first.features)
    assert np.array_equal(again.neighbours.indices, first.neighbours.indices)
    assert {p.name: p.stat().st_mtime_ns for p in (tmp_path / "units").iterdir()} == written
    other = Collection(rows, "a", 4, groups=np.where(groups == 3, 2, groups), folder=tmp_path)
    assert other.units.n_items == 17


def test_what_comes_later_belongs_to_no_unit(sequences):
    rows, groups, _ = sequences
    first = Collection(rows[:60], groups=groups[:60], n_codewords=4)
    grown = Grown(rows, first)
    assert grown.groups.tolist() == groups.tolist()
    assert grown.units is first.units
    assert len(grown.units.unit_of) == 60
    assert grown.units.apart(np.arange(60, 66), rows).unit_of[60:].tolist() == list(range(12, 18))
