"""Small images and files of every kind, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Encode = Callable[..., bytes]


def encode(
    size: tuple[int, int] = (8, 6),
    colour: Any = (200, 30, 40),
    mode: str = "RGB",
    form: str = "PNG",
    **options: Any,
) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, size, colour).save(stream, form, **options)
    return stream.getvalue()


def png_of_zeros(width: int, height: int, *, whole: bool = True) -> bytes:
    """A one-bit PNG of any size, written without ever holding its pixels."""
    rows = bytes(height * (1 + (width + 7) // 8)) if whole else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
        + _chunk(b"IDAT", zlib.compress(rows, 1))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def tall_jpeg(side: int, **options: Any) -> bytes:
    """A grey JPEG of side × side without ever holding its pixels.

    A strip of mid-grey blocks is coded as "no difference, no detail", six bits a block; where they
    fill whole bytes the strip can simply be repeated. `side` must be a multiple of 32.
    """
    strip = encode((side, 8), 128, "L", "JPEG", **options)
    scan = strip.index(b"\xff\xda")
    start = scan + 2 + struct.unpack(">H", strip[scan + 2 : scan + 4])[0]
    header, body, end = strip[:start], strip[start:-2], strip[-2:]
    assert len(body) * 8 == side // 8 * 6
    size_at = header.index(b"\xff\xc0") + 5
    header = header[:size_at] + struct.pack(">H", side) + header[size_at + 2 :]
    return header + body * (side // 8) + end


@pytest.fixture
def make_image() -> Encode:
    return encode


@pytest.fixture
def make_png_of_zeros() -> Encode:
    return png_of_zeros


@pytest.fixture
def make_tall_jpeg() -> Encode:
    return tall_jpeg


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Class folders with three cats, two dogs and things that are no images."""
    root = tmp_path / "photos"
    for number, name in enumerate(
        ("cat/1.png", "cat/2.png", "cat/deep/3.jpg", "dog/1.png", "dog/4.bmp")
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        form = {".png": "PNG", ".jpg": "JPEG", ".bmp": "BMP"}[path.suffix]
        path.write_bytes(encode(colour=(number, 0, 0), form=form))
    (root / "notes.txt").write_text("not an image")
    (root / ".hidden.png").write_bytes(encode())
    (root / "cat" / "._1.png").write_bytes(b"litter")
    return root


@pytest.fixture
def memory() -> Iterator[Any]:
    """fsspec's file system in memory, empty."""
    import fsspec

    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pseudo_dirs[:] = [""]
    yield system
    system.store.clear()


@pytest.fixture
def digits() -> np.ndarray:
    """Six 5 × 4 images that all differ."""
    return np.arange(6 * 5 * 4, dtype=np.uint8).reshape(6, 5, 4)


@pytest.fixture
def write_idx() -> Callable[[Path, np.ndarray], Path]:
    def write(path: Path, array: np.ndarray) -> Path:
        import gzip

        head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        data = head + array.astype(np.uint8).tobytes()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        return path

    return write
