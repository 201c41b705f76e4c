import gzip

import numpy as np

from benchmarks import data


def test_idx_files_are_read_whole(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    header = bytes([0, 0, 8, 3]) + np.array([2, 3, 4], ">i4").tobytes()
    with gzip.open(tmp_path / "images.gz", "wb") as file:
        file.write(header + images.tobytes())
    assert np.array_equal(data.read_idx(tmp_path / "images.gz"), images)


def test_the_bundled_digits_are_there():
    images, digits = data.bundled()
    assert images.shape == (10_000, 28, 28)
    assert set(digits.tolist()) == set(range(10))
