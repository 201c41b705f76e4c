"""A folder tree of image files, on the local disk or wherever fsspec reaches."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Sequence
from typing import BinaryIO, ClassVar, cast

from fewclicks.items import places
from fewclicks.items.base import Read
from fewclicks.items.trees import TreeSource
from fewclicks.items.walk import files_under


class FolderSource(TreeSource):
    """All images under a folder, sorted by path."""

    kind: ClassVar[str] = "folder"

    def read(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield the content of each file."""
        if places.is_remote(self.uri):
            system, root = places.filesystem(self.uri)
            return places.read_remote(system, [posixpath.join(root, key) for key in keys])
        return (places.read_local(os.path.join(self.uri, key)) for key in keys)

    def path_of(self, key: str) -> str | None:
        """Return the file itself, where the folder is on the local disk."""
        return None if places.is_remote(self.uri) else os.path.join(self.uri, key)

    def _files(self) -> list[str]:
        return files_under(self.uri)

    def _open(self, path: str) -> BinaryIO:
        if not places.is_remote(self.uri):
            return places.open_binary(os.path.join(self.uri, path))
        system, root = places.filesystem(self.uri)
        return cast(BinaryIO, system.open(posixpath.join(root, path), "rb"))
