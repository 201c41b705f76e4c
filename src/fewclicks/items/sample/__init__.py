"""A bundled sample of 10,000 handwritten digits, for the demo. README.md tells its origin."""

from __future__ import annotations

from pathlib import Path


def path() -> tuple[Path, Path]:
    """Return the two gzipped IDX files of the sample: its images and its labels."""
    folder = Path(__file__).parent
    return folder / "digits-images-idx3-ubyte.gz", folder / "digits-labels-idx1-ubyte.gz"
