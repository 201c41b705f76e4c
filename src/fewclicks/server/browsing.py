"""What lies in a folder of this machine, for whoever chooses one on the page."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.items.names import is_hidden, is_image_name
from fewclicks.items.places import absolute, reason_of
from fewclicks.store.store import DATABASE_NAME

MOST_SHOWN = 2000
"""Folders and files told of one folder; its images are counted, not told."""

_SOURCES = re.compile(
    r"\.(zip|tar|tgz|tbz2|txz|tar\.(gz|bz2|xz)|csv|jsonl|parquet|npz|npy)$|-(idx\d-)?ubyte(\.gz)?$",
    re.IGNORECASE,
)

Kind = Literal["folder", "project", "file"]


@dataclass(frozen=True, slots=True)
class Place:
    """A folder, a project, or a file that may hold images."""

    name: str
    path: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in one folder: its places, folders first, and how many images lie right in it."""

    path: str
    parent: str | None
    is_project: bool
    places: tuple[Place, ...]
    n_images: int
    n_left_out: int


def listing(path: str) -> Listing:
    """Tell what lies in a folder of this machine; what is hidden is left out.

    Raises
    ------
    InvalidInput
        The path is no folder, or may not be read.
    NotFound
        There is nothing at this path.
    """
    folder = absolute(os.path.expanduser(path))
    if not os.path.lexists(folder):
        raise NotFound(f"There is nothing at {folder}.", "Check the path.")
    try:
        with os.scandir(folder) as found:
            inside = [entry for entry in found if not is_hidden(entry.name)]
    except OSError as error:
        raise InvalidInput(
            f"{folder} must be a folder that can be read, but: {reason_of(error)}.",
            "Choose another folder.",
        ) from error
    places = sorted(_places(inside), key=lambda place: (place.kind == "file", _natural(place.name)))
    parent = os.path.dirname(folder)
    return Listing(
        folder,
        None if parent == folder else parent,
        is_project(folder),
        tuple(places[:MOST_SHOWN]),
        sum(is_image_name(entry.name) for entry in inside),
        max(0, len(places) - MOST_SHOWN),
    )


def is_project(folder: str) -> bool:
    """Tell whether a folder holds a project."""
    return os.path.isfile(os.path.join(folder, DATABASE_NAME))  # also where it may not be entered


def _places(inside: list[os.DirEntry[str]]) -> Iterator[Place]:
    for entry in inside:
        if _is_folder(entry):
            yield Place(entry.name, entry.path, "project" if is_project(entry.path) else "folder")
        elif _SOURCES.search(entry.name):
            yield Place(entry.name, entry.path, "file")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


def _natural(name: str) -> list[tuple[int, str]]:
    """So that photos 2 comes before photos 10."""
    return [
        (int(part), "") if part.isdecimal() else (0, part)
        for part in re.split(r"(\d+)", name.casefold())
    ]
