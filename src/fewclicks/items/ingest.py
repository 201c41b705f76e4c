"""What is done once to every image on import: read, hash, decode, make a thumbnail.

Runs in worker processes, so importing it must stay cheap.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewclicks import settings
from fewclicks.errors import FewclicksError
from fewclicks.items.base import Read, Source
from fewclicks.items.images import Picture, content_hash, read_picture
from fewclicks.items.thumbnails import LOSSLESS_UP_TO, encode_thumbnail
from fewclicks.records import Entry

_ROOM_FOR_HEADERS = 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ingested:
    """One image as it enters a project.

    `content_hash` is 16 bytes, equal only for exact duplicates; `width` and `height` are those of
    the upright original in pixels; `grey` says that it has no colour; `thumbnail` is an encoded
    image, grey where the original is: the file itself where it is a small plain JPEG or PNG, else
    as `encode_thumbnail` makes it.
    """

    entry: Entry
    content_hash: bytes
    width: int
    height: int
    grey: bool
    thumbnail: bytes


@dataclass(frozen=True, slots=True)
class Failure:
    """One image that cannot enter: its key in the source, why, and what to do about it."""

    key: str
    reason: str
    remedy: str


def ingest(
    source: Source,
    entries: Sequence[Entry],
    *,
    side: int = settings.THUMBNAIL_SIDE,
    max_pixels: int = settings.MAX_PIXELS,
) -> list[Ingested | Failure]:
    """Read a shard of entries of a source; one result per entry, in order.

    A bad image is a Failure and never an error, whatever is wrong with it. The result depends on
    the entries alone, so a shard can be done again, anywhere.

    Parameters
    ----------
    source : Source
        Travels to worker processes by its place and options.
    entries : sequence of Entry
        As the source listed them; `settings.SHARD_ITEMS` of them make a good shard.
    side : int
        Longest side of a thumbnail in pixels.
    max_pixels : int
        Images with more pixels are refused (JPEGs are first read at reduced size).
    """
    read = source.read([entry.key for entry in entries])
    return [
        _ingest_one(entry, data, side, max_pixels)
        for entry, data in zip(entries, read, strict=True)
    ]


def _ingest_one(entry: Entry, data: Read, side: int, max_pixels: int) -> Ingested | Failure:
    if isinstance(data, FewclicksError):
        return Failure(entry.key, data.message, data.remedy)
    try:
        picture = read_picture(data, max_pixels=max_pixels, draft_side=side)
        image = _without_idle_colour(picture.image)
        return Ingested(
            entry,
            content_hash(data),
            picture.width,
            picture.height,
            grey=image.mode == "L",
            thumbnail=_thumbnail(data, picture, image, side),
        )
    except FewclicksError as error:
        return Failure(entry.key, error.message, error.remedy)
    except Exception as error:  # noqa: BLE001 a decoder's surprise must not cost the other images
        _log.warning("%r could not be read", entry.key, exc_info=True)
        return Failure(entry.key, f"cannot be decoded ({error!r})", "Convert it, or leave it out.")


def _thumbnail(data: Read, picture: Picture, image: Image.Image, side: int) -> bytes:
    """Keep a small file as it is, which loses nothing and costs nothing; else encode."""
    raw_size = 3 * picture.width * picture.height
    if (
        isinstance(data, bytes)
        and picture.as_stored
        and image is picture.image
        and max(image.size) <= LOSSLESS_UP_TO
        and len(data) <= raw_size + _ROOM_FOR_HEADERS
    ):
        return data
    return encode_thumbnail(image, side)


def _without_idle_colour(image: Image.Image) -> Image.Image:
    """Make an RGB image grey whose three channels are equal everywhere."""
    if image.mode == "L":
        return image
    pixels = np.asarray(image)
    return (
        Image.fromarray(pixels[..., 0])
        if _is_grey(pixels[::8, ::8]) and _is_grey(pixels)
        else image
    )


def _is_grey(pixels: NDArray[np.uint8]) -> bool:
    return bool((pixels[..., 1:] == pixels[..., :1]).all())
