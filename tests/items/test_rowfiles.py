from __future__ import annotations

import gzip
import io
import struct
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import SourceError, UnreadableImage
from fewclicks.items.rowfiles import Npz, is_idx, open_array, open_idx, open_npy


def npy(array: np.ndarray) -> io.BytesIO:
    stream = io.BytesIO()
    np.save(stream, array)
    stream.seek(0)
    return stream


@given(st.lists(st.integers(0, 5), max_size=12), st.sampled_from(["u1", ">i2", "f8", "U3"]))
def test_rows_in_any_order_are_those_of_numpy(order: list[int], kind: str) -> None:
    array = np.arange(6 * 2 * 3).reshape(6, 2, 3).astype(kind)
    rows = open_npy(npy(array), "x")
    assert (len(rows), rows.shape, rows.dtype) == (6, (6, 2, 3), array.dtype)
    for index in order:
        np.testing.assert_array_equal(rows.row(index), array[index])
    np.testing.assert_array_equal(rows.values(), array)


@pytest.mark.parametrize(
    ("code", "kind"), [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")]
)
def test_idx_of_every_type(code: int, kind: str) -> None:
    array = np.arange(12).reshape(3, 2, 2).astype(kind)
    head = struct.pack(">BBBBIII", 0, 0, code, 3, 3, 2, 2)
    rows = open_idx(io.BytesIO(head + array.tobytes()), "x")
    np.testing.assert_array_equal(rows.values(), array)


def test_what_is_idx_is_told_by_four_bytes() -> None:
    assert is_idx(b"\0\0\x08\x03")
    assert not any(map(is_idx, [b"\0\0\x08", b"\0\0\x0a\x03", b"\0\1\x08\x03", b"\0\0\x08\0"]))


def test_a_cut_array_gives_the_rows_it_has(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 256, (50, 20, 20), dtype=np.uint8)
    whole = npy(array).getvalue()
    for name, data in (("x.npy", whole[:-300]), ("x.npy.gz", gzip.compress(whole)[:-300])):
        (tmp_path / name).write_bytes(data)
        with ExitStack() as stack:
            rows = open_array(str(tmp_path / name), stack)
            np.testing.assert_array_equal(rows.row(40), array[40])
            lost = rows.row(49)
            assert isinstance(lost, UnreadableImage)
            np.testing.assert_array_equal(rows.row(3), array[3])
            with pytest.raises(SourceError, match="cannot be read"):
                rows.values()


@pytest.mark.parametrize("index", [-1, 6])
def test_rows_that_are_not_there(index: int) -> None:
    row = open_npy(npy(np.zeros((6, 2, 2))), "x").row(index)
    assert isinstance(row, UnreadableImage)


def test_python_objects_are_never_unpickled() -> None:
    with pytest.raises(SourceError, match="Python objects"):
        open_npy(npy(np.array([{}], dtype=object)), "x")


def test_fortran_order_is_refused_with_its_remedy() -> None:
    with pytest.raises(SourceError, match="ascontiguousarray"):
        open_npy(npy(np.asfortranarray(np.zeros((3, 4)))), "x")


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"\x93NUMPY\x01\x00\x10\x00{'descr'", b"text"])
def test_broken_headers_are_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match="x must be a NumPy array"):
        open_npy(io.BytesIO(data), "x")
    with pytest.raises(SourceError, match="x must be an IDX file"):
        open_idx(io.BytesIO(data), "x")


def test_an_idx_file_that_ends_in_its_header() -> None:
    with pytest.raises(SourceError, match="ends in its header"):
        open_idx(io.BytesIO(b"\0\0\x08\x03\0\0"), "x")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz_arrays_are_read_row_by_row(tmp_path: Path, save: object) -> None:
    first, second = np.arange(24).reshape(6, 4), np.arange(12.0).reshape(3, 4)
    save(tmp_path / "x.npz", first=first, second=second)  # type: ignore[operator]
    with ExitStack() as stack:
        npz = Npz(str(tmp_path / "x.npz"), stack)
        assert sorted(npz.names()) == ["first", "second"]
        one, two = npz.array("first"), npz.array("second")
        for index in (2, 0, 1):
            np.testing.assert_array_equal(one.row(index), first[index])
            np.testing.assert_array_equal(two.row(index), second[index])
