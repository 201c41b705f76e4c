import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.features import sectors
from fewclicks.features.sectors import Circle, Cut, grid_map, ring_edges, sector_map, turned_maps

MIDDLE = Circle(28, 13.5, 13.5, 14.0)
circles = st.builds(
    lambda side, x, y, radius: Circle(
        side, x * side - 0.5, y * side - 0.5, max(0.5, radius * side)
    ),
    st.integers(1, 20),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.1, 1.5),
)
cuts = st.builds(
    Cut, st.integers(1, 9), st.integers(1, 6), st.sampled_from([0.0, 0.5, 3.0]), st.floats(-7, 7)
)


def polar_of(circle, x, y):
    """Distance and angle in [0, 2π) of a position on the canvas."""
    dx, dy = x - circle.x, y - circle.y
    return math.hypot(dx, dy), math.atan2(dy, dx) % (2 * math.pi)


def slow_centres(circle, cut):
    """Which sector each pixel centre lies in, one pixel and one sector at a time."""
    edges = ring_edges(circle.radius, cut.radii, cut.growth)
    counted = np.zeros((cut.radii * cut.angles, circle.side**2))
    for y in range(circle.side):
        for x in range(circle.side):
            r, theta = polar_of(circle, x, y)
            turned = (theta - cut.turn) % (2 * math.pi)
            for ring in range(cut.radii):
                for angle in range(cut.angles):
                    low = angle * 2 * math.pi / cut.angles
                    high = (angle + 1) * 2 * math.pi / cut.angles
                    if edges[ring] <= r < edges[ring + 1] and low <= turned < high:
                        counted[ring * cut.angles + angle, y * circle.side + x] = 1
    return counted


def slow_areas(circle, cut, points=40):
    """Overlap of every pixel with every sector, by a fine lattice over the pixel."""
    edges = ring_edges(circle.radius, cut.radii, cut.growth)
    shared = np.zeros((cut.radii * cut.angles, circle.side**2))
    offset = (np.arange(points) + 0.5) / points - 0.5
    for y in range(circle.side):
        for x in range(circle.side):
            dy, dx = np.meshgrid(y + offset - circle.y, x + offset - circle.x, indexing="ij")
            ring = np.searchsorted(edges, np.hypot(dx, dy).ravel(), side="right") - 1
            turn = np.mod(np.arctan2(dy, dx).ravel() - cut.turn, 2 * np.pi) / (2 * np.pi)
            sector = ring * cut.angles + np.minimum(turn * cut.angles, cut.angles - 1).astype(int)
            np.add.at(shared[:, y * circle.side + x], sector[ring < cut.radii], points**-2)
    return shared


def test_rings_are_even_without_growth():
    assert ring_edges(6.0, 3).tolist() == [0, 2, 4, 6]


def test_rings_of_kernel_3_by_hand():
    # ρ runs from 1 to e², halved at (1 + e²)/2 = 4.1945; r = R ln ρ / g = 10 · 1.43379 / 2
    assert ring_edges(10.0, 2, growth=2.0).tolist() == pytest.approx([0, 7.16890, 10], abs=1e-4)


@given(st.floats(0.5, 500), st.integers(2, 64), st.floats(0.01, 20))
def test_rings_become_thinner_outwards_and_fill_the_radius(radius, radii, growth):
    edges = ring_edges(radius, radii, growth)
    assert edges[0] == 0
    assert edges[-1] == pytest.approx(radius)
    assert (np.diff(edges, 2) < 1e-9).all()
    assert np.diff(np.exp(growth * edges / radius)) == pytest.approx(
        math.expm1(growth) / radii, rel=1e-6
    )


def test_a_pixel_belongs_to_the_sector_its_centre_lies_in():
    circle, cut = Circle(5, 2.0, 2.0, 2.5), Cut(angles=4, radii=2)
    owners = sector_map(circle, cut, "zero").toarray().argmax(axis=0).reshape(5, 5)
    held = sector_map(circle, cut, "zero").sum(axis=0).reshape(5, 5) > 0
    assert held.tolist() == [
        [False, True, True, True, False],
        [True, True, True, True, True],
        [True, True, True, True, True],
        [True, True, True, True, True],
        [False, True, True, True, False],
    ]
    # from the right downwards; a centre on a boundary belongs to the sector that begins there
    assert owners[2, 2] == 0  # the very centre
    assert [owners[2, 3], owners[3, 2], owners[2, 1], owners[1, 2]] == [0, 1, 2, 3]
    assert [owners[2, 4], owners[4, 2], owners[2, 0], owners[0, 2]] == [4, 5, 6, 7]
    assert [owners[4, 3], owners[3, 0], owners[0, 1], owners[1, 4]] == [4, 5, 6, 7]


@given(st.integers(1, 9), st.floats(0.1, 0.9), st.floats(0.5, 8), cuts)
def test_centres_agree_with_a_slow_version(side, at, radius, cut):
    # an odd position keeps pixel centres off the boundaries, where rounding decides
    circle = Circle(side, at * side - 0.5 + 0.0137, 0.61 * side - 0.4871, radius)
    counted = slow_centres(circle, cut)
    found = sector_map(circle, cut, "zero").toarray()
    assert np.array_equal(found > 0, counted > 0)
    sums = counted.sum(axis=1, keepdims=True)
    assert np.allclose(found, counted / np.where(sums > 0, sums, 1))


def test_a_sector_without_pixels_takes_the_one_under_its_middle():
    circle, cut = Circle(5, 2.0, 2.0, 2.5), Cut(angles=16, radii=1)
    zero, nearest = (sector_map(circle, cut, empty).toarray() for empty in ("zero", "nearest"))
    without = np.flatnonzero(zero.sum(axis=1) == 0)
    assert len(without) > 0
    full = np.delete(np.arange(16), without)
    assert np.array_equal(nearest[full], zero[full])
    for sector in without:
        theta = (sector + 0.5) * 2 * math.pi / 16
        x, y = round(2 + 1.25 * math.cos(theta)), round(2 + 1.25 * math.sin(theta))
        assert nearest[sector].nonzero()[0].tolist() == [y * 5 + x]
        assert nearest[sector].sum() == 1


@pytest.mark.parametrize(
    ("circle", "cut"),
    [
        (Circle(6, 2.5, 2.5, 3.0), Cut(8, 3)),
        (Circle(5, 1.2, 3.4, 4.0), Cut(3, 2, growth=2.0, turn=0.4)),
        (Circle(2, 0.5, 0.5, 1.0), Cut(12, 4)),
        (Circle(9, 4.0, 4.0, 12.0), Cut(4, 1)),
    ],
)
def test_areas_agree_with_a_slow_version(circle, cut):
    shared = slow_areas(circle, cut)
    expected = shared / np.maximum(shared.sum(axis=1, keepdims=True), 1e-12)
    found = sector_map(circle, cut, "area").toarray()
    covered = shared.sum(axis=1) > 0.01
    assert np.abs(found - expected)[covered].max() < 0.08
    assert np.abs(found - expected)[covered].mean() < 0.01


@given(circles, cuts, st.sampled_from(["zero", "nearest", "area"]))
def test_the_weights_of_a_sector_are_shares(circle, cut, empty):
    weights = sector_map(circle, cut, empty)
    assert weights.shape == (cut.radii * cut.angles, circle.side**2)
    assert weights.min() >= 0
    sums = weights.sum(axis=1)
    assert np.allclose(sums[sums > 0], 1)


@given(st.integers(1, 20), cuts, st.sampled_from(["nearest", "area"]))
def test_no_sector_is_empty_in_a_circle_on_the_canvas(side, cut, empty):
    circle = Circle(side, (side - 1) / 2, (side - 1) / 2, side / 2)
    assert np.allclose(sector_map(circle, cut, empty).sum(axis=1), 1)


@pytest.mark.parametrize("empty", ["zero", "nearest", "area"])
def test_what_lies_outside_the_canvas_never_counts(empty):
    corner = sector_map(Circle(4, -0.5, -0.5, 4.0), Cut(4, 1), empty)
    assert corner.sum(axis=1).tolist() == pytest.approx([1, 0, 0, 0])  # only the lower right


@pytest.mark.parametrize("side", [27, 28])
@pytest.mark.parametrize("angles", [12, 24, 32, 88])
@pytest.mark.parametrize("empty", ["zero", "nearest", "area"])
def test_a_quarter_turn_of_the_image_shifts_the_sectors_by_a_quarter(side, angles, empty):
    image = np.random.default_rng(0).random((side, side))
    circle = Circle(side, (side - 1) / 2, (side - 1) / 2, side / 2)
    weights = sector_map(circle, Cut(angles, 7), empty)
    before = (weights @ image.ravel()).reshape(7, angles)
    after = (weights @ np.rot90(image, -1).ravel()).reshape(7, angles)  # clockwise
    whole = 1 if side % 2 and empty != "area" else 0  # the pixel in the very centre cannot turn
    assert np.allclose(after[whole:], np.roll(before, angles // 4, axis=1)[whole:], atol=1e-9)


@pytest.mark.parametrize(("angles", "by"), [(8, 1), (24, 1), (32, 4), (72, 1)])
def test_turned_sectors_are_those_of_a_turned_cut(angles, by):
    maps = turned_maps(MIDDLE, Cut(angles, 16), by * 360 / angles, "zero")
    plain, plus, minus = (each.toarray().reshape(16, angles, -1) for each in maps)
    # rotated clockwise by a sector: what was in sector a is now in sector a + 1
    assert np.array_equal(plus, np.roll(plain, by, axis=1))
    assert np.array_equal(minus, np.roll(plain, -by, axis=1))


def test_a_centre_on_the_boundary_of_two_rings_lies_in_the_outer_one():
    """Although 25 · (7/25) is a little more than 7 in floating point."""
    weights = sector_map(Circle(51, 25.0, 25.0, 25.0), Cut(1, 25), "zero").toarray()
    rings = weights.argmax(axis=0).reshape(51, 51)[25, 25:50]
    assert rings.tolist() == list(range(25))


def test_a_grid_samples_between_pixels():
    # one point a quarter turn from the right: x = 1, y = 1 + 1/2
    circle = Circle(3, 1.0, 1.0, 1.0)
    cut = Cut(angles=4, radii=1, turn=-math.pi / 4)
    weights = grid_map(circle, cut, "bilinear").toarray().reshape(4, 3, 3)
    assert weights[1].tolist() == pytest.approx(np.array([[0, 0, 0], [0, 0.5, 0], [0, 0.5, 0]]))
    assert weights[0].tolist() == pytest.approx(np.array([[0, 0, 0], [0, 0.5, 0.5], [0, 0, 0]]))


def test_a_grid_may_take_whole_pixels():
    circle, cut = Circle(3, 1.0, 1.0, 1.6), Cut(angles=8, radii=1, turn=-math.pi / 8)
    taken = grid_map(circle, cut, "nearest").toarray().argmax(axis=1)
    assert taken.tolist() == [5, 8, 7, 6, 3, 0, 1, 2]


def test_a_grid_is_0_outside_the_canvas():
    assert grid_map(Circle(3, 1.0, 1.0, 6.0), Cut(8, 1), "bilinear").sum() == 0
    assert grid_map(Circle(3, 1.0, 1.0, 6.0), Cut(8, 1), "nearest").sum() == 0


def test_few_points_at_a_time_give_the_same_areas(monkeypatch):
    circle, cut = Circle(20, 9.0, 8.0, 11.0), Cut(5, 2, turn=0.1)
    whole = sector_map(circle, cut, "area").toarray()
    sector_map.cache_clear()
    monkeypatch.setattr(sectors, "POINTS_AT_A_TIME", 1000)
    assert np.allclose(sector_map(circle, cut, "area").toarray(), whole)


def test_maps_are_kept():
    assert sector_map(MIDDLE, Cut(32, 16), "zero") is sector_map(MIDDLE, Cut(32, 16), "zero")
