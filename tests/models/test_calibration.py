import numpy as np
import pytest

from fewclicks.models.calibration import (
    TEMPERATURES,
    calibrated,
    fit_temperature,
    fit_tempered,
    folds,
    tempered,
)


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


def test_with_all_classes_in_a_row_tempering_is_calibrating():
    shares = np.sort(np.random.default_rng(0).dirichlet([1, 1, 1], 50))[:, ::-1]
    np.testing.assert_allclose(
        tempered(shares, 3, 0.3), calibrated(np.log(shares), 0.3), rtol=1e-4, atol=1e-6
    )


def test_what_a_row_lacks_belongs_to_the_other_classes():
    # 0.4 and 0.2, and 0.2 to each of two others: squared 16, 4, 4 and 4 of 28
    np.testing.assert_allclose(tempered(np.array([[0.4, 0.2]]), 4, 0.5), [[16 / 28, 4 / 28]], 1e-5)
    # squared they are half as far apart as they were, and the roots nearer each other
    assert tempered(np.array([[0.4, 0.2]]), 4, 2)[0, 0] < 0.4


@pytest.mark.parametrize("temperature", [0.05, 0.4, 1, 3, 20])
def test_tempering_keeps_the_order_and_what_is_nothing(temperature):
    rng = np.random.default_rng(1)
    shares = np.sort(rng.dirichlet(np.ones(6), 200), axis=1)[:, ::-1][:, :3].copy()
    shares[:5, 2] = 0
    shares[7] = 0  # no class at all
    shares[8] = [1, 0, 0]
    found = tempered(shares, 6, temperature)
    assert found.min() >= 0
    assert found.sum(axis=1).max() <= 1 + 1e-5
    assert (np.diff(found, axis=1) <= 0).all()
    assert (found[:5, 2] == 0).all()
    assert (found[7] == 0).all()
    assert found[8, 0] == found[:, 0].max()
    if temperature == 1:
        np.testing.assert_allclose(found, shares, atol=1e-5)


def test_confidence_becomes_the_share_that_is_right():
    rng = np.random.default_rng(2)
    shares = np.sort(rng.dirichlet(np.ones(4) * 0.7, 20000), axis=1)[:, ::-1]
    right = rng.random(20000) < tempered(shares, 4, 0.4)[:, 0]
    assert fit_tempered(shares[:, :3], right, 4) == pytest.approx(0.4, rel=0.03)
    few = fit_tempered(shares[:300, :3], right[:300], 4)
    assert tempered(shares, 4, few)[:, 0].mean() == pytest.approx(right.mean(), abs=0.05)


@pytest.mark.parametrize("believed", [[0.5, 0.3, 0.1], [1, 0, 0]])
@pytest.mark.parametrize("n", [1, 10, 40, 500])
def test_that_few_are_right_says_little(n, believed):
    shares = np.tile([believed], (n, 1))
    found = tempered(shares, 10, fit_tempered(shares, np.ones(n, bool), 10))
    assert found[0, 0] == pytest.approx((n + 1) / (n + 2), abs=0.01)


def test_no_row_leaves_confidence_alone():
    assert fit_tempered(np.empty((0, 3)), np.empty(0, bool), 10) == 1
