import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks.clusters import CellClusterer
from fewclicks.clusters.cells import METHODS
from fewclicks.errors import InvalidInput


@pytest.fixture
def kinds():
    """Three hundred rows around each of five places, two of them near each other."""
    rng = np.random.default_rng(0)
    places = rng.normal(size=(5, 6)) * 8
    places[4] = places[3] + 4
    kinds = np.repeat(np.arange(5), 300)
    return (places[kinds] + rng.normal(size=(1500, 6))).astype(np.float32), kinds


@parametrize_with_checks([CellClusterer(2, method, random_state=0) for method in METHODS])
def test_it_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_cells", [None, 200])
def test_kinds_are_found_by_all_pairs_and_by_cells(kinds, method, n_cells):
    rows, true = kinds
    found = CellClusterer(5, method, n_cells, random_state=0).fit(rows)
    assert adjusted_rand_score(true, found.labels_) > 0.95
    assert found.labels_.dtype == np.int32
    assert np.array_equal(found.predict(rows), found.labels_)
    means = [rows[found.labels_ == c].mean(axis=0) for c in range(len(found.codebook_))]
    assert np.allclose(found.codebook_, means, atol=1e-4)
    assert len(found.cells_) == (n_cells or 1500)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_clusters(kinds, method):
    first, again = (CellClusterer(9, method, 100, 3).fit(kinds[0]).labels_ for _ in range(2))
    assert np.array_equal(first, again)


def test_a_ring_is_one_cluster_by_its_neighbours_and_by_its_density():
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 600)
    ring = 10 * np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(0, 0.2, (600, 2))
    rows = np.concatenate([ring, rng.normal(0, 0.5, (600, 2))]).astype(np.float32)
    true = np.repeat([0, 1], 600)
    spectral = CellClusterer(2, "spectral", 300, random_state=0).fit(rows)
    assert adjusted_rand_score(true, spectral.labels_) == 1
    assert adjusted_rand_score(true, CellClusterer(2, random_state=0).fit(rows).labels_) < 0.9


def test_density_finds_how_many_there_are_and_noise_follows(kinds):
    rows, true = kinds
    noise = np.random.default_rng(1).uniform(-20, 20, (100, 6)).astype(np.float32)
    found = CellClusterer(8, "hdbscan", random_state=0).fit(np.concatenate([rows, noise]))
    assert len(found.codebook_) == 5
    assert adjusted_rand_score(true, found.labels_[:1500]) > 0.95
    assert (found.labels_ >= 0).all()


def test_rows_without_any_density_are_one_cluster():
    found = CellClusterer(3, "hdbscan").fit(np.eye(12, dtype=np.float32))
    assert found.labels_.tolist() == [0] * 12


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 20])
def test_one_cluster_for_all_and_one_for_each(method, n):
    rows = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    labels = CellClusterer(n, method).fit(rows).labels_
    assert len(np.unique(labels)) == n


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"method": "ward"}, "method must be one of agglomerative, spectral, hdbscan"),
        ({"n_codewords": 31}, "at least as many rows as clusters"),
        ({"n_codewords": 0}, "n_codewords must be"),
        ({"n_cells": 0}, "n_cells must be"),
    ],
)
def test_what_does_not_hold_is_refused(parameters, said):
    with pytest.raises(InvalidInput, match=said):
        CellClusterer(**{"n_codewords": 3, **parameters}).fit(np.eye(30, dtype=np.float32))


def test_memory_maps_are_read_in_blocks(kinds, tmp_path):
    np.save(tmp_path / "rows.npy", kinds[0].astype(np.float16))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    found = CellClusterer(5, n_cells=100, random_state=0).fit(rows)
    assert adjusted_rand_score(kinds[1], found.labels_) > 0.95
