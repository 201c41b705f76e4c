"""Thumbnails: made once, packed one file per imported shard, read by item id."""

from __future__ import annotations

import io
import os
import struct
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin

from fewclicks import settings
from fewclicks.errors import InvalidInput, ProjectError
from fewclicks.items.packs import REBUILD, Pack, identity, write_pack

LOSSLESS_UP_TO = 96
"""Side in pixels up to which a thumbnail is the image itself as PNG: glyphs and icons, whose
features are computed from it. Larger ones are JPEG."""

_JPEG_QUALITY = 88
_PACKS_KEPT_OPEN = 128
_PNG_START = b"\x89PNG"

ItemIds = Sequence[int] | NDArray[np.integer]


def encode_thumbnail(image: Image.Image, side: int = settings.THUMBNAIL_SIDE) -> bytes:
    """Return an image in mode "L" or "RGB" as a small file that browsers show.

    PNG without loss where both sides are at most 96 pixels; else a JPEG (quality 88) whose longer
    side is at most `side` pixels. No image is enlarged.
    """
    stream = io.BytesIO()
    if max(image.size) <= LOSSLESS_UP_TO:
        image.save(stream, "PNG", compress_level=1)
    else:
        _fitted(image, side).save(stream, "JPEG", quality=_JPEG_QUALITY)
    return stream.getvalue()


def decode_thumbnail(thumbnail: bytes) -> NDArray[np.uint8]:
    """Return the pixels of an encoded thumbnail, shape (h, w) or (h, w, 3)."""
    png = thumbnail.startswith(_PNG_START)
    opener = PngImagePlugin.PngImageFile if png else JpegImagePlugin.JpegImageFile
    return np.array(opener(io.BytesIO(thumbnail)))


def media_type(thumbnail: bytes) -> str:
    """Return the media type of an encoded thumbnail."""
    return "image/png" if thumbnail.startswith(_PNG_START) else "image/jpeg"


@dataclass(frozen=True, slots=True)
class SentThumbnails:
    """Encoded thumbnails of some items, on their way to a worker that need not see the project."""

    ids: ItemIds
    encoded: list[bytes]
    packs: list[str]
    """The file that each came from."""

    def __repr__(self) -> str:
        return f"items {self.ids[0]} to {self.ids[-1]}" if len(self.ids) else "no items"

    def pixels(self) -> list[NDArray[np.uint8]]:
        """Return them decoded, each (h, w) or (h, w, 3); ProjectError where one is damaged."""
        images = []
        for item_id, thumbnail, pack in zip(self.ids, self.encoded, self.packs, strict=True):
            try:
                images.append(decode_thumbnail(thumbnail))
            except (OSError, SyntaxError, ValueError, struct.error) as error:
                raise ProjectError(
                    f"The thumbnail of item {item_id} is damaged: {error}.",
                    f"Delete {pack}. {REBUILD}",
                ) from error
        return images


class ThumbnailStore:
    """The thumbnails of all items of a project, by item id.

    Each pack is named by the id of its first item (``000000000.pack``). Reading is safe from many
    threads, and may go on while another process writes packs. A pickled store is only its folder.

    Parameters
    ----------
    folder : path
        Made when the first pack is written.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self._lock = Lock()
        self._first_ids: list[int] = []
        self._open: OrderedDict[int, Pack] = OrderedDict()

    def __reduce__(self) -> tuple[type[ThumbnailStore], tuple[str]]:
        return type(self), (str(self.folder),)

    def write(self, first_id: int, thumbnails: Sequence[bytes]) -> None:
        """Store the thumbnails of the items first_id, first_id + 1, … as one pack.

        When it returns they are on the disk; when it fails, what was there is untouched. A pack
        already there under this first id, left by an import that was killed, is replaced.

        Raises
        ------
        DiskFull, ReadOnlyProject
            The pack cannot be written.
        """
        if not thumbnails:
            raise InvalidInput("A pack must hold at least one thumbnail but none came.")
        write_pack(self._path(first_id), thumbnails)

    def read(self, item_id: int) -> bytes:
        """Return the encoded thumbnail of one item; ProjectError where it is missing."""
        return self.read_many([item_id])[0]

    def read_many(self, ids: ItemIds) -> list[bytes]:
        """Return encoded thumbnails in the order of `ids`; ProjectError where one is missing.

        Fastest when ids of one pack come together, as in ascending order.
        """
        found: list[bytes] = []
        pack: Pack | None = None
        for item_id in map(int, ids):
            if pack is None or not pack.holds(item_id):
                pack = self._pack_of(item_id)
            found.append(pack.blob(item_id))
        return found

    def pixels(self, ids: ItemIds) -> list[NDArray[np.uint8]]:
        """Return decoded thumbnails in the order of `ids`, each of shape (h, w) or (h, w, 3).

        Raises
        ------
        ProjectError
            One is missing or damaged.
        """
        return self.sent(ids).pixels()

    def sent(self, ids: ItemIds) -> SentThumbnails:
        """Return encoded thumbnails as they travel; ProjectError where one is missing."""
        packs = [str(self._path(self._pack_of(item_id).first_id)) for item_id in ids]
        return SentThumbnails(ids, self.read_many(ids), packs)

    def gaps(self, n_items: int) -> list[tuple[int, int]]:
        """Return the runs (first id, last id + 1) of items whose pack is missing or damaged."""
        found, covered = [], 0
        for first_id in (first for first in self._listed() if first < n_items):
            try:
                with self._lock:
                    pack = self._opened(first_id)
            except ProjectError:
                continue
            if pack is not None:
                if first_id > covered:
                    found.append((covered, first_id))
                covered = max(covered, pack.stop)
        return [*found, (covered, n_items)] if covered < n_items else found

    def _pack_of(self, item_id: int) -> Pack:
        """Return the pack that holds an item, looking at the folder afresh if need be."""
        for afresh in (False, True):
            with self._lock:
                if afresh:
                    self._first_ids = self._listed()
                spot = bisect_right(self._first_ids, item_id) - 1
                pack = self._opened(self._first_ids[spot]) if spot >= 0 else None
            if pack is not None and pack.holds(item_id):
                return pack
        raise ProjectError(f"There is no thumbnail of item {item_id} in {self.folder}.", REBUILD)

    def _opened(self, first_id: int) -> Pack | None:
        """Return a pack as it is now on the disk; the least recently used are let go."""
        path = self._path(first_id)
        pack = self._open.pop(first_id, None)
        try:
            if pack is None or pack.identity != identity(path.stat()):
                pack = Pack(path, first_id)
        except FileNotFoundError:
            return None
        self._open[first_id] = pack
        if len(self._open) > _PACKS_KEPT_OPEN:
            self._open.popitem(last=False)
        return pack

    def _listed(self) -> list[int]:
        packs = self.folder.glob("*.pack")
        return sorted(int(path.stem) for path in packs if path.stem.isdecimal())

    def _path(self, first_id: int) -> Path:
        return self.folder / f"{first_id:09d}.pack"


def _fitted(image: Image.Image, side: int) -> Image.Image:
    """Shrink an image so that its longer side is at most `side`, at least one pixel each way."""
    scale = side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
