"""What is done with a project's classes as a whole: split one, list all, show what is typical."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from os import PathLike
from pathlib import Path

import numpy as np

from fewclicks import checks
from fewclicks.clusters.split import split_cluster
from fewclicks.errors import InvalidInput, NotFound
from fewclicks.export import classlist
from fewclicks.files import replacing
from fewclicks.records import CLUSTER, PERSON, AnswerSheet, ClassEntry, FloatArray, IntArray
from fewclicks.rows import blocks
from fewclicks.store import Store
from fewclicks.store.classes import TakenClasses

FEWEST_IN_PARTS = 16
"""Items named one by one that are shown in several clusters when their class is split."""

MOST_COMPARED = 2000
"""Items among which the typical ones of a class are looked for."""


class ProjectClasses:
    """The classes of a project, made by `Project.classes`.

    To create, change, merge and delete one there is `project.store.classes`.

    Parameters
    ----------
    store : Store
    features : callable
        Gives the features of all items, or None as long as there are none.
    """

    def __init__(self, store: Store, features: Callable[[], FloatArray | None]) -> None:
        self._store = store
        self._features = features

    def split(self, annotator: str, class_id: int, client_id: str | None = None) -> list[int]:
        """Ask again about everything that people called by the name of a class.

        What was named as a cluster comes back as that cluster, what was named one by one in
        clusters of its look-alikes. See `fewclicks.store.classes.Classes.split` for the rest.
        """
        seen = self._store.classes.answers_of(class_id)
        clusters = self._clusters_of(class_id)
        return self._store.classes.split(annotator, class_id, clusters, seen, client_id)

    def typical(self, class_id: int, n: int = 12) -> list[int]:
        """Up to `n` items that people named so, the most typical of each kind among them first.

        Raises
        ------
        NotFound
            The class is not in use.
        """
        checks.between(n, 1, MOST_COMPARED, "n", integer=True)
        self._store.classes.get(class_id)
        named = self._named(class_id)[0]
        features = self._features()
        if features is None:
            return [int(item) for item in named[:n]]
        sample = named[np.linspace(0, len(named) - 1, min(len(named), MOST_COMPARED)).astype(int)]
        parts = _parts(features, sample)
        found = chain.from_iterable(zip_longest(*(part.tolist() for part in parts)))
        return [item for item in found if item is not None][:n]

    def entries(self) -> list[ClassEntry]:
        """The list of classes, as it is exported."""
        rows, parents = self._store.classes.all(), self._store.classes.parents()
        names = self._store.items.names([item for row in rows for item in row.examples])
        return [
            ClassEntry(
                row.name,
                parents.get(row.id),
                row.key,
                row.color,
                row.description or None,
                tuple(names[item] for item in row.examples if item in names),
            )
            for row in rows
        ]

    def export(self, target: str | PathLike[str]) -> int:
        """Write the list of classes to a .csv or .json file; return how many there are.

        Examples are written by name, so that the list fits other projects of the same images.

        Raises
        ------
        InvalidInput
            The target has another suffix.
        DiskFull, ReadOnlyProject
            The file cannot be written; an existing one stays as it was.
        """
        path, entries = Path(target), self.entries()
        if path.suffix.lower().lstrip(".") not in classlist.FORMATS:
            raise InvalidInput(
                f"A list of classes must be a .csv or .json file but is {path.name!r}.",
                "Rename the file.",
            )
        content = classlist.to_bytes(entries, path.suffix.lower().lstrip("."))
        with replacing(path) as temporary:
            temporary.write_bytes(content)
        return len(entries)

    def take(self, annotator: str, source: str | PathLike[str]) -> TakenClasses:
        """Take in a list of classes from a CSV or JSON file, or one with a name per line.

        See `fewclicks.store.classes.Classes.take` for what is done with it, and
        `fewclicks.export.classlist.from_text` for what it may hold.

        Raises
        ------
        InvalidInput
            Rows cannot be taken; nothing is changed then.
        NotFound
            There is no such file.
        """
        try:
            content = Path(source).read_bytes()
        except OSError as error:
            raise NotFound(
                f"{source} cannot be read: {error.strerror or error}.", "Check the path."
            ) from error
        return self._store.classes.take(annotator, classlist.from_bytes(content))

    def _clusters_of(self, class_id: int) -> list[IntArray]:
        """The items that people named so: cluster by cluster, the largest first; then the others.

        Copies are left out, for they follow their originals.
        """
        items, sheet = self._named(class_id)
        original = self._store.items.duplicate_of()[items]
        items = items[~np.isin(original, items)]
        of_clusters = items[sheet.sources[items] == CLUSTER]
        answers = sheet.answer_ids[of_clusters]
        clusters = [of_clusters[answers == answer] for answer in np.unique(answers)]
        clusters.sort(key=len, reverse=True)
        singly = items[sheet.sources[items] == PERSON]
        features = self._features()
        if features is None:
            return [cluster for cluster in [*clusters, singly] if len(cluster)]
        few = len(singly) < FEWEST_IN_PARTS
        parts = [_typical_first(features, singly)] if few else _parts(features, singly)
        found = [*(_typical_first(features, cluster) for cluster in clusters), *parts]
        return [cluster for cluster in found if len(cluster)]

    def _named(self, class_id: int) -> tuple[IntArray, AnswerSheet]:
        """The items that people named so, ascending, and all that people said."""
        sheet = self._store.answers.sheet(self._store.items.count())
        items: IntArray = np.flatnonzero(sheet.class_ids == class_id)
        return items, sheet


def _parts(features: FloatArray, items: IntArray) -> Sequence[IntArray]:
    """Clusters of items that look alike, the most typical first in each."""
    if len(items) < 2:
        return [items]
    try:
        return split_cluster(features, items, random_state=0)
    except InvalidInput:  # all are alike
        return [items]


def _typical_first(features: FloatArray, items: IntArray) -> IntArray:
    """The items by how near they are to their mean."""
    if len(items) < 3:
        return items
    rows = features[items]
    mean = np.mean(rows, axis=0, dtype=np.float64).astype(np.float32)
    distances = np.empty(len(items), np.float32)
    for where, block in blocks(rows):
        distances[where] = np.square(block - mean).sum(axis=1)
    ordered: IntArray = items[np.argsort(distances, kind="stable")]
    return ordered
