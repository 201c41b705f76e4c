"""Draw the bundled sample of digits from the MNIST training set.

python tools/make_sample.py FOLDER

FOLDER holds train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz. The output is the same,
byte for byte, on every run.
"""

from __future__ import annotations

import argparse
import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewclicks.items import sample

N_DRAWN = 10_000
SEED = 0


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array in a gzipped IDX file of bytes."""
    data = gzip.decompress(path.read_bytes())
    dimensions = data[3]
    shape = struct.unpack(f">{dimensions}I", data[4 : 4 + 4 * dimensions])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def write_idx(path: Path, array: NDArray[np.uint8]) -> None:
    """Write an array of bytes as gzipped IDX, with no time or name in it."""
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes(), compresslevel=9, mtime=0))


def main() -> None:
    """Draw the sample and put it into the package."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder with the MNIST training files")
    folder = parser.parse_args().folder
    images = read_idx(folder / "train-images-idx3-ubyte.gz")
    labels = read_idx(folder / "train-labels-idx1-ubyte.gz")
    drawn = np.random.default_rng(SEED).choice(len(images), N_DRAWN, replace=False)
    drawn.sort()
    for path, array in zip(sample.path(), (images, labels), strict=True):
        write_idx(path, array[drawn])


if __name__ == "__main__":
    main()
