"""Zip and tar archives of image files, read in place."""

from __future__ import annotations

import posixpath
import tarfile
import zipfile
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from io import BytesIO
from threading import Lock
from typing import BinaryIO, ClassVar, TypeVar
from weakref import finalize

from fewclicks.errors import SourceError, UnreadableImage
from fewclicks.items import places
from fewclicks.items.base import Options, Read
from fewclicks.items.names import is_hidden
from fewclicks.items.trees import TreeSource
from fewclicks.items.truth import wrapping_folders

_DAMAGE = (
    *places.DAMAGE,
    RuntimeError,  # zipfile's word for an encrypted member
    NotImplementedError,
    zipfile.BadZipFile,
    tarfile.TarError,
)
_Member = TypeVar("_Member")


class ArchiveSource(TreeSource):
    """Images inside an archive; the key is the path within it, without leading "./" or "../".

    Of two members of the same name the later counts, as when unpacking. A folder that wraps the
    whole archive is not taken for a class.
    """

    def __init__(self, uri: str, options: Options) -> None:
        super().__init__(uri, options)
        self._held = ExitStack()
        self._one_at_a_time = Lock()
        finalize(self, self._held.close)

    def read(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield the content of each member."""
        for key in keys:
            try:
                yield self._content(key)
            except _DAMAGE as error:
                yield UnreadableImage(
                    f"cannot be taken out of the archive ({error})", "Make the archive again."
                )

    @abstractmethod
    def _content(self, key: str) -> bytes | UnreadableImage:
        """Return the bytes of one member, or say that it is missing or too large."""

    def _open(self, path: str) -> BinaryIO:
        content = self._content(path)
        if isinstance(content, UnreadableImage):
            raise SourceError(f"{path!r} in {self.uri} {content.message}.", content.remedy)
        return BytesIO(content)

    def _skipped(self, keys: list[str]) -> int:
        return wrapping_folders(keys)

    def _not_open(self, error: Exception) -> SourceError:
        return SourceError(
            f"{self.uri} must be a whole {self.kind} archive but cannot be opened: {error}.",
            "Copy or download it again.",
        )


class ZipSource(ArchiveSource):
    """Images inside a zip archive, sorted by path."""

    kind: ClassVar[str] = "zip"

    def _files(self) -> list[str]:
        return sorted(self._members)

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        stream = self._held.enter_context(places.open_binary(self.uri))
        try:
            return self._held.enter_context(zipfile.ZipFile(stream))
        except (OSError, zipfile.BadZipFile) as error:
            raise self._not_open(error) from error

    @cached_property
    def _members(self) -> dict[str, zipfile.ZipInfo]:
        members = (member for member in self._archive.infolist() if not member.is_dir())
        return _by_key((member.filename, member) for member in members)

    def _content(self, key: str) -> bytes | UnreadableImage:
        member = self._members.get(key)
        if member is None:
            return _missing()
        if member.file_size > places.MAX_FILE_BYTES:
            return places.too_large(member.file_size)
        return self._archive.read(member)


class TarSource(ArchiveSource):
    """Images inside a tar archive, compressed or not, in the archive's own order.

    A compressed archive can only be read forwards, so that order is kept.
    """

    kind: ClassVar[str] = "tar"

    def _files(self) -> list[str]:
        return list(self._members)

    @cached_property
    def _archive(self) -> tarfile.TarFile:
        stream = places.open_unpacked(self.uri, self._held)
        try:
            return self._held.enter_context(tarfile.open(fileobj=stream, mode="r:"))
        except _DAMAGE as error:
            raise self._not_open(error) from error

    @cached_property
    def _members(self) -> dict[str, tarfile.TarInfo]:
        with self._one_at_a_time:
            try:
                listed = self._archive.getmembers()
            except _DAMAGE as error:
                raise self._not_open(error) from error
        return _by_key((member.name, member) for member in listed if member.isfile())

    def _content(self, key: str) -> bytes | UnreadableImage:
        member = self._members.get(key)
        if member is None:
            return _missing()
        if member.size > places.MAX_FILE_BYTES:
            return places.too_large(member.size)
        with self._one_at_a_time:
            content = self._archive.extractfile(member)
            return content.read() if content else _missing()


def _by_key(named: Iterable[tuple[str, _Member]]) -> dict[str, _Member]:
    """Map the paths of visible members to them, the later of two that share a path."""
    members: dict[str, _Member] = {}
    for name, member in named:
        key = posixpath.normpath(f"/{name}").lstrip("/")
        if not any(map(is_hidden, key.split("/"))):
            members[key] = member
    return members


def _missing() -> UnreadableImage:
    return UnreadableImage("no such file in the archive", "Check its name in the list.")
