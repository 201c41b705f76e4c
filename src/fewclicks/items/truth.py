"""What is known of the images of a tree beforehand: from their folders, or from a table."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from fewclicks.items.tables import Row
from fewclicks.records import Entry

SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
}
"""Folder and file names that mean a split, in lower case, and the word we use for it."""


def from_folders(
    keys: Sequence[str], *, labelled: bool, groups_in: str | None = None, skip: int = 0
) -> list[Entry]:
    """Make an entry per key; its top-level folder is its label if `labelled`.

    Where all top-level folders are named as splits are, they are splits, and the folder below is
    the label. With `groups_in`, the place of the tree, the place of the folder it lies in is its
    group, unless that is a split, the folder of a class, or the root. The first `skip` folders of
    every key are passed over.
    """
    folders = [tuple(key.split("/")[skip:-1]) for key in keys]
    tops = {path[0] if path else "" for path in folders}
    split_at = 1 if tops and all(top.lower() in SPLIT_NAMES for top in tops) else 0
    return [
        Entry(
            key,
            label=path[split_at] if labelled and len(path) > split_at else None,
            group=(
                posixpath.join(groups_in, posixpath.dirname(key))
                if groups_in is not None and len(path) > split_at + labelled
                else None
            ),
            split=SPLIT_NAMES[path[0].lower()] if split_at else None,
        )
        for key, path in zip(keys, folders, strict=True)
    ]


def wrapping_folders(keys: Sequence[str]) -> int:
    """Return how many leading folders all keys share that hold nothing but further folders.

    Archives are often made of one folder, which is then not a class.
    """
    paths = [key.split("/")[:-1] for key in keys]
    shared = 0
    while paths and all(len(path) > shared + 1 for path in paths):
        if len({path[shared] for path in paths}) > 1:
            break
        shared += 1
    return shared


def from_rows(entries: Iterable[Entry], rows: Iterable[Row], beside: str = "") -> list[Entry]:
    """Give entries what the rows of a table say of them.

    A row names an image by its path as seen from the table's folder (`beside`, relative to the
    tree) or from the tree's root, or by any ending of its path that fits one image only, with or
    without the file ending. A row that fits no image becomes an entry of its own, so that the
    missing file is reported; of rows for the same image the first counts.
    """
    known = {entry.key: entry for entry in entries}
    finder = _Finder(known)
    told: set[str] = set()
    for row in rows:
        key = finder.find(row.path, beside) or row.path
        if key in told:
            continue
        told.add(key)
        entry = known.get(key) or Entry(key)
        known[key] = replace(
            entry,
            label=row.label,
            group=row.group or entry.group,
            split=row.split or entry.split,
        )
    return list(known.values())


class _Finder:
    """Finds the one key that a name in a table means."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = frozenset(keys)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for key in self._keys:
            name = posixpath.basename(key)
            self._by_name[name].append(key)
            stem = posixpath.splitext(name)[0]
            if stem != name:
                self._by_name[stem].append(key)

    def find(self, name: str, beside: str) -> str | None:
        """Return the key, or None where none or several fit."""
        for exact in (posixpath.join(beside, name), name):
            path = posixpath.normpath(exact)
            if path in self._keys:
                return path
        path = posixpath.normpath(name).lstrip("/")
        fitting = [
            key
            for key in self._by_name.get(posixpath.basename(path), ())
            if f"/{key}".endswith(f"/{path}")
            or f"/{posixpath.splitext(key)[0]}".endswith(f"/{path}")
        ]
        return fitting[0] if len(fitting) == 1 else None
