import numpy as np
import pytest

from fewclicks.clusters import CLUSTERERS
from fewclicks.workflows.collection import Collection


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    return (random.integers(0, 5, (300, 1)) * 8 + random.normal(size=(300, 4))).astype("f4")


@pytest.mark.parametrize("clusterer", CLUSTERERS)
def test_every_clusterer_gives_clusters_of_all_items(clusterer, rows):
    collection = Collection(rows, n_codewords=12, clusterer=clusterer)
    portraits = collection.portraits
    assert sorted(portraits.order.tolist()) == list(range(300))
    assert portraits.n_clusters == len(collection.codebook)
    assert portraits.n_clusters == 12 or clusterer == "hdbscan"  # which finds how many there are
    questions = collection.cluster_questions()
    assert sum(len(q.members) for q in questions) == 300
    assert all(len(q.members) for q in questions)


def test_the_first_clusters_lie_near_most_items():
    random = np.random.default_rng(3)
    heaps = np.repeat([0, 30, 60], [240, 40, 20])
    rows = (heaps[:, None] + random.normal(size=(300, 2))).astype("f4")
    collection = Collection(rows, n_codewords=12)
    first, large = (collection.cluster_questions(largest_first=by) for by in (False, True))
    assert {round(heaps[q.members].mean()) for q in first[:3]} == {0, 30, 60}
    assert {round(heaps[q.members].mean()) for q in large[:3]} == {0}
    sizes = sorted((len(q.members) for q in first), reverse=True)
    assert [len(q.members) for q in large] == sizes
    assert [q.priority for q in first] == [q.priority for q in large] == sizes
    assert sorted(q.cluster for q in first) == sorted(q.cluster for q in large)


@pytest.mark.parametrize("clusterer", CLUSTERERS)
def test_what_is_on_disk_is_what_was_computed(clusterer, rows, tmp_path):
    first = Collection(rows, "a", 12, clusterer, folder=tmp_path)
    first.prepare()
    again = Collection(rows, "a", 12, clusterer, folder=tmp_path)
    assert np.array_equal(first.codebook, again.codebook)
    assert np.array_equal(first.portraits.order, again.portraits.order)
    assert (first.map is None) == (again.map is None) == (clusterer != "som")


def test_clusters_of_another_clusterer_are_other_clusters(rows):
    made = {Collection(rows, "a", 12, clusterer).partition for clusterer in CLUSTERERS}
    assert len(made) == len(CLUSTERERS)


def test_a_map_comes_back_from_disk_whole(rows, tmp_path):
    first = Collection(rows, "a", 12, "som", folder=tmp_path)
    first.prepare()
    again = Collection(rows, "a", 12, "som", folder=tmp_path).map
    assert again.shape == first.map.shape == (3, 4)
    assert again.topology == "rectangular"
    assert np.array_equal(again.places, first.map.places)
    assert np.array_equal(again.ridges, first.map.ridges)
    assert again.ridges.max() == 1
    assert len(np.unique(again.places, axis=0)) == 12
