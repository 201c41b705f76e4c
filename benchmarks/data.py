"""The public data sets as arrays, for programs that need no project."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from fewclicks.items import sample


def read_idx(path: Path) -> Any:
    """The images (n, rows, columns) or labels (n,) of a gzipped IDX file, uint8."""
    with gzip.open(path) as file:
        data = file.read()
    shape = np.frombuffer(data, ">i4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def mnist(data_dir: Path | None, part: str = "train") -> tuple[Any, Any]:
    """Images (n, 28, 28) and digits of one of the two parts of MNIST: "train" or "t10k"."""
    folder = common.require_data(data_dir, "mnist")
    images, digits = (
        read_idx(folder / f"{part}-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1")
    )
    return images, digits.astype(np.int64)


def letters(data_dir: Path | None) -> tuple[Any, Any, list[str]]:
    """Handwritten capitals: images (21384, 28, 28), their classes, and the classes' names."""
    path = common.require_data(data_dir, "letters", "letters_az28.npz")
    with np.load(path, allow_pickle=False) as stored:
        names = [str(name) for name in stored["names"]]
        return stored["X"], stored["y"].astype(np.int64), names


def bundled() -> tuple[Any, Any]:
    """The 10,000 digits that come with the package, (n, 28, 28), and what they are."""
    images, digits = (read_idx(path) for path in sample.path())
    return images, digits.astype(np.int64)
