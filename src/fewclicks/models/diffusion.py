"""The equations by which answers spread over a graph, from arrays to arrays.

Throughout, `graph` is a symmetric non-negative csr_matrix of shape (n, n) with a zero diagonal,
`answered` holds m item ids, `codes` their classes as columns 0…c−1, `parts` the connected
component of every item, and `start` of shape (n, c) is a first guess. Each function gives
(values of shape (n, c) as float32, steps of the slowest class).
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from fewclicks.models.solver import conjugate_gradients
from fewclicks.records import BoolArray, FloatArray, IntArray


def reached(parts: IntArray, answered: IntArray) -> BoolArray:
    """Mark the items that some path of edges joins to an answered one."""
    return np.asarray(np.isin(parts, parts[answered]))


def harmonic(
    graph: sp.csr_matrix,
    answered: IntArray,
    codes: IntArray,
    parts: IntArray,
    start: FloatArray,
    *,
    gain: FloatArray | float = 1.0,
    tol: float = 1e-5,
    max_iter: int = 1000,
) -> tuple[FloatArray, int]:
    """Make every reached item the weighted mean of its neighbours, answers held fixed.

    `gain`, one number or one for each class, multiplies the edges between answered and unanswered
    items: 1 is Laplace learning (Zhu, Ghahramani and Lafferty 2003, equation 5). Values lie in
    [0, 1] and sum to 1 over the classes, within the tolerance; items that no answer reaches have 0.
    """
    values = np.zeros(start.shape, np.float32)
    values[answered, codes] = 1
    free = reached(parts, answered)
    free[answered] = False
    unknown = np.flatnonzero(free)
    if not len(unknown):
        return values, 0
    rows = graph[unknown].astype(np.float64)
    pull = gain * (rows[:, answered] @ np.eye(start.shape[1])[codes])  # a column for each class
    among = rows[:, unknown]
    diagonal = np.asarray(among.sum(axis=1)).ravel() + pull.sum(axis=1)
    values[unknown], steps = conjugate_gradients(
        _minus(diagonal, among), pull, start[unknown], tol=tol, max_iter=max_iter
    )
    return values, steps


def wnll_gain(n_items: int, n_answered: int) -> float:
    """Return the gain of the weighted nonlocal Laplacian (Shi, Osher and Zhu 2017, section 2.1).

    Its edges carry w_ij (a_i + a_j) with a = n/m on answered items and 1 elsewhere, so an edge
    to an answer weighs (n/m + 1)/2 times one between two unanswered items.
    """
    return (n_items / n_answered + 1) / 2


def poisson(
    graph: sp.csr_matrix,
    answered: IntArray,
    codes: IntArray,
    parts: IntArray,
    start: FloatArray,
    *,
    tol: float = 1e-5,
    max_iter: int = 1000,
) -> tuple[FloatArray, int]:
    """Let every answer be a source of its class and a sink of the others.

    L U = Σ_j δ_j (y_j/n_class − mean) (Calder, Cook, Thorpe and Slepčev 2020, equation 2.1, with
    the answers of a class sharing one unit), solved in every component by itself and shifted to
    a mean of 0 there, weighted by degree. Values have no fixed scale; higher is more believed.
    A component whose answers agree has 1 for their class and 0 for the others.
    """
    degree = np.asarray(graph.sum(axis=1, dtype=np.float64)).ravel()
    known = np.flatnonzero(reached(parts, answered) & (degree > 0))
    values = np.zeros(start.shape, np.float32)
    steps = 0
    if len(known):
        sources = _sources(answered, codes, parts, start.shape)[known]
        rows = graph[known].astype(np.float64)[:, known]
        solved, steps = conjugate_gradients(
            _minus(degree[known], rows), sources, start[known], tol=tol, max_iter=max_iter
        )
        values[known] = _centred(solved, degree[known], parts[known])
    _agree(values, answered, codes, parts)
    return values, steps


def _minus(diagonal: FloatArray, graph: sp.csr_matrix) -> sp.csr_matrix:
    """Return diag(diagonal) − graph."""
    return (sp.diags_array(diagonal) - graph).tocsr()


def _sources(
    answered: IntArray, codes: IntArray, parts: IntArray, shape: tuple[int, ...]
) -> FloatArray:
    """Return the right-hand side; it sums to 0 over every component, as L U must."""
    weight = 1 / np.bincount(codes, minlength=shape[1])
    given = np.eye(shape[1])[codes] * weight
    _, part = np.unique(parts[answered], return_inverse=True)
    share = sp.csr_array((np.ones(len(part)), (part, np.arange(len(part)))))
    mean = (share @ given) / np.bincount(part)[:, None]
    sources = np.zeros(shape)
    sources[answered] = given - mean[part]
    return sources


def _centred(values: FloatArray, degree: FloatArray, parts: IntArray) -> FloatArray:
    """Shift the values of every component to a mean of 0, weighted by degree."""
    _, part = np.unique(parts, return_inverse=True)
    weigh = sp.csr_array((degree, (part, np.arange(len(part)))))
    mean = (weigh @ values) / np.bincount(part, degree)[:, None]
    return np.asarray(values - mean[part])


def _agree(values: FloatArray, answered: IntArray, codes: IntArray, parts: IntArray) -> None:
    """Set in place the components whose answers are all of one class."""
    labels, part = np.unique(parts[answered], return_inverse=True)
    low = np.full(len(labels), values.shape[1])
    high = np.full(len(labels), -1)
    np.minimum.at(low, part, codes)
    np.maximum.at(high, part, codes)
    for label, code in zip(labels[low == high], low[low == high], strict=True):
        members = parts == label
        values[members] = 0
        values[members, code] = 1
