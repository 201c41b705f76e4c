from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewclicks.errors import FewclicksError, SourceError
from fewclicks.items.sources import open_source
from fewclicks.records import Entry

WriteIdx = Callable[[Path, np.ndarray], Path]


def read_all(source: Any) -> list[Any]:
    return list(source.read([entry.key for entry in source.entries()]))


@pytest.mark.parametrize("name", ["images-idx3-ubyte", "images-idx3-ubyte.gz"])
def test_idx_with_labels(
    tmp_path: Path, digits: np.ndarray, write_idx: WriteIdx, name: str
) -> None:
    path = write_idx(tmp_path / name, digits)
    labels = write_idx(tmp_path / "labels.gz", np.array([3, 1, 4, 1, 5, 9]))
    source = open_source(path, labels=labels)
    assert list(source.entries()) == [Entry(str(i), x) for i, x in enumerate("314159")]
    np.testing.assert_array_equal(read_all(source), digits)
    (last,) = source.read(["5"])
    np.testing.assert_array_equal(last, digits[5])
    assert open_source(path).kind == "array"
    assert {entry.label for entry in open_source(path).entries()} == {None}


def test_npy_with_labels_of_text(tmp_path: Path, digits: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", digits)
    np.save(tmp_path / "y.npy", np.array([["a"], ["b"], ["a"], [""], ["c"], ["c"]]))
    source = open_source(tmp_path / "x.npy", labels=tmp_path / "y.npy")
    assert [entry.label for entry in source.entries()] == ["a", "b", "a", None, "c", "c"]
    np.testing.assert_array_equal(read_all(source), digits)


def test_labels_as_bytes(tmp_path: Path, digits: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", digits[:2])
    np.save(tmp_path / "y.npy", np.array(["é".encode(), b"b"]))
    source = open_source(tmp_path / "x.npy", labels=tmp_path / "y.npy")
    assert [entry.label for entry in source.entries()] == ["é", "b"]


def test_npz_with_names_and_groups(tmp_path: Path, digits: np.ndarray) -> None:
    y = np.array([0, 1, -1, 7, 1, 0], dtype=np.int16)
    track = np.array([5, 5, 6, 6, 7, 7])
    path = tmp_path / "x.npz"
    np.savez_compressed(path, X=digits, y=y, names=np.array(["cat", "dog"]), track=track)
    source = open_source(path)
    assert list(source.entries()) == [
        Entry("0", "cat", "5"),
        Entry("1", "dog", "5"),
        Entry("2", None, "6"),
        Entry("3", "7", "6"),
        Entry("4", "dog", "7"),
        Entry("5", "cat", "7"),
    ]
    np.testing.assert_array_equal(read_all(source), digits)
    assert source.kind == "npz"


def test_npz_arrays_can_be_named(tmp_path: Path, digits: np.ndarray) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, images=digits, y=np.arange(6), fine=np.arange(6) * 2, writer=np.arange(6) % 2)
    by_labels = open_source(path, labels="fine", group_column="writer")
    assert [(e.label, e.group) for e in by_labels.entries()][:3] == [
        ("0", "0"),
        ("2", "1"),
        ("4", "0"),
    ]
    assert [e.label for e in open_source(path, label_column="fine").entries()][2] == "4"
    with pytest.raises(SourceError, match="no column 'nobody'"):
        list(open_source(path, group_column="nobody").entries())


@pytest.mark.parametrize("form", ["x_{}", "{}_images"])
def test_npz_in_parts(tmp_path: Path, digits: np.ndarray, form: str) -> None:
    labels = {"x_{}": "y_{}", "{}_images": "{}_labels"}[form]
    arrays: dict[str, Any] = {
        form.format("train"): digits[:4],
        labels.format("train"): np.array([[1], [2], [3], [4]]),
        form.format("test"): digits[4:],
    }
    np.savez(tmp_path / "x.npz", **arrays)
    source = open_source(tmp_path / "x.npz")
    entries = list(source.entries())
    assert [entry.key for entry in entries] == [
        "train/0", "train/1", "train/2", "train/3", "test/0", "test/1"
    ]  # fmt: skip
    assert entries[3] == Entry("train/3", "4", None, "train")
    assert entries[4] == Entry("test/0", None, None, "test")
    np.testing.assert_array_equal(read_all(source), digits)


def test_the_only_array_with_images_is_found(tmp_path: Path, digits: np.ndarray) -> None:
    np.savez(tmp_path / "x.npz", strange=digits, other=np.arange(3))
    np.testing.assert_array_equal(read_all(open_source(tmp_path / "x.npz")), digits)
    np.savez(tmp_path / "x.npz", one=digits, two=digits)
    with pytest.raises(SourceError, match="must hold images in an array named"):
        list(open_source(tmp_path / "x.npz").entries())


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        ((2, 16), (4, 4)),
        ((2, 5, 7), (5, 7)),
        ((2, 5, 7, 3), (5, 7, 3)),
        ((2, 5, 7, 1), (5, 7, 1)),
        ((2, 3, 5, 7), (5, 7, 3)),
        ((2, 3, 5, 4), (3, 5, 4)),
    ],
)
def test_shapes_of_images(tmp_path: Path, shape: tuple[int, ...], image: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    np.save(tmp_path / "x.npy", array)
    first = read_all(open_source(tmp_path / "x.npy"))[0]
    assert first.shape == image
    if image == (5, 7, 3) and shape[1] == 3:
        assert first[2, 4, 1] == array[0, 1, 2, 4]


@pytest.mark.parametrize("shape", [(9,), (2, 15), (2, 9), (2, 5, 7, 2), (1, 2, 3, 4, 5), ()])
def test_other_shapes_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "x.npy", np.zeros(shape))
    with pytest.raises(SourceError, match="must hold images of shape"):
        list(open_source(tmp_path / "x.npy").entries())


def test_labels_of_another_length_or_shape_are_refused(tmp_path: Path, digits: np.ndarray) -> None:
    np.save(tmp_path / "x.npy", digits)
    np.save(tmp_path / "y.npy", np.arange(5))
    with pytest.raises(SourceError, match="6 images but its labels or groups have 5 rows"):
        list(open_source(tmp_path / "x.npy", labels=tmp_path / "y.npy").entries())
    np.save(tmp_path / "y.npy", np.eye(6))
    with pytest.raises(SourceError, match=r"one per image but have shape \(6, 6\)"):
        list(open_source(tmp_path / "x.npy", labels=tmp_path / "y.npy").entries())


@pytest.mark.parametrize("key", ["6", "-1", "x", "train/0", ""])
def test_keys_that_are_not_there(tmp_path: Path, digits: np.ndarray, key: str) -> None:
    np.save(tmp_path / "x.npy", digits)
    (got,) = open_source(tmp_path / "x.npy").read([key])
    assert isinstance(got, FewclicksError)
    assert "no such row" in got.message


def test_remote_arrays_are_the_same(tmp_path: Path, memory: Any, digits: np.ndarray) -> None:
    np.savez_compressed(tmp_path / "x.npz", X=digits, y=np.arange(6))
    memory.pipe("/b/x.npz", (tmp_path / "x.npz").read_bytes())
    source = open_source("memory://b/x.npz")
    assert [entry.label for entry in source.entries()] == list("012345")
    np.testing.assert_array_equal(read_all(source), digits)
