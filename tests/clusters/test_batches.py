import numpy as np
import pytest

from fewclicks.clusters import VectorQuantizer, batches
from fewclicks.clusters.lloyd import Weighted, step


@pytest.fixture
def rows():
    random = np.random.default_rng(4)
    centres = random.normal(size=(6, 5)) * 10
    return (centres[random.integers(0, 6, 900)] + random.normal(size=(900, 5))).astype(np.float32)


def test_running_means_by_hand():
    means, totals = np.array([[0.0], [10.0]]), np.array([0.0, 2.0])
    batch = np.array([[1.0], [3.0], [13.0]], np.float32)
    lost = batches._move(means, totals, batch, np.array([1, 1, 2], np.float32))
    assert means.ravel().tolist() == [2, 11.5]  # 0 + (1 + 3) / 2; (2·10 + 2·13) / 4
    assert totals.tolist() == [2, 4]
    assert lost == pytest.approx(1 + 9 + 2 * 9)


def test_codewords_without_rows_stay_where_they_are():
    means, totals = np.array([[0.0], [10.0]]), np.zeros(2)
    batches._move(means, totals, np.array([[1.0]], np.float32), np.ones(1, np.float32))
    assert means.ravel().tolist() == [1, 10]


@pytest.mark.parametrize("batch_size", [7, 100, 5000])
def test_batches_come_close_to_the_whole_on_heaps_apart(rows, batch_size):
    whole = VectorQuantizer(6, random_state=0).fit(rows)
    parts = VectorQuantizer(6, batch_size=batch_size, random_state=0).fit(rows)
    assert parts.distortion_ == pytest.approx(whole.distortion_, rel=1e-3)


def test_a_pass_sees_every_row_once_whatever_the_batches(rows):
    data = Weighted(rows, np.ones(len(rows), np.float32))
    means, totals = rows[:6].astype(np.float64), np.zeros(6)
    batches._pass(data, means, totals, 64, np.random.RandomState(0))
    assert totals.sum() == len(rows)


def test_one_batch_of_all_rows_is_lloyds_iteration(rows):
    data = Weighted(rows, np.ones(len(rows), np.float32))
    means, totals = rows[:6].astype(np.float64), np.zeros(6)
    now = batches._pass(data, means, totals, 1000, np.random.RandomState(0))
    found = step(data, rows[:6])
    assert np.allclose(means, found.codebook, atol=1e-4)
    assert now == pytest.approx(found.before, rel=1e-5)


def test_the_same_seed_gives_the_same_codebook(rows):
    first, again, other = (
        VectorQuantizer(9, batch_size=50, random_state=seed).fit(rows) for seed in (3, 3, 4)
    )
    assert np.array_equal(first.codebook_, again.codebook_)
    assert not np.array_equal(first.codebook_, other.codebook_)


def test_rows_of_no_weight_move_no_codeword(rows):
    weights = (np.arange(len(rows)) % 2).astype(np.float32)
    wild = rows.copy()
    wild[::2] += 1000
    fitted = VectorQuantizer(6, batch_size=50, random_state=0).fit(wild, sample_weight=weights)
    assert np.abs(fitted.codebook_).max() < 100


def test_progress_is_told_of_every_pass(rows):
    heard = []
    quantizer = VectorQuantizer(6, batch_size=100, random_state=0)
    quantizer.fit(rows, report=lambda *words: heard.append(words))
    assert heard == [("clusters", i, 25) for i in range(1, quantizer.n_iter_ + 1)]
