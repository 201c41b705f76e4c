"""Images inside Parquet files, as Hugging Face data sets are published."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from fewclicks.errors import SourceError, UnreadableImage
from fewclicks.items import parquet, places
from fewclicks.items.base import Read, SourceBase
from fewclicks.items.tables import GROUPS, LABELS, SPLITS, find_column, text
from fewclicks.items.truth import SPLIT_NAMES
from fewclicks.items.walk import files_under
from fewclicks.records import Entry

_BLOB_NAMES = ("image", "img", "bytes", "content")
_IMAGES_AT_ONCE = 256
"""Encoded images taken from a file together: some 50 MB of photos."""

Spot = tuple[str, int]
"""A file and the number of a row in it."""


class ImageColumn(NamedTuple):
    """The expressions that give the bytes and paths of images."""

    content: str
    path: str | None


class ParquetSource(SourceBase):
    """Images in one Parquet file, or in all those of a folder.

    The images are a column of structs {bytes, path}, or of bytes. The key is the image's path where
    all have one and no two share it; else the row number, after the name of its file if there are
    several. Codes of classes are looked up in the names that the file carries. Without a split
    column the name of the file (train-00000-of-00002.parquet) tells the split.
    """

    kind: ClassVar[str] = "parquet"
    takes_labels: ClassVar[bool] = False

    def entries(self) -> Iterator[Entry]:
        """Yield the rows of each file in order."""
        columns = list(self._types)
        label = find_column(columns, LABELS, self.options.get("label_column"))
        group = find_column(columns, GROUPS, self.options.get("group_column"))
        split = find_column(columns, SPLITS, self.options.get("split_column"))
        names = parquet.class_names(self._files[0], label) if label else None
        listing = ", ".join(
            [self._key_path or "NULL", *(_or_null(name) for name in (label, group, split))]
        )
        for file in self._files:
            told = parquet.select([file], f"{parquet.ROW_NUMBER}, {listing}")
            for row, path, label_there, group_there, split_there in told:
                yield Entry(
                    self._row_key(file, row) if path is None else path,
                    label=_class_name(label_there, names),
                    group=text(group_there),
                    split=text(split_there) or _split_of(file),
                )

    def read(self, keys: Sequence[str]) -> Iterator[Read]:
        """Yield the content of each image."""
        spots = self._spots_by_path(keys) if self._key_path else self._spots_by_row(keys)
        for start in range(0, len(keys), _IMAGES_AT_ONCE):
            block = [spots.get(key) for key in keys[start : start + _IMAGES_AT_ONCE]]
            found = self._contents([spot for spot in block if spot])
            for spot in block:
                content = found.get(spot) if spot else None
                yield content or UnreadableImage("there is no image in its row", "Mend the file.")

    @cached_property
    def _files(self) -> list[str]:
        return files_of(self.uri)

    @cached_property
    def _types(self) -> dict[str, Any]:
        return parquet.column_types(self._files[0])

    @cached_property
    def _image(self) -> ImageColumn:
        column = image_column(self._types)
        if column is None:
            raise SourceError(
                f"{self.uri} must have a column of images (a struct of bytes and path) but has "
                f"{', '.join(self._types)}.",
                "Use a file in the Hugging Face layout, or a list with a column of paths.",
            )
        return column

    @cached_property
    def _key_path(self) -> str | None:
        """The expression of paths, if they can be keys."""
        path = self._image.path
        if path is None:
            return None
        counts = parquet.select(self._files, f"count(*), count(DISTINCT {path})", numbered=False)
        rows, paths = next(counts)
        return path if rows == paths else None

    @cached_property
    def _prefixes(self) -> dict[str, str]:
        """What stands before the row number in the keys of each file."""
        if len(self._files) == 1:
            return {self._files[0]: ""}
        inside = {file: places.within(self.uri, file) or file for file in self._files}
        return {file: f"{name.removesuffix('.parquet')}/" for file, name in inside.items()}

    def _row_key(self, file: str, row: int) -> str:
        return f"{self._prefixes[file]}{row}"

    def _spots_by_row(self, keys: Sequence[str]) -> dict[str, Spot]:
        files = {prefix: file for file, prefix in self._prefixes.items()}
        spots = {}
        for key in keys:
            folder, slash, row = key.rpartition("/")
            file = files.get(f"{folder}{slash}")
            if file and row.isdecimal():
                spots[key] = (file, int(row))
        return spots

    def _spots_by_path(self, keys: Sequence[str]) -> dict[str, Spot]:
        """Find rows by path, first in the file where the last ones were found."""
        spots: dict[str, Spot] = {}
        listing = f"{self._key_path}, {parquet.ROW_NUMBER}"
        for file in tuple(self._recent_first):
            asked = [key for key in keys if key not in spots]
            among = f"{self._key_path} IN (SELECT unnest(?))"
            found = dict(parquet.select([file], listing, among, [asked]))
            spots |= {path: (file, row) for path, row in found.items()}
            if found:
                self._recent_first.remove(file)
                self._recent_first.insert(0, file)
            if len(spots) == len(keys):
                break
        return spots

    @cached_property
    def _recent_first(self) -> list[str]:
        return list(self._files)

    def _contents(self, spots: Sequence[Spot]) -> dict[Spot, bytes]:
        """Return the encoded images of some rows, reading each file's stretch of rows once."""
        by_file: dict[str, list[int]] = defaultdict(list)
        for file, row in spots:
            by_file[file].append(row)
        listing = f"{parquet.ROW_NUMBER}, {self._image.content}"
        found: dict[Spot, bytes] = {}
        for file, rows in by_file.items():
            wanted = set(rows)
            pairs = parquet.select([file], listing, _rows_among(rows))
            found |= {(file, row): content for row, content in pairs if row in wanted}
        return found


def files_of(uri: str) -> list[str]:
    """Return the Parquet files at `uri`: itself, or all those under the folder, sorted."""
    if not places.is_folder(uri):
        return [uri]
    return [places.join(uri, name) for name in files_under(uri) if name.endswith(".parquet")]


def image_column(types: Mapping[str, Any]) -> ImageColumn | None:
    """Return the first column that holds images, given DuckDB types by name, if there is one."""
    for name, kind in types.items():
        column = parquet.quoted(name)
        fields = dict(kind.children) if kind.id == "struct" else {}
        if str(fields.get("bytes")) == "BLOB":
            path = f"{column}.path" if str(fields.get("path")) == "VARCHAR" else None
            return ImageColumn(f"{column}.bytes", path)
        if str(kind) == "BLOB" and name.lower() in _BLOB_NAMES:
            return ImageColumn(column, None)
    return None


def _or_null(name: str | None) -> str:
    return "NULL" if name is None else parquet.quoted(name)


def _rows_among(rows: Sequence[int]) -> str:
    low, high = min(rows), max(rows)
    if high - low < 2 * len(rows) + _IMAGES_AT_ONCE:
        return f"{parquet.ROW_NUMBER} BETWEEN {low} AND {high}"
    return f"{parquet.ROW_NUMBER} IN ({', '.join(map(str, rows))})"


def _class_name(code: Any, names: Sequence[str] | None) -> str | None:
    """Return the name of a class code; None below 0, as Hugging Face marks the unlabelled."""
    if names is None or not isinstance(code, int):
        return text(code)
    if code < 0:
        return None
    return names[code] if code < len(names) else str(code)


def _split_of(file: str) -> str | None:
    word = re.split(r"[-_.]", posixpath.basename(file))[0].lower()
    return SPLIT_NAMES.get(word)
