import numpy as np
import pytest

from fewclicks.queries.scaling import SCALES, Scaling, moments


def test_moments_far_from_0(monkeypatch):
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 7)
    rows = np.random.default_rng(0).normal([0, 1000, -3], [1, 0.5, 100], (50, 3))
    mean, deviation = moments(rows)
    np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(deviation, rows.std(axis=0), rtol=1e-3)


def test_by_hand():
    rows = np.array([[0.0, 5.0, 0.0], [2.0, 5.0, 4.0]])  # deviations 1, 0 and 2
    assert Scaling.of(rows, "columns")(rows).tolist() == [[-1, 0, -1], [1, 0, 1]]
    assert Scaling.of(rows, "common")(rows).tolist() == [[-1, 0, -2], [1, 0, 2]]
    assert Scaling.of(rows, "none")(rows).tolist() == rows.tolist()


@pytest.mark.parametrize("scale", SCALES)
def test_rows_that_are_all_alike_stay_finite(scale):
    assert np.isfinite(Scaling.of(np.ones((3, 2)), scale)(np.ones((3, 2)))).all()
