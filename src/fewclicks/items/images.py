"""From the bytes of an image file, or an array of pixels, to an upright picture in L or RGB.

Nothing here prints a warning, changes Pillow's settings or opens a format that runs other
programs. A picture that cannot be had is an UnreadableImage with reason and remedy; the caller
knows its name.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin

from fewclicks import settings
from fewclicks.errors import UnreadableImage

Pixels = NDArray[Any]
ImageData = bytes | Pixels

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000", "AVIF", "DIB")
"""Formats read, tried in this order by content. Formats that call other programs (EPS) or carry no
signature (TGA) are left out on purpose."""

_DAMAGE = (
    OSError,
    SyntaxError,  # Pillow's word for a broken header
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112
_COPY_AGAIN = "Copy it again from where it came from, or leave it out."
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded image, and the size of the original (upright) in pixels.

    `as_stored` says that the file is a single JPEG or PNG that already is what `decode` promises:
    a plain decoder, or a browser, gives the same pixels at the same size.
    """

    image: Image.Image
    width: int
    height: int
    as_stored: bool = False


def decode(
    data: ImageData, *, max_pixels: int = settings.MAX_PIXELS, draft_side: int | None = None
) -> Image.Image:
    """Return the picture in `data`, upright, in mode "L" or "RGB".

    Parameters
    ----------
    data : bytes or ndarray
        An image file, told by content and not by name; or pixels of shape (h, w), (h, w, 1),
        (h, w, 3) or (h, w, 4).
    max_pixels : int
        More pixels than this are refused before they are decoded.
    draft_side : int, optional
        A JPEG may come reduced (by 2, 4 or 8), its shorter side no less than this. `max_pixels`
        then limits the reduced size.

    Returns
    -------
    PIL.Image.Image
        The first frame of an animation or multi-page file. CMYK and palettes become RGB. What is
        transparent is laid over white, the paper that drawings, scans and icons are made for.
        16-bit grey keeps its scale: 0…65535 becomes 0…255, the same for every image. 32-bit
        integers and floats have no such scale, so each image's own minimum…maximum becomes 0…255;
        except arrays of floats within [0, 1] and of integers within 0…255, which are taken as such.

    Raises
    ------
    UnreadableImage
        Empty, cut short, damaged, too large or not an image, with reason and remedy.
    """
    return read_picture(data, max_pixels=max_pixels, draft_side=draft_side).image


def read_picture(
    data: ImageData, *, max_pixels: int = settings.MAX_PIXELS, draft_side: int | None = None
) -> Picture:
    """Decode as `decode` does, and tell the original's size too."""
    if isinstance(data, np.ndarray):
        image = _from_array(data, max_pixels)
        return Picture(image, *image.size)
    try:
        return _from_file(data, max_pixels, draft_side)
    except _DAMAGE as error:
        if isinstance(error, UnreadableImage):
            raise
        raise UnreadableImage(f"is cut short or damaged ({error})", _COPY_AGAIN) from error


def content_hash(data: ImageData) -> bytes:
    """Return 16 bytes that are the same only for the same file content, or the same array.

    BLAKE2b; an array is hashed over its dtype, shape and pixels.
    """
    digest = blake2b(digest_size=16)
    if isinstance(data, np.ndarray):
        digest.update(f"{data.dtype.str}{data.shape}".encode())
        data = np.ascontiguousarray(data).tobytes()
    digest.update(data)
    return digest.digest()


def _from_file(data: bytes, max_pixels: int, draft_side: int | None) -> Picture:
    with _quiet():
        image = _opened(data)
        size = image.size
        if draft_side and isinstance(image, JpegImagePlugin.JpegImageFile):
            _check_coefficients(image, max_pixels)
            image.draft(None, (draft_side, draft_side))
        _check_size(image.size, max_pixels)
        image.load()
        orientation = _orientation(image)
    flat = _flattened(image)
    if orientation in _UPRIGHT:
        flat = flat.transpose(_UPRIGHT[orientation])
        size = size[::-1] if orientation >= 5 else size
    return Picture(flat, *size, as_stored=orientation == 1 and _is_plain(image, size))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Pillow's remarks on odd metadata to ourselves: what matters becomes an error."""
    with _one_at_a_time, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _opened(data: bytes) -> Image.Image:
    """Open without decoding, by the formats' own openers.

    Image.open would apply its own pixel limit before a JPEG can be asked for a reduced size, and
    would warn; its limit can only be changed for the whole process.
    """
    if not data:
        raise UnreadableImage("the file is empty (0 bytes)", _COPY_AGAIN)
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile(io.BytesIO(data))
    if not Image.OPEN.keys() >= set(FORMATS):
        Image.init()
    for name in FORMATS:
        factory, accept = Image.OPEN.get(name, (None, None))
        if factory and accept and accept(data[:16]) is True:
            return factory(io.BytesIO(data), "")
    raise _not_an_image(data)


def _not_an_image(data: bytes) -> UnreadableImage:
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1", b"hevc"):
        return UnreadableImage(
            "is a HEIC photo, which cannot be decoded here", "Convert it to JPEG or PNG."
        )
    return UnreadableImage(
        f"is not an image of a known format (it starts with {data[:12]!r})",
        "Convert it to JPEG, PNG, WebP or TIFF, or leave it out.",
    )


def _check_coefficients(image: JpegImagePlugin.JpegImageFile, max_pixels: int) -> None:
    """A progressive JPEG is held in memory whole even when it is read reduced."""
    if image.info.get("progressive"):
        _check_size(image.size, max_pixels)


def _check_size(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height == 0:
        raise UnreadableImage("has no pixels", _COPY_AGAIN)
    if width * height > max_pixels:
        raise UnreadableImage(
            f"has {width:,} × {height:,} pixels, more than the {max_pixels:,} an image may have",
            "Save it smaller, cut it into tiles, or save it as a baseline JPEG, which is read at "
            "reduced size.",
        )


def _is_plain(image: Image.Image, size: tuple[int, int]) -> bool:
    return (
        image.format in ("JPEG", "PNG")
        and image.mode in ("L", "RGB")
        and image.size == size
        and not getattr(image, "is_animated", False)
        and image.info.keys().isdisjoint(("transparency", "icc_profile", "gamma"))
    )


def _orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 where the metadata is absent or broken: the pixels are still good."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        return 1
    return value if isinstance(value, int) else 1


def _flattened(image: Image.Image) -> Image.Image:
    """Bring any mode to L or RGB."""
    if image.mode in ("L", "RGB") and "transparency" not in image.info:
        # a plain Image: the file object behind an ImageFile would keep all its bytes alive
        return image.convert(image.mode)
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_to_bytes(np.asarray(image), keep_small=False))
    if image.mode == "1":
        return image.convert("L")
    if image.has_transparency_data:
        return _over_white(image)
    return image.convert("RGB")


def _over_white(image: Image.Image) -> Image.Image:
    grey = image.mode in ("L", "LA", "La", "1")
    alpha = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
    ground.alpha_composite(alpha)
    return ground.convert("L" if grey else "RGB")


def _from_array(pixels: Pixels, max_pixels: int) -> Image.Image:
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)):
        raise UnreadableImage(
            f"must have shape (h, w), (h, w, 3) or (h, w, 4) but has {pixels.shape}",
            "Reshape the array.",
        )
    if pixels.dtype.kind not in "buif":
        raise UnreadableImage(f"must hold numbers but holds {pixels.dtype}", "Convert the array.")
    _check_size((pixels.shape[1], pixels.shape[0]), max_pixels)
    image = Image.fromarray(_to_bytes(pixels, keep_small=True))
    return _over_white(image) if image.mode == "RGBA" else image


def _to_bytes(pixels: Pixels, *, keep_small: bool) -> NDArray[np.uint8]:
    """Scale pixels of any type to 0…255 as `decode` promises."""
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    if pixels.dtype.kind == "b":
        return pixels.astype(np.uint8) * np.uint8(255)
    if pixels.dtype.kind == "u" and pixels.dtype.itemsize == 2:
        return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    values = pixels.astype(np.float64)
    known = values[np.isfinite(values)]
    low, high = _scale(known, pixels.dtype.kind, keep_small) if len(known) else (0.0, 1.0)
    scaled = np.nan_to_num((values - low) * 255 / (high - low), nan=0.0)
    return cast(NDArray[np.uint8], np.rint(np.clip(scaled, 0, 255)).astype(np.uint8))


def _scale(values: NDArray[np.float64], kind: str, keep_small: bool) -> tuple[float, float]:
    """The values that become 0 and 255."""
    low, high = float(values.min()), float(values.max())
    full = 1.0 if kind == "f" else 255.0
    if keep_small and low >= 0 and high <= full:
        return 0.0, full
    return (low, high) if high > low else (low, low + 1)
