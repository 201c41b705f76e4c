import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import shift

from fewclicks.features.alignment import centred, moments, sheared


def test_ink_is_mass():
    canvas = np.zeros((1, 9, 9), np.float32)
    canvas[0, 2, 3], canvas[0, 6, 3] = 0.25, 0.75
    mu_x, mu_y, slant = moments(canvas)
    assert (mu_x[0], mu_y[0], slant[0]) == pytest.approx((3, 5, 0), abs=1e-6)


def test_the_centroid_is_moved_to_the_middle():
    canvas = np.zeros((1, 7, 7), np.float32)
    canvas[0, 1, 5] = 0.5
    expected = np.zeros((1, 7, 7), np.float32)
    expected[0, 3, 3] = 0.5
    assert np.allclose(centred(canvas), expected, atol=1e-6)


def test_between_pixels_the_ink_is_shared():
    canvas = np.zeros((1, 4, 4), np.float32)
    canvas[0, 1, 1] = 1  # the middle is half a pixel to the right and below
    expected = np.zeros((4, 4))
    expected[1:3, 1:3] = 0.25
    assert np.allclose(centred(canvas)[0], expected, atol=1e-6)


@given(st.integers(0, 2**32 - 1))
def test_centring_agrees_with_scipy(seed):
    canvases = np.zeros((3, 12, 12), np.float32)
    canvases[:, 3:8, 4:10] = np.random.default_rng(seed).random((3, 5, 6))
    mu_x, mu_y, _ = moments(canvases)
    expected = [
        shift(canvas, (5.5 - y, 5.5 - x), order=1, mode="grid-constant", cval=0.0)
        for canvas, x, y in zip(canvases, mu_x, mu_y, strict=True)
    ]
    assert np.allclose(centred(canvases), expected, atol=1e-5)


def test_a_canvas_without_ink_stays():
    blank = np.zeros((2, 5, 5), np.float32)
    assert np.array_equal(centred(blank), blank)


def test_the_planes_of_a_colour_move_together_by_their_brightness():
    canvas = np.zeros((1, 5, 5, 3), np.float32)
    canvas[0, 0, 1, 0] = canvas[0, 4, 1, 0] = 0.5
    canvas[0, 2, 1] = 0.2
    expected = np.roll(canvas, 1, axis=2)
    assert np.allclose(centred(canvas), expected, atol=1e-6)


def test_a_shear_samples_rows_further_along():
    canvas = np.zeros((1, 5, 5), np.float32)
    canvas[0, range(5), range(5)] = 1  # slant 1: a column per row
    upright = sheared(canvas, np.array([2.0]), np.array([2.0]), np.array([1.0]))
    assert upright[0, :, 2].tolist() == pytest.approx([1] * 5)
    assert upright.sum() == pytest.approx(5)
