"""What kind of images a collection holds, which decides how they are described."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fewclicks.errors import InvalidInput

GLYPH_SIDE = 64
"""Pixels up to which both sides of a glyph may go."""

GLYPH_SHARE = 0.95
"""Share of the images that must be grey and small for a collection of glyphs."""

_MIDDLE_GREY = 127

Pixels = NDArray[Any]


def kind_of(images: Sequence[Pixels]) -> Literal["glyphs", "photos"]:
    """Tell small grey glyphs (digits, letters, symbols) from photos.

    Parameters
    ----------
    images : sequence of ndarray, each of shape (h, w) or (h, w, 3)
        A sample of the collection; some hundred are enough.

    Returns
    -------
    "glyphs" or "photos"
        "glyphs" when at least 95 % are grey (one channel, or equal channels) with both sides at
        most 64 pixels.
    """
    if len(images) == 0:
        raise InvalidInput("At least one image must come but none did.")
    glyphs = sum(max(image.shape[:2]) <= GLYPH_SIDE and is_grey(image) for image in images)
    return "glyphs" if glyphs >= GLYPH_SHARE * len(images) else "photos"


def ink_is_dark(pixels: Pixels) -> bool:
    """Tell whether a glyph is dark ink on light ground: the median of its border is above 127.

    Parameters
    ----------
    pixels : ndarray of shape (h, w) or (h, w, 3), uint8
    """
    edges = (pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1])
    border = np.concatenate([edge.reshape(-1) for edge in edges])
    return bool(np.median(border) > _MIDDLE_GREY)


def is_grey(image: Pixels) -> bool:
    """Tell whether an image has one channel, or three that are equal."""
    return image.ndim == 2 or bool((image == image[..., :1]).all())
