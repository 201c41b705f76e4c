"""Arrays in files, read a row at a time: .npy, the arrays of an .npz, IDX; compressed or not.

Nothing is loaded whole: a compressed file is read forwards as a stream, so memory stays that of
one image however long the array is.
"""

from __future__ import annotations

import math
import struct
import zipfile
from contextlib import ExitStack
from threading import Lock
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from fewclicks.errors import SourceError, UnreadableImage
from fewclicks.items import places

_IDX_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MOST_DIMENSIONS = 4
_DAMAGE = (*places.DAMAGE, zipfile.BadZipFile)


class RowFile:
    """The rows of one array in a file, in C order.

    Parameters
    ----------
    stream : BinaryIO
        Seekable. Rows asked for in order never seek backwards.
    shape : tuple of int
        Of the whole array, rows first.
    dtype : dtype
        Of its values, byte order included.
    start : int, optional
        Where the values begin; by default where the stream stands.
    """

    def __init__(
        self,
        stream: BinaryIO,
        shape: tuple[int, ...],
        dtype: np.dtype[Any],
        start: int | None = None,
    ) -> None:
        self.shape = shape
        self.dtype = dtype
        self._stream = stream
        self._start = stream.tell() if start is None else start
        self._row_bytes = math.prod(shape[1:]) * dtype.itemsize
        self._one_at_a_time = Lock()

    def __len__(self) -> int:
        return self.shape[0]

    def row(self, index: int) -> NDArray[Any] | UnreadableImage:
        """Return row `index`, or say that the file ends before it."""
        if not 0 <= index < len(self):
            return UnreadableImage(f"no such row: there are {len(self)}", "Check the list.")
        try:
            with self._one_at_a_time:
                self._stream.seek(self._start + index * self._row_bytes)
                data = self._stream.read(self._row_bytes)
        except _DAMAGE as error:
            return UnreadableImage(f"its file is cut short or damaged ({error})", "Copy it again.")
        if len(data) < self._row_bytes:
            return UnreadableImage("its file ends before this row", "Copy it again.")
        return np.frombuffer(data, self.dtype).reshape(self.shape[1:])

    def values(self) -> NDArray[Any]:
        """Return the whole array: for labels, not for images."""
        whole = RowFile(self._stream, (1, *self.shape), self.dtype, start=self._start).row(0)
        if isinstance(whole, UnreadableImage):
            raise SourceError(f"The labels cannot be read: {whole.message}.", whole.remedy)
        return whole


def open_npy(stream: BinaryIO, name: str) -> RowFile:
    """Open an array in NumPy's .npy format; `name` is for messages.

    Raises
    ------
    SourceError
        Python objects (which could run code), Fortran order, or not such a file.
    """
    try:
        version = npy.read_magic(stream)
        read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read_header(stream)
    except (ValueError, *_DAMAGE) as error:
        raise SourceError(
            f"{name} must be a NumPy array but cannot be read: {error}.", "Save it again."
        ) from error
    if dtype.hasobject:
        raise SourceError(
            f"{name} must hold numbers or text but holds Python objects.",
            "Convert it to one type and save it again.",
        )
    if fortran and len(shape) > 1:
        raise SourceError(
            f"{name} must be stored row after row (C order) but is in Fortran order.",
            "Save numpy.ascontiguousarray of it.",
        )
    return RowFile(stream, shape, dtype)


def open_idx(stream: BinaryIO, name: str) -> RowFile:
    """Open an array in the IDX format of the MNIST files; `name` is for messages.

    Two zero bytes, a type, the number of dimensions, their sizes as big-endian integers of 32 bits,
    then the values.
    """
    start = stream.read(4)
    if not is_idx(start):
        raise SourceError(f"{name} must be an IDX file but starts with {start!r}.", "Check it.")
    dimensions = start[3]
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise SourceError(f"{name} is an IDX file but ends in its header.", "Copy it again.")
    return RowFile(stream, struct.unpack(f">{dimensions}I", sizes), np.dtype(_IDX_TYPES[start[2]]))


def is_idx(start: bytes) -> bool:
    """Tell an IDX file by its first four bytes."""
    return (
        len(start) >= 4
        and start[:2] == b"\0\0"
        and start[2] in _IDX_TYPES
        and 1 <= start[3] <= _MOST_DIMENSIONS
    )


def is_array(start: bytes) -> bool:
    """Tell an IDX or .npy file by its first bytes."""
    return start.startswith(npy.MAGIC_PREFIX) or is_idx(start)


def open_array(uri: str, stack: ExitStack) -> RowFile:
    """Open the single array of an IDX or .npy file, compressed or not; `stack` closes it."""
    start = places.peek(uri, 6)
    stream = places.open_unpacked(uri, stack)
    if start == npy.MAGIC_PREFIX:
        return open_npy(stream, uri)
    return open_idx(stream, uri)


class Npz:
    """The arrays of an .npz file, by name; `stack` closes what they keep open."""

    def __init__(self, uri: str, stack: ExitStack) -> None:
        self._uri = uri
        self._stack = stack
        stream = stack.enter_context(places.open_binary(uri))
        try:
            self._archive = stack.enter_context(zipfile.ZipFile(stream))
        except (OSError, zipfile.BadZipFile) as error:
            raise SourceError(
                f"{uri} must be a whole zip archive or .npz file but cannot be opened: {error}.",
                "Copy or download it again.",
            ) from error

    def names(self) -> list[str]:
        """Return the names of the arrays."""
        members = self._archive.namelist()
        return [name.removesuffix(".npy") for name in members if name.endswith(".npy")]

    def array(self, name: str) -> RowFile:
        """Open one array."""
        try:
            stream = self._stack.enter_context(self._archive.open(f"{name}.npy"))
        except (*_DAMAGE, RuntimeError, NotImplementedError) as error:
            raise SourceError(f"{name} in {self._uri} cannot be read: {error}.", "") from error
        return open_npy(cast(BinaryIO, stream), f"{name} in {self._uri}")
