"""The layout: a place on the plane for every item, near those that look like it."""

from __future__ import annotations

from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from fewclicks import checks, settings
from fewclicks.extras import imported
from fewclicks.features.projection import Projection
from fewclicks.neighbours import (
    Neighbours,
    knn_graph,
    nearest_items,
    similarity_graph,
)
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import float32, spans, validated

EARLY, LATE = 125, 250
"""Steps with stronger attraction, which bring together what belongs together, and without."""

REPORTED_STEPS = 5
"""Steps between two words on how far it is."""

FEW = 3
"""Rows that need no learning."""

PLACED_BY = 5
"""Nearest rows of one that is not learnt from: of 10,000 digits placed among 10,000 others, 98.2 %
of the ten nearest on the plane were of their class, 97.7 % by ten; by means 96.9 and 96.7 %."""

SPREAD, JITTER = 1e-4, 1e-6
"""Deviation of the first coordinate at the start, and of what is added to it so that no two rows
start in the same place, as openTSNE has them."""


class Layout(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """A place on the plane for every row, near the rows that are near it.

    Learnt by t-SNE (van der Maaten and Hinton, "Visualizing data using t-SNE", JMLR 9, 2008) on the
    graph of neighbours, from the first two principal components, so that the layouts of a growing
    collection stay alike (Kobak and Berens, "The art of using t-SNE for single-cell
    transcriptomics", Nature Communications 10, 2019).

    Beyond `settings.LAYOUT_LEARNT_FROM` rows it is learnt from as many, drawn at random; the
    others are placed by their neighbours among these, as `transform` places new rows.

    Parameters
    ----------
    n_neighbors : int, default 10
        Nearest rows that each is kept near; fewer where there are fewer.
    random_state : int, default 0
        Draws the rows to learn from. The same rows, neighbours and seed give the same layout on
        the same machine.

    Attributes
    ----------
    embedding_ : ndarray of shape (n, 2), float32
        Places in [0, 1]²: both axes have the same scale, the longer side of what was learnt
        reaches from 0 to 1 and the shorter one lies in the middle. 0.5, 0.5 where rows do not
        differ.
    learnt_ : ndarray of shape (n_learnt,), int64
        The rows it was learnt from, ascending.
    """

    def __init__(self, n_neighbors: int = 10, random_state: int = 0) -> None:
        self.n_neighbors = n_neighbors
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        neighbours: Neighbours | None = None,
        report: Report = silent,
    ) -> Self:
        """Learn the layout of `X`, an array or memory map of shape (n, d).

        Parameters
        ----------
        neighbours : Neighbours, optional
            Of all rows, at least `n_neighbors` of each; searched by default. Not looked at where
            it is learnt from a sample, which has neighbours of its own.
        report : callable
            Told how far it is; may raise to stop the work.

        Raises
        ------
        InvalidInput
            `X` is not a matrix of finite numbers (memory maps are not scanned), or a parameter is
            out of its range.
        MissingExtra
            openTSNE is not installed.
        """
        checks.between(self.n_neighbors, 1, 2**31, "n_neighbors", integer=True)
        rows = validated(self, X)
        self.learnt_ = drawn(len(rows), settings.LAYOUT_LEARNT_FROM, self.random_state)
        whole = len(self.learnt_) == len(rows)
        self._rows = rows if whole else float32(rows[self.learnt_])
        if neighbours is None or not whole:
            neighbours = knn_graph(
                self._rows,
                self.n_neighbors,
                exact=None if whole else False,  # so many that their own graph is approximate
                random_state=self.random_state,
                report=report,
            )
        places = learnt(self._rows, neighbours.first(self.n_neighbors), self.random_state, report)
        self._places = scaled(places)
        self.embedding_ = self._places if whole else self._all(rows, report)
        return self

    def fit_transform(self, X: Any, y: Any = None, **options: Any) -> FloatArray:
        """Learn the layout of `X` and return its places, (n, 2), float32."""
        return self.fit(X, y, **options).embedding_

    def transform(self, X: Any, report: Report = silent) -> FloatArray:
        """Return the places of rows that were not learnt from, (n, 2), float32, in [0, 1]².

        See `placed`.
        """
        check_is_fitted(self)
        rows = validated(self, X, reset=False)
        return placed(rows, self._rows, self._places, self.random_state, report)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that places always come out as float32."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    @property
    def _n_features_out(self) -> int:
        return 2

    def _all(self, rows: FloatArray, report: Report) -> FloatArray:
        """Places of what was learnt from and, by these, of all others."""
        places = self.transform(rows, report)
        places[self.learnt_] = self._places
        return places


def drawn(n: int, most: int, random_state: int) -> IntArray:
    """Return 0…n−1, or `most` of them drawn at random where there are more, ascending."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(random_state).choice(n, most, replace=False))


def placed(
    rows: FloatArray,
    known: FloatArray,
    places: FloatArray,
    random_state: int = 0,
    report: Report = silent,
) -> FloatArray:
    """Return the place of each row by those of its nearest among the known ones, (n, 2), float32.

    On either axis it is the median of the `PLACED_BY` nearest, which one that lies elsewhere cannot
    move. They are searched exhaustively, or approximately where that would compare more pairs
    than a graph of `settings.EXACT_NEIGHBOURS_UP_TO` items.

    Parameters
    ----------
    rows : array or memory map of shape (n, d)
        Read in blocks.
    known : array of shape (n_known, d)
    places : ndarray of shape (n_known, 2)
    """
    exact = len(rows) * len(known) <= settings.EXACT_NEIGHBOURS_UP_TO**2
    near = nearest_items(
        known, rows, PLACED_BY, exact=exact, random_state=random_state, report=report
    )
    out = np.empty((len(rows), 2), np.float32)
    for where in spans(len(rows)):
        out[where] = np.median(places[near.indices[where]], axis=1)
    return out


def scaled(places: NDArray[np.float64]) -> FloatArray:
    """Return places moved and scaled into [0, 1]², the middle at 0.5 and both axes alike."""
    low, high = places.min(axis=0), places.max(axis=0)
    side = (high - low).max()
    inside = (places - (low + high) / 2) / (side if side > 0 else 1) + 0.5
    return cast(FloatArray, np.clip(inside, 0, 1).astype(np.float32))


def learnt(
    rows: FloatArray, neighbours: Neighbours, random_state: int, report: Report
) -> NDArray[np.float64]:
    """Return the places that t-SNE gives rows by their neighbours, (n, 2), in units of its own.

    Those of the start where there are three rows or fewer, or none that differ.
    """
    start = _start(rows, random_state)
    if len(rows) <= FEW or not start.any():
        return start
    openTSNE = imported("openTSNE", "The layout")
    graph = similarity_graph(neighbours).astype(np.float64)
    method = openTSNE.TSNE(
        early_exaggeration_iter=EARLY,
        n_iter=LATE,
        n_jobs=1,  # threads speed up the lesser part, and wait for each other where cores are busy
        random_state=random_state,
        callbacks=_Teller(report),
        callbacks_every_iters=REPORTED_STEPS,
    )
    affinities = openTSNE.affinity.PrecomputedAffinities(graph)
    return np.array(method.fit(affinities=affinities, initialization=start))


def _start(rows: FloatArray, random_state: int) -> NDArray[np.float64]:
    """Return the rows on their first two components, small, and no two in the same place."""
    start = np.zeros((len(rows), 2))
    projected = Projection(2).fit(rows).transform(rows)
    start[:, : projected.shape[1]] = projected
    spread = start[:, 0].std()
    if not spread > 0:
        return np.zeros_like(start)
    noise = np.random.default_rng(random_state).normal(0, JITTER, start.shape)
    return cast(NDArray[np.float64], start * (SPREAD / spread) + noise)


class _Teller:
    """Tells how many steps are done; openTSNE counts each of its two phases from 1."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._done = 0

    def __call__(self, step: int, error: float, places: Any) -> None:
        self._done += REPORTED_STEPS
        self._report("laying out items", self._done, EARLY + LATE)
