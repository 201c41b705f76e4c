from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from fewclicks.engine import LocalEngine, in_shards
from fewclicks.items import ingest as ingest_function
from fewclicks.items.images import content_hash, decode
from fewclicks.items.ingest import Failure, Ingested, ingest
from fewclicks.items.sources import open_source
from fewclicks.items.thumbnails import decode_thumbnail, media_type
from fewclicks.records import Entry

Encode = Callable[..., bytes]


def ingest_files(folder: Path, files: dict[str, bytes]) -> dict[str, Ingested | Failure]:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    source = open_source(folder)
    entries = list(source.entries())
    results = ingest(source, entries)
    return {entry.key: result for entry, result in zip(entries, results, strict=True)}


def test_a_good_image_is_known_in_full(tmp_path: Path, make_image: Encode) -> None:
    data = make_image((300, 120), form="WEBP")
    item = ingest_files(tmp_path, {"a.webp": data})["a.webp"]
    assert isinstance(item, Ingested)
    assert item.entry == Entry("a.webp")
    assert item.content_hash == content_hash(data)
    assert (item.width, item.height, item.grey) == (300, 120, False)
    assert decode_thumbnail(item.thumbnail).shape == (102, 256, 3)


def test_every_bad_image_is_a_failure_and_the_rest_goes_on(
    tmp_path: Path, make_image: Encode, make_png_of_zeros: Encode, make_tall_jpeg: Encode
) -> None:
    results = ingest_files(
        tmp_path,
        {
            "animated.gif": make_image(form="GIF", save_all=True, append_images=[]),
            "bomb.png": make_png_of_zeros(60_000, 60_000, whole=False),
            "cmyk.jpg": make_image(mode="CMYK", colour=(0, 9, 9, 0), form="JPEG"),
            "deep.png": make_image(mode="I;16", colour=40_000),
            "empty.jpg": b"",
            "good.png": make_image(),
            "huge.jpg": make_tall_jpeg(20_000),
            "huge.png": make_png_of_zeros(20_000, 20_000, whole=False),
            "jpeg.png": make_image(form="JPEG"),
            "one.png": make_image((1, 1)),
            "palette.png": make_image(mode="P", colour=3),
            "text.jpg": b"<!DOCTYPE html>",
            "truncated.jpg": make_image((64, 64), form="JPEG")[:400],
        },
    )
    reasons = {key: result.reason for key, result in results.items() if isinstance(result, Failure)}
    assert set(reasons) == {"bomb.png", "empty.jpg", "huge.png", "text.jpg", "truncated.jpg"}
    assert "60,000 × 60,000" in reasons["bomb.png"]
    assert "empty" in reasons["empty.jpg"]
    assert "20,000 × 20,000" in reasons["huge.png"]
    assert "not an image" in reasons["text.jpg"]
    assert "cut short" in reasons["truncated.jpg"]
    assert all(result.remedy for result in results.values() if isinstance(result, Failure))
    huge = results["huge.jpg"]
    assert isinstance(huge, Ingested)
    assert (huge.width, huge.height) == (20_000, 20_000)
    assert decode_thumbnail(huge.thumbnail).shape == (256, 256)


def test_a_colour_image_without_colour_is_grey(tmp_path: Path, make_image: Encode) -> None:
    spot = np.full((20, 20, 3), 9, np.uint8)
    spot[3, 3] = (9, 9, 10)
    np.savez(tmp_path / "x.npz", X=np.stack([np.full((20, 20, 3), 9, np.uint8), spot]))
    source = open_source(tmp_path / "x.npz")
    grey, coloured = ingest(source, list(source.entries()))
    assert isinstance(grey, Ingested)
    assert isinstance(coloured, Ingested)
    assert (grey.grey, decode_thumbnail(grey.thumbnail).shape) == (True, (20, 20))
    assert (coloured.grey, decode_thumbnail(coloured.thumbnail).shape) == (False, (20, 20, 3))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_small_plain_file_is_its_own_thumbnail(
    tmp_path: Path, make_image: Encode, form: str
) -> None:
    data = make_image((60, 40), form=form)
    item = ingest_files(tmp_path, {"a.png": data})["a.png"]
    assert isinstance(item, Ingested)
    assert item.thumbnail == data
    np.testing.assert_array_equal(decode_thumbnail(data), np.asarray(decode(data)))


def test_a_small_file_with_much_metadata_is_not(tmp_path: Path, make_image: Encode) -> None:
    data = make_image((8, 8), form="JPEG", comment=b"x" * 5000)
    item = ingest_files(tmp_path, {"a.jpg": data})["a.jpg"]
    assert isinstance(item, Ingested)
    assert (media_type(item.thumbnail), len(item.thumbnail) < 300) == ("image/png", True)


def test_the_pixel_limit_and_the_side_can_be_set(tmp_path: Path, make_image: Encode) -> None:
    (tmp_path / "a.png").write_bytes(make_image((200, 100)))
    source = open_source(tmp_path)
    entries = list(source.entries())
    (small,) = ingest(source, entries, side=120)
    assert isinstance(small, Ingested)
    assert decode_thumbnail(small.thumbnail).shape == (60, 120, 3)
    (refused,) = ingest(source, entries, max_pixels=19_999)
    assert isinstance(refused, Failure)


def test_a_decoders_surprise_costs_one_image_and_is_logged(
    tmp_path: Path,
    make_image: Encode,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def surprise(*args: object, **kwargs: object) -> None:
        raise ZeroDivisionError("never thought of")

    monkeypatch.setattr(sys.modules[ingest_function.__module__], "read_picture", surprise)
    failure = ingest_files(tmp_path, {"a.png": make_image()})["a.png"]
    assert isinstance(failure, Failure)
    assert "never thought of" in failure.reason
    assert "a.png" in caplog.text


def test_workers_ingest_any_source_in_order(tmp_path: Path, make_image: Encode) -> None:
    for number in range(30):
        (tmp_path / f"{number:02d}.png").write_bytes(make_image(colour=(number, 9, 9)))
    (tmp_path / "13.png").write_bytes(b"bad luck")
    source = open_source(tmp_path)
    shards = in_shards(source.entries(), 4)
    results = [x for shard in LocalEngine(2).map(partial(ingest, source), shards) for x in shard]
    names = [x.key if isinstance(x, Failure) else x.entry.key for x in results]
    assert names == [f"{number:02d}.png" for number in range(30)]
    assert [spot for spot, x in enumerate(results) if isinstance(x, Failure)] == [13]


def test_a_worker_starts_light() -> None:
    code = (
        "import sys, fewclicks.items.ingest, fewclicks.items.sources, fewclicks.engine\n"
        "heavy = {'faiss', 'sklearn', 'scipy', 'sqlalchemy', 'fastapi', 'plotly', 'duckdb', "
        "'fsspec', 'torch', 'rich'}\n"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ
    )
    assert (done.returncode, done.stderr) == (0, "")
