"""The few numbers that hold everywhere, each with its reason.

Per-run choices (budget, features, codewords) are arguments, not settings.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path

import platformdirs

from fewclicks.errors import InvalidInput

SHARD_ITEMS = 1024
"""Items imported, written and committed together: under a second of work, so a kill loses little
and a person at the page never waits long for the database."""

SENT_ITEMS = 256
"""Thumbnails that travel to a worker together: about 5 MB, of which two are under way for each."""

PART_ITEMS = 4096
"""Images whose predictions are one file: a minute or two of a core, so a kill loses no more, and a
hundred million images are 24,000 files."""

BLOCK_ROWS = 8192
"""Rows of a matrix walked at a time: 8192 × 1,280 float32 is 42 MB."""

THUMBNAIL_SIDE = 256
"""Longest side of a thumbnail in pixels; smaller images are kept as they are, without loss."""

MAX_PIXELS = 178_956_970
"""Pixels above which an image is refused as a decompression bomb (Pillow's own error limit)."""

EXACT_NEIGHBOURS_UP_TO = 200_000
"""Items up to which neighbours are searched exhaustively; beyond, approximately."""

LAYOUT_LEARNT_FROM = 200_000
"""Items that the layout is learnt from at most, drawn by seed; the others are placed by those of
them that they look like."""

ENGINES = ("local", "ray")
"""What can do the per-item work: this machine's cores, or a Ray cluster."""


def workers() -> int:
    """Processes for per-item work: FEWCLICKS_WORKERS, else the cores this process may use."""
    asked = os.environ.get("FEWCLICKS_WORKERS")
    if asked is None:
        return (
            len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 1
        )
    if not asked.isdigit() or int(asked) < 1:
        raise InvalidInput(f"FEWCLICKS_WORKERS must be a whole number above 0 but is {asked!r}.")
    return int(asked)


def engine() -> str:
    """What does the per-item work: FEWCLICKS_ENGINE, else "local"."""
    asked = os.environ.get("FEWCLICKS_ENGINE", ENGINES[0])
    if asked not in ENGINES:
        raise InvalidInput(
            f"FEWCLICKS_ENGINE must be one of {', '.join(ENGINES)} but is {asked!r}."
        )
    return asked


def ray_address() -> str | None:
    """HOST:PORT of a Ray cluster (FEWCLICKS_RAY_ADDRESS); None for the one of this machine."""
    return os.environ.get("FEWCLICKS_RAY_ADDRESS")


def data_dir() -> Path | None:
    """Folder with the public data sets (FEWCLICKS_DATA), or None when it is not set."""
    value = os.environ.get("FEWCLICKS_DATA")
    return Path(value) if value else None


def cache_dir() -> Path:
    """Folder for what can be made again: FEWCLICKS_CACHE, else the user's cache of this machine."""
    asked = os.environ.get("FEWCLICKS_CACHE")
    return Path(asked) if asked else platformdirs.user_cache_path("fewclicks")


def user_name() -> str:
    """Whose name answers go by unless another is given: the one this person has on this machine."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # nobody of this number in the system's list of users
        return "annotator"
