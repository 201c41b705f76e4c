"""Every file under a folder, fast: on the local disk, or wherever fsspec reaches."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator

from fewclicks.errors import SourceError
from fewclicks.items import places
from fewclicks.items.names import is_hidden, is_image_name


def files_under(uri: str) -> list[str]:
    """Return the POSIX paths, relative to the folder and sorted, of all files that are not hidden.

    Symbolic links are followed, yet each folder is visited once only: a link back into the tree
    neither hangs nor lists anything twice. A link to nothing is listed, so that its absence is
    reported and not passed over.
    """
    return sorted(_walk_remote(uri) if places.is_remote(uri) else _walk_local(uri))


def _walk_remote(uri: str) -> Iterator[str]:
    system, root = places.filesystem(uri)
    root = root.rstrip("/")
    for path in system.find(root):
        key = path.removeprefix(root).lstrip("/")
        if not any(map(is_hidden, key.split("/"))):
            yield key


def _walk_local(root: str) -> Iterator[str]:
    """Walk real folders first, so that what links lead to is listed under its own name."""
    real, linked = deque([""]), deque[str]()
    visited: set[tuple[int, int]] = set()
    while real or linked:
        folder = real.popleft() if real else linked.popleft()
        if _first_visit(os.path.join(root, folder), visited):
            yield from _scan(root, folder, real, linked)


def _first_visit(path: str, visited: set[tuple[int, int]]) -> bool:
    try:
        about = os.stat(path)
    except OSError:  # a link that may not be followed
        return False
    identity = (about.st_dev, about.st_ino)
    if identity in visited:
        return False
    visited.add(identity)
    return True


def _scan(root: str, folder: str, real: deque[str], linked: deque[str]) -> Iterator[str]:
    """Yield the files of one folder and queue its sub-folders."""
    try:
        found = os.scandir(os.path.join(root, folder))
    except OSError as error:
        raise SourceError(
            f"The folder {os.path.join(root, folder)!r} cannot be listed: "
            f"{places.reason_of(error)}.",
            "Give yourself permission to read it, or leave it out.",
        ) from error
    with found:
        for entry in found:
            if is_hidden(entry.name):
                continue
            key = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir():
                (linked if entry.is_symlink() else real).append(key)
            elif entry.is_file() or _leads_nowhere(entry):
                yield key


def _leads_nowhere(entry: os.DirEntry[str]) -> bool:
    return entry.is_symlink() and not os.path.exists(entry.path)


def is_parquet_folder(uri: str) -> bool:
    """Tell whether a folder, or its sub-folder "data", has Parquet files but no image beside them.

    Looks at these two folders only, so that a large tree is not listed for it.
    """
    names = _names_in(uri)
    if "data" in names:
        names += _names_in(places.join(uri, "data"))
    return any(name.endswith(".parquet") for name in names) and not any(map(is_image_name, names))


def _names_in(uri: str) -> list[str]:
    try:
        if not places.is_remote(uri):
            return os.listdir(uri)
        system, root = places.filesystem(uri)
        return [path.rpartition("/")[2] for path in system.ls(root, detail=False)]
    except OSError:
        return []
