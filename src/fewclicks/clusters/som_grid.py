"""The grid of a self-organising map: where its units lie, and who is whose neighbour."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.rows import spans

TOPOLOGIES = ("rectangular", "hexagonal")
NEIGHBOURHOODS = ("gaussian", "bubble")

ROW_HEIGHT = math.sqrt(3) / 2
"""Distance between the rows of a hexagonal grid whose units lie 1 apart."""

KERNEL_NUMBERS = 2**23
"""Numbers of a dense kernel held at a time: 64 MB."""


def most_square(n_units: int) -> tuple[int, int]:
    """Return (rows, columns) of the most square grid of about `n_units`, no more rows than columns.

    √n rows, rounded down, and as many columns as come nearest: 1,600 gives 40 × 40, 245 gives
    15 × 16 = 240.
    """
    checks.between(n_units, 1, 2**20, "The number of units", integer=True)
    rows = math.isqrt(int(n_units))
    return rows, round(n_units / rows)


@dataclass(frozen=True, slots=True)
class Grid:
    """Units on a plane or a torus, numbered row by row.

    On a rectangular grid unit (row, column) lies at x = column, y = row. On a hexagonal one odd
    rows are shifted right by 1/2 and rows lie √3/2 apart, so that the six nearest units are 1
    away. On a torus the last row and column are next to the first. Grid distances are Euclidean.

    Neighbours are the units at most √2 away on a rectangular grid (8 of them inside), and 1 away
    on a hexagonal one (6).

    Parameters
    ----------
    shape : (int, int)
        Rows and columns, each at least 1. A hexagonal torus has an even number of rows, or one.
    topology : {"rectangular", "hexagonal"}
    toroidal : bool
    """

    shape: tuple[int, int]
    topology: str = "rectangular"
    toroidal: bool = False

    def __post_init__(self) -> None:
        for side in self.shape:
            checks.between(side, 1, 2**20, "Each side of shape", integer=True)
        checks.one_of(self.topology, TOPOLOGIES, "topology")
        rows = self.shape[0]
        if self.topology == "hexagonal" and self.toroidal and rows % 2 and rows > 1:
            raise InvalidInput(
                f"A hexagonal torus must have an even number of rows but has {rows}.",
                f"Ask for {rows + 1} rows: an odd number does not close.",
            )

    @property
    def n_units(self) -> int:
        """Rows times columns."""
        return self.shape[0] * self.shape[1]

    @property
    def periods(self) -> tuple[float, float]:
        """Width and height after which a torus repeats; 0 on a plane."""
        rows, columns = self.shape
        height = rows * (ROW_HEIGHT if self.topology == "hexagonal" else 1.0)
        return (float(columns), height) if self.toroidal else (0.0, 0.0)

    def coordinates(self) -> NDArray[np.float64]:
        """Return x and y of every unit, (n_units, 2); y grows downwards."""
        row, column = np.divmod(np.arange(self.n_units), self.shape[1])
        if self.topology == "hexagonal":
            return np.stack([column + 0.5 * (row % 2), row * ROW_HEIGHT], axis=1)
        return np.stack([column, row], axis=1).astype(np.float64)

    def distances(self, first: IntArray, second: IntArray) -> NDArray[np.float64]:
        """Return the grid distances between units, in the shape to which the two broadcast."""
        places = self.coordinates()
        return np.hypot(
            *(
                _along(places[first, axis] - places[second, axis], period)
                for axis, period in enumerate(self.periods)
            )
        )

    def kernel(self, units: IntArray, neighbourhood: str, radius: float) -> NDArray[np.float64]:
        """Return how much each unit takes part in what `units` (m,) learn, (m, n_units), in [0, 1].

        exp(−distance² / (2 · radius²)) for "gaussian"; 1 up to `radius` and 0 beyond for "bubble".
        """
        distances = self.distances(np.asarray(units)[:, None], np.arange(self.n_units))
        if neighbourhood == "bubble":
            return (distances <= radius + 1e-9).astype(np.float64)
        return cast(NDArray[np.float64], np.exp(-(distances**2) / (2 * radius**2)))

    def spread(self, values: FloatArray, neighbourhood: str, radius: float) -> NDArray[np.float64]:
        """Return kernel @ values for values (n_units, m).

        A Gaussian on a rectangular grid is the product of one along the rows and one along the
        columns, which takes (rows + columns) · n_units · m multiplications, not n_units² · m.
        """
        if neighbourhood == "gaussian" and self.topology == "rectangular":
            return self._spread_by_axis(values, radius)
        out = np.empty(values.shape)
        for where in spans(self.n_units, max(1, KERNEL_NUMBERS // self.n_units)):
            units = np.arange(where.start, where.stop)
            out[where] = self.kernel(units, neighbourhood, radius) @ values
        return out

    def neighbours(self) -> IntArray:
        """Return every pair of different neighbouring units once, (n_pairs, 2)."""
        periods = np.asarray(self.periods)
        tree = cKDTree(self.coordinates(), boxsize=periods if self.toroidal else None)
        return cast(IntArray, tree.query_pairs(self._reach, output_type="ndarray"))

    def are_neighbours(self, first: IntArray, second: IntArray) -> BoolArray:
        """Return which pairs of units are neighbours, or one and the same."""
        return self.distances(first, second) <= self._reach

    def of_units(self, values: FloatArray) -> FloatArray:
        """Return one number per unit as a (rows, columns) matrix."""
        return values.reshape(self.shape)

    @property
    def _reach(self) -> float:
        return (math.sqrt(2) if self.topology == "rectangular" else 1.0) + 1e-6

    def _spread_by_axis(self, values: FloatArray, radius: float) -> NDArray[np.float64]:
        width, height = self.periods
        along_rows = _axis_kernel(self.shape[0], radius, height)
        along_columns = _axis_kernel(self.shape[1], radius, width)
        down = along_rows @ values.reshape(self.shape[0], -1)
        return cast(
            NDArray[np.float64],
            np.matmul(along_columns, down.reshape(*self.shape, -1)).reshape(values.shape),
        )


def _axis_kernel(n: int, radius: float, period: float) -> NDArray[np.float64]:
    places = np.arange(n, dtype=np.float64)
    away = _along(places[:, None] - places, period)
    return cast(NDArray[np.float64], np.exp(-(away**2) / (2 * radius**2)))


def _along(offsets: NDArray[np.float64], period: float) -> NDArray[np.float64]:
    away = np.abs(offsets)
    return np.minimum(away, period - away) if period else away
