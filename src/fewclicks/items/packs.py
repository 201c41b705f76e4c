"""One pack of thumbnails: many small files in one, mapped into memory.

Layout, little-endian: the four bytes "FCTP", a count n of 32 bits, n + 1 offsets of 64 bits from
the start of the file, then the n blobs. The last offset is the size of the file.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from fewclicks.errors import ProjectError
from fewclicks.files import replacing

REBUILD = "Run `fewclicks prepare`: it makes missing thumbnails again from the originals."

_MAGIC = b"FCTP"
_HEAD = struct.Struct("<4sI")


class Pack:
    """An open pack: the blobs of the items first_id … first_id + n − 1.

    Raises
    ------
    FileNotFoundError
        It is not there.
    ProjectError
        It is not a whole pack.
    """

    def __init__(self, path: Path, first_id: int) -> None:
        self.first_id = first_id
        with path.open("rb") as file:
            self.identity = identity(os.fstat(file.fileno()))
            head = file.read(_HEAD.size)
            magic, count = _HEAD.unpack(head) if len(head) == _HEAD.size else (b"", 0)
            self._count = int(count)
            if magic != _MAGIC or not self._count:
                raise _damaged(path)
            offsets = file.read(8 * (self._count + 1))
            if len(offsets) < 8 * (self._count + 1):
                raise _damaged(path)
            self._offsets = np.frombuffer(offsets, "<u8")
            self._check(path)
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    @property
    def stop(self) -> int:
        """One more than the id of the last item in this pack."""
        return self.first_id + self._count

    def holds(self, item_id: int) -> bool:
        """Tell whether an item is in this pack."""
        return 0 <= item_id - self.first_id < self._count

    def blob(self, item_id: int) -> bytes:
        """Return the blob of an item that the pack holds."""
        spot = item_id - self.first_id
        return self._map[int(self._offsets[spot]) : int(self._offsets[spot + 1])]

    def _check(self, path: Path) -> None:
        offsets = self._offsets.astype(np.int64)
        whole = int(offsets[-1]) == self.identity[1]
        if not whole or bool((np.diff(offsets) < 0).any()):
            raise _damaged(path)


def identity(about: os.stat_result) -> tuple[int, int, int]:
    """Return what changes when another file takes a name: inode, size, time of change."""
    return about.st_ino, about.st_size, about.st_mtime_ns


def write_pack(path: Path, blobs: Sequence[bytes]) -> None:
    """Write a pack under a temporary name, see it on the disk, then rename it.

    Raises
    ------
    DiskFull, ReadOnlyProject
        It cannot be written; what was there before is untouched.
    """
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.writelines(_packed(blobs))
        file.flush()
        os.fsync(file.fileno())


def _packed(blobs: Sequence[bytes]) -> Iterator[bytes]:
    start = _HEAD.size + 8 * (len(blobs) + 1)
    offsets = list(accumulate(map(len, blobs), initial=start))
    yield _HEAD.pack(_MAGIC, len(blobs))
    yield np.array(offsets, "<u8").tobytes()
    yield from blobs


def _damaged(path: Path) -> ProjectError:
    return ProjectError(f"{path} must be a whole pack of thumbnails but is damaged.", REBUILD)
