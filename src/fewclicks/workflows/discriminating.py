"""Discriminating: labels tell which directions part the classes; neighbours are near in those too.

The rows of a pretrained network part a thousand classes that are not the user's. Labels that most
neighbours share are right more often than any one of them, and many: a linear discriminant learns
from all of these, and each item's neighbours are picked anew from its nearest items by their
distance in features and discriminant together. No new search is needed, so every round can do it.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from fewclicks.neighbours import Neighbours
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.rows import spans
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import N_NEIGHBOURS
from fewclicks.workflows.refining import Refinement, trust

MOST_ROWS = 50_000
"""Labels learnt from at most, drawn at random: more move the discriminant no further."""

MOST_COMPONENTS = 48
"""Directions kept of those that part most."""

LEAST_PER_CLASS = 3
"""Labels per class, in the mean, below which nothing is learnt."""

COMPARED_ROWS = 8192
"""Items whose candidates are compared together: 8,192 × 50 × 48 float32 is 79 MB."""


def discriminated(state: State) -> Refinement | None:
    """Find the neighbours that the labels of the round before tell; None where they tell nothing.

    They are those of a refinement whose network has no word. Since labels of the round before are
    learnt from, another round on the same answers may move a few labels on.
    """
    if state.previous is None:
        return None
    class_ids = state.previous.class_ids[:, 0]
    answered = state.taught() != NO_CLASS
    sure = trust(state.collection.neighbours, class_ids, answered) == 1
    places = discriminant(state.features, class_ids, sure, state.seed)
    if places is None:
        return None
    n = len(class_ids)
    found = nearest_in_both(state.collection.candidates, state.features, places)
    silent = np.full(n, NO_CLASS, np.int32)
    return Refinement(found, silent, np.zeros(n, np.float32), state.sheet.n_answers)


def discriminant(
    features: FloatArray, class_ids: IntArray, sure: BoolArray, random_state: int = 0
) -> FloatArray | None:
    """Learn which directions part classes, and return the place of every item along them.

    Fisher's linear discriminant, its scatter shrunk after Ledoit and Wolf ("A well-conditioned
    estimator for large-dimensional covariance matrices", J. Multivariate Analysis 88, 2004).

    Parameters
    ----------
    features : ndarray of shape (n_items, d)
    class_ids : ndarray of shape (n_items,)
    sure : ndarray of shape (n_items,), bool
        Labels to learn from.

    Returns
    -------
    ndarray of shape (n_items, at most n_classes − 1), float32, or None
        None if there are too few labels, fewer than two classes, or nothing varies within any.
    """
    items = np.flatnonzero(sure & (class_ids != NO_CLASS))
    if len(items) > MOST_ROWS:
        items = np.sort(np.random.default_rng(random_state).choice(items, MOST_ROWS, False))
    n_classes = len(np.unique(class_ids[items]))
    if n_classes < 2 or len(items) < LEAST_PER_CLASS * n_classes:
        return None
    model = LinearDiscriminantAnalysis(
        solver="eigen", shrinkage="auto", n_components=_components(n_classes, features.shape[1])
    )
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Only one sample available")  # of a class just met
            model.fit(np.asarray(features[items], np.float64), class_ids[items])
    except np.linalg.LinAlgError:  # copies only: nothing varies within any class
        return None
    return np.concatenate(
        [model.transform(features[where]).astype(np.float32) for where in spans(len(features))]
    )


def _components(n_classes: int, width: int) -> int:
    return min(MOST_COMPONENTS, n_classes - 1, width)


def nearest_in_both(
    candidates: Neighbours, features: FloatArray, places: FloatArray, k: int = N_NEIGHBOURS
) -> Neighbours:
    """Pick the `k` candidates of every item that are nearest in features and places together.

    Features and places count alike: each is scaled so that its mean squared distance from the mean
    is 1.

    Parameters
    ----------
    candidates : Neighbours
        With their distances in `features`.
    features : ndarray of shape (n_items, d)
    places : ndarray of shape (n_items, m)
    """
    seen = _total_variance(features)
    places = places / np.sqrt(max(_total_variance(places), 1e-12))
    indices = np.empty((len(places), min(k, candidates.indices.shape[1])), np.int32)
    distances = np.empty(indices.shape, np.float32)
    for where in spans(len(places), COMPARED_ROWS):
        near = candidates.indices[where]
        apart = places[near] - places[where, None]
        squared = np.einsum("ijk,ijk->ij", apart, apart)
        squared += candidates.distances[where] ** 2 / max(seen, 1e-12)
        order = np.argsort(squared, axis=1, kind="stable")[:, : indices.shape[1]]
        indices[where] = np.take_along_axis(near, order, axis=1)
        distances[where] = np.sqrt(np.take_along_axis(squared, order, axis=1))
    return Neighbours(indices, distances)


def _total_variance(rows: FloatArray) -> float:
    """The mean squared distance of rows from their mean."""
    n, total, squares = len(rows), np.zeros(rows.shape[1]), 0.0
    for where in spans(n):
        block = np.asarray(rows[where], np.float64)
        total += block.sum(axis=0)
        squares += float(np.einsum("ij,ij->", block, block))
    return max(0.0, squares / n - float((total / n) @ (total / n)))
