"""Images that are the rows of an array: .npz, .npy and IDX files."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from fewclicks.errors import SourceError, UnreadableImage
from fewclicks.items.base import Options, Read, SourceBase
from fewclicks.items.rowfiles import Npz, RowFile, open_array
from fewclicks.items.tables import GROUPS, find_column, text
from fewclicks.records import Entry

_IMAGES = ("x", "images", "image", "data")
_LABELS = ("y", "labels", "label", "targets", "target")
_SPLITS = {"train": "train", "val": "validation", "valid": "validation", "test": "test"}
_CHANNELS = (1, 3, 4)
_FEWEST_FLAT_PIXELS = 16

Column = Sequence[str | None]


class Known(NamedTuple):
    """What is known of the images of one part, row by row."""

    labels: Column | None = None
    groups: Column | None = None
    split: str | None = None


class ArraySource(SourceBase):
    """The rows of one or several arrays; the key is the row number, after its part if several.

    An image has shape (h, w), (h, w, c) or (c, h, w) with c = 1, 3 or 4; flat rows with a square
    number of values, 16 or more, are square images.
    """

    def __init__(self, uri: str, options: Options) -> None:
        super().__init__(uri, options)
        self._held = ExitStack()
        finalize(self, self._held.close)

    @abstractmethod
    def _open_parts(self) -> dict[str, RowFile]:
        """Open the images of each part, by what stands before the row number in its keys."""

    @abstractmethod
    def _known(self, prefix: str) -> Known:
        """Return what is known of one part."""

    def entries(self) -> Iterator[Entry]:
        """Yield the rows of each part in order."""
        for prefix, images in self._parts.items():
            known = self._known(prefix)
            for column in (known.labels, known.groups):
                _check_length(self.uri, len(images), column)
            for row in range(len(images)):
                yield Entry(
                    f"{prefix}{row}",
                    label=known.labels[row] if known.labels else None,
                    group=known.groups[row] if known.groups else None,
                    split=known.split,
                )

    def read(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield the pixels of each row."""
        for key in keys:
            folder, slash, row = key.rpartition("/")
            images = self._parts.get(f"{folder}{slash}")
            if images is None or not row.isdecimal():
                yield UnreadableImage(f"no such row: {key!r}", "Check its number.")
                continue
            pixels = images.row(int(row))
            yield pixels if isinstance(pixels, UnreadableImage) else as_image(pixels)

    @cached_property
    def _parts(self) -> dict[str, RowFile]:
        parts = self._open_parts()
        for images in parts.values():
            _check_shape(self.uri, images.shape)
        return parts


class PlainArraySource(ArraySource):
    """An .npy or IDX file; labels, where there are some, lie in another of these (``labels=``)."""

    kind: ClassVar[str] = "array"

    def _open_parts(self) -> dict[str, RowFile]:
        return {"": open_array(self.uri, self._held)}

    def _known(self, prefix: str) -> Known:
        labels = self.options.get("labels")
        return Known(labels=read_labels(labels) if labels else None)


class NpzSource(ArraySource):
    """An .npz file.

    Images are in `X`, `images`, `image` or `data` with labels in `y`, `labels`, … (or in the array
    that ``labels=`` names, or the file), groups in `group`, `track`, …; or in parts such as
    `x_train` with `y_train`, or `train_images` with `train_labels`. Whole-number labels are looked
    up in the array `names`, if there is one.
    """

    kind: ClassVar[str] = "npz"

    @cached_property
    def _npz(self) -> Npz:
        return Npz(self.uri, self._held)

    @cached_property
    def _names(self) -> list[str]:
        return self._npz.names()

    def _open_parts(self) -> dict[str, RowFile]:
        whole = find_column(self._names, _IMAGES, None)
        if whole is not None:
            return {"": self._npz.array(whole)}
        named = {f"{split}/": _of_split(self._names, split, ("x", "images")) for split in _SPLITS}
        parts = {prefix: self._npz.array(name) for prefix, name in named.items() if name}
        return parts or {"": self._only_image_array()}

    def _only_image_array(self) -> RowFile:
        arrays = [self._npz.array(name) for name in self._names]
        fitting = [array for array in arrays if len(array.shape) >= 3]
        if len(fitting) == 1:
            return fitting[0]
        raise SourceError(
            f"{self.uri} must hold images in an array named {', '.join(_IMAGES)} or x_train but "
            f"has {', '.join(self._names)}.",
            "Rename the array.",
        )

    def _known(self, prefix: str) -> Known:
        if prefix:
            split = prefix.rstrip("/")
            labels = _of_split(self._names, split, ("y", "labels"))
            return Known(labels=self._labels(labels), split=_SPLITS[split])
        groups = find_column(self._names, GROUPS, self.options.get("group_column"))
        return Known(
            labels=self._whole_labels(),
            groups=as_column(self._npz.array(groups).values()) if groups else None,
        )

    def _whole_labels(self) -> Column | None:
        asked = self.options.get("labels")
        if asked is not None and asked not in self._names:
            return read_labels(asked)
        named = asked or self.options.get("label_column")
        return self._labels(find_column(self._names, _LABELS, named))

    def _labels(self, name: str | None) -> Column | None:
        if name is None:
            return None
        codes = self._npz.array(name).values()
        if "names" in self._names and codes.dtype.kind in "iu":
            return _looked_up(codes.ravel(), self._npz.array("names").values())
        return as_column(codes)


def as_image(row: NDArray[Any]) -> NDArray[Any]:
    """Return one row as pixels (h, w) or (h, w, c)."""
    if row.ndim == 1:
        side = math.isqrt(len(row))
        return row.reshape(side, side)
    if row.ndim == 3 and row.shape[0] in _CHANNELS and row.shape[2] not in _CHANNELS:
        return np.moveaxis(row, 0, 2)
    return row


def read_labels(uri: str) -> Column:
    """Return the labels in an IDX or .npy file."""
    with ExitStack() as stack:
        return as_column(open_array(uri, stack).values())


def as_column(values: NDArray[Any]) -> Column:
    """Return labels as text, None where there is nothing; shape (n,) or (n, 1)."""
    if values.ndim == 0 or values.size != len(values):
        raise SourceError(
            f"Labels must be one per image but have shape {values.shape}.",
            "Save one number or name per image.",
        )
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    return [text(value) for value in values.ravel().tolist()]


def _looked_up(codes: NDArray[Any], names: NDArray[Any]) -> Column:
    """Return the names of codes; None below 0, the code itself where it has no name."""
    named = as_column(names)
    return [
        None if code < 0 else named[code] if code < len(named) else str(code)
        for code in codes.tolist()
    ]


def _of_split(names: Sequence[str], split: str, words: Sequence[str]) -> str | None:
    usual = [form for word in words for form in (f"{word}_{split}", f"{split}_{word}")]
    return find_column(names, usual, None)


def _check_shape(uri: str, shape: tuple[int, ...]) -> None:
    row = shape[1:]
    flat = len(row) == 1 and row[0] >= _FEWEST_FLAT_PIXELS and math.isqrt(row[0]) ** 2 == row[0]
    colour = len(row) == 3 and (row[2] in _CHANNELS or row[0] in _CHANNELS)
    if not (flat or colour or len(row) == 2):
        raise SourceError(
            f"{uri} must hold images of shape (n, h, w), (n, h, w, 1, 3 or 4) or (n, side * side) "
            f"but has shape {shape}.",
            "Reshape the array.",
        )


def _check_length(uri: str, n_images: int, column: Column | None) -> None:
    if column is not None and len(column) != n_images:
        raise SourceError(
            f"{uri} has {n_images} images but its labels or groups have {len(column)} rows.",
            "Name the file or array that belongs to these images.",
        )
