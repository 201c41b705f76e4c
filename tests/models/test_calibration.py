import numpy as np
import pytest

from fewclicks.models.calibration import TEMPERATURES, calibrated, fit_temperature, folds


def test_two_to_one_by_hand():
    # logits (log 2, 0): at temperature 1 the shares are 2/3 and 1/3
    logits = np.log([[2.0, 1.0]])
    np.testing.assert_allclose(calibrated(logits, 1), [[2 / 3, 1 / 3]])
    np.testing.assert_allclose(calibrated(logits, 0.5), [[4 / 5, 1 / 5]])


def test_finds_the_temperature_of_what_happened():
    # odds of 4 to 1 were claimed, 2 to 1 came true: log 4 / T = log 2
    logits = np.tile(np.log([4.0, 1.0]), (300, 1))
    assert fit_temperature(logits, np.repeat([0, 1], [200, 100])) == pytest.approx(2, rel=1e-3)


def test_is_as_good_as_trying_many():
    rng = np.random.default_rng(0)
    logits, codes = rng.normal(size=(200, 4)) * 3, rng.integers(0, 4, 200)
    tried = np.geomspace(*TEMPERATURES, 400)
    losses = [-np.log(calibrated(logits, t)[np.arange(200), codes]).mean() for t in tried]
    assert np.log(fit_temperature(logits, codes)) == pytest.approx(
        np.log(tried[np.argmin(losses)]), abs=0.05
    )


def test_nothing_held_out_changes_nothing():
    assert fit_temperature(np.empty((0, 3)), np.empty(0, int)) == 1


def test_always_right_is_bounded():
    assert TEMPERATURES[0] <= fit_temperature(np.array([[1.0, 0.0]]), np.array([0])) < 0.1


def test_every_fold_leaves_something_of_each_class():
    codes = np.array([0] * 7 + [1] * 2 + [2] + [3] * 3)
    fold = folds(codes, 2, random_state=0)
    assert fold[9] == -1
    for code in (0, 1, 3):
        assert set(fold[codes == code]) == {0, 1}
