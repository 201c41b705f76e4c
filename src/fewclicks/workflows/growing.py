"""Items that came later: they join the clusters and neighbours that are there, which stay."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from fewclicks import files
from fewclicks.clusters.portraits import Portraits
from fewclicks.neighbours import Neighbours, nearest_items
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import nearest, spans
from fewclicks.workflows.collection import ALONE, Collection

if TYPE_CHECKING:
    from fewclicks.workflows.units import Units

MOST_GROWTH = 0.1
"""Share of the clustered items that may come later before all are clustered anew."""


class Grown(Collection):
    """A collection that was clustered when it was a little smaller.

    The codebook is that of the first items and so is the partition: a cluster's question stays
    its question. Each later item belongs to the nearest codeword; neighbours are those that all
    items would have anyway.

    Parameters
    ----------
    features : ndarray of shape (n_items, d)
        Of all items.
    first : Collection
        Of the items that were clustered, with the same features.
    grown_from : str, default ""
        Fingerprint of the features of all items; needed with `folder`.
    options
        As of a `Collection`; `groups` by default those of the first items.
    """

    def __init__(
        self, features: FloatArray, first: Collection, grown_from: str = "", **options: Any
    ) -> None:
        alone = np.full(len(features) - first.n_items, ALONE)
        options.setdefault("groups", np.append(first.groups, alone))
        super().__init__(
            features,
            first.made_from,
            n_codewords=first.n_codewords,
            clusterer=first.clusterer,
            seed=first.seed,
            kind=first.kind,
            near_duplicates=first.near_duplicates,
            rows_from=first.rows_from,
            **options,
        )
        self._first = first
        self._grown_from = grown_from

    @property
    def partition(self) -> str:
        """Fingerprint of the clusters, that of the first items."""
        return self._first.partition

    @cached_property
    def candidates(self) -> Neighbours:
        """The nearest items of every item."""
        made_from = files.fingerprint(kind="knn", k=self.n_candidates, of=self._grown_from)
        stored = self._load("neighbours-grown", made_from)
        if stored is not None:
            return Neighbours(stored["indices"], stored["distances"])
        found = extended(self._first.candidates, self.features, self.n_candidates)
        kept = {"indices": found.indices, "distances": found.distances}
        self._save("neighbours-grown", made_from, kept)
        return found

    @cached_property
    def units(self) -> Units | None:
        """Those of the first items; a later one belongs to none of them."""
        return self._first.units

    @cached_property
    def _clusters(self) -> dict[str, Any]:
        first, n = self._first.portraits, self._first.n_items
        labels = np.empty(self.n_items, np.int64)
        labels[first.order] = np.repeat(np.arange(first.n_clusters), first.sizes())
        labels[n:] = nearest(self.features[n:], self._first.codebook)[0][:, 0]
        portraits = Portraits.of(self.features, labels, self._first.codebook)
        return {**self._first._clusters, **portraits.to_arrays()}


def extended(known: Neighbours, X: FloatArray, k: int) -> Neighbours:
    """Return the `k` nearest neighbours of every row of `X`, given those of its first rows.

    Costs a comparison of the later rows with all, and no more.

    Parameters
    ----------
    known : Neighbours
        Of the first rows among themselves, at least `k` or all of each.
    X : array or memory map of shape (n_items, d)
    k : int
        Fewer where there are fewer other items.
    """
    n, k = len(known.indices), min(k, len(X) - 1)
    late = np.asarray(X[n:], np.float32)
    indices = np.empty((len(X), k), np.int32)
    distances = np.empty((len(X), k), np.float32)
    for block in spans(n):
        new = nearest_items(late, np.asarray(X[block], np.float32), k)
        both = np.hstack([known.distances[block], new.distances])
        ids = np.hstack([known.indices[block], new.indices + n])
        order = np.argsort(both, axis=1, kind="stable")[:, :k]  # of equals, the earlier item
        indices[block] = np.take_along_axis(ids, order, axis=1)
        distances[block] = np.take_along_axis(both, order, axis=1)
    found = nearest_items(X, late, k + 1)
    keep = _others(found.indices, np.arange(n, len(X)))
    indices[n:] = found.indices[keep].reshape(len(late), k)
    distances[n:] = found.distances[keep].reshape(len(late), k)
    return Neighbours(indices, distances)


def _others(ids: IntArray, own: IntArray) -> Any:
    """Mask of what is not the row itself; its last neighbour goes where duplicates hid it."""
    itself = ids == own[:, None]
    itself[~itself.any(axis=1), -1] = True
    return ~itself
