"""Clusterers by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fewclicks.clusters.cells import CellClusterer
from fewclicks.clusters.quantizer import VectorQuantizer
from fewclicks.clusters.som import SelfOrganizingMap


@dataclass(frozen=True, slots=True)
class ClustererRecipe:
    """A clusterer: `make(n_codewords, seed)` gives it, not yet fitted, with `fit(X, report=)`.

    Fitted, it has `codebook_` of about n_codewords rows and `labels_`.
    """

    make: Callable[[int, int], Any]
    summary: str
    has_map: bool = False
    """Whether its clusters lie on a map, see `ClusterMap`."""


CLUSTERERS: dict[str, ClustererRecipe] = {
    "kmeans": ClustererRecipe(
        lambda n, seed: VectorQuantizer(n, random_state=seed),
        "Vector quantisation by k-means: quick, and the purest clusters of photos.",
    ),
    "lbg": ClustererRecipe(
        lambda n, seed: VectorQuantizer(n, method="lbg", random_state=seed),
        "Vector quantisation by splitting (Linde, Buzo, Gray): the same whatever the seed.",
    ),
    "agglomerative": ClustererRecipe(
        lambda n, seed: CellClusterer(n, "agglomerative", random_state=seed),
        "Cells of k-means merged two by two (Ward).",
    ),
    "spectral": ClustererRecipe(
        lambda n, seed: CellClusterer(n, "spectral", random_state=seed),
        "Cells of k-means parted where few are neighbours.",
    ),
    "hdbscan": ClustererRecipe(
        lambda n, seed: CellClusterer(n, "hdbscan", random_state=seed),
        "Where a sample of the items is dense; it finds how many there are.",
    ),
    "som": ClustererRecipe(
        lambda n, seed: SelfOrganizingMap(n, random_state=seed),
        "A self-organising map: clusters on a grid, like beside like; the page shows the map.",
        has_map=True,
    ),
}
"""Every clusterer by name; the first is the default."""
