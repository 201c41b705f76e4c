import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks import settings
from fewclicks.clusters import Portraits, lloyd
from fewclicks.errors import InvalidInput, NotFound

ROWS = np.array([[0.0], [4.0], [1.0], [10.0], [13.0]], dtype=np.float32)
LABELS = np.array([0, 0, 0, 2, 2])
CODEBOOK = np.array([[2.0], [50.0], [12.0]], dtype=np.float32)


@pytest.fixture
def found():
    return Portraits.of(ROWS, LABELS, CODEBOOK)


def test_members_go_from_typical_to_atypical(found):
    assert found.members(0).tolist() == [2, 0, 1]  # at 1, 2 and 2; the lower id first
    assert found.distances_of(0).tolist() == [1, 2, 2]
    assert found.members(2).tolist() == [4, 3]


def test_medoids_sizes_and_spreads(found):
    assert found.n_clusters == 3
    assert found.medoid(0) == 2
    assert found.medoids().tolist() == [2, -1, 4]
    assert found.sizes().tolist() == [3, 0, 2]
    assert found.spreads().tolist() == pytest.approx([np.sqrt(3), 0, np.sqrt(2.5)])


def test_what_is_not_there_is_not_found(found):
    assert found.members(1).tolist() == []
    with pytest.raises(NotFound, match="Cluster 1 has no members"):
        found.medoid(1)
    for cluster in (-1, 3):
        with pytest.raises(NotFound, match=f"no cluster {cluster}"):
            found.members(cluster)


def test_they_can_be_saved_and_loaded(found):
    again = Portraits.from_arrays(found.to_arrays())
    assert again.members(2).tolist() == [4, 3]
    damaged = {**found.to_arrays(), "starts": np.array([0, 3, 2, 5])}
    with pytest.raises(InvalidInput, match="starts must rise"):
        Portraits.from_arrays(damaged)


@given(n=st.integers(1, 60), k=st.integers(1, 6), seed=st.integers(0, 1000))
def test_every_item_is_in_its_cluster_once_and_the_medoid_has_the_least_sum_of_squares(n, k, seed):
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, 3)).astype(np.float32)
    labels = random.integers(0, k, n)
    weights = np.ones(n, np.float32)
    filled = np.unique(labels)
    labels = np.searchsorted(filled, labels)
    codebook = lloyd.cell_means(rows, labels, weights, len(filled))
    found = Portraits.of(rows, labels, codebook)
    assert sorted(found.order.tolist()) == list(range(n))
    for cluster in range(found.n_clusters):
        members = found.members(cluster)
        assert (labels[members] == cluster).all()
        assert (np.diff(found.distances_of(cluster)) >= 0).all()
        apart = ((rows[members, None] - rows[members]) ** 2).sum(axis=(1, 2))
        assert apart[0] <= apart.min() * (1 + 1e-4) + 1e-6


def test_blocks_do_not_matter(monkeypatch):
    rows = np.random.default_rng(0).normal(size=(100, 4)).astype(np.float32)
    labels = np.arange(100) % 7
    whole = Portraits.of(rows, labels, rows[:7])
    monkeypatch.setattr(settings, "BLOCK_ROWS", 9)
    assert np.array_equal(Portraits.of(rows, labels, rows[:7]).order, whole.order)


def test_labels_must_fit():
    with pytest.raises(InvalidInput, match="labels has 2 rows but rows has 5"):
        Portraits.of(ROWS, LABELS[:2], CODEBOOK)
    with pytest.raises(InvalidInput, match="3 came"):
        Portraits.of(ROWS, LABELS + 1, CODEBOOK)
