"""The labels that a certificate tells of, as they were when it began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray, Labels


@dataclass(frozen=True, slots=True)
class Frozen:
    """The labels that a certificate tells of.

    Attributes
    ----------
    class_ids : ndarray of shape (n_items,), int32
        The class of every item then; NO_CLASS for items without a label, of which it tells nothing.
    order : ndarray of shape (n_tested,), int32
        The items whose label no person had given for the item alone, in the order drawn.
    uncertainty : ndarray of shape (n_tested,), float32
        Of their labels, in the same order: 1 − (share of the class − share of the next best).
    """

    class_ids: IntArray
    order: IntArray
    uncertainty: FloatArray


def freeze(labels: Labels, wanted: BoolArray, alone: BoolArray, seed: int) -> Frozen:
    """Keep the labels of the `wanted` items, and draw the order of those that can be wrong.

    What a person said of an item `alone` is right by definition.
    """
    class_ids = np.where(wanted, labels.class_ids[:, 0], NO_CLASS).astype(np.int32)
    tested = np.flatnonzero((class_ids != NO_CLASS) & ~alone)
    order = np.random.default_rng(seed).permutation(tested).astype(np.int32)
    shares = labels.confidences[order]
    uncertainty = 1 - (shares[:, 0] - shares[:, 1:2].sum(axis=1))
    return Frozen(class_ids, order, uncertainty.astype(np.float32))
