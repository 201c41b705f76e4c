from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from fewclicks.errors import UnreadableImage
from fewclicks.items.images import FORMATS, content_hash, decode, read_picture

Encode = Callable[..., bytes]


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


# what is good


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM", "JPEG2000"])
def test_every_common_format_is_read(make_image: Encode, form: str) -> None:
    image = decode(make_image(form=form))
    assert (image.mode, image.size) == ("RGB", (8, 6))
    assert np.abs(np.asarray(image).astype(int) - [200, 30, 40]).max() <= 12


def test_all_formats_named_are_known_to_pillow() -> None:
    Image.init()
    assert set(FORMATS) <= set(Image.OPEN)


def test_grey_stays_grey(make_image: Encode) -> None:
    image = decode(make_image(mode="L", colour=77))
    assert image.mode == "L"
    assert set(image.tobytes()) == {77}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright_as_pillow_itself_would(orientation: int) -> None:
    ramp = Image.fromarray(np.arange(96, dtype=np.uint8).reshape(8, 12))
    exif = Image.Exif()
    exif[0x0112] = orientation
    for form in ("PNG", "TIFF", "JPEG"):
        data = saved(ramp, form, exif=exif)
        expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        picture = read_picture(data)
        assert picture.image.tobytes() == expected.tobytes()
        assert (picture.width, picture.height) == expected.size


def test_broken_metadata_does_not_cost_the_photo(make_image: Encode) -> None:
    data = make_image(form="JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40)
    assert decode(data).size == (8, 6)


def test_cmyk_becomes_rgb(make_image: Encode) -> None:
    image = decode(make_image(mode="CMYK", colour=(0, 255, 255, 0), form="JPEG"))
    assert image.mode == "RGB"
    red, green, blue = np.asarray(image)[3, 3]
    assert red > 200
    assert max(green, blue) < 60


def test_a_palette_becomes_rgb() -> None:
    image = Image.new("RGB", (4, 4), (10, 200, 30)).convert("P", palette=Image.Palette.ADAPTIVE)
    assert decode(saved(image, "PNG")).getpixel((0, 0)) == (10, 200, 30)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation_counts(form: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    options = {"lossless": True} if form == "WEBP" else {}
    data = saved(frames[0], form, save_all=True, append_images=frames[1:], **options)
    assert decode(data).getpixel((4, 4)) == (255, 0, 0)


def test_the_first_page_of_a_tiff_counts() -> None:
    pages = [Image.new("L", (8, 8), shade) for shade in (10, 200)]
    data = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    assert decode(data).getpixel((0, 0)) == 10


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (0, 0, 0, 0), (255, 255, 255)),
        ("RGBA", (0, 0, 0, 255), (0, 0, 0)),
        ("RGBA", (255, 0, 0, 128), (255, 127, 127)),
        ("LA", (0, 0), 255),
        ("LA", (9, 255), 9),
    ],
)
def test_transparency_is_laid_over_white(
    make_image: Encode, mode: str, colour: tuple[int, ...], expected: Any
) -> None:
    assert decode(make_image(mode=mode, colour=colour)).getpixel((2, 2)) == expected


def test_a_transparent_palette_colour_is_white_and_warns_of_nothing() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, 50, 60, 70])
    assert decode(saved(image, "PNG", transparency=b"\xff\x00")).getpixel((0, 0)) == (255, 255, 255)


def test_16_bit_grey_keeps_its_scale() -> None:
    shades = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    for form in ("PNG", "TIFF"):
        image = decode(saved(Image.fromarray(shades), form))
        assert (image.mode, list(image.tobytes())) == ("L", [0, 1, 128, 255])


def test_32_bit_images_are_stretched_from_their_minimum_to_their_maximum() -> None:
    for kind in (np.int32, np.float32):
        image = decode(saved(Image.fromarray(np.array([[-100, 0, 100]], dtype=kind)), "TIFF"))
        assert list(image.tobytes()) == [0, 128, 255]


def test_one_pixel_is_an_image(make_image: Encode) -> None:
    assert decode(make_image((1, 1))).size == (1, 1)


# arrays


@pytest.mark.parametrize(
    ("pixels", "expected"),
    [
        (np.array([[0, 255]], np.uint8), [0, 255]),
        (np.array([[False, True]]), [0, 255]),
        (np.array([[0, 65535]], np.uint16), [0, 255]),
        (np.array([[0.0, 0.2, 1.0]]), [0, 51, 255]),
        (np.array([[0.0, 8.0, 16.0]]), [0, 128, 255]),
        (np.array([[3, 200]], np.int64), [3, 200]),
        (np.array([[-1, 0, 1]], np.int8), [0, 128, 255]),
        (np.array([[7.0, 7.0]]), [0, 0]),
        (np.array([[np.nan, 2.0, np.inf, 4.0]]), [0, 0, 255, 255]),
        (np.array([[np.nan]]), [0]),
    ],
)
def test_pixels_of_any_type_become_bytes(pixels: np.ndarray, expected: list[int]) -> None:
    image = decode(pixels)
    assert (image.mode, list(image.tobytes())) == ("L", expected)


def test_colour_and_transparent_arrays() -> None:
    assert decode(np.full((2, 3, 3), 9, np.uint8)).mode == "RGB"
    assert decode(np.full((2, 3, 1), 9, np.uint8)).mode == "L"
    assert decode(np.zeros((2, 3, 4), np.uint8)).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("shape", [(4,), (2, 2, 2), (1, 2, 2, 3), (0, 4)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UnreadableImage, match=r"must have shape|no pixels"):
        decode(np.zeros(shape, np.uint8))


def test_text_is_no_image() -> None:
    with pytest.raises(UnreadableImage, match="must hold numbers"):
        decode(np.array([["a"]]))


@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from(["u1", "u2", "f4", "f8", "i4", "?"]))
def test_any_numbers_become_an_image_of_the_same_size(h: int, w: int, kind: str) -> None:
    pixels = np.random.default_rng(h * 7 + w).integers(0, 2**15, (h, w)).astype(kind)
    image = decode(pixels)
    assert (image.mode, image.size) == ("L", (w, h))


# what is bad


def test_an_empty_file_says_so() -> None:
    with pytest.raises(UnreadableImage, match="empty") as caught:
        decode(b"")
    assert caught.value.remedy


@pytest.mark.parametrize("data", [b"plain text", b"\0" * 400, b"%PDF-1.7 ...", b"\x89PNG", b"\xff"])
def test_what_is_no_image_says_so(data: bytes) -> None:
    with pytest.raises(UnreadableImage, match=r"not an image|damaged"):
        decode(data)


def test_a_heic_photo_is_named_as_such() -> None:
    with pytest.raises(UnreadableImage, match="HEIC") as caught:
        decode(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    assert "JPEG" in caught.value.remedy


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "JPEG2000"])
def test_a_truncated_image_says_so(form: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), form)
    with pytest.raises(UnreadableImage, match="cut short or damaged"):
        decode(data[: len(data) // 2])


def test_20000_squared_png_is_refused_before_it_is_decoded(make_png_of_zeros: Encode) -> None:
    with pytest.raises(UnreadableImage, match="20,000 × 20,000 pixels") as caught:
        decode(make_png_of_zeros(20_000, 20_000, whole=False))
    assert "Save it smaller" in caught.value.remedy


def test_20000_squared_jpeg_is_read_at_reduced_size(make_tall_jpeg: Encode) -> None:
    data = make_tall_jpeg(20_000)
    picture = read_picture(data, draft_side=256)
    assert (picture.width, picture.height) == (20_000, 20_000)
    assert picture.image.size == (2_500, 2_500)
    assert not picture.as_stored
    with pytest.raises(UnreadableImage, match="20,000 × 20,000"):
        decode(data)


def test_a_huge_progressive_jpeg_is_refused_even_as_a_draft(make_image: Encode) -> None:
    data = make_image((64, 64), form="JPEG", progressive=True)
    at = data.index(b"\xff\xc2") + 5
    data = data[:at] + struct.pack(">HH", 20_000, 20_000) + data[at + 4 :]
    with pytest.raises(UnreadableImage, match="20,000 × 20,000"):
        decode(data, draft_side=256)


def test_a_decompression_bomb_is_refused(make_png_of_zeros: Encode) -> None:
    with pytest.raises(UnreadableImage, match="60,000 × 60,000"):
        decode(make_png_of_zeros(60_000, 60_000, whole=False))


def test_a_bomb_in_the_metadata_is_refused() -> None:
    from PIL import PngImagePlugin

    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "0" * 80_000_000, zip=True)
    with pytest.raises(UnreadableImage, match="damaged"):
        decode(saved(Image.new("L", (2, 2)), "PNG", pnginfo=text))


def test_a_large_image_within_the_limit_warns_of_nothing(make_png_of_zeros: Encode) -> None:
    assert decode(make_png_of_zeros(9_500, 9_500)).size == (9_500, 9_500)


def test_the_limit_can_be_set(make_image: Encode) -> None:
    assert decode(make_image((10, 10)), max_pixels=100).size == (10, 10)
    with pytest.raises(UnreadableImage, match="more than the 99"):
        decode(make_image((10, 10)), max_pixels=99)


def test_pillows_own_settings_are_left_alone(make_tall_jpeg: Encode) -> None:
    before = (Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    decode(make_tall_jpeg(3_200), draft_side=64)
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM"])
def test_damage_anywhere_gives_an_image_or_a_reason(make_image: Encode, form: str) -> None:
    whole = make_image((16, 16), form=form)
    rng = np.random.default_rng(0)
    for _ in range(150):
        data = bytearray(whole)
        for at in rng.integers(0, len(data), 3):
            data[at] = rng.integers(256)
        try:
            assert decode(bytes(data), max_pixels=10**6).mode in ("L", "RGB")
        except UnreadableImage as error:
            assert error.remedy  # noqa: PT017 an image is as good as an error here


# hashes


def test_equal_content_has_equal_hashes() -> None:
    assert content_hash(b"abc") == content_hash(b"abc") != content_hash(b"abd")
    assert len(content_hash(b"")) == 16


def test_the_hash_of_an_array_covers_shape_and_type() -> None:
    pixels = np.zeros((2, 8), np.uint8)
    others: list[np.ndarray] = [
        pixels.reshape(8, 2),
        pixels.view(np.uint16),
        pixels.view(np.int8),
        pixels + 1,
    ]
    assert content_hash(pixels) == content_hash(pixels.copy())
    assert len({content_hash(array) for array in [pixels, *others]}) == 5


def test_the_hash_of_an_array_does_not_depend_on_its_layout() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert content_hash(pixels) == content_hash(np.asfortranarray(pixels))


def test_plain_files_are_recognised_as_such(make_image: Encode, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_picture(make_image(form="JPEG")).as_stored
    assert read_picture(make_image(mode="L", colour=3)).as_stored
    assert not read_picture(make_image(form="JPEG", exif=exif)).as_stored
    assert not read_picture(make_image(form="WEBP")).as_stored
    assert not read_picture(make_image(mode="RGBA", colour=(1, 2, 3, 4))).as_stored
    assert not read_picture(make_image(mode="P", colour=1)).as_stored
