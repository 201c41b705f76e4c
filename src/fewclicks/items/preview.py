"""A first look at a source: how many images there are, and what some of them look like."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

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
    """Look at up to `n` images of a source, listing it for `seconds` after the first at most.

    Raises
    ------
    SourceError
        It cannot be listed, or there is no image.
    """
    checks.between(n, 1, 1000, "n", integer=True)
    listed: list[Entry] = []
    complete = True
    until = 0.0
    for entry in source.entries():
        until = until or time.monotonic() + seconds  # some list all before they give the first
        listed.append(entry)
        if time.monotonic() > until:
            complete = False
            break
    spread = np.unique(np.linspace(0, len(listed) - 1, n).round().astype(int))
    read = ingest(source, [listed[place] for place in spread])
    return Preview(
        len(listed),
        complete,
        tuple(one for one in read if isinstance(one, Ingested)),
        tuple(one for one in read if isinstance(one, Failure)),
        len({entry.label for entry in listed} - {None}),
        len({entry.group for entry in listed} - {None}),
    )
