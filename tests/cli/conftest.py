"""What the tests of the command line share: a way to run it, and small projects."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fewclicks.cli.door import run
from fewclicks.items import sample

N_DIGITS = 300


@dataclass(frozen=True)
class Result:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)


Command = Callable[..., Result]


@pytest.fixture
def fewclicks(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command in process: fewclicks("status", folder)."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """IDX files of images and labels, the first of the bundled sample."""
    folder = tmp_path_factory.mktemp("digits")
    images, labels = folder / "images-idx3-ubyte.gz", folder / "labels-idx1-ubyte.gz"
    for source, target, width, head in zip(
        sample.path(), (images, labels), (784, 1), (16, 8), strict=True
    ):
        raw = gzip.decompress(source.read_bytes())
        counted = raw[:4] + N_DIGITS.to_bytes(4, "big") + raw[8 : head + N_DIGITS * width]
        target.write_bytes(gzip.compress(counted))
    return images, labels


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, digits: tuple[Path, Path]) -> Path:
    """A prepared project of digits; tests must not change it."""
    folder = tmp_path_factory.mktemp("prepared") / "digits"
    assert run(["new", str(folder), str(digits[0]), "--labels", str(digits[1])]) == 0
    assert run(["prepare", str(folder)]) == 0
    return folder


@pytest.fixture
def digits_project(tmp_path: Path, prepared: Path) -> Path:
    """A prepared project of digits of this test's own."""
    return Path(shutil.copytree(prepared, tmp_path / "digits"))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder of 24 photos in two class folders."""
    folder = tmp_path / "photos"
    rng = np.random.default_rng(0)
    for number in range(24):
        name, channel = ("cat", 0) if number % 2 else ("dog", 2)
        pixels = rng.integers(0, 90, (40, 50, 3), dtype=np.uint8)
        pixels[..., channel] += 150
        path = folder / name / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return folder
