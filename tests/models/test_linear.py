import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_info, threadpool_limits

from fewclicks.errors import InvalidInput
from fewclicks.models import CalibratedLinear, Inductive
from fewclicks.models.calibration import calibrated
from fewclicks.models.linear import thin_product, thinned


def clouds(n=300, classes=4, gap=3.0, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % classes
    X = rng.normal(size=(n, 6)) * [1, 10, 0.1, 1, 1, 1] + 5
    X[:, 0] += gap * truth
    return X.astype(np.float32), truth


@parametrize_with_checks([CalibratedLinear()])
def test_scikit_learn_manners(estimator, check):
    check(estimator)


def test_is_what_the_floor_above_expects():
    X, truth = clouds()
    assert isinstance(CalibratedLinear().fit(X, truth), Inductive)


def test_is_logistic_regression_at_its_temperature():
    X, truth = clouds()
    model = CalibratedLinear(scaling="columns").fit(X, truth)
    scaled = StandardScaler().fit_transform(X.astype(np.float64))
    plain = LogisticRegression(max_iter=200).fit(scaled, truth).decision_function(scaled)
    np.testing.assert_allclose(
        model.predict_proba(X), calibrated(plain, model.temperature_), atol=1e-5
    )


def test_columns_may_be_divided_by_what_they_deviate_on_average():
    X, truth = clouds()
    rows = X.astype(np.float64) * [9, 4, 2, 1, 0.5, 0.1]
    model = CalibratedLinear().fit(rows, truth)
    scaled = (rows - rows.mean(axis=0)) / rows.std(axis=0).mean()
    plain = LogisticRegression(max_iter=200).fit(scaled, truth).decision_function(scaled)
    np.testing.assert_allclose(
        model.predict_proba(rows), calibrated(plain, model.temperature_), atol=1e-5
    )
    np.testing.assert_allclose(
        model.predict_proba(rows),
        CalibratedLinear().fit(rows * 7, truth).predict_proba(rows * 7),
        atol=1e-5,
    )


def test_small_columns_of_noise_do_no_harm():
    rng = np.random.default_rng(0)
    truth = np.arange(400) % 4
    signal = rng.normal(0, 3, (4, 4))[truth] + rng.normal(0, 1, (400, 4))
    rows = np.column_stack([signal, rng.normal(0, 0.1, (400, 60))])
    y = np.where(np.arange(400) < 40, truth, -1)
    right = [
        np.mean(CalibratedLinear(scaling=scaling).fit(rows, y).predict(rows) == truth)
        for scaling in ("common", "columns")
    ]
    assert right[0] > right[1] + 0.02


def test_columns_far_from_0_lose_no_digits():
    X, truth = clouds()
    near, far = X.astype(np.float64), X.astype(np.float64) + np.array([1e6, 0, -1e5, 1e7, 0, 0])
    np.testing.assert_allclose(
        CalibratedLinear().fit(far, truth).predict_proba(far),
        CalibratedLinear().fit(near, truth).predict_proba(near),
        atol=1e-3,
    )


def test_two_classes_agree_with_logistic_regression():
    X, truth = clouds(classes=2)
    model = CalibratedLinear(scaling="columns").fit(X, truth + 3)
    scaled = StandardScaler().fit_transform(X.astype(np.float64))
    np.testing.assert_array_equal(
        model.predict(X), LogisticRegression().fit(scaled, truth + 3).predict(scaled)
    )
    assert model.classes_.tolist() == [3, 4]


def test_only_answered_rows_teach():
    X, truth = clouds()
    y = np.where(np.arange(300) < 40, truth, -1)
    some = CalibratedLinear().fit(X, y).predict_proba(X[:5])
    same = CalibratedLinear().fit(X[:40], y[:40]).predict_proba(X[:5])
    np.testing.assert_array_equal(some, same)


def test_confidence_on_new_rows_is_near_their_accuracy():
    # labels drawn at random overfit: without a temperature confidence would be far too high
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 40)), rng.integers(0, 2, 400)
    model = CalibratedLinear(C=1000).fit(X[:80], y[:80])
    assert model.temperature_ > 1.5
    new = model.predict_proba(X[80:]).max(axis=1).mean()
    assert new - (model.predict(X[80:]) == y[80:]).mean() < 0.2


def test_no_more_folds_are_held_out_than_tell_the_temperature(monkeypatch):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 5)), rng.integers(0, 2, 400)
    X[:, 0] += y
    every = CalibratedLinear().fit(X, y)
    learned, weigh = [], CalibratedLinear._weigh

    def spied(self, rows, *more):
        learned.append(len(rows))
        return weigh(self, rows, *more)

    monkeypatch.setattr(CalibratedLinear, "_weigh", spied)
    CalibratedLinear().fit(X, y)
    assert learned == [320] * 5 + [400]
    learned.clear()
    monkeypatch.setitem(CalibratedLinear._calibrate.__globals__, "HELD_OUT", 150)
    some = CalibratedLinear().fit(X, y)
    assert learned == [320, 320, 400]
    assert some.temperature_ == pytest.approx(every.temperature_, rel=0.3)


def test_one_class_and_classes_of_one():
    X, _ = clouds()
    y = np.full(300, -1)
    y[3] = 8
    assert (CalibratedLinear().fit(X, y).predict_proba(X) == 1).all()
    y[4] = 2
    model = CalibratedLinear().fit(X, y)
    assert model.temperature_ == 1
    assert model.predict(X[[3, 4]]).tolist() == [8, 2]
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, atol=1e-6)


def test_half_precision_on_disk(tmp_path):
    X, truth = clouds()
    np.save(tmp_path / "rows.npy", X.astype(np.float16))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert (CalibratedLinear().fit(rows, truth).predict(rows) == truth).mean() > 0.8


@pytest.mark.parametrize(
    ("options", "y", "said"),
    [
        ({}, [-1] * 4, "at least one answer"),
        ({}, [0, 1], "X has 4 rows but y has 2"),
        ({"n_folds": 1}, [0, 1, 0, 1], "n_folds must be"),
    ],
)
def test_what_cannot_be_is_refused(options, y, said):
    with pytest.raises(InvalidInput, match=said):
        CalibratedLinear(**options).fit(np.eye(4), y)


def test_rows_must_be_as_wide_as_those_learned_from():
    X, truth = clouds()
    with pytest.raises(InvalidInput, match="expecting 6 features"):
        CalibratedLinear().fit(X, truth).predict_proba(X[:, :5])


@pytest.mark.parametrize("n_classes", [2, 3000])
def test_the_thin_product_is_the_product(n_classes):
    rng = np.random.default_rng(0)
    matrix, rows = rng.normal(size=(n_classes, 7)), rng.normal(size=(30_000 // n_classes, 7))
    found = thin_product(matrix.astype(np.float32), rows, rows[0].astype(np.float32))
    np.testing.assert_allclose(found, matrix @ (rows - rows[0]).T, atol=1e-5)


def test_many_answers_are_thinned_by_hand(monkeypatch):
    monkeypatch.setattr("fewclicks.models.linear.MOST_ROWS", 100)
    monkeypatch.setattr("fewclicks.models.linear.FEWEST_OF_CLASS", 20)
    codes = np.repeat([0, 1, 2, 3], [600, 350, 47, 3])
    kept, weights = thinned(codes, 0)
    # a tenth of each, but 20 of the third class and all of the last
    assert np.bincount(codes[kept]).tolist() == [60, 35, 20, 3]
    by_class = [np.unique(weights[codes[kept] == code]).tolist() for code in range(4)]
    assert by_class == [[10], [10], [47 / 20], [1]]
    assert (np.diff(kept) > 0).all()
    np.testing.assert_array_equal(kept, thinned(codes, 0)[0])
    assert not np.array_equal(kept, thinned(codes, 1)[0])
    assert thinned(codes[:100], 0) == (slice(None), None)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=80))
def test_every_class_keeps_answers_and_its_weight(counts):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fewclicks.models.linear.MOST_ROWS", 50)
        patch.setattr("fewclicks.models.linear.FEWEST_OF_CLASS", 8)
        codes = np.repeat(np.arange(len(counts)), counts)
        kept, weights = thinned(codes, 3)
    left = codes[kept]
    if weights is None:
        assert len(left) == len(codes) <= 50
        return
    fewest = max(1, min(8, 50 // len(counts)))
    assert (np.bincount(left) >= np.minimum(counts, fewest)).all()
    assert len(left) <= max(100, len(counts))
    np.testing.assert_allclose(np.bincount(left, weights), counts)


def test_thinned_answers_teach_what_all_of_them_do(monkeypatch):
    # overlapping clouds, one of them rare: counted as they were kept, it would be said too often
    X, truth = clouds(20_000, classes=3, gap=1.5)
    y = np.where((truth == 2) & (np.arange(20_000) % 40 != 2), -1, truth)
    full = CalibratedLinear(scaling="columns").fit(X, y)
    monkeypatch.setattr("fewclicks.models.linear.MOST_ROWS", 2000)
    monkeypatch.setattr("fewclicks.models.linear.FEWEST_OF_CLASS", 120)
    some = CalibratedLinear(scaling="columns").fit(X, y)
    assert (y == 2).sum() > 120
    means = [model.predict_proba(X[y != -1]).mean(axis=0) for model in (full, some)]
    np.testing.assert_allclose(means[0], means[1], atol=0.01)
    assert np.abs(full.predict_proba(X) - some.predict_proba(X)).mean() < 0.02
    assert (full.predict(X) == some.predict(X)).mean() > 0.97


def test_memory_stops_growing_with_the_answers(monkeypatch):
    monkeypatch.setattr("fewclicks.models.linear.MOST_ROWS", 2000)
    X = np.random.default_rng(0).normal(size=(60_000, 40)).astype(np.float32)
    tracemalloc.start()
    try:
        CalibratedLinear(max_iter=5).fit(X, np.arange(60_000) % 3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes  # twice that was copied when all rows were scaled


@pytest.mark.parametrize(("few", "threads"), [(2**28, 1), (0, 2)])
def test_small_problems_are_solved_by_one_thread(monkeypatch, few, threads):
    seen = []

    class Watched(LogisticRegression):
        def fit(self, *given):
            seen.extend(pool["num_threads"] for pool in threadpool_info())
            return super().fit(*given)

    monkeypatch.setattr("fewclicks.models.linear.LogisticRegression", Watched)
    monkeypatch.setattr("fewclicks.models.linear.FEW_PRODUCTS", few)
    with threadpool_limits(2):
        CalibratedLinear().fit(*clouds(60))
    assert set(seen) == {threads}
