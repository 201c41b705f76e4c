"""Describing: from thumbnails to feature rows, by the feature set chosen or fitting the images."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from fewclicks import settings
from fewclicks.engine.base import Engine, in_shards
from fewclicks.engine.local import LocalEngine
from fewclicks.errors import InvalidInput, NotFound
from fewclicks.features.base import ImageTransformer
from fewclicks.features.external import is_external, read_external
from fewclicks.features.matrix import FeatureMatrix, stored_width
from fewclicks.features.pretrained import local
from fewclicks.features.projection import Projection
from fewclicks.features.registry import FEATURES, Recipe, default_for, recipe_of
from fewclicks.files import fingerprint, load, save
from fewclicks.items.kind import ink_is_dark, kind_of
from fewclicks.items.thumbnails import SentThumbnails, ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray
from fewclicks.store import Store
from fewclicks.workflows.engines import engine_for

VERSION = 1
"""Raised when a transformer gives other numbers for the same image: old rows are then stale."""

LONGEST_NAME = 100
"""Characters of a folder's name, beyond which a few that stand for the rest follow: file systems
take 255 bytes."""

SAMPLE = 500
"""Images looked at to tell what kind they are."""


@dataclass(frozen=True, slots=True)
class Described:
    """Feature rows of items.

    Attributes
    ----------
    rows : ndarray of shape (n_items, d), float32
        What tells how near items are, in memory or memory-mapped.
    wide : ndarray of shape (n_items, at least d), float32
        What linear models look at: the same columns, and perhaps more.
    made_from : str
        Fingerprint of what they were made from.
    rows_from : str
        The same whatever the number of items: while it stays, so does every row.
    """

    rows: FloatArray
    wide: FloatArray
    made_from: str
    rows_from: str


@dataclass(frozen=True, slots=True)
class Describer:
    """Describes images that need not be items; needs no project, so it can travel."""

    transformer: ImageTransformer
    projection: Projection | None = None
    n_near: int | None = None

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> FloatArray:
        """Return the rows that tell how near images are, of shape (n, d), float32.

        `images` are pixels of thumbnails, each (h, w) or (h, w, 3).
        """
        rows = self.transformer.transform(images)
        return (
            rows if self.projection is None else self.projection.transform(rows)[:, : self.n_near]
        )


def describe_items(
    store: Store,
    thumbnails: ThumbnailStore,
    report: Report = silent,
    *,
    n_items: int | None = None,
    engine: Engine | None = None,
) -> Described:
    """Feature rows of the items and the fingerprint of what they were made from.

    Of all items, or of the first `n_items`. Rows that are on disk and still fit are kept; only
    those of new items are computed, by `engine` or that of `engine_for`.

    Raises
    ------
    NotFound, InvalidInput
        A file of features was asked for and does not fit.
    DiskFull, ReadOnlyProject
        The rows cannot be written.
    """
    chosen = settle(store, thumbnails)
    n_items = store.items.count() if n_items is None else n_items
    if is_external(chosen["name"]):
        return _external(Path(chosen["name"]), n_items)
    recipe, transformer, made_from, folder = _recipe(store, chosen)
    width = stored_width(folder, made_from) or transformer.width()
    matrix = FeatureMatrix(folder, made_from, width, about=transformer.about)
    if matrix.n_rows < n_items:
        with store.lock("describe", shared=True):
            does = engine_for(n_items - matrix.n_rows, engine)
            tell = partial(report, "describing images")
            if transformer.alone() and isinstance(does, LocalEngine):
                # one process has the GPU: the others decode what it will look at next
                decode, then = SentThumbnails.pixels, transformer.transform
                grow(matrix, does, decode, thumbnails, n_items, tell, then)
            else:
                describe = partial(describe_shard, transformer)
                grow(matrix, does, describe, thumbnails, n_items, tell)
    rows = matrix.rows(n_items)
    if recipe.n_components is None:
        return Described(rows, rows, fingerprint(rows=made_from, n=n_items), made_from)
    found = _projected(folder, made_from, recipe, n_items)
    if found is None:
        with store.lock("describe", shared=True):
            _project(folder, made_from, recipe, rows, report)
        found = _projected(folder, made_from, recipe, n_items)
        assert found is not None
    return found


def describer(store: Store, thumbnails: ThumbnailStore) -> Describer:
    """Return what describes images that are no items, as the items were described.

    Raises
    ------
    InvalidInput
        The features come from a file, which has no rows for them.
    NotFound
        The items have not been described yet.
    """
    chosen = settle(store, thumbnails)
    refuse_external(chosen["name"])
    recipe, transformer, made_from, folder = _recipe(store, chosen)
    if recipe.n_components is None:
        return Describer(transformer)
    learnt = load(folder / "projection.npz", _kept(made_from, recipe))
    if learnt is None:
        raise NotFound("The items have no features yet.", "Run: fewclicks prepare")
    return Describer(transformer, _projection(learnt), recipe.n_near)


def refuse_external(name: str) -> None:
    """Refuse features that come from a file, which has no rows for new images."""
    if is_external(name):
        raise InvalidInput(
            f"The features must be computed from the images but come from {name}, "
            "which has rows of the items only.",
            f"Make a project with features of fewclicks: {', '.join(FEATURES)}.",
        )


def check_choice(name: str, options: Mapping[str, Any] | None = None) -> None:
    """Refuse what is neither a feature set, nor “auto”, nor a file, and options it cannot take.

    Raises
    ------
    InvalidInput
        There is no such feature set or option, or an option is out of its range.
    MissingExtra
        The feature set needs an extra that is not installed.
    """
    if name != "auto" and not is_external(name):
        recipe_of(name).make(options=options).about()  # which looks at a network once
    elif options:
        raise InvalidInput(
            f"Options of features need a feature set by its name, but features is {name!r}.",
            f"Choose one of {', '.join(FEATURES)}.",
        )


def placed_choice(name: str) -> str:
    """Return a choice of features that holds in any folder: files by their absolute paths."""
    return str(Path(name).absolute()) if is_external(name) else local(name)


def folder_name(name: str, options: Mapping[str, Any] | None = None) -> str:
    """Name of the folder of a feature set, another one for other options.

    Values that cannot stand in a file name are made to; the manifest there tells them apart.
    """
    values = [f"{option}={value}" for option, value in sorted((options or {}).items())]
    whole = "-".join([name, *values])
    safe = re.sub(r"[^\w.=-]+", "_", whole, flags=re.ASCII)
    if len(safe) <= LONGEST_NAME:
        return safe
    return f"{safe[:LONGEST_NAME]}-{fingerprint(of=whole)[:8]}"


def settle(store: Store, thumbnails: ThumbnailStore) -> dict[str, Any]:
    """The feature set of the project; “auto” is decided once, by a look at some of the images."""
    described = store.describe()["options"]
    name, options = described["features"], described.get("feature_options") or {}
    settled: dict[str, Any] | None = described.get("features_settled")
    if settled is not None and (settled["chosen"], settled.get("options") or {}) == (name, options):
        return settled
    check_choice(name, options)
    n_items = store.items.count()
    sample = thumbnails.pixels(np.unique(np.linspace(0, n_items - 1, SAMPLE).astype(np.int64)))
    kind = kind_of(sample)
    settled = {
        "chosen": name,
        "name": default_for(kind) if name == "auto" else name,
        "options": options,
        "kind": kind,
        "dark_ink": bool(np.mean([ink_is_dark(pixels) for pixels in sample]) > 0.5),
    }
    store.set_options(features_settled=settled)
    return settled


def _recipe(store: Store, chosen: dict[str, Any]) -> tuple[Recipe, ImageTransformer, str, Path]:
    """The feature set in use: its transformer, what its rows are made from, where they lie."""
    recipe = recipe_of(chosen["name"])
    transformer = recipe.make(chosen["dark_ink"], chosen.get("options"))
    made_from = fingerprint(
        version=VERSION,
        **transformer.identity(),
        project=store.describe()["uid"],
    )
    folder = store.folder / "features" / folder_name(chosen["name"], chosen.get("options"))
    return recipe, transformer, made_from, folder


def describe_shard(transformer: ImageTransformer, thumbnails: SentThumbnails) -> FloatArray:
    """Feature rows of some items: what one worker process does.

    By one thread, as everywhere: several would add up in another order.
    """
    with threadpool_limits(1):
        return transformer.transform(thumbnails.pixels())


def grow(
    matrix: FeatureMatrix,
    engine: Engine,
    describe: Callable[[SentThumbnails], Any],
    thumbnails: ThumbnailStore,
    n_items: int,
    report: Callable[[int, int], None],
    then: Callable[[Any], NDArray[Any]] | None = None,
) -> None:
    """Add the rows of the items that have none yet, some together, in the order of their ids.

    Thumbnails are read here and travel to the workers, which need not see the project's folder.
    `describe` gives their rows and travels, too, or what `then` makes rows of in this process;
    `report` takes rows done and rows in all.
    """
    done, n_sent = matrix.n_rows, min(settings.SENT_ITEMS, settings.SHARD_ITEMS)
    shards = (
        thumbnails.sent(range(at, min(at + n_sent, n_items))) for at in range(done, n_items, n_sent)
    )
    report(done, n_items)
    together = settings.SHARD_ITEMS // n_sent
    with closing(engine.map(describe, shards)) as described:
        for rows in in_shards(map(then, described) if then else described, together):
            matrix.append(np.concatenate(rows), at=done)
            done = matrix.n_rows
            report(done, n_items)


def _kept(made_from: str, recipe: Recipe) -> str:
    return fingerprint(rows=made_from, n_components=recipe.n_components)


def _projected(folder: Path, made_from: str, recipe: Recipe, n_items: int) -> Described | None:
    """Rows on their principal components, if they are on disk and still fit."""
    kept = _kept(made_from, recipe)
    learnt = load(folder / "projection.npz", kept)
    if learnt is None or n_items > 2 * int(learnt["n_fitted"]):
        return None
    matrix = _projected_matrix(folder, kept, learnt)
    if matrix.n_rows < n_items:
        return None
    wide, rows_from = matrix.rows(n_items), matrix.made_from
    whole = fingerprint(rows=rows_from, n=n_items)
    return Described(wide[:, : recipe.n_near], wide, whole, rows_from)


def _project(
    folder: Path, made_from: str, recipe: Recipe, rows: FloatArray, report: Report
) -> None:
    """Put rows on their principal components, learnt anew once the collection has doubled."""
    path, kept = folder / "projection.npz", _kept(made_from, recipe)
    learnt = load(path, kept)
    if learnt is None or len(rows) > 2 * int(learnt["n_fitted"]):
        report("projecting features", 0, 0)
        assert recipe.n_components is not None
        fitted = Projection(recipe.n_components).fit(rows).to_arrays()
        learnt = {**fitted, "n_fitted": np.array(len(rows))}
        save(path, kept, learnt)
    matrix = _projected_matrix(folder, kept, learnt)
    projection = _projection(learnt)
    for start in range(matrix.n_rows, len(rows), settings.BLOCK_ROWS):
        block = np.asarray(rows[start : start + settings.BLOCK_ROWS])
        matrix.append(projection.transform(block), at=start)
        report("projecting features", matrix.n_rows, len(rows))


def _projection(learnt: dict[str, Any]) -> Projection:
    return Projection.from_arrays({k: v for k, v in learnt.items() if k != "n_fitted"})


def _projected_matrix(folder: Path, kept: str, learnt: dict[str, Any]) -> FeatureMatrix:
    projected_from = fingerprint(rows=kept, n_fitted=int(learnt["n_fitted"]))
    return FeatureMatrix(folder / "projected", projected_from, len(learnt["components_"]))


def _external(path: Path, n_items: int) -> Described:
    rows = read_external(path, n_items)
    stat = path.stat()
    made_from = fingerprint(
        file=str(path.resolve()), size=stat.st_size, modified=stat.st_mtime_ns, n=n_items
    )
    return Described(rows, rows, made_from, made_from)
