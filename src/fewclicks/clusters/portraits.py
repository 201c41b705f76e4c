"""What a page shows of a cluster: its medoid, its members from typical to atypical, its size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fewclicks import checks
from fewclicks.clusters.lloyd import squared_distances
from fewclicks.errors import InvalidInput, NotFound
from fewclicks.records import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Portraits:
    """Every cluster's members, most typical first, in three flat arrays.

    Attributes
    ----------
    order : ndarray of shape (n_items,), int64
        Item ids, by cluster, then by distance to the centroid, then by id.
    starts : ndarray of shape (n_clusters + 1,), int64
        The members of cluster c are order[starts[c] : starts[c + 1]].
    distances : ndarray of shape (n_items,), float32
        Distance to the centroid of the cluster, in the order of `order`; higher is less typical.
    """

    order: IntArray
    starts: IntArray
    distances: FloatArray

    @classmethod
    def of(cls, rows: FloatArray, labels: IntArray, codebook: FloatArray) -> Portraits:
        """Sort the items of each cluster from typical to atypical.

        Parameters
        ----------
        rows : array or memory map of shape (n_items, d)
            Walked in blocks.
        labels : ndarray of shape (n_items,)
            The cluster of each item, in 0…n_clusters−1.
        codebook : ndarray of shape (n_clusters, d)
            The centroid of each cluster.

        Raises
        ------
        InvalidInput
            If there is not one label per row, or a label has no centroid.
        """
        checks.same_length(labels, rows, ("labels", "rows"))
        labels = checks.item_ids(labels, len(codebook))
        distances = np.sqrt(squared_distances(rows, labels, codebook))
        order = np.lexsort((distances, labels))
        starts = np.concatenate([[0], np.cumsum(np.bincount(labels, minlength=len(codebook)))])
        return cls(order.astype(np.int64), starts.astype(np.int64), distances[order])

    @property
    def n_clusters(self) -> int:
        """How many clusters there are, empty ones included."""
        return len(self.starts) - 1

    def sizes(self) -> IntArray:
        """Return the number of members of each cluster, (n_clusters,)."""
        return np.diff(self.starts)

    def members(self, cluster: int) -> IntArray:
        """Return the item ids of a cluster, most typical first; NotFound if there is none."""
        return self.order[self._span(cluster)]

    def distances_of(self, cluster: int) -> FloatArray:
        """Return the distance of each member to the centroid, in the order of `members`."""
        return self.distances[self._span(cluster)]

    def medoid(self, cluster: int) -> int:
        """Return the member nearest to the centroid.

        Where the centroid is the mean of its members, this is the member with the least sum of
        squared distances to all others. NotFound if the cluster is empty.
        """
        members = self.members(cluster)
        if not len(members):
            raise NotFound(f"Cluster {cluster} has no members.")
        return int(members[0])

    def medoids(self) -> IntArray:
        """Return the medoid of every cluster, (n_clusters,), −1 for an empty one."""
        out = np.full(self.n_clusters, -1, dtype=np.int64)
        filled = self.sizes() > 0
        out[filled] = self.order[self.starts[:-1][filled]]
        return out

    def spreads(self) -> FloatArray:
        """Return the root mean squared distance to the centroid, (n_clusters,); 0 if empty.

        Higher is looser.
        """
        squares = np.concatenate([[0.0], np.cumsum(self.distances.astype(np.float64) ** 2)])
        sums = squares[self.starts[1:]] - squares[self.starts[:-1]]
        return cast(FloatArray, np.sqrt(np.maximum(sums, 0) / np.maximum(self.sizes(), 1)))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the three arrays by name, to be saved."""
        return {"order": self.order, "starts": self.starts, "distances": self.distances}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Portraits:
        """Return the portraits that `to_arrays` described; InvalidInput if they do not fit."""
        portraits = cls(arrays["order"], arrays["starts"], arrays["distances"])
        checks.same_length(portraits.order, portraits.distances, ("order", "distances"))
        starts = portraits.starts
        if starts[0] != 0 or starts[-1] != len(portraits.order) or (np.diff(starts) < 0).any():
            raise InvalidInput("starts must rise from 0 to the number of items.", "Cluster again.")
        return portraits

    def _span(self, cluster: int) -> slice:
        if not 0 <= cluster < self.n_clusters:
            raise NotFound(f"There is no cluster {cluster}; they are 0…{self.n_clusters - 1}.")
        return slice(int(self.starts[cluster]), int(self.starts[cluster + 1]))
