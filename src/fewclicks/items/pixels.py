"""A CSV of pixels: one image per line, its label first, as the A–Z letters are published."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from threading import Lock
from typing import BinaryIO, ClassVar, NamedTuple
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from fewclicks.errors import SourceError, UnreadableImage
from fewclicks.items import places
from fewclicks.items.base import Options, Read, SourceBase
from fewclicks.records import Entry

_DELIMITERS = (b",", b";", b"\t")
_PEEK_BYTES = 1 << 20
_SHORTEST_SIDE = 4


class Layout(NamedTuple):
    """How the lines of a CSV of pixels are to be read."""

    delimiter: bytes
    header: bool
    labelled: bool
    side: int


def layout_of(uri: str) -> Layout | None:
    """Return the layout of a CSV of pixels, None where it is not one.

    Its lines hold numbers only, a square number of them (4 × 4 or more), or one more when a label
    comes first. The first line may be a header.
    """
    lines = [line for line in places.peek(uri, _PEEK_BYTES).splitlines() if line.strip()]
    if not lines:
        return None
    delimiter = max(_DELIMITERS, key=lines[0].count)
    fields = lines[0].split(delimiter)
    labelled = not _is_square(len(fields))
    side = math.isqrt(len(fields) - labelled)
    if side < _SHORTEST_SIDE or not _is_square(len(fields) - labelled):
        return None
    header = not _are_numbers(fields[labelled:])
    if header and (len(lines) < 2 or not _are_numbers(lines[1].split(delimiter)[labelled:])):
        return None
    return Layout(delimiter, header, labelled, side)


class PixelTableSource(SourceBase):
    """The lines of a CSV of pixels; the key is the row number, from 0, header not counted.

    Labels are the first fields as they are written. The file is read as a stream, forwards.
    """

    kind: ClassVar[str] = "pixels"
    takes_labels: ClassVar[bool] = False

    def __init__(self, uri: str, options: Options) -> None:
        super().__init__(uri, options)
        layout = layout_of(uri)
        if layout is None:
            raise SourceError(f"{uri} must be a CSV of pixels of square images but is not.", "")
        self._layout = layout
        self._held = ExitStack()
        self._lines: Iterator[bytes] | None = None
        self._next = 0
        self._one_at_a_time = Lock()
        finalize(self, self._held.close)

    def entries(self) -> Iterator[Entry]:
        """Yield the lines in order."""
        with ExitStack() as stack:
            rows = self._rows(places.open_unpacked(self.uri, stack))
            for row, line in enumerate(self._whole(rows)):
                yield Entry(str(row), label=self._label(line))

    def read(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield the pixels of each line, shape (side, side)."""
        for key in keys:
            try:
                with self._one_at_a_time:
                    line = self._line(int(key)) if key.isdecimal() else None
            except places.DAMAGE as error:
                yield UnreadableImage(
                    f"its file is cut short or damaged ({error})", "Copy it again."
                )
                continue
            missing = UnreadableImage(f"no such row: {key!r}", "Check its number.")
            yield missing if line is None else self._pixels(line)

    def _rows(self, stream: BinaryIO) -> Iterator[bytes]:
        lines = (line for line in stream if line.strip())
        if self._layout.header:
            next(lines, None)
        return lines

    def _whole(self, rows: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from rows
        except places.DAMAGE as error:
            raise SourceError(
                f"{self.uri} is cut short or damaged: {error}.", "Copy it again."
            ) from (error)

    def _label(self, line: bytes) -> str | None:
        if not self._layout.labelled:
            return None
        first = line.split(self._layout.delimiter, 1)[0]
        return first.decode("utf-8-sig", "replace").strip().strip('"') or None

    def _line(self, row: int) -> bytes | None:
        """Return one line, reading on from where we are if it lies ahead, else from the start."""
        if self._lines is None or row < self._next:
            self._held.close()
            self._lines = self._rows(places.open_unpacked(self.uri, self._held))
            self._next = 0
        line = next(islice(self._lines, row - self._next, None), None)
        self._next = row + 1
        return line

    def _pixels(self, line: bytes) -> Read:
        fields = line.split(self._layout.delimiter)[self._layout.labelled :]
        side = self._layout.side
        if len(fields) != side * side:
            return UnreadableImage(
                f"its line must have {side * side} pixels but has {len(fields)}", "Mend that line."
            )
        try:
            values = np.array(list(map(float, fields)))
        except ValueError as error:
            return UnreadableImage(f"its line must hold numbers only ({error})", "Mend that line.")
        small = values.astype(np.uint8) if _are_bytes(values) else values
        return small.reshape(side, side)


def _are_bytes(values: NDArray[np.float64]) -> bool:
    """Tell whether all values are whole and within 0…255."""
    return bool(((values >= 0) & (values <= 255) & (values == np.rint(values))).all())


def _are_numbers(fields: Sequence[bytes]) -> bool:
    try:
        list(map(float, fields))
    except ValueError:
        return False
    return True


def _is_square(number: int) -> bool:
    return math.isqrt(number) ** 2 == number
