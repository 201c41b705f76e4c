import doctest

import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from sklearn.preprocessing import StandardScaler

from fewclicks.errors import InvalidInput
from fewclicks.queries import ExpectedGradientLength, expected_change
from fewclicks.queries.expected_change import expected_gradient_length


def test_the_examples_hold():
    assert doctest.testmod(expected_change).failed == 0


def test_by_hand():
    # p = (0.8, 0.2): ‖p − e₀‖ = 0.2√2, ‖p − e₁‖ = 0.8√2, mean 0.32√2; ‖x‖² + 1 = 26
    scores = expected_gradient_length(np.array([[0.8, 0.2]]), np.array([[3.0, 4.0]]))
    assert scores == pytest.approx([0.32 * np.sqrt(2) * np.sqrt(26)])


def test_it_is_the_expected_length_of_the_numerical_gradient():
    rng = np.random.default_rng(0)
    weights, x = rng.normal(size=(4, 3)), np.append(rng.normal(size=2), 1)
    proba = softmax(weights @ x)
    expected = 0.0
    for c in range(4):
        gradient = np.empty_like(weights)
        for place in np.ndindex(4, 3):
            step = np.zeros_like(weights)
            step[place] = 1e-6
            ahead, behind = (log_softmax((weights + sign * step) @ x)[c] for sign in (1, -1))
            gradient[place] = (behind - ahead) / 2e-6
        expected += proba[c] * np.linalg.norm(gradient)
    assert expected_gradient_length(proba[None], x[None, :2]) == pytest.approx([expected], rel=1e-6)


def test_certainty_is_worth_nothing_and_rounding_does_no_harm():
    rows = np.ones((2, 3), np.float32)
    scores = expected_gradient_length(np.array([[1, 0], [1 - 1e-8, 1e-8]], np.float32), rows)
    assert scores == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("scaling", ["common", "columns", "none"])
def test_rows_are_scaled_first(scaling):
    rng = np.random.default_rng(0)
    X = rng.normal(5, [1, 10, 100], (200, 3))
    proba = rng.dirichlet(np.ones(4), 200)
    scaled = {
        "common": (X - X.mean(axis=0)) / X.std(axis=0).mean(),
        "columns": StandardScaler().fit_transform(X),
        "none": X,
    }[scaling]
    np.testing.assert_allclose(
        ExpectedGradientLength(scaling).score(proba, X),
        expected_gradient_length(proba, scaled),
        rtol=1e-4,
    )


def test_given_features_count_and_not_those_of_the_items():
    images = np.zeros((5, 8, 8), np.uint8)
    features = np.arange(5.0)[:, None]
    proba = np.full((5, 2), 0.5)
    strategy = ExpectedGradientLength(scaling="none")
    assert strategy.pick(proba, images, 2, features=features).tolist() == [4, 3]


@pytest.mark.parametrize("scaling", ["common", "none"])
def test_rows_on_disk_that_are_not_finite_are_refused(tmp_path, scaling):
    X = np.ones((30, 3))
    X[17] = np.nan
    np.save(tmp_path / "rows.npy", X)
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with pytest.raises(InvalidInput, match="row 17"):
        ExpectedGradientLength(scaling).score(np.full((30, 2), 0.5), rows)


def test_an_unknown_scaling_is_refused():
    with pytest.raises(InvalidInput, match="scaling must be one of common"):
        ExpectedGradientLength("rows")
