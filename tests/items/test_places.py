from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fewclicks.errors import FewclicksError, MissingExtra, SourceError, UnreadableImage
from fewclicks.items import places


def test_paths_mean_the_same_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert places.absolute("photos") == str(tmp_path / "photos")
    assert places.absolute(Path("photos")) == str(tmp_path / "photos")
    assert places.absolute(f"file://{tmp_path}/photos") == str(tmp_path / "photos")
    assert places.absolute("s3://bucket/photos") == "s3://bucket/photos"


def test_a_file_named_like_a_url_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a::b.png"
    assert places.is_remote(str(path))
    path.write_bytes(b"x")
    assert not places.is_remote(str(path))


def test_nul_in_a_path_is_refused() -> None:
    with pytest.raises(SourceError, match="NUL"):
        places.absolute("a\0b")


@pytest.mark.parametrize(
    ("folder", "place", "inside"),
    [
        ("/a/b", "/a/b/c/d.png", "c/d.png"),
        ("/a/b", "/a/b", ""),
        ("/a/b", "/a/bc", None),
        ("/", "/a", "a"),
        ("s3://x/y", "s3://x/y/z", "z"),
    ],
)
def test_where_a_place_lies_within_a_folder(folder: str, place: str, inside: str | None) -> None:
    assert places.within(folder, place) == inside


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_compression_is_undone_by_content(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "file.of.no.known.name"
    path.write_bytes(pack(b"hello world"))
    assert places.peek(str(path), 5) == b"hello"
    with ExitStack() as stack:
        stream = places.open_unpacked(str(path), stack)
        assert stream.read() == b"hello world"
        stream.seek(6)
        assert stream.read() == b"world"
    assert stream.closed


def test_a_cut_compressed_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(os.urandom(400))[:100])
    with pytest.raises(SourceError, match="cannot be unpacked"):
        places.peek(str(path), 300)


def test_files_come_in_order_with_a_reason_for_each_that_cannot(
    tmp_path: Path, memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    memory.pipe("/b/three", b"3")
    got = list(
        places.read_files(
            [
                str(tmp_path / "one"),
                str(tmp_path / "two"),
                "memory://b/three",
                str(tmp_path / "folder"),
                "memory://b/four",
                str(tmp_path / "pipe"),
                str(tmp_path / "one" / "below"),
                "nul\0byte",
                "/dev/zero",
            ]
        )
    )
    assert [x if isinstance(x, bytes) else x.message for x in got] == [
        b"1",
        "no such file",
        b"3",
        "is not a regular file",
        "no such file",
        "is not a regular file",
        "no such file",
        "ValueError: embedded null byte",
        "is not a regular file",
    ]
    assert all(x.remedy for x in got if isinstance(x, FewclicksError))


def test_more_urls_than_are_fetched_at_once(memory: Any) -> None:
    for number in range(150):
        memory.pipe(f"/b/{number}", str(number).encode())
    got = list(places.read_files([f"memory://b/{number}" for number in range(150)]))
    assert got == [str(number).encode() for number in range(150)]


def test_a_file_larger_than_any_image_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "large.png").open("wb") as file:
        file.truncate(places.MAX_FILE_BYTES + 1)
    got = places.read_local(str(tmp_path / "large.png"))
    assert isinstance(got, UnreadableImage)
    assert "1,073,741,825 bytes" in got.message


def test_a_disk_that_fails_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"1")

    def read(descriptor: int, size: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "read", read)
        got = places.read_local(str(tmp_path / "a"))
    assert isinstance(got, UnreadableImage)
    assert got.message == "input/output error"


def test_a_package_that_is_missing_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec.core

    def missing(url: str) -> None:
        raise ImportError("Install aiohttp to access http")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(MissingExtra, match=r"pip install 'fewclicks\[web\]'"):
        places.filesystem("https://example.org/a.png")


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(SourceError, match="nonsense"):
        places.filesystem("nonsense://a/b")
