"""A function on its way to worker processes of this machine: large arrays in it are shared."""

from __future__ import annotations

import mmap
import os
import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGE_BYTES = 1 << 20
"""Bytes from which an array is put into a file that all workers map: with 1 GB of rows and 16
workers there is 1 GB in memory, not 16."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A pickled function; `files` hold the buffers that were too large to go with it."""

    content: bytes
    files: tuple[str, ...]

    def opened(self) -> Callable[[Any], Any]:
        """Return the function; its large arrays cannot be written to."""
        function: Callable[[Any], Any] = pickle.loads(
            self.content, buffers=[_mapped(file) for file in self.files]
        )
        return function


class Packer:
    """Makes the parcel of a function, and keeps its files until it is closed."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        large: list[pickle.PickleBuffer] = []
        content = pickle.dumps(function, protocol=5, buffer_callback=lambda b: _stays(b, large))
        try:
            self.parcel = Parcel(content, tuple(map(self._written, large)))
        except OSError as error:
            self.close()
            raise _no_room(error) from error

    def close(self) -> None:
        """Remove the files."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _written(self, buffer: pickle.PickleBuffer) -> str:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(
                prefix="fewclicks-", ignore_cleanup_errors=True
            )
        descriptor, path = tempfile.mkstemp(dir=self._folder.name)
        with open(descriptor, "wb") as file:
            file.write(buffer.raw())
        return path


def _stays(buffer: pickle.PickleBuffer, large: list[pickle.PickleBuffer]) -> bool:
    """Tell whether a buffer stays in the pickle; note it if it does not."""
    if buffer.raw().nbytes < LARGE_BYTES:
        return True
    large.append(buffer)
    return False


def _mapped(path: str) -> mmap.mmap:
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _no_room(error: OSError) -> Exception:
    from fewclicks.files import translated  # late: it brings NumPy, which workers may not need

    return translated(error, Path(os.fsdecode(error.filename or tempfile.gettempdir())))
