import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import map_coordinates

from fewclicks.features import Polar


def slow_polar(image, angles, radii, centre, radius):
    """Sample one image at every point of the grid through scipy."""
    x, y = centre
    row = []
    for s in range(radii):
        for a in range(angles):
            r, theta = (s + 0.5) * radius / radii, (a + 0.5) * 2 * np.pi / angles
            at = [[y + r * np.sin(theta)], [x + r * np.cos(theta)]]
            row.append(map_coordinates(image, at, order=1, mode="grid-constant", cval=0.0)[0])
    return np.array(row)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(2, 15),
    st.integers(1, 12),
    st.integers(1, 6),
    st.floats(0, 1),
    st.floats(0.5, 20),
)
def test_it_agrees_with_a_slow_version(seed, side, angles, radii, at, radius):
    image = np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)
    centre, radius = (at * (side - 1), side / 3), min(radius, 2 * side)
    polar = Polar(side, angles, radii, centre, radius, weights="none")
    expected = slow_polar(image / 255, angles, radii, centre, radius)
    assert np.allclose(polar.transform(image[None])[0], expected, atol=1e-5)


def test_the_largest_circle_of_a_white_image_is_white():
    white = np.full((1, 28, 28), 255, np.uint8)
    assert np.allclose(Polar(weights="none", radius=13).transform(white), 1, atol=1e-6)


def test_a_row_is_read_ring_by_ring_and_clockwise_from_the_right():
    image = np.zeros((1, 9, 9), np.uint8)
    image[0, 7, 4] = 255  # below the middle, 3 pixels away
    grid = Polar(side=9, angles=4, radii=9, interpolation="nearest", weights="none")
    assert grid.transform(image).reshape(9, 4)[:, 1].max() == 0  # 45° to 135° is sampled at 135°
    finer = Polar(side=9, angles=40, radii=9, interpolation="nearest", weights="none")
    rows = finer.transform(image).reshape(9, 40)
    assert {a for _, a in np.argwhere(rows)} <= {8, 9, 10, 11}
    assert {s for s, _ in np.argwhere(rows)} == {5, 6}


def test_a_quarter_turn_of_the_image_shifts_the_row():
    image = np.random.default_rng(1).integers(0, 256, (1, 28, 28), dtype=np.uint8)
    before, after = (
        Polar().transform(each).reshape(14, 56) for each in (image, np.rot90(image, -1, (1, 2)))
    )
    assert np.allclose(after, np.roll(before, 14, axis=1), atol=1e-5)


def test_areas_weigh_each_point_by_the_root_of_its_radius():
    image = np.random.default_rng(2).integers(0, 256, (2, 28, 28), dtype=np.uint8)
    plain = Polar(weights="none", angles=8, radii=4).transform(image).reshape(2, 4, 8)
    weighed = Polar(angles=8, radii=4).transform(image).reshape(2, 4, 8)
    for ring, share in enumerate([1 / 8, 3 / 8, 5 / 8, 7 / 8]):
        assert np.allclose(weighed[:, ring], plain[:, ring] * np.sqrt(share), atol=1e-6)


def test_distances_between_rows_are_those_between_images():
    """Up to one factor, for smooth images within the circle."""
    y, x = np.indices((28, 28))
    at = np.random.default_rng(3).uniform(9, 19, (12, 2))
    images = np.stack([255 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 18) for a, b in at])
    images = images.astype(np.uint8)
    rows = Polar(angles=112, radii=28).transform(images)
    flat = images.reshape(12, -1) / 255
    ratio = [
        np.linalg.norm(rows[i] - rows[j]) / np.linalg.norm(flat[i] - flat[j])
        for i in range(12)
        for j in range(i)
    ]
    assert np.std(ratio) < 0.02 * np.mean(ratio)


def test_its_width():
    assert Polar().width() == 784
    assert Polar(angles=5, radii=3, grey=False).width() == 45
    assert Polar().get_feature_names_out()[783] == "polar783"


def test_a_single_pixel_is_seen():
    assert Polar().transform([np.full((1, 1), 255, np.uint8)])[0].max() == pytest.approx(
        1, abs=0.02
    )
