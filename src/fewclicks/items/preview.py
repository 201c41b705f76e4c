"""A first look at a source: how many images there are, and what some of them look like."""

from __future__ import annotations

import time
from dataclasses import dataclass

from fewclicks import checks
from fewclicks.items.base import Source
from fewclicks.items.ingest import Failure, Ingested, ingest
from fewclicks.records import Entry


@dataclass(frozen=True, slots=True)
class Preview:
    """What a first look at a source shows.

    Attributes
    ----------
    n_images : int
        Images listed until time was up; all there are if `complete`.
    complete : bool
    samples : tuple of Ingested
        Some of them, spread over what was listed, with their thumbnails.
    failures : tuple of Failure
        Those of the looked at that cannot be read.
    n_labels, n_groups : int
        Different ground truth labels and groups among those listed.
    """

    n_images: int
    complete: bool
    samples: tuple[Ingested, ...]
    failures: tuple[Failure, ...]
    n_labels: int
    n_groups: int


def preview(source: Source, n: int = 24, *, seconds: float = 2.0) -> Preview:
    """Look at up to `n` images of a source, listing it for `seconds` at most.

    Raises
    ------
    SourceError
        It cannot be listed, or there is no image.
    """
    checks.between(n, 1, 1000, "n", integer=True)
    until = time.monotonic() + seconds
    listed: list[Entry] = []
    complete = True
    for entry in source.entries():
        listed.append(entry)
        if time.monotonic() > until:
            complete = False
            break
    every = max(1, len(listed) // n)
    read = ingest(source, listed[::every][:n])
    return Preview(
        len(listed),
        complete,
        tuple(one for one in read if isinstance(one, Ingested)),
        tuple(one for one in read if isinstance(one, Failure)),
        len({entry.label for entry in listed} - {None}),
        len({entry.group for entry in listed} - {None}),
    )
