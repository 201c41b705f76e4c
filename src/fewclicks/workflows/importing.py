"""Import: list a source, read what is new in shards, keep thumbnails and rows.

A shard is committed whole: its thumbnails are on disk before its rows are, so a row always has its
thumbnail, and an import that was interrupted goes on after the last committed shard.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from os import PathLike
from typing import Any

from fewclicks import settings
from fewclicks.engine.base import Engine, in_shards
from fewclicks.errors import SourceError
from fewclicks.items.base import Source
from fewclicks.items.ingest import Failure, Ingested, ingest
from fewclicks.items.places import absolute
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.progress import Report, silent
from fewclicks.records import Entry
from fewclicks.store import Store
from fewclicks.store.items import FailedItem, NewItem
from fewclicks.workflows.engines import engine_for


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did: items added, items known before, files that could not be read."""

    n_new: int
    n_known: int
    n_failed: int
    n_duplicates: int
    seconds: float
    failures: tuple[FailedItem, ...] = ()


def import_source(
    store: Store,
    thumbnails: ThumbnailStore,
    source: Source,
    report: Report = silent,
    *,
    engine: Engine | None = None,
) -> ImportSummary:
    """Add to the project every image of `source` that is not an item yet.

    `engine`, or that of `engine_for`, reads them.

    Raises
    ------
    SourceError
        The source cannot be listed, not one of its images can be read, or a worker cannot read
        what this process can.
    ProjectBusy, DiskFull, ReadOnlyProject
        The project cannot be written; what was committed before stays.
    """
    start = time.perf_counter()
    with store.lock("import"):
        source_id = store.items.add_source(source.uri, source.kind, dict(source.options))
        report("listing images", 0, 0)
        entries = list(source.entries())
        known = store.items.known_keys(source_id)
        wanted = [entry for entry in entries if entry.key not in known]
        before = store.items.count()
        failures = _import_shards(store, thumbnails, source, source_id, wanted, report, engine)
        store.items.finish_source(source_id)
        n_new = store.items.count() - before
    if not n_new and not known:
        raise SourceError(
            f"None of the {len(entries)} images of {source.uri} could be read; "
            f"the first: {failures[0].key}: {failures[0].reason}."
            if failures
            else f"{source.uri} holds no image."
        )
    return ImportSummary(
        n_new,
        len(known),
        len(failures),
        store.items.count_duplicates(),
        time.perf_counter() - start,
        tuple(failures),
    )


def known_options(store: Store, source: str | PathLike[str]) -> dict[str, Any]:
    """How a source was read when it was last added; nothing if it never was."""
    place = absolute(source)
    rows = [row for row in store.items.sources() if row.uri == place]
    return dict(rows[-1].options) if rows else {}


def import_entries(
    store: Store,
    thumbnails: ThumbnailStore,
    source: Source,
    entries: Sequence[Entry],
    known_as: tuple[str, str],
) -> list[FailedItem]:
    """Add some images of a source whose others may stay outside; return what could not be read.

    Entries that are items already are passed over. `known_as` are the place and the kind under
    which the project remembers the source.

    Raises
    ------
    ProjectBusy, DiskFull, ReadOnlyProject
        The project cannot be written.
    """
    with store.lock("import"):
        source_id = store.items.add_source(*known_as, dict(source.options))
        known = store.items.known_keys(source_id)
        wanted = [entry for entry in entries if entry.key not in known]
        failures = _import_shards(store, thumbnails, source, source_id, wanted, silent)
        store.items.finish_source(source_id)
    return failures


def _import_shards(
    store: Store,
    thumbnails: ThumbnailStore,
    source: Source,
    source_id: int,
    wanted: list[Entry],
    report: Report,
    engine: Engine | None = None,
) -> list[FailedItem]:
    failures: list[FailedItem] = []
    done = 0
    shards = in_shards(wanted, settings.SHARD_ITEMS)
    report("reading images", 0, len(wanted))
    next_id = store.items.count()
    with closing(engine_for(len(wanted), engine).map(partial(ingest, source), shards)) as ingested:
        for results in ingested:
            read = [r for r in results if isinstance(r, Ingested)]
            failed = [_failed(r) for r in results if isinstance(r, Failure)]
            if read:
                thumbnails.write(next_id, [r.thumbnail for r in read])
            else:
                refuse_blindness(source, wanted[done])
            store.items.add(source_id, next_id, [_new_item(r) for r in read], failed)
            next_id += len(read)
            failures += failed
            done += len(results)
            report("reading images", done, len(wanted))
    return failures


def refuse_blindness(source: Source, entry: Entry) -> None:
    """Refuse that a worker reads nothing of what is there, which would count as unreadable.

    Asked where nothing of a shard could be read, of its first image.
    """
    if isinstance(ingest(source, [entry])[0], Ingested):
        raise SourceError(
            f"A worker cannot read {entry.key} of {source.uri}, but this process can.",
            "On a cluster, every machine must see the images at the same path, by a shared folder, "
            "or reach their URL with the same rights.",
        )


def _failed(read: Failure) -> FailedItem:
    return FailedItem(read.key, read.reason, read.remedy)


def _new_item(read: Ingested) -> NewItem:
    entry = read.entry
    return NewItem(
        key=entry.key,
        content_hash=read.content_hash,
        width=read.width,
        height=read.height,
        grey=read.grey,
        label=entry.label,
        group=entry.group,
        split=entry.split,
    )
