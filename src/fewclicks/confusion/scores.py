"""How confusing items are, from arrays alone; higher is more confusing, all in [0, 1]."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks.neighbours import Neighbours, similarities
from fewclicks.records import NO_CLASS, FloatArray, IntArray
from fewclicks.rows import searched, spans


def two_nearest(rows: FloatArray, codewords: FloatArray) -> tuple[IntArray, FloatArray]:
    """Find the two nearest codewords of each row.

    The search is exhaustive; the distances are then taken from the differences themselves.

    Parameters
    ----------
    rows : array or memory map of shape (n, d)
    codewords : ndarray of shape (n_codewords, d), float32

    Returns
    -------
    found : ndarray of shape (n, 2), int32
        Nearest first; the second is −1 where there is only one codeword.
    distances : ndarray of shape (n, 2), float32
        Euclidean; infinite where there is no second codeword.
    """
    found = np.full((len(rows), 2), -1, dtype=np.int32)
    distances = np.full((len(rows), 2), np.inf, dtype=np.float32)
    ranks = min(2, len(codewords))
    for where, block, ids, _ in searched(rows, codewords, ranks):
        found[where, :ranks] = ids
        for rank in range(ranks):
            offset = block - codewords[ids[:, rank]]
            distances[where, rank] = np.sqrt(np.einsum("ij,ij->i", offset, offset))
    swapped = distances[:, 0] > distances[:, 1]
    found[swapped], distances[swapped] = found[swapped, ::-1], distances[swapped, ::-1]
    return found, distances


def ratio_scores(distances: FloatArray) -> FloatArray:
    """Return R = d1 / d2 (method 1), (n,); 1 where both are 0: a dead heat.

    Parameters
    ----------
    distances : ndarray of shape (n, 2)
        To the nearest and the second nearest codeword.
    """
    first, second = distances.T
    return cast(FloatArray, np.divide(first, second, out=np.ones_like(first), where=second > 0))


def boundary_scores(clusters: IntArray, distances: FloatArray) -> FloatArray:
    """Return D = d / max d within the cluster (method 2), (n,); 0 where that is 0.

    Parameters
    ----------
    clusters : ndarray of shape (n,)
        The nearest codeword of each item.
    distances : ndarray of shape (n,)
        The distance to it.
    """
    farthest = np.zeros(clusters.max() + 1, dtype=distances.dtype)
    np.maximum.at(farthest, clusters, distances)
    limit = farthest[clusters]
    return cast(
        FloatArray, np.divide(distances, limit, out=np.zeros_like(distances), where=limit > 0)
    )


def disagreement_scores(labels: IntArray, neighbours: Neighbours) -> FloatArray:
    """Return the share of an item's neighbours that are labelled otherwise, (n,), float32.

    S_i = Σ_j w_ij [labels_j ≠ labels_i] / Σ_j w_ij over the neighbours j that have a label, with
    the weights of `neighbours.similarities`. 0 where none has one; an item without a label has 1.

    Parameters
    ----------
    labels : ndarray of shape (n,)
        The class of each item, −1 for none.
    neighbours : Neighbours
        The nearest other items of each item.
    """
    out = np.zeros(len(labels), dtype=np.float32)
    for where in spans(len(labels)):
        theirs = labels[neighbours.indices[where]]  # (block, k)
        weights = similarities(neighbours.distances[where]) * (theirs != NO_CLASS)
        other = weights * (theirs != labels[where, None])
        total = weights.sum(axis=1)
        np.divide(other.sum(axis=1), total, out=out[where], where=total > 0)
    out[labels == NO_CLASS] = 1
    return out
