"""Export: one row per item, with who or what decided its label; or one folder per class."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks.errors import FewclicksError, InvalidInput
from fewclicks.export.folders import FolderItem, write_folders
from fewclicks.export.tables import format_of, write_table
from fewclicks.items.base import Source
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.progress import Report
from fewclicks.records import BELIEVED, MODEL, NO_CLASS, NOBODY, SOURCE_NAMES, FloatArray, Labels
from fewclicks.store import Store
from fewclicks.workflows.grouping import groups_of
from fewclicks.workflows.originals import collected, opened_sources
from fewclicks.workflows.sharing import answers_behind


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export wrote; the images named in `missing` had no original to copy or link.

    `card` is its label card as JSON; beside it lies the same as Markdown.
    """

    path: Path
    rows: int
    n_missing: int
    seconds: float
    missing: tuple[str, ...] = ()
    card: Path | None = None


def export_labels(
    store: Store,
    thumbnails: ThumbnailStore,
    labels: Labels,
    target: Path,
    format: str | None,
    mode: str,
    report: Report,
    places: Callable[[], FloatArray] | None = None,
) -> ExportSummary:
    """See `Project.export`; `places`, if given, are asked for once a table is to be written."""
    start = time.perf_counter()
    if format == "folders" or (format is None and not target.suffix):
        if places is not None:
            raise InvalidInput(
                "Only a table has columns for the layout, but class folders were asked for.",
                "Name a .csv, .parquet or .jsonl file, or leave the layout out.",
            )
        items = _folder_items(store, thumbnails, labels)
        total = int(np.count_nonzero(collected(store, len(labels.sources))))
        done = write_folders(items, target, mode=mode, report=report, total=total)
        return ExportSummary(
            target,
            done.n_written,
            len(done.missing),
            time.perf_counter() - start,
            tuple(done.missing),
        )
    format_of(target, format)
    laid = None if places is None else places()
    rows = write_table(label_blocks(store, labels, report, laid), target, format)
    return ExportSummary(target, rows, 0, time.perf_counter() - start)


def label_blocks(
    store: Store, labels: Labels, report: Report, places: FloatArray | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the table in blocks of columns, in item order, without what the project made.

    `places` of shape (n_items, 2), where they are given, become the columns x and y.
    """
    names, parents = {NO_CLASS: None, **store.classes.names()}, store.classes.parents()
    given = store.answers.provenance()
    sheet = store.answers.sheet(len(labels.sources), BELIEVED)
    answer_ids = answers_behind(labels, sheet, groups_of(store, len(labels.sources))[0])
    latest = store.rounds.latest()
    modelled = ("model", None, latest.id) if latest else (None, None, None)
    total, wanted = len(labels.sources), collected(store, len(labels.sources))
    for first, found in store.items.columns("key", "split"):
        # items added since the labels were made are left out
        where = first + np.flatnonzero(wanted[first : first + len(found)])
        rows = [found[item - first] for item in where]
        if not rows:
            continue
        sources = labels.sources[where]
        decided = [
            modelled if source == MODEL else given.get(int(answer), (None, None, None))
            for source, answer in zip(sources, answer_ids[where], strict=True)
        ]
        class_ids = labels.class_ids[where, 0].tolist()
        yield {
            "item": where,
            "name": [row[0] for row in rows],
            "class": [names.get(class_id) for class_id in class_ids],
            "parent": [parents.get(class_id) for class_id in class_ids],
            "confidence": labels.confidences[where, 0],
            "source": [SOURCE_NAMES[s] for s in sources],
            "round": np.ma.array(
                [d[2] or 0 for d in decided], mask=[d[2] is None for d in decided]
            ),
            "annotator": [
                None if s in (MODEL, NOBODY) else d[0]
                for s, d in zip(sources, decided, strict=True)
            ],
            "answered_at": [None if d[1] is None else iso_time(d[1]) for d in decided],
            "split": [row[1] for row in rows],
            **({} if places is None else {"x": places[where, 0], "y": places[where, 1]}),
        }
        report("writing labels", min(first + len(found), total), total)


def iso_time(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601, UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _folder_items(store: Store, thumbnails: ThumbnailStore, labels: Labels) -> Iterator[FolderItem]:
    names = store.classes.names()
    sources, wanted = opened_sources(store), collected(store, len(labels.sources))
    for first, rows in store.items.columns("key", "source_id"):
        known = rows[: max(0, len(labels.sources) - first)]
        for item, (key, source_id) in enumerate(known, start=first):
            if not wanted[item]:
                continue
            source = sources.get(source_id)
            yield FolderItem(
                name=key,
                class_name=names.get(int(labels.class_ids[item, 0])),
                path=None if source is None else source.path_of(key),
                read=partial(_image_file, source, key, thumbnails, item),
            )


def _image_file(
    source: Source | None, key: str, thumbnails: ThumbnailStore, item: int
) -> bytes | None:
    """The original file, or for pixels of an array their thumbnail; None if it cannot be read."""
    found = None if source is None else next(iter(source.read([key])), None)
    if isinstance(found, bytes):
        return found
    return None if found is None or isinstance(found, FewclicksError) else thumbnails.read(item)
