"""Images of any size on equal square canvases: what every transformer here starts from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fewclicks.errors import InvalidInput

Pictures = Sequence[NDArray[np.uint8]] | NDArray[np.uint8]
"""A batch: an array (n, h, w) or (n, h, w, 3), or a sequence of (h, w) and (h, w, 3), all uint8."""
Canvases = NDArray[np.float32]
Fit = Literal["pad", "stretch"]

BLOCK_IMAGES = 1024
"""Images worked on at a time: 1024 × 28 × 28 × 8 orientations in float32 is 26 MB."""

BLOCK_PIXELS = 2**22
"""Pixels of a block at most: 17 MB per float32 copy, however large the canvas."""

LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)
"""Share of red, green and blue in the brightness (ITU-R BT.601)."""


def pictures(X: Any, name: str = "X") -> Pictures:
    """Return the batch `X` as it is, or refuse what is not a batch of uint8 images.

    Only an array is checked at once; the members of a sequence are checked as they are used.
    """
    if isinstance(X, np.ndarray) and X.dtype != object:
        if X.ndim not in (3, 4) or (X.ndim == 4 and X.shape[3] != 3) or 0 in X.shape[1:]:
            raise InvalidInput(
                f"{name} must have shape (n, h, w) or (n, h, w, 3) but has {X.shape}.",
                "Give images, not rows of numbers.",
            )
        if X.dtype != np.uint8:
            raise InvalidInput(f"{name} must hold uint8 pixels, 0 to 255, but holds {X.dtype}.")
    return cast(Pictures, X)


def squares(
    X: Pictures, side: int, *, grey: bool = True, fit: Fit = "pad", invert: bool = False
) -> Canvases:
    """Put every image on a canvas of `side` × `side` pixels.

    Parameters
    ----------
    X : array or sequence of images
        See `Pictures`.
    side : int
        In 1…512. Images of this size already are not resampled.
    grey : bool
        Whether to turn colours into brightness (ITU-R BT.601); otherwise grey images become RGB.
    fit : {"pad", "stretch"}
        "pad" keeps the aspect: the longer side becomes `side`, the image is centred, the rest is
        0. "stretch" fills the canvas.
    invert : bool
        Whether to swap dark and light before padding, so that the padding is dark all the same.

    Returns
    -------
    ndarray of shape (n, side, side) or (n, side, side, 3), float32
        In [0, 1].

    Raises
    ------
    InvalidInput
        If an image is not (h, w) or (h, w, 3) uint8, with its position.
    """
    shape = (side, side) if grey else (side, side, 3)
    out = np.empty((len(X), *shape), dtype=np.float32)
    if isinstance(X, np.ndarray) and X.shape[1:3] == (side, side):
        out[...] = _coloured(_inked(X, invert), grey)
    else:
        for position, image in enumerate(X):
            out[position] = _square(_inked(_image(image, position), invert), side, grey, fit)
    out /= 255.0
    return out


def blocks(X: Pictures, size: int = BLOCK_IMAGES) -> Iterator[tuple[slice, Pictures]]:
    """Walk a batch: yield (positions, images) for at most `size` images at a time."""
    for start in range(0, len(X), size):
        where = slice(start, min(start + size, len(X)))
        yield where, X[where]


def _image(image: Any, position: int) -> NDArray[np.uint8]:
    array = np.asarray(image)
    right_shape = array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)
    if not right_shape or array.dtype != np.uint8 or array.size == 0:
        raise InvalidInput(
            f"Image {position} must be (h, w) or (h, w, 3) uint8, not empty, "
            f"but is {array.shape} {array.dtype}."
        )
    return array


def _inked(array: NDArray[np.uint8], invert: bool) -> NDArray[np.uint8]:
    return 255 - array if invert else array


def _coloured(array: NDArray[np.uint8], grey: bool) -> NDArray[Any]:
    """Return brightness or RGB of a batch whose images are (h, w) or (h, w, 3)."""
    has_colour = array.ndim == 4
    if has_colour and grey:
        return cast(NDArray[Any], array @ LUMA)
    return array if has_colour or grey else np.repeat(array[..., None], 3, axis=-1)


def _square(image: NDArray[np.uint8], side: int, grey: bool, fit: Fit) -> NDArray[Any]:
    plain: NDArray[Any] = _coloured(image[None], grey)[0]
    if plain.shape[:2] == (side, side):
        return plain
    height, width = _fitted(plain.shape[:2], side, fit)
    small = _resized(plain, height, width)
    canvas = np.zeros((side, side, *plain.shape[2:]), dtype=np.float32)
    top, left = (side - height) // 2, (side - width) // 2
    canvas[top : top + height, left : left + width] = small
    return canvas


def _fitted(size: tuple[int, ...], side: int, fit: Fit) -> tuple[int, int]:
    if fit == "stretch":
        return side, side
    longest = max(size)
    return max(1, round(size[0] * side / longest)), max(1, round(size[1] * side / longest))


def _resized(image: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Resample with Pillow's bilinear filter, which averages when it makes smaller."""
    if image.dtype != np.uint8:
        image = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    resized = Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(resized)
