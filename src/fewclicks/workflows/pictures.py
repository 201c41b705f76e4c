"""The images themselves, small and of one size, for models that look at pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fewclicks.engine.base import Engine
from fewclicks.features.canvas import squares
from fewclicks.features.matrix import FeatureMatrix
from fewclicks.files import fingerprint
from fewclicks.items.kind import is_grey
from fewclicks.items.thumbnails import SentThumbnails, ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.store import Store
from fewclicks.workflows.describing import SAMPLE, grow, settle
from fewclicks.workflows.engines import engine_for

VERSION = 1
"""Raised when the same thumbnail gives other pixels: old ones are then stale."""

SIDES = (8, 64)
"""Smallest and largest side in pixels; networks halve it two or three times."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """Images of one size.

    Attributes
    ----------
    images : ndarray of shape (n_items, side, side) or (n_items, side, side, 3), uint8
        Memory-mapped, or `photos.Photos`. Glyphs are light on dark, whatever their ink, so that
        what is moved leaves ground behind.
    kind : {"glyphs", "photos"}
        What they show, which decides how they may be varied.
    """

    images: Any
    kind: Literal["glyphs", "photos"]


def picture_items(
    store: Store,
    thumbnails: ThumbnailStore,
    report: Report = silent,
    *,
    engine: Engine | None = None,
) -> Pictures:
    """Make or read back the pictures of all items; only those of new items are made.

    `engine`, or that of `engine_for`, makes them.

    Raises
    ------
    DiskFull, ReadOnlyProject
        They cannot be written.
    """
    form = _settled(store, thumbnails)
    n_items = store.items.count()
    shape = (form["side"], form["side"]) if form["grey"] else (form["side"], form["side"], 3)
    made_from = fingerprint(version=VERSION, project=store.describe()["uid"], **form)
    folder = store.folder / "features" / "pictures"
    matrix = FeatureMatrix(folder, made_from, int(np.prod(shape)), "|u1")
    if matrix.n_rows < n_items:
        with store.lock("describe", shared=True):
            make = partial(picture_shard, form)
            tell = partial(report, "making small pictures")
            does = engine_for(n_items - matrix.n_rows, engine)
            grow(matrix, does, make, thumbnails, n_items, tell)
    kind = settle(store, thumbnails)["kind"]
    return Pictures(matrix.rows(n_items).reshape(n_items, *shape), kind)


def picture_shard(form: dict[str, Any], thumbnails: SentThumbnails) -> NDArray[np.uint8]:
    """Pixels of some items, one row each: what one worker process does."""
    images = thumbnails.pixels()
    return small_pictures(form, images).reshape(len(images), -1)


def small_pictures(form: dict[str, Any], images: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Put images of any size into the form of the project's pictures.

    Parameters
    ----------
    form : dict
        `side` in pixels, `grey`, and `invert`: whether dark ink becomes light.
    images : sequence of ndarray
        Each (h, w) or (h, w, 3), uint8.
    """
    shares = squares(images, form["side"], grey=form["grey"], invert=form["invert"])
    return np.rint(shares * 255).astype(np.uint8)


def _settled(store: Store, thumbnails: ThumbnailStore) -> dict[str, Any]:
    """Size and colour of the pictures, decided once by a look at some of the images."""
    settled: dict[str, Any] | None = store.describe()["options"].get("pictures_settled")
    if settled is not None:
        return settled
    n_items = store.items.count()
    sample = thumbnails.pixels(np.unique(np.linspace(0, n_items - 1, SAMPLE).astype(np.int64)))
    looks = settle(store, thumbnails)
    longest = max(max(image.shape[:2]) for image in sample)
    settled = {
        "side": int(np.clip(longest, *SIDES)),
        "grey": all(is_grey(image) for image in sample),
        "invert": looks["kind"] == "glyphs" and looks["dark_ink"],
    }
    store.set_options(pictures_settled=settled)
    return settled
