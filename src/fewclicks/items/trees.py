"""What folder trees and archives share: images by path, and how their labels are found."""

from __future__ import annotations

import posixpath
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from typing import BinaryIO, ClassVar

from fewclicks.errors import SourceError
from fewclicks.items import places
from fewclicks.items.base import SourceBase
from fewclicks.items.names import TABLE_NAMES, is_image_name
from fewclicks.items.tables import Row, read_rows, read_table, rows_of
from fewclicks.items.truth import from_folders, from_rows
from fewclicks.records import Entry

_MENTIONED = 5


class TreeSource(SourceBase):
    """Images by path in a tree of files; the key is the path within it.

    Files are listed by their ending; hidden ones and other files are passed over. Labels come from
    the top-level class folders (``labels="folders"``), from a table inside or outside the tree
    (``labels=PATH``), or by themselves from a Hugging Face ``metadata.csv`` or ``metadata.jsonl``
    with a column ``file_name``, in the tree's root or a top-level folder. Groups come from the same
    table, or from the folders (``groups="folders"``).
    """

    kind: ClassVar[str] = "tree"
    takes_groups: ClassVar[bool] = True

    @abstractmethod
    def _files(self) -> list[str]:
        """Return the paths of all files that are not hidden, in the order of the entries."""

    @abstractmethod
    def _open(self, path: str) -> BinaryIO:
        """Open one file of the tree."""

    def _skipped(self, keys: list[str]) -> int:
        """Return how many leading folders say nothing about the class."""
        return 0

    def entries(self) -> Iterator[Entry]:
        """Yield the images; then those that a table names but that are not there."""
        files = self._files()
        keys = [name for name in files if is_image_name(name)]
        if not keys:
            raise self._no_image(files)
        labels = self.options.get("labels")
        groups_in = self.uri if self.options.get("groups") == "folders" else None
        entries = from_folders(
            keys, labelled=labels == "folders", groups_in=groups_in, skip=self._skipped(keys)
        )
        if groups_in is not None and not _some_belong_together(entries):
            raise SourceError(
                f"{self.uri} must hold folders of images that belong together, but its images lie "
                f"in {'class folders' if labels == 'folders' else 'none, or in a single one'}.",
                "Leave out groups, or name the groups in a table's column.",
            )
        if labels is None:
            yield from self._described(entries, files)
        elif labels == "folders":
            yield from entries
        else:
            yield from self._told(entries, labels, files)

    def _told(self, entries: list[Entry], labels: str, files: list[str]) -> list[Entry]:
        """Apply the table the user named."""
        inside = labels if labels in files else places.within(self.uri, labels)
        with ExitStack() as stack:
            if labels in files:
                stream = stack.enter_context(self._open(labels))
                rows = rows_of(read_table(labels, stack, stream), labels, self.options)
            else:
                rows = read_rows(labels, self.options)
            rows = (_seen_from(self.uri, row) for row in rows)
            return from_rows(entries, rows, posixpath.dirname(inside or ""))

    def _described(self, entries: list[Entry], files: list[str]) -> list[Entry]:
        """Apply the metadata tables in the tree that describe image files."""
        for name in files:
            if name.count("/") > 1 or posixpath.basename(name) not in TABLE_NAMES:
                continue
            with ExitStack() as stack:
                table = read_table(name, stack, stack.enter_context(self._open(name)))
                if "file_name" in table.columns:
                    rows = rows_of(table, name, self.options)
                    entries = from_rows(entries, rows, posixpath.dirname(name))
        return entries

    def _no_image(self, files: list[str]) -> SourceError:
        shown = ", ".join(map(repr, files[:_MENTIONED])) + (
            ", …" if len(files) > _MENTIONED else ""
        )
        return SourceError(
            f"{self.uri} must hold images (.jpg, .png, .webp, .tif, …) but none of its "
            f"{len(files)} files is one{': ' + shown if files else ''}.",
            "Name the folder or archive that holds the images, or one of these files if it does.",
        )


def _some_belong_together(entries: list[Entry]) -> bool:
    """Tell whether there is a group, and not one of all."""
    groups = {entry.group for entry in entries}
    return len(groups - {None}) > (0 if None in groups else 1)


def _seen_from(root: str, row: Row) -> Row:
    """Make an absolute path in a table relative to the tree it leads into."""
    inside = places.within(root, row.path)
    return row if inside is None else row._replace(path=inside)
