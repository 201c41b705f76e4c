"""Units: images of one group are one row, and so is an image that belongs to no group.

A row is the mean of features from which what varies within groups has been scaled down
(`features.RelevantComponents`): nothing needs be answered to learn that.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import numpy as np

from fewclicks import files
from fewclicks.errors import InvalidInput
from fewclicks.features.registry import Kind
from fewclicks.features.relevance import RelevantComponents
from fewclicks.neighbours import Neighbours
from fewclicks.records import FloatArray, IntArray
from fewclicks.rows import means_of
from fewclicks.workflows.collection import ALONE, Collection
from fewclicks.workflows.growing import extended

LEAST_PER_COLUMN = 4
"""Images beyond the first of each group, per column of the features, from which is learnt how
images of one thing vary: fewer would spoil the rows of all."""

VERSION = 1
"""Raised when the same groups give other rows: old ones are then stale."""


class Units(Collection):
    """A collection with one row per unit.

    Parameters
    ----------
    rows : ndarray of shape (n_units, d), float32
    unit_of : ndarray of shape (n_items,), int64
        The unit of each item.
    scaling : dict
        `mean` (d,) and `components` (d, d): how rows of items become rows of units.
    made_from, folder, kind
        As of a `Collection`.
    """

    def __init__(
        self,
        rows: FloatArray,
        unit_of: IntArray,
        scaling: dict[str, Any],
        made_from: str = "",
        folder: Path | None = None,
        kind: Kind | None = None,
    ) -> None:
        super().__init__(rows, made_from, folder=folder, kind=kind)
        self.unit_of = unit_of
        self.scaling = scaling

    def apart(self, items: IntArray, features: FloatArray) -> Units:
        """Return these units with some items in units of their own.

        Their former units stay where they are, if need be without an item, so that only the
        neighbours of the new ones are looked for.

        Parameters
        ----------
        items : ndarray of shape (n,)
            Items that are to be alone; those beyond `unit_of` must be among them.
        features : ndarray of shape (n_items, d)
            Of all items.
        """
        if not len(items):
            return self
        unit_of = np.full(len(features), ALONE, np.int64)
        unit_of[: len(self.unit_of)] = self.unit_of
        unit_of[items] = self.n_items + np.arange(len(items))
        own = np.asarray(features[items], np.float32) - self.scaling["mean"]
        own = own @ self.scaling["components"]
        return _Parted(np.concatenate([self.features, own]), unit_of, self)


class _Parted(Units):
    """Units of which some items have become units of their own."""

    def __init__(self, rows: FloatArray, unit_of: IntArray, first: Units) -> None:
        super().__init__(rows, unit_of, first.scaling, kind=first.kind)
        self._first = first

    @cached_property
    def candidates(self) -> Neighbours:
        """The nearest units of every unit."""
        return extended(self._first.candidates, self.features, self.n_candidates)


def units_of(collection: Collection, groups: IntArray, folder: Path | None = None) -> Units | None:
    """Return the units of a collection's groups; None if no two items belong together.

    Parameters
    ----------
    groups : ndarray of shape (n_items,)
        As `Collection` has them.
    folder : Path, optional
        Where to keep the units.
    """
    numbered, n_units = _numbered(groups)
    if n_units == len(groups):
        return None
    made_from = files.fingerprint(
        kind="units",
        version=VERSION,
        of=collection.made_from,
        groups=hashlib.blake2b(numbered.tobytes(), digest_size=16).hexdigest(),
    )
    path = None if folder is None else folder / "units.npz"
    arrays = None if path is None else files.load(path, made_from)
    if arrays is None:
        arrays = _made(collection.features, numbered, groups, n_units)
        if path is not None:
            files.save(path, made_from, arrays)
    return Units(arrays.pop("rows"), numbered, arrays, made_from, folder, collection.kind)


def _numbered(groups: IntArray) -> tuple[IntArray, int]:
    """Number the units by their first items; return the unit of each item, and how many."""
    alone = groups == ALONE
    keys = np.where(alone, groups.max(initial=0) + 1 + np.arange(len(groups)), groups)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return cast(IntArray, rank[inverse]), len(first)


def _made(
    features: FloatArray, unit_of: IntArray, groups: IntArray, n_units: int
) -> dict[str, Any]:
    """Learn what varies within groups, and return the rows of units and how they were scaled."""
    d = features.shape[1]
    scaling = {"mean": np.zeros(d, np.float32), "components": np.eye(d, dtype=np.float32)}
    if len(unit_of) - n_units >= LEAST_PER_COLUMN * d:
        with suppress(InvalidInput):  # all images of a group are copies: there is nothing to learn
            learnt = RelevantComponents().fit(features, groups)
            scaling = {"mean": learnt.mean_, "components": learnt.components_}
    rows = (means_of(features, unit_of, n_units) - scaling["mean"]) @ scaling["components"]
    return {"rows": rows, **scaling}
