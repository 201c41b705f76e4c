import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks.errors import InvalidInput
from fewclicks.models import CalibratedLinear, Inductive
from fewclicks.models.calibration import calibrated
from fewclicks.models.linear import thin_product


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
