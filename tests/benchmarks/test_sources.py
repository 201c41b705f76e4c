import numpy as np
import pytest

import fewclicks as fc
from benchmarks import sources


def test_classes_of_a_long_tail_shrink_evenly_and_keep_some():
    classes = np.repeat(np.arange(5), [900, 400, 1000, 500, 600])
    drawn = sources.long_tail(classes, np.random.default_rng(0))
    counts = [len(items) for items in drawn]
    assert counts == [400, 85, 18, 4, 1]  # 400 / 500 ** (k / 4), and 1 at least
    assert all(len(np.unique(classes[items])) == 1 for items in drawn)
    assert len({int(classes[items[0]]) for items in drawn}) == 5
    assert len(np.unique(np.concatenate(drawn))) == sum(counts)


def test_the_long_tail_is_a_source_of_a_project(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (300, 28, 28), dtype=np.uint8)
    digits = np.repeat(np.arange(3), 100)
    monkeypatch.setattr(sources.data, "mnist", lambda data_dir: (images, digits))
    given = sources.source_of("mnist_tail", None, tmp_path)
    with fc.Project.create(tmp_path / "project", **given) as project:
        truths = [truth for truth in project.store.items.truths() if truth is not None]
    assert sorted(np.unique(truths, return_counts=True)[1]) == [1, 4, 100]
    assert set(truths) == {"0", "1", "2"}


def test_fashion_lies_with_the_other_data_or_where_debian_puts_it(tmp_path, monkeypatch):
    debian, given = tmp_path / "debian", tmp_path / "given"
    monkeypatch.setattr(sources, "DEBIAN", debian)
    with pytest.raises(SystemExit, match="fashion-mnist"):
        sources.source_of("fashion_mnist", given, tmp_path)
    for home in (debian, given):
        (home / "fashion-mnist").mkdir(parents=True)
        (home / "fashion-mnist" / "train-images-idx3-ubyte.gz").touch()
        found = sources.source_of("fashion_mnist", given, tmp_path)
        assert found["source"] == home / "fashion-mnist" / "train-images-idx3-ubyte.gz"
        assert found["labels"].endswith("fashion-mnist/train-labels-idx1-ubyte.gz")
