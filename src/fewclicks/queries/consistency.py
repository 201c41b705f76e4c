"""Answers that everything around them contradicts: some are mistakes, and worth asking again."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fewclicks import checks
from fewclicks.queries.base import pick
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray

CONTRADICTED = 0.2
"""Support below which an answer may be asked again: four fifths of the belief around it are in
other classes."""

MOST_WASTED = 0.2
"""Answers are asked again as long as this share of those that were, or more, turned out wrong."""


def support(proba: FloatArray, graph: sp.csr_matrix, columns: IntArray) -> FloatArray:
    """Return how much of the belief in its neighbours each answer shares, in [0, 1].

    Parameters
    ----------
    proba : ndarray of shape (n_items, n_classes)
        Class shares; rows sum to 1.
    graph : csr_matrix of shape (n_items, n_items)
        Similarities, which weigh the neighbours.
    columns : ndarray of shape (n_items,)
        Column of the class that was answered; −1 where nothing was.

    Returns
    -------
    ndarray of shape (n_items,), float64
        1 where nothing was answered, or there is no neighbour.
    """
    checks.same_length(proba, columns, ("proba", "columns"))
    found = np.ones(len(columns))
    for item in np.flatnonzero(columns != NO_CLASS):
        around = slice(graph.indptr[item], graph.indptr[item + 1])
        weights = graph.data[around].astype(np.float64)
        if weights.sum() > 0:
            shares = proba[graph.indices[around], columns[item]]
            found[item] = weights @ shares / weights.sum()
    return found


def contradicted(
    proba: FloatArray,
    graph: sp.csr_matrix,
    columns: IntArray,
    n: int,
    *,
    settled: BoolArray | None = None,
) -> IntArray:
    """Pick the answers with the least support, if it is below `CONTRADICTED`.

    Parameters
    ----------
    proba, graph, columns
        As in `support`.
    n : int
        Answers wanted.
    settled : ndarray of shape (n_items,), bool, optional
        Answers not to be doubted (again).

    Returns
    -------
    ndarray of shape (at most n,), int64
        Item ids, the least supported first.
    """
    doubted = support(proba, graph, columns)
    certain = doubted >= CONTRADICTED
    return pick(-doubted, n, exclude=certain if settled is None else certain | settled)


def worth_asking_again(n_again: int, n_turned: int) -> bool:
    """Tell whether to go on, when `n_turned` of `n_again` answers asked again turned out wrong.

    By the mean of the share's distribution after these, a uniform one before (Laplace's rule), so
    that a few are tried, and confirmed ones soon end it where answers are sound.

    Examples
    --------
    >>> [worth_asking_again(n, 0) for n in (0, 3, 4)]
    [True, True, False]
    """
    return (n_turned + 1) / (n_again + 2) >= MOST_WASTED
