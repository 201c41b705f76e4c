"""Opening a source: what it is, is seen from what is there, not from what it is called."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import cast

from fewclicks.errors import SourceError
from fewclicks.items import parquet, places
from fewclicks.items.archives import TarSource, ZipSource
from fewclicks.items.arrays import NpzSource, PlainArraySource
from fewclicks.items.base import Options, Source, SourceBase
from fewclicks.items.folders import FolderSource
from fewclicks.items.huggingface import ParquetSource, files_of, image_column
from fewclicks.items.lists import ListSource
from fewclicks.items.names import is_image_name
from fewclicks.items.pixels import PixelTableSource, layout_of
from fewclicks.items.rowfiles import Npz, is_array
from fewclicks.items.walk import is_parquet_folder

_TAR_ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_PEEK_BYTES = 512
_KNOWN = (
    "a folder, a zip or tar archive, a CSV, JSON lines or Parquet file, an .npz, .npy or IDX file"
)


def open_source(
    uri: str | os.PathLike[str],
    *,
    labels: str | os.PathLike[str] | None = None,
    groups: str | None = None,
    path_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
    split_column: str | None = None,
) -> Source:
    """Open images from wherever they are; what kind of source it is, is found out.

    Parameters
    ----------
    uri : path or URL
        A folder tree, a zip or tar archive, a CSV, JSON lines or Parquet list of paths or URLs,
        Parquet in the Hugging Face layout, .npz, .npy or IDX arrays, a CSV of pixels; on the local
        disk or wherever fsspec reaches.
    labels : path, URL or "folders", optional
        Ground truth. "folders": the top-level class folders. Otherwise a table that joins image
        names to labels (trees and archives, where it may lie inside), or an IDX or .npy file, or
        the name of an array in the .npz (arrays). Lists, Parquet and CSV of pixels have a column.
    groups : "folders", optional
        Images in one folder belong together (trees and archives). A class folder is no group, the
        folders in it are. Where a table names the group of an image, the table is right.
    path_column, label_column, group_column, split_column : str, optional
        Columns of a list or table, where they do not have their usual names.

    Returns
    -------
    Source
        Not listed yet: that the place holds images is known when its entries are.

    Raises
    ------
    SourceError
        Nothing is there, it cannot be opened, it is not a source, or it takes no `labels` or
        `groups`.
    MissingExtra
        Its kind of URL needs a package that is not installed.
    """
    place = places.absolute(uri)
    given = {
        "labels": None if labels is None else _label_place(labels),
        "groups": groups,
        "path_column": path_column,
        "label_column": label_column,
        "group_column": group_column,
        "split_column": split_column,
    }
    options = cast(Options, {name: value for name, value in given.items() if value is not None})
    kind = _kind_at(place)
    if labels is not None and not kind.takes_labels:
        raise SourceError(
            f"{place} must tell its labels itself, in a column, but labels={str(labels)!r} came.",
            "Leave it out; name the column with label_column if it has an unusual name.",
        )
    if groups is not None and not (groups == "folders" and kind.takes_groups):
        raise SourceError(
            f"groups must be “folders”, for images that lie in folders or an archive, but {groups} "
            f"came for {place}.",
            "Leave it out; name the column with group_column if a list or table tells the groups.",
        )
    return cast(Source, kind(place, options))


def _label_place(labels: str | os.PathLike[str]) -> str:
    """Make the path of a label file absolute; a name inside the source stays as it is."""
    text = os.fsdecode(os.fspath(labels))
    return places.absolute(text) if text != "folders" and os.path.exists(text) else text


def _kind_at(place: str) -> type[SourceBase]:
    if places.is_folder(place):
        return ParquetSource if _is_dataset_folder(place) else FolderSource
    if not places.exists(place):
        raise SourceError(f"There is nothing at {place}.", "Check the path.")
    kind = _kind_of_file(place, places.peek(place, _PEEK_BYTES))
    if kind is None:
        single = is_image_name(place)
        raise SourceError(
            f"A source must be {_KNOWN}, but {place} is {'one image' if single else 'none'}.",
            "Name the folder that holds the images." if single else "Check the path.",
        )
    return kind


def _is_dataset_folder(place: str) -> bool:
    """Tell a folder of Parquet files with images in them from one with image files."""
    if not is_parquet_folder(place):
        return False
    return image_column(parquet.column_types(files_of(place)[0])) is not None


def _kind_of_file(place: str, start: bytes) -> type[SourceBase] | None:
    if start.startswith((b"PK\3\4", b"PK\5\6")):
        return NpzSource if _is_npz(place) else ZipSource
    if start.startswith(b"PAR1"):
        return ParquetSource if image_column(parquet.column_types(place)) else ListSource
    if is_array(start):
        return PlainArraySource
    if start[257:262] == b"ustar" or place.lower().endswith(_TAR_ENDINGS):
        return TarSource
    if not start or b"\0" in start or is_image_name(place):
        return None
    return PixelTableSource if layout_of(place) else ListSource


def _is_npz(place: str) -> bool:
    with ExitStack() as stack:
        return bool(Npz(place, stack).names())
