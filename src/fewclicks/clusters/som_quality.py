"""How good a self-organising map is: errors, ridges, hits and planes, as plain functions."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks.clusters.lloyd import squared_distances
from fewclicks.clusters.som_grid import Grid
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import nearest


def quantisation_error(rows: FloatArray, codebook: FloatArray) -> float:
    """Return the mean distance of the rows to their best units; lower is better, at least 0."""
    labels = nearest(rows, codebook)[0][:, 0]
    return float(np.sqrt(squared_distances(rows, labels, codebook)).mean(dtype=np.float64))


def topographic_error(rows: FloatArray, codebook: FloatArray, grid: Grid) -> float:
    """Return the share of rows whose two best units are not neighbours, in [0, 1]; 0 is best.

    Neighbours are the 8 around a unit of a rectangular grid (Kiviluoto, ICNN 1996, counts 4 and
    so gives more), the 6 of a hexagonal one, across the border on a torus. A map of one unit has
    an error of 0.
    """
    if grid.n_units == 1:
        return 0.0
    best = nearest(rows, codebook, 2)[0]
    return float(1 - grid.are_neighbours(best[:, 0], best[:, 1]).mean())


def u_matrix(codebook: FloatArray, grid: Grid) -> FloatArray:
    """Return the mean distance of each unit to its neighbours on the grid, (rows, columns).

    float32, not negative; high on the ridges between groups (Ultsch and Siemon, INNC 1990). The
    neighbourhood is that of `Grid`. 0 for the only unit of a map of one.
    """
    first, second = grid.neighbours().T
    offsets = np.sqrt(((codebook[first] - codebook[second]) ** 2).sum(axis=1, dtype=np.float64))
    ends = np.concatenate([first, second])
    sums = np.bincount(ends, weights=np.tile(offsets, 2), minlength=grid.n_units)
    counts = np.bincount(ends, minlength=grid.n_units)
    return grid.of_units((sums / np.maximum(counts, 1)).astype(np.float32))


def hit_map(labels: IntArray, grid: Grid) -> FloatArray:
    """Return how many rows each unit is best for, (rows, columns), float64."""
    hits = np.bincount(labels, minlength=grid.n_units)
    return grid.of_units(hits.astype(np.float64))


def component_planes(codebook: FloatArray, grid: Grid) -> FloatArray:
    """Return each column of the codebook laid out on the grid, (d, rows, columns)."""
    return cast(FloatArray, codebook.T.reshape(-1, *grid.shape))
