"""Confusing items far apart: the centres of the areas where a model is unsure."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fewclicks import checks
from fewclicks.queries.base import allowed_items, spread_out
from fewclicks.queries.uncertainty import margin
from fewclicks.records import BoolArray, FloatArray, IntArray


def confusion_areas(
    proba: FloatArray,
    graph: sp.csr_matrix,
    n: int,
    *,
    exclude: BoolArray | None = None,
    smoothing: int = 3,
    hops: int = 2,
) -> IntArray:
    """Pick the most confusing item of each of the `n` most confusing areas of the graph.

    Parameters
    ----------
    proba : ndarray of shape (n_items, n_classes)
        Class shares; rows sum to 1.
    graph : csr_matrix of shape (n_items, n_items)
        Similarities, as `neighbours.similarity_graph` gives.
    n : int
        Items wanted.
    exclude : ndarray of shape (n_items,), bool, optional
        Answered, withheld or waiting items: never picked, and no cause to ask around them.
    smoothing : int, default 3
        Steps over which confusion is averaged.
    hops : int, default 2
        Each pick sets aside the items this near to it.

    Returns
    -------
    ndarray of shape (at most n,), int64
        Item ids, most confusing area first.
    """
    checks.same_length(proba, graph.indptr[1:], ("proba", "graph"))
    confusion = np.where(allowed_items(len(proba), exclude), margin(proba), 0)
    scores = confusion * smooth(graph, confusion, smoothing)
    return spread_out(scores, graph, n, hops=hops, exclude=exclude)


def smooth(graph: sp.csr_matrix, values: FloatArray, steps: int) -> FloatArray:
    """Average `values` of shape (n_items,) over neighbours `steps` times: (D⁻¹W)^steps values.

    An item without neighbours has 0.
    """
    degree = np.asarray(graph.sum(axis=1)).ravel()
    inverse = np.divide(1, degree, out=np.zeros_like(degree), where=degree > 0)
    for _ in range(steps):
        values = inverse * (graph @ values)
    return values
