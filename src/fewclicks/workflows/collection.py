"""The items as a workflow sees them: features, codebook, clusters and neighbour graph.

Each part is computed when first looked at. With a folder it is kept there as a file and read back
as long as what it was made from has not changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import scipy.sparse

from fewclicks import files
from fewclicks.clusters.map import ClusterMap
from fewclicks.clusters.portraits import Portraits
from fewclicks.clusters.quantizer import codewords_for
from fewclicks.clusters.registry import CLUSTERERS
from fewclicks.errors import InvalidInput
from fewclicks.features.registry import Kind
from fewclicks.neighbours import Neighbours, knn_graph, similarity_graph
from fewclicks.progress import Report, silent
from fewclicks.queries.coverage import by_service
from fewclicks.records import FloatArray, IntArray, Question
from fewclicks.workflows.pictures import Pictures

if TYPE_CHECKING:
    from fewclicks.workflows.units import Units

N_NEIGHBOURS = 10
"""Neighbours of an item in the graph,"""

N_CANDIDATES = 50
"""and the nearest items of a photo, among which labels may tell nearer ones; see
`workflows.discriminating`."""

ALONE = -1
"""Group of an item that belongs to none."""

VERSION = 2
"""Raised when a clusterer makes other clusters of the same rows: old ones are then stale."""


class Collection:
    """Features of all items and what follows from them without any answer.

    Parameters
    ----------
    features : ndarray of shape (n_items, d)
        Feature rows, in memory or memory-mapped.
    made_from : str, default ""
        Fingerprint of the features; needed with `folder`.
    n_codewords : int, optional
        Clusters; by default the rule of `codewords_for`. A map has about as many.
    clusterer : str, default "kmeans"
        A name of `CLUSTERERS`.
    seed : int, default 0
        Seed of the codebook.
    folder : Path, optional
        Where to keep codebook, clusters and neighbours.
    pictures : callable, optional
        Makes the pictures of all items when they are first looked at; takes a report.
    photos : callable, optional
        Gives photos of all items at the size that pretrained networks want.
    kind : {"glyphs", "photos"}, optional
        What the images show; None where that is not known.
    groups : ndarray of shape (n_items,), optional
        Number of what each item belongs to, from 0; ALONE for nothing. By default for all.
    near_duplicates : bool, default False
        Whether the groups were found and are too small to be made units of.
    wide : ndarray of shape (n_items, at least d), optional
        What linear models look at, where that is more than tells how near items are.
    rows_from : str, default ""
        Fingerprint of the features that stays as long as the row of every item does, whatever
        items are added.
    """

    def __init__(
        self,
        features: FloatArray,
        made_from: str = "",
        n_codewords: int | None = None,
        clusterer: str = "kmeans",
        seed: int = 0,
        folder: Path | None = None,
        pictures: Callable[[Report], Pictures] | None = None,
        photos: Callable[[], Pictures] | None = None,
        kind: Kind | None = None,
        groups: IntArray | None = None,
        near_duplicates: bool = False,
        wide: FloatArray | None = None,
        rows_from: str = "",
    ) -> None:
        self.features = features
        self.wide = features if wide is None else wide
        self.kind = kind
        self.groups = np.full(len(features), ALONE) if groups is None else groups
        self.near_duplicates = near_duplicates
        self.n_codewords = n_codewords or codewords_for(len(features))
        self.clusterer = clusterer
        self.seed = seed
        self.made_from = made_from
        self.rows_from = rows_from
        self._folder = folder
        self._make_pictures = pictures
        self._make_photos = photos
        self._report: Report = silent

    @property
    def n_items(self) -> int:
        """Number of items."""
        return len(self.features)

    @property
    def has_pictures(self) -> bool:
        """Whether there are images, not feature rows alone."""
        return self._make_pictures is not None

    @property
    def n_candidates(self) -> int:
        """Nearest items that are looked for."""
        return N_CANDIDATES if self.kind == "photos" else N_NEIGHBOURS

    @property
    def partition(self) -> str:
        """Fingerprint of the clusters: the same clusters, the same text."""
        return files.fingerprint(
            kind=self.clusterer,
            version=VERSION,
            n=self.n_codewords,
            seed=self.seed,
            of=self.made_from,
        )

    @property
    def codebook(self) -> FloatArray:
        """Centroids of the clusters, shape (n_codewords, d)."""
        return cast(FloatArray, self._clusters["codebook"])

    @cached_property
    def portraits(self) -> Portraits:
        """The clusters: members from typical to atypical, medoid, size."""
        return Portraits.from_arrays(self._clusters)

    @cached_property
    def map(self) -> ClusterMap | None:
        """Where each cluster lies on the map; None unless the clusterer makes one."""
        if not CLUSTERERS[self.clusterer].has_map:
            return None
        return ClusterMap.from_arrays(self._clusters)

    @property
    def neighbours(self) -> Neighbours:
        """The nearest neighbours of every item."""
        return self.candidates.first(N_NEIGHBOURS)

    @cached_property
    def candidates(self) -> Neighbours:
        """The nearest items of every item: of photos, more than are its neighbours."""
        k = self.n_candidates
        made_from = files.fingerprint(kind="knn", k=k, of=self.made_from)
        stored = self._load("neighbours", made_from)
        if stored is not None:
            return Neighbours(stored["indices"], stored["distances"])
        found = knn_graph(self.features, k=k, report=self._report)
        self._save(
            "neighbours", made_from, {"indices": found.indices, "distances": found.distances}
        )
        return found

    @cached_property
    def graph(self) -> scipy.sparse.csr_matrix:
        """Similarities of neighbours, symmetric, shape (n_items, n_items)."""
        return similarity_graph(self.neighbours)

    @cached_property
    def units(self) -> Units | None:
        """What is in groups, as a collection of its own; None if no two items belong together.

        None, too, where groups are near-duplicates: each is in one place of the graph already.
        """
        if self.near_duplicates:
            return None
        from fewclicks.workflows.units import units_of  # which are a collection themselves

        folder = None if self._folder is None else self._folder / "units"
        return units_of(self, self.groups, folder)

    @cached_property
    def pictures(self) -> Pictures:
        """Small images of one size, for models that look at pixels.

        Raises
        ------
        InvalidInput
            The collection was made from feature rows alone.
        """
        if self._make_pictures is None:
            raise _no_images()
        return self._make_pictures(self._report)

    @property
    def photos(self) -> Pictures:
        """The images at the size that pretrained networks want; otherwise as `pictures`."""
        if self._make_photos is None:
            raise _no_images()
        return self._make_photos()

    def prepare(self, report: Report = silent) -> None:
        """Compute everything now rather than when first needed."""
        with self._reporting(report):
            _ = self.portraits
            _ = self.candidates
        if self.units is not None:
            with self.units._reporting(report):
                _ = self.units.candidates

    @contextmanager
    def _reporting(self, report: Report) -> Iterator[None]:
        self._report = report
        try:
            yield
        finally:
            self._report = silent

    def cluster_questions(self, *, largest_first: bool = False) -> list[Question]:
        """One question per cluster, in an order in which the first few lie near most items.

        The largest clusters are often of the same few classes: whatever spreads names beyond a
        cluster learns more from others. Priorities are the sizes of all clusters, the first
        question having that of the largest, so that the parts of a cluster find their place.

        Parameters
        ----------
        largest_first : bool, default False
            In the order in which the first few have the most items, for who spreads no name.
        """
        sizes = self.portraits.sizes()
        by_size = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes)]
        order = by_size if largest_first else self._by_service
        return [
            Question(
                "cluster",
                f"{sizes[cluster]} items look alike.",
                priority=float(sizes[turn]),
                members=self.portraits.members(int(cluster)),
                cluster=int(cluster),
            )
            for turn, cluster in zip(by_size, order, strict=True)
        ]

    @cached_property
    def _by_service(self) -> IntArray:
        medoids = self.portraits.medoids()
        filled = np.flatnonzero(medoids >= 0)
        nobody = np.empty(0, np.int64)
        ordered = by_service(self.features, medoids[filled], nobody, self.seed)
        cluster_of = dict(zip(medoids[filled].tolist(), filled.tolist(), strict=True))
        return np.array([cluster_of[item] for item in ordered.tolist()], dtype=np.int64)

    @cached_property
    def _clusters(self) -> dict[str, Any]:
        name = f"{self.clusterer}-{self.n_codewords}-{self.seed}"
        stored = self._load(name, self.partition)
        if stored is not None:
            return stored
        recipe = CLUSTERERS[self.clusterer]
        fitted = recipe.make(self.n_codewords, self.seed)
        fitted.fit(self.features, report=self._report)
        portraits = Portraits.of(self.features, fitted.labels_, fitted.codebook_)
        arrays = {"codebook": fitted.codebook_, **portraits.to_arrays()}
        if recipe.has_map:
            arrays |= ClusterMap.of(fitted).to_arrays()
        self._save(name, self.partition, arrays)
        return arrays

    def _load(self, name: str, made_from: str) -> dict[str, Any] | None:
        return None if self._folder is None else files.load(self._folder / f"{name}.npz", made_from)

    def _save(self, name: str, made_from: str, arrays: dict[str, Any]) -> None:
        if self._folder is not None:
            files.save(self._folder / f"{name}.npz", made_from, arrays)


def _no_images() -> InvalidInput:
    return InvalidInput(
        "A model that looks at pixels needs images, but this collection has only features.",
        "Choose a model on features, such as linear.",
    )
