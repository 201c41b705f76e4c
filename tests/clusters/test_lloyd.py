import numpy as np
import pytest
from scipy.spatial.distance import cdist

from fewclicks.clusters.lloyd import Weighted, cell_means, closest, fill_empty, lloyd, step
from fewclicks.errors import InvalidInput


@pytest.fixture
def data():
    random = np.random.default_rng(1)
    rows = random.normal(size=(300, 6)).astype(np.float32) + 5
    return Weighted(rows, random.integers(0, 4, 300).astype(np.float32))


def quiet(done):
    pass


def test_one_step_by_hand():
    data = Weighted(np.array([[0.0], [2.0], [10.0], [14.0]]), np.array([1, 1, 3, 1], np.float32))
    found = step(data, np.array([[1.0], [10.0]], np.float32))
    assert found.labels.tolist() == [0, 0, 1, 1]
    assert found.codebook.ravel().tolist() == [1, 11]
    assert found.before == pytest.approx((1 + 1 + 3 * 0 + 16) / 6)


def test_moments_by_hand():
    data = Weighted(np.array([[1.0, 5.0], [3.0, 5.0], [9.0, 5.0]]), np.array([1, 1, 0], np.float32))
    mean, variance = data.moments
    assert mean.tolist() == [2, 5]
    assert variance.tolist() == [1, 0]


def test_steps_agree_with_the_slow_obvious_version(data, monkeypatch):
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 41)
    codebook = data.rows[:9]
    squared = cdist(data.rows, codebook, "sqeuclidean")
    labels = squared.argmin(axis=1)
    found = step(data, codebook)
    assert np.array_equal(found.labels, labels)
    assert found.before == pytest.approx(np.average(squared.min(axis=1), weights=data.weights))
    for cell in range(9):
        own = labels == cell
        mean = np.average(data.rows[own], axis=0, weights=data.weights[own])
        assert np.allclose(found.codebook[cell], mean, atol=1e-5)


@pytest.mark.parametrize("stretch", [0, 0.8])
def test_iterations_end_at_a_fixed_point(data, stretch):
    heard = []
    found = lloyd(data, data.rows[:5], 200, 0, heard.append, stretch)
    assert heard == list(range(1, found.n_iter + 1))
    assert found.before < step(data, data.rows[:5]).before
    if not stretch:
        assert found.n_iter < 200
        assert np.array_equal(step(data, found.codebook).labels, found.labels)


def test_a_stretch_goes_beyond_the_means():
    data = Weighted(np.array([[0.0], [4.0], [6.0], [20.0]]), np.ones(4, np.float32))
    first = np.array([[0.0], [4.0]], np.float32)
    # means 0 and 10; then {0, 4} and {6, 20}: 2 and 13, stretched to 3 and 14.5
    plain = lloyd(data, first, 2, 0, quiet)
    assert plain.codebook.ravel().tolist() == [2, 13]
    stretched = lloyd(data, first, 3, 0, quiet, 0.5)
    assert stretched.before == pytest.approx((9 + 1 + 9 + 5.5**2) / 4)


def test_gains_are_measured_from_the_centre():
    block = np.array([[1000.0, 0.0], [1003.0, 4.0]], np.float32)
    labels, gains = closest(block, block, np.array([1000.0, 0.0]))
    assert labels.tolist() == [0, 1]
    assert gains.tolist() == [0, 25]


def test_ties_go_to_the_first_codeword():
    labels, _ = closest(np.array([[1.0]], np.float32), np.array([[0.0], [2.0]]), np.array([0.0]))
    assert labels.tolist() == [0]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_rows_that_are_not_finite_are_named(bad):
    block = np.array([[0.0], [bad]], np.float32)
    with pytest.raises(InvalidInput, match=r"X from row 700 on must be finite.*row 1"):
        closest(block, np.array([[0.0], [2.0]]), np.array([1.0]), first=700)


def test_empty_cells_take_the_farthest_items_that_can_be_spared():
    labels = np.array([0, 0, 0, 1], dtype=np.int32)
    distances = np.array([1.0, 5.0, 3.0, 9.0], dtype=np.float32)
    fill_empty(labels, distances, np.ones(4, np.float32), 4)
    assert labels.tolist() == [0, 2, 3, 1]
    assert distances.tolist() == [1, 0, 0, 9]


def test_a_step_refills_empty_cells_and_measures_what_is_left():
    data = Weighted(np.array([[0.0], [1.0], [8.0]]), np.ones(3, np.float32))
    found = step(data, np.array([[0.0], [100.0]], np.float32))
    assert found.labels.tolist() == [0, 0, 1]
    assert found.codebook.ravel().tolist() == [0.5, 8]
    assert found.before == pytest.approx(1 / 3)


def test_rows_of_no_weight_keep_no_cell_alive():
    data = Weighted(np.array([[0.0], [1.0], [100.0]]), np.array([1, 1, 0], np.float32))
    found = step(data, np.array([[0.0], [100.0]], np.float32))
    assert sorted(found.codebook.ravel().tolist()) == [0, 1]
    means = cell_means(data.rows, found.labels, data.weights, 2)
    assert np.array_equal(means, found.codebook)
