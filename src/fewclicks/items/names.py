"""Which files of a tree are images, judged by name alone."""

from __future__ import annotations

import posixpath

_JPEG = (".jpg", ".jpeg", ".jpe", ".jfif", ".jp2", ".j2k")
_OTHERS = (".png", ".apng", ".gif", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".avif")
_PLAIN = (".ppm", ".pgm", ".pbm", ".pnm")
IMAGE_ENDINGS = frozenset((*_JPEG, *_OTHERS, *_PLAIN, ".heic", ".heif"))
"""Endings of files listed as images, in lower case. HEIC is listed so that its owner is told that
it must be converted; a file whose content is of another listed format still opens."""

TABLE_NAMES = ("metadata.csv", "metadata.jsonl")
"""Files that describe the images beside them, as the Hugging Face image folders do."""


def is_image_name(name: str) -> bool:
    """Tell whether a file name ends as images do."""
    return posixpath.splitext(name)[1].lower() in IMAGE_ENDINGS


def is_hidden(name: str) -> bool:
    """Tell whether one file or folder name is hidden, or the litter of a macOS archive."""
    return name.startswith(".") or name == "__MACOSX"
