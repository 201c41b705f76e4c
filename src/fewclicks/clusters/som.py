"""Self-organising maps: codewords on a grid, like beside like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks
from fewclicks.clusters import som_quality as quality
from fewclicks.clusters import som_training as training
from fewclicks.clusters.codebook import CodebookEstimator, row_weights
from fewclicks.clusters.lloyd import squared_distances
from fewclicks.clusters.som_grid import NEIGHBOURHOODS, Grid, most_square
from fewclicks.errors import InvalidInput
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import nearest, validated

END_RADIUS = {"gaussian": 0.55, "bubble": 1.0}
"""Radius of the last epoch: wide enough that neighbours still learn together."""


class SelfOrganizingMap(CodebookEstimator):
    """A codebook whose units lie on a grid such that neighbours have like codewords.

    The batch map (Kohonen, Neural Networks 37, 2013, section 4.1) by default, for which each epoch
    is one search of every row's best unit and one smoothing over the grid; or the classic map
    (Kohonen 1982), shown the rows one by one, which is some hundred times slower. Rows are read in
    blocks, so memory maps of any size and half precision do. A unit is not the mean of the rows it
    is best for, and may be best for none; there may be more units than rows.

    Parameters
    ----------
    shape : int or (int, int), default (40, 40)
        Rows and columns; a number alone asks for the most square grid of about so many units.
    topology : {"rectangular", "hexagonal"}, default "rectangular"
        Eight neighbours inside, or six.
    toroidal : bool, default False
        Whether the last row and column are next to the first. A hexagonal torus needs an even
        number of rows.
    neighbourhood : {"gaussian", "bubble"}, default "gaussian"
        exp(−distance² / (2 radius²)) of the Euclidean grid distance, or 1 up to the radius.
    init : {"pca", "random"}, default "pca"
        The plane of the first two principal components, or rows drawn at random.
    training : {"batch", "online"}, default "batch"
    n_epochs : int, default 20
        Passes over the rows, at least 1.
    radius : (float, float), optional
        Of the first and last epoch, above 0, in grid distances. Left out, it falls from a quarter
        of the longer side (a half after a random start), at least 1, to 0.55 (1 for the bubble).
        A lower end gives a lower quantisation error and a higher topographic one.
    decay : {"exponential", "linear"}, default "exponential"
        How the radius, and the learning rate, get from the first to the last value.
    learning_rate : (float, float), default (0.5, 0.01)
        Of the first and last row shown, in (0, 1]; only the online map has one.
    sketch : bool, default True
        Whether the batch map may run all but its last two epochs on a random sample of the rows,
        larger the smaller the radius, and on their first 64 principal components. The quantisation
        error is the same to within some thousandths, at about a quarter of the time. Up to 4,096
        rows and 64 columns nothing is left out.
    random_state : int, RandomState or None, default None
        Decides the sample, the random start and the order of rows; the same seed and rows give the
        same map on the same machine.

    Attributes
    ----------
    codebook_ : ndarray of shape (n_units, d), float32
        Unit by unit, row by row of the grid.
    labels_ : ndarray of shape (n,), int32
        The best unit of every row: the one with the nearest codeword, as `predict` gives it.
    distortion_ : float
        (Weighted) mean squared distance of the rows to their best units.
    grid_ : ndarray of shape (n_units, 2), float64
        x and y of each unit, in distances between neighbours; y grows downwards.
    map_ : Grid
        The grid, which tells distances and neighbours.
    shape_ : (int, int)
        Rows and columns.
    n_iter_ : int
        Epochs run.
    """

    def __init__(
        self,
        shape: int | tuple[int, int] = (40, 40),
        topology: str = "rectangular",
        toroidal: bool = False,
        neighbourhood: str = "gaussian",
        init: str = "pca",
        training: str = "batch",
        n_epochs: int = 20,
        radius: tuple[float, float] | None = None,
        decay: str = "exponential",
        learning_rate: tuple[float, float] = (0.5, 0.01),
        sketch: bool = True,
        random_state: Any = None,
    ) -> None:
        self.shape = shape
        self.topology = topology
        self.toroidal = toroidal
        self.neighbourhood = neighbourhood
        self.init = init
        self.training = training
        self.n_epochs = n_epochs
        self.radius = radius
        self.decay = decay
        self.learning_rate = learning_rate
        self.sketch = sketch
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any = None, sample_weight: Any = None, *, report: Report = silent
    ) -> Self:
        """Learn the map of `X`, an array or memory map of shape (n, d).

        Parameters
        ----------
        X : array of shape (n, d)
        y : ignored
        sample_weight : array of shape (n,), optional
            Weight of each row, not negative; rows of weight 0 get a label but move no unit.
        report : callable
            Told of every epoch.

        Raises
        ------
        ValueError
            If `X` is not a matrix of finite numbers, or a parameter is out of its range.
        """
        plan = self._plan()
        rows = validated(self, X)
        weights = row_weights(sample_weight, len(rows))
        random = check_random_state(self.random_state)
        start = training.start_from(rows, weights, plan.grid.n_units, random)
        codebook = training.first_codebook(rows, plan.grid, self.init, start)
        if self.training == "online":
            rate = training.Schedule(*self.learning_rate, self.decay)
            learnt = training.train_online(rows, weights, codebook, plan, rate, random, report)
        else:
            guide = start if self.sketch else None
            learnt = training.train_batch(rows, weights, codebook, plan, guide, report)
        self.map_, self.shape_, self.grid_ = plan.grid, plan.grid.shape, plan.grid.coordinates()
        self.codebook_, self.n_iter_ = learnt, self.n_epochs
        self.labels_ = nearest(rows, learnt)[0][:, 0]
        squared = squared_distances(rows, self.labels_, learnt)
        self.distortion_ = float(np.average(squared, weights=weights))
        return self

    def predict(self, X: Any) -> IntArray:
        """Return the best unit of each row, (n,), int32."""
        return nearest(self._rows(X), self.codebook_)[0][:, 0]

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the quantisation error of `X`; higher is better, 0 at most."""
        return -self.quantisation_error(X)

    def quantisation_error(self, X: Any) -> float:
        """Return the mean distance of the rows to their best units; lower is better."""
        return quality.quantisation_error(self._rows(X), self.codebook_)

    def topographic_error(self, X: Any) -> float:
        """Return the share of rows whose two best units are not neighbours, in [0, 1].

        0 is best. The neighbours are 8 on a rectangular and 6 on a hexagonal grid.
        """
        return quality.topographic_error(self._rows(X), self.codebook_, self.map_)

    def u_matrix(self) -> FloatArray:
        """Return the mean distance of each unit to its neighbours, (rows, columns), float32."""
        check_is_fitted(self)
        return quality.u_matrix(self.codebook_, self.map_)

    def hit_map(self, X: Any = None) -> FloatArray:
        """Return how many rows of `fit`, or of `X`, each unit is best for, (rows, columns)."""
        check_is_fitted(self)
        labels = self.labels_ if X is None else self.predict(X)
        return quality.hit_map(labels, self.map_)

    def component_planes(self) -> FloatArray:
        """Return each column of the codebook laid out on the grid, (d, rows, columns)."""
        check_is_fitted(self)
        return quality.component_planes(self.codebook_, self.map_)

    def _rows(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        return validated(self, X, reset=False)

    def _plan(self) -> training.Plan:
        """Check the parameters and gather what the training needs."""
        checks.one_of(self.neighbourhood, NEIGHBOURHOODS, "neighbourhood")
        checks.one_of(self.init, ("pca", "random"), "init")
        checks.one_of(self.training, ("batch", "online"), "training")
        checks.one_of(self.decay, training.DECAYS, "decay")
        checks.between(self.n_epochs, 1, 2**31, "n_epochs", integer=True)
        _pair_within(self.learning_rate, 1.0, "learning_rate")
        grid = Grid(_sides(self.shape), self.topology, bool(self.toroidal))
        radius = self._default_radius(max(grid.shape)) if self.radius is None else self.radius
        _pair_within(radius, math.inf, "radius")
        schedule = training.Schedule(*radius, self.decay)
        return training.Plan(grid, self.neighbourhood, schedule, self.n_epochs)

    def _default_radius(self, side: int) -> tuple[float, float]:
        start = side / (4 if self.init == "pca" else 2)
        return max(1.0, start), END_RADIUS[self.neighbourhood]


def _sides(shape: Any) -> tuple[int, int]:
    if isinstance(shape, int | np.integer):
        return most_square(int(shape))
    if not isinstance(shape, Sequence) or len(shape) != 2:
        raise InvalidInput(f"shape must be a number of units, or rows and columns, not {shape!r}.")
    for side in shape:
        checks.between(side, 1, 2**20, "Each side of shape", integer=True)
    return shape[0], shape[1]


def _pair_within(pair: Any, most: float, name: str) -> None:
    is_pair = isinstance(pair, Sequence) and len(pair) == 2
    numbers = is_pair and all(isinstance(value, int | float | np.number) for value in pair)
    if not numbers or not all(0 < value <= most for value in pair):
        raise InvalidInput(
            f"{name} must be a first and a last value above 0"
            f"{'' if math.isinf(most) else f' and at most {most:g}'} but is {pair!r}."
        )
