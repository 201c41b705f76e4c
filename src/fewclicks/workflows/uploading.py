"""Uploads: single images that become items, each left to the next round or asked about."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from fewclicks import checks
from fewclicks.errors import ProjectError, UnreadableImage
from fewclicks.files import replacing
from fewclicks.items.base import Source
from fewclicks.items.folders import FolderSource
from fewclicks.items.images import content_hash
from fewclicks.items.ingest import Failure, ingest
from fewclicks.items.places import absolute
from fewclicks.items.thumbnails import ThumbnailStore
from fewclicks.records import MODEL, NO_CLASS, NOBODY, Entry, Labels, Question
from fewclicks.store import Store
from fewclicks.workflows.importing import import_entries
from fewclicks.workflows.judging import Guess, Predictor
from fewclicks.workflows.originals import UPLOADS, source_of
from fewclicks.workflows.predicting import GivenImages, Prediction, judged

THRESHOLD = 0.9
"""Confidence from which nobody is asked about an upload, unless somebody says otherwise."""

FIRST = 1e6
"""Priority of the question about an upload: whoever brought the image waits for it."""

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Upload:
    """An image that was brought, and what became of it.

    `item` is its id, `known` says that the item was there before; `question` is the open question
    about it, None where a person has named it or it is left to the next round.
    """

    item: int
    known: bool
    prediction: Prediction
    question: int | None

    @property
    def filed(self) -> bool:
        """Whether nobody needs to be asked."""
        return self.question is None


def uploads_folder(store: Store) -> Path:
    """Where the originals of uploads are kept."""
    return store.folder / UPLOADS


def predict_one(store: Store, predictor: Predictor, data: bytes, name: str) -> Prediction:
    """What is believed of one image file.

    Raises
    ------
    UnreadableImage
        It is empty, damaged, too large or no image.
    """
    source = GivenImages({name: data})
    told = next(judged(store, predictor, source, ingest(source, [Entry(name)])))
    if isinstance(told, Failure):
        raise UnreadableImage(f"{name}: {told.reason}.", told.remedy)
    return told


def keep_upload(
    store: Store,
    thumbnails: ThumbnailStore,
    predictor: Predictor,
    labels: Labels,
    data: bytes,
    name: str,
    threshold: float = THRESHOLD,
) -> Upload:
    """Make an image an item, and ask about it unless it is sure, see `Prediction.sure`.

    Its file is on disk before the item is, and the item before the question. The same content
    brought again is the same item.

    Raises
    ------
    UnreadableImage
        It is empty, damaged, too large or no image; nothing has changed.
    InvalidInput
        The threshold is not in [0, 1].
    ProjectBusy, DiskFull, ReadOnlyProject
        The project cannot be written.
    """
    checks.between(threshold, 0, 1, "threshold")
    found = predict_one(store, predictor, data, safe_name(name))
    known = found.item is not None
    item = _new_item(store, thumbnails, data, found.name) if found.item is None else found.item
    predictor.remember(item, (found.guesses, found.familiar))
    told = said_before(replace(found, item=item), labels, predictor.names)
    if _said(item, labels):
        return Upload(item, known, told, None)
    asked = store.questions.open_of([item]).get(item) if known else None
    if asked is None and not told.sure(threshold):
        asked = _ask(store, told)
    return Upload(item, known, told, asked)


def latest_uploads(
    store: Store, thumbnails: ThumbnailStore, predictor: Predictor, labels: Labels, limit: int
) -> list[Upload]:
    """The uploads that came last, newest first, each with what is believed of it now."""
    source_id = source_of(store, UPLOADS)
    ids = [] if source_id is None else store.items.latest_of(source_id, limit)
    if not ids:
        return []
    names, asked = store.items.names(ids), store.questions.open_of(ids)
    unsaid = [item for item in ids if not _said(item, labels)]
    judgements = dict(zip(unsaid, predictor.guesses_of(unsaid, thumbnails.pixels), strict=True))
    found = []
    for item in ids:
        guesses, familiar = judgements.get(item, ((), True))
        told = Prediction(names[item], guesses, item, familiar)
        told = said_before(told, labels, predictor.names)
        found.append(Upload(item, True, told, asked.get(item)))
    return found


def said_before(told: Prediction, labels: Labels, names: dict[int, str]) -> Prediction:
    """The prediction of an item, with a person's word instead of it where there is one."""
    item = told.item
    if item is None or not _said(item, labels):
        return told
    class_id = int(labels.class_ids[item, 0])
    said = () if class_id == NO_CLASS else (Guess(class_id, names[class_id], 1.0),)
    return replace(told, guesses=said, familiar=True)


def _said(item: int, labels: Labels) -> bool:
    """Whether a person has said what the item shows."""
    return item < len(labels.sources) and labels.sources[item] not in (NOBODY, MODEL)


def safe_name(name: str) -> str:
    """A file name that every file system accepts: what a client says, made harmless."""
    last = PurePosixPath(name.replace("\\", "/")).name
    safe = re.sub(r"[^\w .()-]", "_", last).strip(". ")
    stem, dot, suffix = safe.rpartition(".")
    if not dot or len(suffix) > 8:
        stem, suffix = safe, ""
    return f"{stem[: LONGEST_NAME - 10] or 'image'}{'.' + suffix if suffix else ''}"


def _ask(store: Store, told: Prediction) -> int:
    guess = (
        f"the likeliest class, {told.class_name}, has a confidence of {told.confidence:.0%}"
        if told.familiar and told.guesses
        else "it is unlike everything in the project"
    )
    reason = f"Uploaded as {told.name}: {guess}."
    return store.questions.ask_items([Question("item", reason, priority=FIRST, item=told.item)])[0]


def _new_item(store: Store, thumbnails: ThumbnailStore, data: bytes, name: str) -> int:
    """Write the file, then import it; the name gets a number if it is taken."""
    folder = uploads_folder(store)
    place = _free(folder, name, data)
    if not place.exists():
        with replacing(place) as temporary, open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    source: Source = FolderSource(absolute(folder), {})
    entries = [Entry(place.name)]
    failed = import_entries(store, thumbnails, source, entries, (UPLOADS, UPLOADS))
    if failed:
        raise ProjectError(f"{place} {failed[0].reason}.", failed[0].remedy)
    return store.items.with_content([content_hash(data)])[content_hash(data)]


def _free(folder: Path, name: str, data: bytes) -> Path:
    """A name that is free, or that of the same content, left by an upload that was cut off."""
    tried, number = folder / name, 1
    while tried.exists() and tried.read_bytes() != data:
        number += 1
        tried = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return tried
