"""A circle on a canvas cut into sectors, and the linear maps from pixels to sectors.

A pixel (x, y) is the unit square around its centre; x grows to the right, y downwards, and angles
grow from the right downwards, clockwise as seen. Sectors are numbered ring by ring from the centre
outwards and by angle within a ring: sector ring · angles + angle. Pixels are numbered row by row.
A map is a sparse matrix of shape (sectors, side²), float64, computed once per circle and kept; do
not change one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from fewclicks.records import FloatArray, IntArray

Empty = Literal["zero", "nearest", "area"]

POINTS_PER_PIXEL = 4
"""Points along one axis of a pixel that measure the overlap of pixel and sector…"""
POINTS_PER_SECTOR = 8
"""…and how many at least along one axis of a sector, which may be smaller than a pixel."""
POINTS_AT_A_TIME = 2**20
"""Points whose pixels are found together: some 60 MB."""
ON_THE_LINE = 1e-9
"""A pixel centre this near to a boundary lies beyond it, however its position was rounded."""


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle on a canvas: all in pixels, (0, 0) the centre of the top left pixel."""

    side: int
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Cut:
    """How a circle is cut: equal angles from `turn` radians on, rings of equal or falling width.

    `growth` 0 divides the radius evenly, more of it into rings that become thinner outwards, see
    `ring_edges`.
    """

    angles: int
    radii: int
    growth: float = 0.0
    turn: float = 0.0


def ring_edges(radius: float, radii: int, growth: float = 0.0) -> FloatArray:
    """Return the boundaries of the rings, (radii + 1,), from 0 to `radius`.

    With `growth` 0 they are evenly spaced. With g > 0 the radius is mapped to ρ = exp(g r / R), ρ
    is divided evenly and mapped back: r_s = (R/g) ln(1 + (e^g − 1) s/S). Of many rings the
    outermost is then about e^g times thinner than the innermost.
    """
    even = np.arange(radii + 1) / radii
    if growth > 0:
        even = np.log1p(math.expm1(growth) * even) / growth
    return radius * even


@lru_cache(maxsize=32)
def sector_map(circle: Circle, cut: Cut, empty: Empty) -> csr_array:
    """Return the map whose product with pixels is the mean of each sector.

    The weights of a sector sum to 1, or are all 0 where it has no pixel.

    empty : {"zero", "nearest", "area"}
        "zero": the pixels whose centres lie in a sector count alike; a sector without any is 0.
        "nearest": the same, but a sector without any takes the pixel under its own middle.
        "area": each pixel counts by the area it shares with the sector, so that none is empty.
        What lies outside the canvas never counts.
    """
    if empty == "area":
        return _shares(_overlaps(circle, cut))
    counted = _centres(circle, cut)
    if empty == "nearest":
        counted = counted + _middles(circle, cut, without=counted.sum(axis=1) == 0)
    return _shares(csr_array(counted))


def turned_maps(circle: Circle, cut: Cut, degrees: float, empty: Empty) -> list[csr_array]:
    """Return the maps of the image as it is, and rotated by +`degrees` and −`degrees`, clockwise.

    Rotating the image by an angle is the same as turning the sectors back by it, which needs no
    interpolation.
    """
    turns = [0.0, -math.radians(degrees), math.radians(degrees)]
    cuts = [Cut(cut.angles, cut.radii, cut.growth, cut.turn + turn) for turn in turns]
    return [sector_map(circle, each, empty) for each in cuts]


@lru_cache(maxsize=32)
def grid_map(circle: Circle, cut: Cut, interpolation: str) -> csr_array:
    """Return the map that samples the canvas in the middle of each sector, 0 outside.

    `interpolation` is "bilinear" between the four pixel centres around it, or "nearest".
    """
    x, y = _middle_points(circle, cut)
    if interpolation == "nearest":
        return _gathered(circle, _rounded(x), _rounded(y), np.ones(len(x)))
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    right, down = x - left, y - top
    corners = [
        _gathered(circle, left, top, (1 - right) * (1 - down)),
        _gathered(circle, left + 1, top, right * (1 - down)),
        _gathered(circle, left, top + 1, (1 - right) * down),
        _gathered(circle, left + 1, top + 1, right * down),
    ]
    return csr_array(sum(corners[1:], start=corners[0]))


def _centres(circle: Circle, cut: Cut) -> csr_array:
    """Return 1 for each pixel whose centre lies in the sector."""
    pixel = np.arange(circle.side**2)
    dy, dx = pixel // circle.side - circle.y, pixel % circle.side - circle.x
    edges = ring_edges(circle.radius, cut.radii, cut.growth)
    ring = np.searchsorted(edges, np.hypot(dx, dy) + ON_THE_LINE, side="right") - 1
    turns = np.mod(np.arctan2(dy, dx) - cut.turn, 2 * np.pi) / (2 * np.pi)
    angle = np.floor(turns * cut.angles + ON_THE_LINE).astype(np.int64) % cut.angles
    inside = ring < cut.radii
    sector = (ring * cut.angles + angle)[inside]
    shape = (cut.radii * cut.angles, len(pixel))
    return csr_array((np.ones(len(sector)), (sector, pixel[inside])), shape=shape)


def _middles(circle: Circle, cut: Cut, without: NDArray[np.bool_]) -> csr_array:
    """Return 1 for the pixel under the middle of each sector that is marked."""
    x, y = _middle_points(circle, cut)
    return _gathered(circle, _rounded(x), _rounded(y), without.astype(np.float64))


def _overlaps(circle: Circle, cut: Cut) -> csr_array:
    """Count points spread evenly over each sector by the pixel they fall in."""
    edges = ring_edges(circle.radius, cut.radii, cut.growth)
    rings = [_ring(circle, cut, inner, outer) for inner, outer in pairwise(edges)]
    return csr_array(vstack(rings, format="csr"))


def _ring(circle: Circle, cut: Cut, inner: float, outer: float) -> csr_array:
    """Count the points of one ring, (angles, side²), a few circles of them at a time."""
    along, across = _points(outer - inner), _points(2 * np.pi * outer / cut.angles)
    # midpoints of equal shares of r², so that every point stands for the same area
    r = np.sqrt(inner**2 + (np.arange(along) + 0.5) / along * (outer**2 - inner**2))
    step = np.arange(cut.angles * across)
    theta = cut.turn + 2 * np.pi * (step + 0.5) / len(step)
    counted = csr_array((cut.angles, circle.side**2))
    for some in np.array_split(r, math.ceil(along * len(step) / POINTS_AT_A_TIME)):
        x, y = circle.x + np.outer(some, np.cos(theta)), circle.y + np.outer(some, np.sin(theta))
        sector = np.broadcast_to(step // across, x.shape).ravel()
        columns, rows = _rounded(x.ravel()), _rounded(y.ravel())
        counted = counted + _counted(circle, cut.angles, sector, columns, rows, np.ones(x.size))
    return csr_array(counted)


def _points(length: float) -> int:
    return max(POINTS_PER_SECTOR, math.ceil(POINTS_PER_PIXEL * length))


def _middle_points(circle: Circle, cut: Cut) -> tuple[FloatArray, FloatArray]:
    """Return x and y of the middle of each sector: half way in radius and in angle."""
    edges = ring_edges(circle.radius, cut.radii, cut.growth)
    r = ((edges[:-1] + edges[1:]) / 2)[:, None]
    theta = cut.turn + 2 * np.pi * (np.arange(cut.angles) + 0.5) / cut.angles
    return (circle.x + r * np.cos(theta)).ravel(), (circle.y + r * np.sin(theta)).ravel()


def _rounded(position: FloatArray) -> IntArray:
    whole: IntArray = np.floor(position + 0.5).astype(np.int64)
    return whole


def _gathered(circle: Circle, x: IntArray, y: IntArray, weights: FloatArray) -> csr_array:
    """Return the map that gives output k the pixel (x[k], y[k]) times weights[k]."""
    return _counted(circle, len(x), np.arange(len(x)), x, y, weights)


def _counted(
    circle: Circle, n_out: int, out: IntArray, x: IntArray, y: IntArray, weights: FloatArray
) -> csr_array:
    """Sum weights by output and pixel; what lies outside the canvas is left out."""
    side = circle.side
    inside = (x >= 0) & (x < side) & (y >= 0) & (y < side)
    where = (out[inside], (y * side + x)[inside])
    return csr_array((weights[inside], where), shape=(n_out, side**2))


def _shares(counted: csr_array) -> csr_array:
    """Divide every row by its sum; rows of zeros stay zeros."""
    totals = counted.sum(axis=1)
    return csr_array(counted.multiply((1 / np.where(totals > 0, totals, 1))[:, None]))
