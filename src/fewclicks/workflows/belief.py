"""What a few answers make believe of every item, without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import scipy.sparse as sp

from fewclicks.models.linear import CalibratedLinear
from fewclicks.models.pooling import log_pool
from fewclicks.models.propagation import GraphPropagation
from fewclicks.records import NO_CLASS, FloatArray, IntArray
from fewclicks.workflows.collection import Collection

SMOOTHNESS = 0.03
"""Inverse penalty of the linear model: a few answers to each class, in hundreds of columns."""


@dataclass(frozen=True, slots=True)
class Belief:
    """Shares of belief in some classes, for every item.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
    proba : ndarray of shape (n_items, n_classes), float32
    """

    classes: IntArray
    proba: FloatArray

    @property
    def best(self) -> IntArray:
        """The likeliest class id of every item."""
        return cast(IntArray, self.classes[self.proba.argmax(axis=1)])


def believe(
    collection: Collection, graph: sp.csr_matrix, taught: IntArray, random_state: int
) -> Belief:
    """Spread the answers over the graph; for photos, a linear model has an equal say.

    Rows of photos, of a pretrained network above all, part classes by planes better than by
    nearness; glyphs, by nearness much better.

    Parameters
    ----------
    collection : Collection
        Its rows, and what its images show.
    graph : csr_matrix of shape (n_items, n_items)
        Similarities, of the collection's neighbours or of refined ones.
    taught : ndarray of shape (n_items,)
        Class ids; NO_CLASS where nobody has said anything, of not all.
    random_state : int
    """
    spread = GraphPropagation().fit(graph, taught)
    classes, proba = spread.classes_, spread.predict_proba()
    if collection.kind != "photos" or len(classes) < 2:
        return Belief(classes, proba)
    linear = CalibratedLinear(C=SMOOTHNESS, random_state=random_state).fit(collection.wide, taught)
    pooled = log_pool(proba, linear.predict_proba(collection.wide))
    named = taught != NO_CLASS
    pooled[named] = proba[named]
    return Belief(classes, pooled)
