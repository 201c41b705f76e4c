"""How a self-organising map learns: the start, the schedules, whole epochs, single rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from fewclicks import checks
from fewclicks.clusters.lloyd import cell_sums
from fewclicks.clusters.som_grid import Grid
from fewclicks.progress import Report
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import blocks, float32, nearest, spans

DECAYS = ("exponential", "linear")

SKETCH_WIDTH = 64
"""Principal components on which early epochs run: on MNIST they hold 86 % of the variance, and
the best unit among 1,600 on them is as good a guide while the neighbourhood is wide."""

EXACT_EPOCHS = 2
"""Last epochs whose means are taken over all rows and all columns, whatever is sketched before."""

ROWS_PER_KERNEL = 128
"""Rows of a sketch per neighbourhood that fits on the map side by side with others: the means that
an early epoch takes are over so many rows, and all others would hardly move them."""

FEWEST_ROWS = 4096
"""Rows below which a sketch does not go: such an epoch takes milliseconds."""

START_NUMBERS = 2**23
"""Numbers of the rows from which principal components are taken: 32 MB."""

SPAN = math.sqrt(3)
"""Standard deviations to each side that the first map covers: a uniform square exactly."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a number falls, or rises, from its first to its last value over the training."""

    start: float
    end: float
    decay: str = "exponential"

    def at(self, done: float) -> float:
        """Return the value after the share `done` of the training, in [0, 1]."""
        if self.decay == "linear":
            return self.start + (self.end - self.start) * done
        return float(self.start * (self.end / self.start) ** done)


@dataclass(frozen=True, slots=True)
class Plan:
    """What every way of training needs to know."""

    grid: Grid
    neighbourhood: str
    radius: Schedule
    n_epochs: int

    def radius_of(self, epoch: int) -> float:
        """Return the radius of an epoch, 0…n_epochs−1; the last has the schedule's end."""
        return self.radius.at(epoch / max(1, self.n_epochs - 1))


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """A random sample of the rows, and their mean and principal components.

    Attributes
    ----------
    ids : ndarray of shape (n_sample,), int64
        Rows of weight above 0 in random order, none twice.
    mean : ndarray of shape (d,), float32
    axes : ndarray of shape (k, d), float32
        Orthonormal, the direction of most variance first, the largest coefficient positive.
    deviations : ndarray of shape (k,), float64
        Standard deviation along each axis.
    """

    ids: IntArray
    mean: FloatArray
    axes: FloatArray
    deviations: FloatArray

    def project(self, rows: FloatArray) -> FloatArray:
        """Return rows (m, d) on the axes, (m, k), float32."""
        return cast(FloatArray, (float32(rows) - self.mean) @ self.axes.T)

    def lift(self, points: FloatArray) -> FloatArray:
        """Return points (m, k) on the axes as rows (m, d), float32."""
        return cast(FloatArray, points @ self.axes + self.mean)


def start_from(
    rows: FloatArray, weights: FloatArray, n_units: int, random: np.random.RandomState
) -> Start:
    """Draw the sample that early epochs see, and learn its principal components.

    Raises
    ------
    InvalidInput
        A row that was drawn holds NaN.
    """
    ids = random.permutation(np.flatnonzero(weights))
    ids = ids[: max(FEWEST_ROWS, ROWS_PER_KERNEL * n_units)]
    few = np.sort(ids[: max(FEWEST_ROWS // 4, START_NUMBERS // rows.shape[1])])
    sample = float32(rows[few])
    if not np.isfinite(sample).all():
        checks.finite(rows, "X")
    shares = weights[few] / weights[few].sum(dtype=np.float64)
    mean = shares @ sample
    axes, variances = _components((sample - mean) * np.sqrt(shares)[:, None])
    return Start(ids, mean.astype(np.float32), axes, np.sqrt(variances))


def first_codebook(rows: FloatArray, grid: Grid, init: str, start: Start) -> FloatArray:
    """Return the codebook before the first epoch, (n_units, d), float32.

    "pca" lays the grid on the plane of the first two components, its longer side along the first,
    √3 standard deviations to each side. "random" takes rows of the sample, again where there are
    fewer rows than units.
    """
    if init == "random":
        return float32(rows[np.resize(start.ids, grid.n_units)])
    places = grid.coordinates()
    places -= (places.max(axis=0) + places.min(axis=0)) / 2
    reach = places.max(axis=0)
    longest_first = np.argsort(-reach, kind="stable")
    share = (places / np.where(reach > 0, reach, 1))[:, longest_first][:, : len(start.axes)]
    plane = SPAN * share * start.deviations[: share.shape[1]]
    return float32(plane @ start.axes[: share.shape[1]] + start.mean)


def train_batch(
    rows: FloatArray,
    weights: FloatArray,
    codebook: FloatArray,
    plan: Plan,
    start: Start | None,
    report: Report,
) -> FloatArray:
    """Run every epoch and return the codebook, (n_units, d), float32.

    With `start`, all but the last EXACT_EPOCHS epochs run on its axes and on as many rows of its
    sample as the radius asks for.
    """
    first_exact = 0 if start is None else max(0, plan.n_epochs - EXACT_EPOCHS)
    if start is not None and first_exact:
        points = _train_sketch(rows, weights, codebook, plan, start, first_exact, report)
        labels = _labels_on_axes(rows, points, start)
        radius = plan.radius_of(first_exact)
        codebook = moved(rows, weights, labels, start.lift(points), plan, radius)
        first_exact += 1
        report("clusters", first_exact, plan.n_epochs)
    for epoch in range(first_exact, plan.n_epochs):
        codebook = batch_step(rows, weights, codebook, plan, plan.radius_of(epoch))
        report("clusters", epoch + 1, plan.n_epochs)
    return codebook


def batch_step(
    rows: FloatArray, weights: FloatArray, codebook: FloatArray, plan: Plan, radius: float
) -> FloatArray:
    """Return the codebook after one epoch of the batch map, (n_units, d), float32."""
    return moved(rows, weights, nearest(rows, codebook)[0][:, 0], codebook, plan, radius)


def moved(
    rows: FloatArray,
    weights: FloatArray,
    labels: IntArray,
    codebook: FloatArray,
    plan: Plan,
    radius: float,
) -> FloatArray:
    """Return the codebook that the best units of all rows, (n,), ask for, (n_units, d), float32.

    Kohonen, Essentials of the self-organizing map (Neural Networks 37, 2013), equation 8: unit i
    becomes Σ_j h_ij S_j / Σ_j h_ij n_j, with S_j and n_j the weighted sum and number of the rows
    whose best unit is j. A unit that no row reaches stays as it is.
    """
    sums = np.zeros(codebook.shape)
    for where, block in blocks(rows):
        sums += cell_sums(block, labels[where], weights[where], len(codebook))
    masses = np.bincount(labels, weights=weights, minlength=len(codebook))
    both = np.concatenate([sums, masses[:, None]], axis=1)
    spread = plan.grid.spread(both, plan.neighbourhood, radius)
    reached = spread[:, -1] > np.finfo(np.float64).tiny / np.finfo(np.float64).eps
    after = codebook.copy()
    after[reached] = spread[reached, :-1] / spread[reached, -1:]
    return after


def train_online(
    rows: FloatArray,
    weights: FloatArray,
    codebook: FloatArray,
    plan: Plan,
    rate: Schedule,
    random: np.random.RandomState,
    report: Report,
) -> FloatArray:
    """Show the rows one by one, in a new random order each epoch (Kohonen 1982).

    Each row x moves every unit w by rate · h · (x − w), h by the grid distance to the best unit.
    A row of weight v moves as v showings in a row would.
    """
    units = codebook.astype(np.float64)
    shown, total = 0, plan.n_epochs * int(np.count_nonzero(weights))
    for epoch in range(plan.n_epochs):
        for item in random.permutation(np.flatnonzero(weights)):
            done = shown / max(1, total - 1)
            offsets = rows[item].astype(np.float64) - units
            best = int(np.einsum("ij,ij->i", offsets, offsets).argmin())
            kernel = plan.grid.kernel(np.array([best]), plan.neighbourhood, plan.radius.at(done))
            share = 1 - (1 - rate.at(done) * kernel[0]) ** float(weights[item])
            units += share[:, None] * offsets
            shown += 1
        report("clusters", epoch + 1, plan.n_epochs)
    return units.astype(np.float32)


def _train_sketch(
    rows: FloatArray,
    weights: FloatArray,
    codebook: FloatArray,
    plan: Plan,
    start: Start,
    n_epochs: int,
    report: Report,
) -> FloatArray:
    radii = [plan.radius_of(epoch) for epoch in range(n_epochs)]
    sizes = [_sketch_rows(plan.grid.n_units, radius, len(start.ids)) for radius in radii]
    ids = start.ids[: max(sizes)]
    sketch = np.empty((len(ids), len(start.axes)), dtype=np.float32)
    order = np.argsort(ids)  # a memory map is read from its front to its end
    for where in spans(len(ids)):
        sketch[order[where]] = start.project(rows[ids[order[where]]])
    points, heights = start.project(codebook), weights[ids]
    for epoch, (radius, size) in enumerate(zip(radii, sizes, strict=True)):
        points = batch_step(sketch[:size], heights[:size], points, plan, radius)
        report("clusters", epoch + 1, plan.n_epochs)
    return points


def _labels_on_axes(rows: FloatArray, points: FloatArray, start: Start) -> IntArray:
    """Best unit of every row where all units lie on the axes: what is off them tells none apart."""
    labels = np.empty(len(rows), dtype=np.int32)
    for where, block in blocks(rows):
        narrow = start.project(block)
        if not np.isfinite(narrow).all():
            checks.finite(block, f"X from row {where.start} on")
        labels[where] = nearest(narrow, points)[0][:, 0]
    return labels


def _sketch_rows(n_units: int, radius: float, n_most: int) -> int:
    kernels = n_units / max(1.0, 2 * math.pi * radius**2)
    return min(n_most, max(FEWEST_ROWS, math.ceil(ROWS_PER_KERNEL * kernels)))


def _components(centred: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Leading right singular vectors and squared values, from the smaller of two products."""
    n, d = centred.shape
    wide = d > n
    product = (centred @ centred.T if wide else centred.T @ centred).astype(np.float64)
    keep = min(SKETCH_WIDTH, n, d)
    # its many small steps would each wait for every thread, for seconds on a busy machine
    with threadpool_limits(1):
        squares, vectors = eigh(product, subset_by_index=[len(product) - keep, len(product) - 1])
    squares, axes = np.maximum(squares[::-1], 0), vectors.T[::-1]
    if wide:
        axes = np.linalg.qr((axes @ centred).T)[0].T
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return np.ascontiguousarray(axes * np.where(largest < 0, -1, 1), dtype=np.float32), squares
