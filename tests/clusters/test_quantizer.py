import gzip
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks.clusters import VectorQuantizer, codewords_for
from fewclicks.errors import InvalidInput

METHODS = [{"method": "kmeans"}, {"method": "lbg"}, {"batch_size": 16}]
"""Every way to find a codebook."""


def failing_by_nature(estimator):
    reason = {
        "kmeans": "the random start draws from the rows, so repeated rows start elsewhere than "
        "weighted ones",
        "lbg": "asks for agreement to 1e-7, but rows are added in single precision",
    }
    return {"check_sample_weight_equivalence_on_dense_data": reason[estimator.method]}


@parametrize_with_checks(
    [VectorQuantizer(3, random_state=0, **method) for method in METHODS],
    expected_failed_checks=failing_by_nature,
)
def test_scikit_learn_manners(estimator, check):
    check(estimator)


@pytest.fixture
def rows():
    random = np.random.default_rng(0)
    centres = random.normal(size=(6, 5)) * 10
    return (centres[random.integers(0, 6, 600)] + random.normal(size=(600, 5))).astype("f4")


def test_two_heaps_by_hand():
    rows = np.array([[0.0], [2.0], [10.0], [14.0]])
    fitted = VectorQuantizer(2, random_state=0).fit(rows)
    assert sorted(fitted.codebook_.ravel().tolist()) == [1, 12]
    assert fitted.labels_[0] == fitted.labels_[1] != fitted.labels_[2] == fitted.labels_[3]
    assert fitted.distortion_ == pytest.approx((1 + 1 + 4 + 4) / 4)
    first, second = fitted.labels_[0], fitted.labels_[2]
    assert fitted.transform([[5.0]])[0, [first, second]].tolist() == pytest.approx([4, 7])


@pytest.mark.parametrize("method", METHODS)
def test_codewords_are_the_exact_means_of_their_cells(rows, method):
    fitted = VectorQuantizer(20, max_iter=2, random_state=1, **method).fit(rows)
    means = [rows[fitted.labels_ == c].mean(axis=0, dtype=float) for c in range(20)]
    assert np.allclose(fitted.codebook_, means, atol=1e-5)
    offsets = rows - fitted.codebook_[fitted.labels_]
    assert fitted.distortion_ == pytest.approx((offsets**2).sum(axis=1).mean(), rel=1e-5)


def test_a_converged_codebook_is_a_fixed_point_and_as_good_as_scikit_learns(rows):
    fitted = VectorQuantizer(6, max_iter=100, tol=0, random_state=0).fit(rows)
    assert fitted.n_iter_ < 100
    assert np.array_equal(fitted.predict(rows), fitted.labels_)
    best = KMeans(6, n_init=5, random_state=0).fit(rows).inertia_ / len(rows)
    assert fitted.distortion_ == pytest.approx(best, rel=1e-4)


def test_the_same_seed_gives_the_same_codebook(rows):
    first, again, other = (VectorQuantizer(9, random_state=seed).fit(rows) for seed in (3, 3, 4))
    assert np.array_equal(first.codebook_, again.codebook_)
    assert not np.array_equal(first.codebook_, other.codebook_)


def test_iterations_never_raise_the_distortion(rows):
    found = [VectorQuantizer(12, max_iter=n, tol=0, random_state=0).fit(rows) for n in range(1, 8)]
    distortions = [f.distortion_ for f in found]
    assert all(b <= a + 1e-6 for a, b in itertools.pairwise(distortions))


@pytest.mark.parametrize("method", METHODS)
def test_blocks_precision_and_memory_maps_do_not_matter(rows, method, tmp_path, monkeypatch):
    asked = VectorQuantizer(7, random_state=0, **method)
    whole = clone(asked).fit(rows.astype(np.float16).astype(np.float32))
    np.save(tmp_path / "rows.npy", rows.astype(np.float16))
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 37)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    for same in (mapped, mapped.astype(np.float64)):
        parts = clone(asked).fit(same)
        assert np.allclose(whole.codebook_, parts.codebook_, atol=1e-4)
        assert np.array_equal(whole.predict(same), parts.predict(same))
        assert np.allclose(whole.transform(same), parts.transform(same), atol=1e-2)


def test_rows_far_from_the_origin_lose_no_clusters(rows):
    near = VectorQuantizer(6, method="lbg").fit(rows)
    far = VectorQuantizer(6, method="lbg").fit(rows + np.float32(4096))
    assert np.array_equal(near.labels_, far.labels_)
    assert far.distortion_ == pytest.approx(near.distortion_, rel=1e-2)
    assert np.allclose(far.transform(rows + np.float32(4096)), near.transform(rows), atol=1e-2)


def test_weights_count_as_repetitions_once_started_alike():
    rows = np.array([[0.0], [1.0], [10.0], [11.0]])
    fitted = VectorQuantizer(2, random_state=0).fit(rows, sample_weight=[3, 1, 1, 0])
    assert sorted(fitted.codebook_.ravel().tolist()) == [0.25, 10]
    assert fitted.distortion_ == pytest.approx((3 * 0.25**2 + 0.75**2) / 5)


@settings(max_examples=60)
@given(
    values=st.lists(st.integers(0, 3), min_size=2, max_size=40),
    n_codewords=st.integers(1, 8),
    seed=st.integers(0, 100),
    method=st.sampled_from(METHODS),
)
def test_no_codeword_is_ever_without_items(values, n_codewords, seed, method):
    n_codewords = min(n_codewords, len(values))
    rows = np.array(values, dtype=np.float32)[:, None]  # heaps of equal rows
    fitted = VectorQuantizer(n_codewords, random_state=seed, **method).fit(rows)
    sizes = np.bincount(fitted.labels_, minlength=n_codewords)
    assert (sizes > 0).all()
    means = np.bincount(fitted.labels_, weights=rows[:, 0]) / sizes
    assert np.allclose(fitted.codebook_[:, 0], means, atol=1e-5)
    assert fitted.distortion_ <= rows.var() + 1e-6  # never worse than one codeword


def test_progress_is_told_and_may_stop_the_work(rows):
    heard = []
    fitted = VectorQuantizer(5, random_state=0).fit(rows, report=lambda *words: heard.append(words))
    assert heard == [("clusters", i, 25) for i in range(1, fitted.n_iter_ + 1)]

    def stop(step, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        VectorQuantizer(5).fit(rows, report=stop)


def test_more_codewords_than_rows_are_refused_with_the_number_to_ask_for():
    with pytest.raises(InvalidInput, match=r"n_samples=20 and n_codewords=256.*codewords_for"):
        VectorQuantizer(256).fit(np.ones((20, 2)))


def test_a_memory_map_with_nan_names_the_row(tmp_path):
    np.save(tmp_path / "rows.npy", np.full((3, 2), np.nan))
    fitted = VectorQuantizer(1).fit(np.ones((3, 2)))
    with pytest.raises(InvalidInput, match="from row 0 on"):
        fitted.predict(np.load(tmp_path / "rows.npy", mmap_mode="r"))


@pytest.mark.parametrize("weights", [[1, 1], [1, -1, 1], [1, np.nan, 1], [0, 0, 0]])
def test_weights_must_fit(weights):
    with pytest.raises(InvalidInput, match="sample_weight"):
        VectorQuantizer(1).fit(np.ones((3, 2)), sample_weight=weights)


@pytest.mark.parametrize(
    ("n_items", "n_codewords"),
    [(1, 1), (4, 1), (40, 10), (100, 16), (400, 20), (60_000, 245), (5_000_000, 1024)],
)
def test_how_many_codewords_suit(n_items, n_codewords):
    assert codewords_for(n_items) == n_codewords


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"method": "kohonen"}, "method must be one of kmeans, lbg but is 'kohonen'"),
        ({"batch_size": 0}, "batch_size must be between"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
        (
            {"batch_size": 8, "method": "lbg"},
            'batch_size must be None with method.*Use method "kme',
        ),
        ({"max_iter": 0}, "max_iter must be between"),
        ({"tol": -1}, "tol must be between"),
    ],
)
def test_wrong_settings_are_refused(wrong, words):
    with pytest.raises(InvalidInput, match=words):
        VectorQuantizer(1, **wrong).fit(np.ones((3, 2)))


@pytest.mark.parametrize("method", METHODS)
def test_it_is_at_home_in_scikit_learn(rows, method, tables):
    asked = VectorQuantizer(6, random_state=0, **method)
    fitted = clone(asked).fit(rows)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(rows), fitted.predict(rows))
    assert list(fitted.get_feature_names_out()[:2]) == ["vectorquantizer0", "vectorquantizer1"]
    table = clone(asked).set_output(transform=tables).fit(rows).transform(rows)
    assert table["columns"].tolist() == fitted.get_feature_names_out().tolist()
    assert np.array_equal(table["rows"], fitted.transform(rows))
    groups = rows[:, 0] > np.median(rows[:, 0])
    pipeline = make_pipeline(asked, LogisticRegression(max_iter=2000))
    search = GridSearchCV(pipeline, {"vectorquantizer__n_codewords": [1, 6]}, cv=2)
    assert search.fit(rows, groups).best_params_ == {"vectorquantizer__n_codewords": 6}


def test_digits_are_quantised_as_well_as_by_scikit_learn(data_dir):
    with gzip.open(data_dir / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        file.read(16)
        rows = np.frombuffer(file.read(6000 * 784), np.uint8).reshape(-1, 784) / np.float32(255)
    fitted = VectorQuantizer(20, random_state=0).fit(rows)
    rival = KMeans(20, n_init=1, max_iter=25, random_state=0).fit(rows).inertia_ / len(rows)
    assert fitted.distortion_ <= 1.01 * rival


@pytest.mark.parametrize("batch_size", [None, 16])
def test_nan_in_a_memory_map_is_told_by_its_row(tmp_path, batch_size, monkeypatch):
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 50)
    rows = np.random.default_rng(0).normal(size=(120, 3)).astype("f4")
    fitted = VectorQuantizer(4, random_state=0).fit(rows)
    rows[77, 1] = np.nan
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    quantizer = VectorQuantizer(4, batch_size=batch_size, random_state=0)
    for use in (fitted.transform, fitted.predict, quantizer.fit):
        with pytest.raises(InvalidInput, match=r"from row 50 on .* row 27"):
            use(mapped)
