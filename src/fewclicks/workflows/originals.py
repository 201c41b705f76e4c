"""The original images, wherever they were imported from: to be shown, and to mend thumbnails."""

from __future__ import annotations

import mimetypes
from contextlib import suppress

import numpy as np

from fewclicks import settings
from fewclicks.errors import FewclicksError, ProjectError
from fewclicks.items.base import Source
from fewclicks.items.ingest import Ingested, ingest
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.records import BoolArray, Entry, IntArray
from fewclicks.store import Store
from fewclicks.store.items import Place

UPLOADS, SYNTHESISED = "uploads", "synthesised"
"""Kinds of the sources that uploads and images made by the project come from, and their folders in
the project, wherever that lies."""

OWN = (UPLOADS, SYNTHESISED)


def source_of(store: Store, kind: str) -> int | None:
    """The source of a kind of which there is one, once anything came from it."""
    return next((row.id for row in store.items.sources() if row.kind == kind), None)


def items_of(store: Store, kind: str) -> IntArray:
    """The items from the source of such a kind, ascending."""
    source_id = source_of(store, kind)
    ids = [] if source_id is None else store.items.latest_of(source_id, store.items.count())
    return np.array(ids[::-1], dtype=np.int64)


def collected(store: Store, n_items: int) -> BoolArray:
    """Mask of the first `n_items` items: whether each was collected, not made by the project."""
    mask = np.ones(n_items, np.bool_)
    made = items_of(store, SYNTHESISED)
    mask[made[made < n_items]] = False
    return mask


def came_singly(store: Store, first: int) -> bool:
    """Whether every item with an id of at least `first` was uploaded or made."""
    own = [row.id for row in store.items.sources() if row.kind in OWN]
    return store.items.first_beyond(own, first) is None


def opened_sources(store: Store) -> dict[int, Source]:
    """The sources that can still be opened, by id."""
    opened: dict[int, Source] = {}
    for row in store.items.sources():
        with suppress(FewclicksError):
            place = str(store.folder / row.kind) if row.kind in OWN else row.uri
            opened[row.id] = open_source(place, **row.options)
    return opened


def read_original(store: Store, item: int) -> tuple[bytes, str] | None:
    """The original image file of an item and its media type; None if it cannot be read now."""
    row = store.items.row(item)
    source = opened_sources(store).get(row.source_id)
    found = None if source is None else next(iter(source.read([row.key])), None)
    if not isinstance(found, bytes):
        return None  # pixels of an array have no file: their thumbnail is as good
    return found, mimetypes.guess_type(row.key)[0] or "application/octet-stream"


def restore_thumbnails(store: Store, thumbnails: ThumbnailStore, report: Report = silent) -> int:
    """Make missing or damaged thumbnails again from the originals; return how many.

    Raises
    ------
    ProjectError
        An original cannot be read any more, or is another image than the one imported.
    """
    gaps = thumbnails.gaps(store.items.count())
    total = sum(stop - first for first, stop in gaps)
    done = 0
    sources = opened_sources(store) if gaps else {}
    for first, stop in gaps:
        for start in range(first, stop, settings.SHARD_ITEMS):
            places = store.items.places(start, min(start + settings.SHARD_ITEMS, stop))
            thumbnails.write(start, [_thumbnail(sources, place) for place in places])
            done += len(places)
            report("restoring thumbnails", done, total)
    return total


def _thumbnail(sources: dict[int, Source], place: Place) -> bytes:
    source = sources.get(place.source_id)
    read = None if source is None else ingest(source, [Entry(place.key)])[0]
    if isinstance(read, Ingested) and read.content_hash == place.content_hash:
        return read.thumbnail
    why = "has changed since it was imported" if isinstance(read, Ingested) else "cannot be read"
    raise ProjectError(
        f"The thumbnail of {place.key} is missing and its original {why}.",
        "Put the original back where it was imported from, then run: fewclicks prepare",
    )
