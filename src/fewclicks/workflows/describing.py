"""Describing: from thumbnails to feature rows, by the feature set chosen or fitting the images."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks import checks, settings
from fewclicks.features.base import ImageTransformer
from fewclicks.features.external import is_external, read_external
from fewclicks.features.matrix import FeatureMatrix
from fewclicks.features.projection import Projection
from fewclicks.features.registry import FEATURES, default_for
from fewclicks.files import fingerprint, load, save
from fewclicks.items.kind import ink_is_dark, kind_of
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray, IntArray
from fewclicks.store import Store
from fewclicks.workflows.engines import engine_for

VERSION = 1
"""Raised when a transformer gives other numbers for the same image: old rows are then stale."""

SAMPLE = 500
"""Images looked at to tell what kind they are."""


def describe_items(
    store: Store, thumbnails: ThumbnailStore, report: Report = silent
) -> tuple[FloatArray, str]:
    """Feature rows of all items and the fingerprint of what they were made from.

    Rows that are on disk and still fit are kept; only those of new items are computed.

    Raises
    ------
    NotFound, InvalidInput
        A file of features was asked for and does not fit.
    DiskFull, ReadOnlyProject
        The rows cannot be written.
    """
    chosen = settle(store, thumbnails)
    n_items = store.items.count()
    if is_external(chosen["name"]):
        return _external(Path(chosen["name"]), n_items)
    recipe = FEATURES[chosen["name"]]
    transformer = recipe.make(chosen["dark_ink"])
    made_from = fingerprint(
        version=VERSION,
        transformer=type(transformer).__name__,
        parameters=transformer.get_params(),
        project=store.describe()["uid"],
    )
    folder = store.folder / "features" / chosen["name"]
    matrix = FeatureMatrix(folder, made_from, transformer.width())
    _grow(matrix, transformer, thumbnails, n_items, report)
    rows = matrix.rows(n_items)
    if recipe.n_components is None:
        return rows, fingerprint(rows=made_from, n=n_items)
    return _project(folder, made_from, rows, recipe.n_components, report)


def check_choice(name: str) -> None:
    """Refuse a name that is neither a feature set, nor “auto”, nor a file of features."""
    if not is_external(name):
        checks.one_of(name, ("auto", *FEATURES), "features")


def settle(store: Store, thumbnails: ThumbnailStore) -> dict[str, Any]:
    """The feature set of the project; “auto” is decided once, by a look at some of the images."""
    options = store.describe()["options"]
    settled: dict[str, Any] | None = options.get("features_settled")
    if settled is not None and settled["chosen"] == options["features"]:
        return settled
    name = options["features"]
    check_choice(name)
    n_items = store.items.count()
    sample = thumbnails.pixels(np.unique(np.linspace(0, n_items - 1, SAMPLE).astype(np.int64)))
    kind = kind_of(sample)
    settled = {
        "chosen": name,
        "name": default_for(kind) if name == "auto" else name,
        "kind": kind,
        "dark_ink": bool(np.mean([ink_is_dark(pixels) for pixels in sample]) > 0.5),
    }
    store.set_options(features_settled=settled)
    return settled


def describe_shard(
    transformer: ImageTransformer, thumbnails: ThumbnailStore, ids: IntArray
) -> FloatArray:
    """Feature rows of some items: what one worker process does."""
    return transformer.transform(thumbnails.pixels(ids))


def _grow(
    matrix: FeatureMatrix,
    transformer: ImageTransformer,
    thumbnails: ThumbnailStore,
    n_items: int,
    report: Report,
) -> None:
    first = matrix.n_rows
    missing = np.arange(first, n_items)
    if not len(missing):
        return
    shards = np.split(missing, range(settings.SHARD_ITEMS, len(missing), settings.SHARD_ITEMS))
    describe = partial(describe_shard, transformer, thumbnails)
    report("describing images", first, n_items)
    for rows in engine_for(len(missing)).map(describe, shards):
        matrix.append(rows)
        report("describing images", matrix.n_rows, n_items)


def _project(
    folder: Path, made_from: str, rows: FloatArray, n_components: int, report: Report
) -> tuple[FloatArray, str]:
    """Rows on their principal components, learnt anew once the collection has doubled."""
    path = folder / "projection.npz"
    learnt = load(path, made_from)
    n_fitted = 0 if learnt is None else int(learnt.pop("n_fitted"))
    if learnt is None or len(rows) > 2 * n_fitted:
        report("projecting features", 0, 0)
        n_fitted = len(rows)
        learnt = Projection(n_components).fit(rows).to_arrays()
        save(path, made_from, {**learnt, "n_fitted": np.array(n_fitted)})
    projection = Projection.from_arrays(learnt)
    projected_from = fingerprint(rows=made_from, n_fitted=n_fitted)
    matrix = FeatureMatrix(folder / "projected", projected_from, len(projection.components_))
    for start in range(matrix.n_rows, len(rows), settings.BLOCK_ROWS):
        matrix.append(projection.transform(np.asarray(rows[start : start + settings.BLOCK_ROWS])))
        report("projecting features", matrix.n_rows, len(rows))
    return matrix.rows(len(rows)), fingerprint(rows=projected_from, n=len(rows))


def _external(path: Path, n_items: int) -> tuple[FloatArray, str]:
    rows = read_external(path, n_items)
    stat = path.stat()
    return rows, fingerprint(
        file=str(path.resolve()), size=stat.st_size, modified=stat.st_mtime_ns, n=n_items
    )
