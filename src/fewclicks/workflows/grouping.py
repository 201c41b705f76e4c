"""Groups of items: those that came with the images, or else near-duplicates among photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fewclicks import files
from fewclicks.clusters.duplicates import near_duplicates
from fewclicks.records import IntArray
from fewclicks.store import Store
from fewclicks.workflows.collection import ALONE, Collection

VERSION = 1
"""Raised when the same neighbours give other near-duplicates: old ones are then stale."""


def find_groups(store: Store, collection: Collection) -> None:
    """Look for near-duplicates if the items are photos that came without groups, and keep them.

    Of glyphs, whose exact copies are known from the import, none are looked for: digits that look
    alike are drawn anew each time.
    """
    if (store.items.groups() != ALONE).any() or collection.kind != "photos":
        _path(store).unlink(missing_ok=True)
        return
    made_from = files.fingerprint(version=VERSION, of=collection.made_from, n=collection.n_items)
    if files.load(_path(store), made_from) is None:
        found = near_duplicates(collection.candidates)
        files.save(_path(store), made_from, {"groups": found})


def groups_of(store: Store, n_items: int) -> tuple[IntArray, bool]:
    """The group of each of the first items, and whether these are near-duplicates that were found.

    Returns
    -------
    groups : ndarray of shape (n_items,), int64
        Numbers from 0; ALONE for an item that belongs to none.
    found : bool
    """
    given = store.items.groups()[:n_items]
    kept = files.load(_path(store))
    if kept is None or (given != ALONE).any():
        return given, False
    groups = np.full(n_items, ALONE, np.int64)
    n = min(n_items, len(kept["groups"]))
    groups[:n] = kept["groups"][:n]
    return groups, True


def _path(store: Store) -> Path:
    return store.folder / "clusters" / "near-duplicates.npz"
