"""Placing: where every item lies on the plane, learnt once and kept while the collection grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np

from fewclicks import files
from fewclicks.features.layout import Layout, placed
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray
from fewclicks.rows import float32
from fewclicks.store import Store
from fewclicks.workflows.collection import N_NEIGHBOURS, Collection

VERSION = 1
"""Raised when the same rows get other places: old ones are then stale."""

MOST_GROWTH = 2
"""The layout is learnt anew once there are more than so many times the items it was learnt of."""


def place_items(
    store: Store, collection: Collection, seed: int, report: Report = silent
) -> FloatArray:
    """Return the place of every item, learnt or completed if need be, and keep it.

    Items that came after it was learnt are placed by their neighbours among those it was learnt
    from, and all others stay where they are to the last bit. It is learnt anew once the collection
    has doubled, or when the features are others.

    Returns
    -------
    ndarray of shape (n_items, 2), float32
        In [0, 1]², as of `fewclicks.features.Layout`.

    Raises
    ------
    MissingExtra
        It must be learnt, which needs the extra `layout`.
    ProjectBusy
        Another process is at it.
    DiskFull, ReadOnlyProject
        It cannot be written.
    """
    found = places_known(store, collection, seed)
    if found is not None and len(found) == collection.n_items:
        return found
    with store.lock("layout", shared=True):
        made_from = _made_from(collection, seed)
        kept = files.load(_path(store), made_from)
        if kept is None or collection.n_items > MOST_GROWTH * int(kept["n_fitted"]):
            made = _learnt(collection, seed, report)
        else:
            made = _completed(kept, collection, seed, report)
        files.save(_path(store), made_from, made)
    return cast(FloatArray, made["places"])


def places_known(store: Store, collection: Collection, seed: int) -> FloatArray | None:
    """Return the places of the first items, as far as they are on disk and still fit; else None."""
    kept = files.load(_path(store), _made_from(collection, seed))
    return None if kept is None else kept["places"][: collection.n_items]


def _learnt(collection: Collection, seed: int, report: Report) -> dict[str, Any]:
    fitted = Layout(N_NEIGHBOURS, random_state=seed)
    fitted.fit(collection.features, neighbours=collection.neighbours, report=report)
    return {
        "places": fitted.embedding_,
        "learnt": fitted.learnt_,
        "n_fitted": np.array(collection.n_items),
    }


def _completed(
    kept: dict[str, Any], collection: Collection, seed: int, report: Report
) -> dict[str, Any]:
    """Add the places of the items that have none."""
    places, learnt = kept["places"], kept["learnt"]
    known = float32(collection.features[learnt])
    late = collection.features[len(places) :]  # at most as many as it was learnt of
    new = placed(late, known, places[learnt], seed, report)
    return {**kept, "places": np.concatenate([places, new])}


def _made_from(collection: Collection, seed: int) -> str:
    return files.fingerprint(version=VERSION, of=collection.rows_from, seed=seed, k=N_NEIGHBOURS)


def _path(store: Store) -> Path:
    return store.folder / "clusters" / "layout.npz"
