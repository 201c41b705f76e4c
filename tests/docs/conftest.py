"""The small files that the examples of the manual name."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fewclicks.items import sample

N_DIGITS = 300


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that examples name, small: digits, photos, an archive, a list, vectors."""
    folder = tmp_path_factory.mktemp("manual")
    for source, target, width, head in (
        (sample.path()[0], "train-images-idx3-ubyte.gz", 784, 16),
        (sample.path()[1], "train-labels-idx1-ubyte.gz", 1, 8),
    ):
        raw = gzip.decompress(source.read_bytes())
        few = raw[:4] + N_DIGITS.to_bytes(4, "big") + raw[8 : head + N_DIGITS * width]
        (folder / target).write_bytes(gzip.compress(few))
    _write_photos(folder / "photos", 24)
    _write_photos(folder / "more-photos", 30, first=24)
    _write_photos(folder / "frames", 12)
    shutil.make_archive(str(folder / "photos"), "zip", folder / "photos")
    rows = "".join(f"photos/dog/{n:02}.png,dog\n" for n in range(0, 24, 2))
    (folder / "list.csv").write_text("path,label\n" + rows)
    np.save(folder / "vectors.npy", np.random.default_rng(0).normal(size=(N_DIGITS, 8)))
    return folder


def _write_photos(folder: Path, end: int, first: int = 0) -> None:
    rng = np.random.default_rng(0)
    for number in range(first, end):
        name, channel = ("cat", 0) if number % 2 else ("dog", 2)
        pixels = rng.integers(0, 90, (40, 50, 3), dtype=np.uint8)
        pixels[..., channel] += 100 + number
        path = folder / name / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)


@pytest.fixture
def workplace(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with these files, which is the current one."""
    folder = Path(shutil.copytree(samples, tmp_path / "workplace"))
    monkeypatch.chdir(folder)
    return folder
