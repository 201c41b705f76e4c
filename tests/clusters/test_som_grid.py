import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.clusters.som_grid import NEIGHBOURHOODS, TOPOLOGIES, Grid, most_square
from fewclicks.errors import InvalidInput

GRIDS = [
    Grid(shape, topology, toroidal)
    for shape in [(4, 5), (6, 3), (1, 4), (2, 1), (2, 2)]
    for topology in TOPOLOGIES
    for toroidal in (False, True)
]


def slow_distance(grid, a, b):
    """The smallest distance to any copy of b, by its place written out."""

    def place(unit):
        row, column = divmod(unit, grid.shape[1])
        if grid.topology == "hexagonal":
            return column + (0.5 if row % 2 else 0), row * math.sqrt(3) / 2
        return column, row

    (ax, ay), (bx, by) = place(a), place(b)
    height = grid.shape[0] * (math.sqrt(3) / 2 if grid.topology == "hexagonal" else 1)
    copies = (-1, 0, 1) if grid.toroidal else (0,)
    return min(
        math.hypot(ax - bx + i * grid.shape[1], ay - by + j * height)
        for i in copies
        for j in copies
    )


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_distances_and_neighbours_as_written_out(grid):
    units = np.arange(grid.n_units)
    slow = np.array([[slow_distance(grid, a, b) for b in units] for a in units])
    assert np.allclose(grid.distances(units[:, None], units), slow)
    reach = (1 if grid.topology == "hexagonal" else math.sqrt(2)) + 1e-6
    pairs = {(a, b) for a in units for b in units if a < b and slow[a, b] <= reach}
    assert {tuple(sorted(pair)) for pair in grid.neighbours().tolist()} == pairs
    assert len(grid.neighbours()) == len(pairs)
    assert np.array_equal(grid.are_neighbours(units[:, None], units), slow <= reach)


def n_neighbours(grid):
    return np.bincount(grid.neighbours().ravel(), minlength=grid.n_units).reshape(grid.shape)


def test_eight_neighbours_inside_a_rectangle_and_six_inside_a_honeycomb():
    rectangle = n_neighbours(Grid((5, 6)))
    assert (rectangle[1:-1, 1:-1] == 8).all()
    assert rectangle[0, 0] == 3
    assert rectangle[0, 2] == 5
    honeycomb = n_neighbours(Grid((5, 6), "hexagonal"))
    assert (honeycomb[1:-1, 1:-1] == 6).all()
    assert honeycomb[0, 0] == 2  # to the right and below
    assert honeycomb[1, 0] == 5


def test_on_a_torus_every_unit_has_all_neighbours():
    assert (n_neighbours(Grid((5, 6), toroidal=True)) == 8).all()
    assert (n_neighbours(Grid((6, 5), "hexagonal", toroidal=True)) == 6).all()


def test_coordinates_by_hand():
    assert Grid((2, 2)).coordinates().tolist() == [[0, 0], [1, 0], [0, 1], [1, 1]]
    half = math.sqrt(3) / 2
    places = Grid((2, 2), "hexagonal").coordinates()
    assert np.allclose(places, [[0, 0], [1, 0], [0.5, half], [1.5, half]])


@pytest.mark.parametrize("neighbourhood", NEIGHBOURHOODS)
@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_spreading_is_the_product_with_the_whole_kernel(grid, neighbourhood, monkeypatch):
    monkeypatch.setattr("fewclicks.clusters.som_grid.KERNEL_NUMBERS", 3 * grid.n_units)
    values = np.random.default_rng(0).normal(size=(grid.n_units, 4))
    kernel = grid.kernel(np.arange(grid.n_units), neighbourhood, 1.3)
    assert np.allclose(grid.spread(values, neighbourhood, 1.3), kernel @ values)


def test_kernels_by_hand():
    line = Grid((1, 4))
    assert line.kernel(np.array([1]), "bubble", 1).tolist() == [[1, 1, 1, 0]]
    gaussian = line.kernel(np.array([0]), "gaussian", 2)
    assert np.allclose(gaussian, np.exp([[0, -1 / 8, -4 / 8, -9 / 8]]))


@given(st.integers(1, 5000))
def test_the_most_square_grid_is_nearly_square_and_about_as_large_as_asked(n_units):
    rows, columns = most_square(n_units)
    assert rows <= columns <= rows + 2
    assert abs(rows * columns - n_units) <= rows / 2


def test_most_square_by_hand():
    assert [most_square(n) for n in (1, 2, 12, 245, 1600)] == [
        (1, 1), (1, 2), (3, 4), (15, 16), (40, 40),
    ]  # fmt: skip


def test_an_odd_hexagonal_torus_does_not_close():
    with pytest.raises(InvalidInput, match=r"even number of rows but has 5.*Ask for 6"):
        Grid((5, 4), "hexagonal", toroidal=True)


@pytest.mark.parametrize(("shape", "topology"), [((0, 3), "rectangular"), ((2, 3), "cubic")])
def test_what_is_no_grid_is_refused(shape, topology):
    with pytest.raises(InvalidInput):
        Grid(shape, topology)
