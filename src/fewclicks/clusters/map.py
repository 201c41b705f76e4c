"""Where clusters lie on a self-organising map, as a page shows it and a project keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from fewclicks.clusters.som import SelfOrganizingMap
from fewclicks.records import FloatArray

Topology = Literal["rectangular", "hexagonal"]


@dataclass(frozen=True, slots=True, eq=False)
class ClusterMap:
    """The places of clusters, and the ridges between groups of them.

    Attributes
    ----------
    shape : (int, int)
        Rows and columns of the map.
    topology : {"rectangular", "hexagonal"}
    places : ndarray of shape (n_clusters, 2), float32
        x and y of each cluster, in units of the distance between neighbours; y grows downwards.
    ridges : ndarray of shape (n_clusters,), float32
        The U-matrix between its lowest value, 0: amid its like, and its highest, 1: on a ridge.
    """

    shape: tuple[int, int]
    topology: Topology
    places: FloatArray
    ridges: FloatArray

    @classmethod
    def of(cls, som: SelfOrganizingMap) -> ClusterMap:
        """Return the map that a fitted `SelfOrganizingMap` makes."""
        heights = som.u_matrix().ravel()
        height = max(np.ptp(heights), np.finfo(np.float32).tiny)
        return cls(
            shape=som.shape_,
            topology=cast(Topology, som.topology),
            places=som.grid_.astype(np.float32),
            ridges=((heights - heights.min()) / height).astype(np.float32),
        )

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the map as arrays by name, to be saved."""
        return {
            "map_shape": np.array(self.shape),
            "map_is_hexagonal": np.array(self.topology == "hexagonal"),
            "map_places": self.places,
            "map_ridges": self.ridges,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> ClusterMap:
        """Return the map that `to_arrays` described."""
        return cls(
            shape=cast(tuple[int, int], tuple(arrays["map_shape"].tolist())),
            topology="hexagonal" if arrays["map_is_hexagonal"] else "rectangular",
            places=arrays["map_places"],
            ridges=arrays["map_ridges"],
        )
