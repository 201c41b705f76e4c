"""What the labels so far suggest for a question: likely classes, and answered items nearby."""

from __future__ import annotations

import numpy as np

from fewclicks.records import MODEL, NO_CLASS, PERSON, FloatArray, IntArray, Labels
from fewclicks.rows import spans

MOST_GUESSES = 3
MOST_NEIGHBOURS = 8
MOST_EXAMPLES = 4

DOUBTFUL = 0.9
"""A label with less confidence than this is worth a look."""

Pairs = list[tuple[int, float]]


def item_guesses(labels: Labels, item: int) -> Pairs:
    """Class id and share of belief of the likeliest classes of an item, best first."""
    pairs = zip(labels.class_ids[item].tolist(), labels.confidences[item].tolist(), strict=True)
    return [(class_id, share) for class_id, share in pairs if class_id != NO_CLASS][:MOST_GUESSES]


def cluster_guesses(labels: Labels, members: IntArray) -> Pairs:
    """Class id and share of each class among the members' labels, largest first.

    The share is of all members: those without a label count too.
    """
    best = labels.class_ids[members, 0]
    class_ids, counts = np.unique(best[best != NO_CLASS], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:MOST_GUESSES]
    return [(int(class_ids[i]), float(counts[i] / len(members))) for i in order]


def nearest_named(
    features: FloatArray, labels: Labels, item: int, n: int = MOST_NEIGHBOURS
) -> list[tuple[int, int]]:
    """The `n` items nearest to `item` that a person has named, nearest first, with their class.

    Near in Euclidean distance of feature rows; of two equally near, the one with the lower id.
    """
    near = _nearest_of(features, item, _named(labels, item), n)
    return [(int(i), int(labels.class_ids[i, 0])) for i in near]


def examples(
    features: FloatArray, labels: Labels, item: int, class_id: int, n: int = MOST_EXAMPLES
) -> list[int]:
    """The `n` items nearest to `item` that a person has named so, nearest first."""
    named = _named(labels, item)
    near = _nearest_of(features, item, named[labels.class_ids[named, 0] == class_id], n)
    return [int(i) for i in near]


def _named(labels: Labels, but: int) -> IntArray:
    """The items that a person has named, each by itself, without one."""
    named = (labels.sources == PERSON) & (labels.class_ids[:, 0] != NO_CLASS)
    named[but] = False
    found: IntArray = np.flatnonzero(named)
    return found


def _nearest_of(features: FloatArray, item: int, named: IntArray, n: int) -> IntArray:
    """The `n` of some items that are nearest to one, nearest first."""
    here = np.asarray(features[item], np.float32)
    near, distances = named[:0], np.empty(0, np.float32)
    for where in spans(len(named)):
        difference = np.asarray(features[named[where]], np.float32) - here
        near = np.append(near, named[where])
        distances = np.append(distances, np.einsum("ij,ij->i", difference, difference))
        near, distances = _nearest(near, distances, n)
    return near


def _nearest(near: IntArray, distances: FloatArray, n: int) -> tuple[IntArray, FloatArray]:
    """Return the `n` nearest, nearest first; of two equally near, the one that stands first."""
    if n < len(near):  # sorting all of a hundred thousand would take most of the time
        within = distances <= np.partition(distances, n - 1)[n - 1]
        near, distances = near[within], distances[within]
    order = np.argsort(distances, kind="stable")[:n]
    return near[order], distances[order]


def least_sure(labels: Labels, items: IntArray, n: int) -> IntArray:
    """Return the `n` of these items whose label has the least confidence, that one first."""
    confidences = labels.confidences[items, 0]
    return _nearest(items, confidences, n)[0]


def doubtful_counts(labels: Labels) -> list[tuple[int, int, int]]:
    """Class, labels that a model gave, and how many of them are doubtful; most of these first."""
    by_model = (labels.sources == MODEL) & (labels.class_ids[:, 0] != NO_CLASS)
    best, doubtful = labels.class_ids[by_model, 0], labels.confidences[by_model, 0] < DOUBTFUL
    classes, at, counts = np.unique(best, return_inverse=True, return_counts=True)
    unsure = np.bincount(at, doubtful, len(classes)).astype(int)
    order = np.lexsort((classes, -counts, -unsure))
    return [(int(classes[i]), int(counts[i]), int(unsure[i])) for i in order]


def class_counts(labels: Labels) -> dict[int, int]:
    """Items by their label's class."""
    best = labels.class_ids[:, 0]
    counts = np.bincount(best[best != NO_CLASS])
    return {int(class_id): int(counts[class_id]) for class_id in np.flatnonzero(counts)}
