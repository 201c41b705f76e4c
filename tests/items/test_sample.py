from __future__ import annotations

from pathlib import Path

import numpy as np

from fewclicks.items import sample
from fewclicks.items.rowfiles import open_array
from fewclicks.items.sources import open_source


def read(path: Path) -> np.ndarray:
    from contextlib import ExitStack

    with ExitStack() as stack:
        return open_array(str(path), stack).values()


def test_the_sample_opens_as_any_source() -> None:
    images, labels = sample.path()
    entries = list(open_source(images, labels=labels).entries())
    assert len(entries) == 10_000
    assert {entry.label for entry in entries} == set("0123456789")


def test_the_sample_tells_its_origin_and_licence() -> None:
    readme = (sample.path()[0].parent / "README.md").read_text()
    assert "MNIST" in readme
    assert "CC BY-SA 3.0" in readme


def test_the_sample_is_what_its_readme_says(data_dir: Path) -> None:
    drawn = np.sort(np.random.default_rng(0).choice(60_000, 10_000, replace=False))
    for path, name in zip(sample.path(), ("images-idx3", "labels-idx1"), strict=True):
        whole = read(data_dir / "mnist" / f"train-{name}-ubyte.gz")
        np.testing.assert_array_equal(read(path), whole[drawn])
