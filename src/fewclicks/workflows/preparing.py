"""Preparation: features, clusters and neighbours of all items, and a question per cluster."""

from __future__ import annotations

from functools import partial

from fewclicks.engine.base import Engine
from fewclicks.errors import InvalidInput
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.records import NOBODY, Question
from fewclicks.store import Store
from fewclicks.workflows import LARGEST_FIRST, WITH_OWN_CLUSTERS
from fewclicks.workflows.choices import choices
from fewclicks.workflows.collection import ALONE, Collection
from fewclicks.workflows.describing import Described, describe_items, settle
from fewclicks.workflows.grouping import find_groups, groups_of
from fewclicks.workflows.growing import MOST_GROWTH, Grown
from fewclicks.workflows.originals import came_singly, restore_thumbnails
from fewclicks.workflows.photos import Photos
from fewclicks.workflows.pictures import Pictures, picture_items


class Preparation:
    """What is made ready of a project before its rounds, on disk and then in memory."""

    def __init__(self, store: Store, thumbnails: ThumbnailStore) -> None:
        self._store = store
        self._thumbnails = thumbnails
        self._collections: dict[int, Collection] = {}

    def run(self, report: Report = silent, engine: Engine | None = None) -> None:
        """Compute what is not there or does not fit any more, and queue the clusters.

        `engine`, or that of `engine_for`, does the work on single items.

        Raises
        ------
        InvalidInput
            The project has no items.
        """
        store = self._store
        if not store.items.count():
            raise InvalidInput("The project has no items.", "Add images with: fewclicks add")
        with store.lock("prepare"):
            restore_thumbnails(store, self._thumbnails, report)
            described = describe_items(store, self._thumbnails, report, engine=engine)
            collection = self._collect(described, engine=engine)
            collection.prepare(report)
            find_groups(store, collection)
            collection.groups, collection.near_duplicates = groups_of(store, collection.n_items)
            if choices(store)["workflow"] not in WITH_OWN_CLUSTERS:
                unnamed = self._unnamed(collection)
                store.questions.ask_clusters(collection.partition, unnamed)
                if not came_singly(store, self._n_clustered(collection.n_items)):
                    store.questions.ask_newcomers(collection.partition, unnamed)
            n_clustered = self._n_clustered(collection.n_items)
            store.set_options(prepared=collection.n_items, clustered=n_clustered)
            self._collections = {collection.seed: collection}

    @property
    def done(self) -> bool:
        """Whether this has been done for the items there are now."""
        n_items = self._store.items.count()
        return bool(n_items) and choices(self._store).get("prepared") == n_items

    @property
    def awaits_uploads(self) -> bool:
        """Whether all that keeps it from being done are uploads and images that were made."""
        before: int = choices(self._store).get("prepared") or 0
        return 0 < before < self._store.items.count() and came_singly(self._store, before)

    def known(self, seed: int) -> Collection | None:
        """The collection clustered from this seed, if it is in memory and whole."""
        known = self._collections.get(seed)
        return known if known is not None and known.n_items == self._store.items.count() else None

    def collection(self, seed: int) -> Collection:
        """The items clustered from this seed, which need not be the project's."""
        if self.known(seed) is None or not self.done:
            described = describe_items(self._store, self._thumbnails)
            self._collections[seed] = self._collect(described, seed)
        return self._collections[seed]

    def _unnamed(self, collection: Collection) -> list[Question]:
        """Questions of the clusters in which there is an item that nobody has named yet."""
        silent_on = self._store.answers.sheet(collection.n_items).sources == NOBODY
        largest_first = choices(self._store)["workflow"] in LARGEST_FIRST
        return [
            question
            for question in collection.cluster_questions(largest_first=largest_first)
            if question.members is not None and silent_on[question.members].any()
        ]

    def _collect(
        self, described: Described, seed: int | None = None, engine: Engine | None = None
    ) -> Collection:
        options = choices(self._store)
        pictures = partial(picture_items, self._store, self._thumbnails, engine=engine)
        first, n_items = described, len(described.rows)
        n_clustered = self._n_clustered(n_items)
        if n_clustered < n_items:
            first = describe_items(self._store, self._thumbnails, n_items=n_clustered)
        groups, found = groups_of(self._store, n_items)
        collection = Collection(
            first.rows,
            first.made_from,
            options["n_codewords"],
            clusterer=options["clusterer"],
            seed=options["seed"] if seed is None else seed,
            folder=self._store.folder / "clusters",
            pictures=pictures,
            photos=partial(self._photos, n_clustered),
            kind=settle(self._store, self._thumbnails)["kind"],
            groups=groups[:n_clustered],
            near_duplicates=found,
            wide=first.wide,
            rows_from=described.rows_from,
        )
        if n_clustered < n_items:
            return Grown(
                described.rows,
                collection,
                described.made_from,
                folder=self._store.folder / "clusters",
                pictures=pictures,
                photos=partial(self._photos, n_items),
                groups=groups,
                wide=described.wide,
            )
        return collection

    def _photos(self, n_items: int) -> Pictures:
        kind = settle(self._store, self._thumbnails)["kind"]
        return Pictures(Photos(self._thumbnails, n_items), kind)

    def _n_clustered(self, n_items: int) -> int:
        """How many of the items are clustered: all, or those before a few that came later.

        What comes in groups makes units of its own with what is there, so all is done anew.
        """
        options = choices(self._store)
        before: int = options.get("clustered") or options.get("prepared") or 0
        if not before < n_items <= before * (1 + MOST_GROWTH):
            return n_items
        grouped = (self._store.items.groups()[before:n_items] != ALONE).any()
        return n_items if grouped else before
