from __future__ import annotations

import io
import os
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fewclicks.errors import FewclicksError, SourceError
from fewclicks.items.sources import open_source
from fewclicks.records import Entry

Encode = Callable[..., bytes]
KINDS = ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"]
EVERY = pytest.mark.parametrize("kind", KINDS)


def pack(path: Path, files: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return path
    mode = "w" if path.suffix == ".tar" else f"w:{path.suffix[1:]}"
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


@pytest.fixture
def files(make_image: Encode) -> dict[str, bytes]:
    return {
        name: make_image(colour=(spot, 0, 0))
        for spot, name in enumerate(("pets/b.png", "pets/a.png", "cars/é x.png"))
    } | {"notes.txt": b"x", "__MACOSX/._a.png": b"litter", "pets/.a.png": b"hidden"}


@EVERY
def test_members_are_listed_and_read_in_any_order(
    tmp_path: Path, files: dict[str, bytes], kind: str
) -> None:
    source = open_source(pack(tmp_path / f"x.{kind}", files))
    keys = [entry.key for entry in source.entries()]
    expected = ["pets/b.png", "pets/a.png", "cars/é x.png"]
    assert keys == (sorted(expected) if kind == "zip" else expected)
    assert list(source.read(keys)) == [files[key] for key in keys]
    assert list(source.read(keys[::-1])) == [files[key] for key in keys[::-1]]
    assert source.kind == kind[:3]
    assert source.path_of(keys[0]) is None


@EVERY
def test_class_folders_and_a_table_inside(
    tmp_path: Path, files: dict[str, bytes], kind: str
) -> None:
    files["truth/t.csv"] = b"image,label\n../pets/a.png,cat\nb,dog\ngone.png,ghost\n"
    path = pack(tmp_path / f"x.{kind}", files)
    by_folder = open_source(path, labels="folders").entries()
    assert {entry.label for entry in by_folder} == {"pets", "cars"}
    source = open_source(path, labels="truth/t.csv")
    assert {entry.key: entry.label for entry in source.entries()} == {
        "pets/a.png": "cat",
        "pets/b.png": "dog",
        "cars/é x.png": None,
        "gone.png": "ghost",
    }
    (missing,) = source.read(["gone.png"])
    assert isinstance(missing, FewclicksError)
    assert "no such file" in missing.message


def test_a_folder_that_wraps_the_archive_is_no_class(tmp_path: Path, make_image: Encode) -> None:
    names = ["mnist/data/train/0/1.png", "mnist/data/train/1/2.png", "mnist/data/test/0/3.png"]
    path = pack(tmp_path / "x.zip", dict.fromkeys(names, make_image()))
    assert list(open_source(path, labels="folders").entries()) == [
        Entry("mnist/data/test/0/3.png", "0", None, "test"),
        Entry("mnist/data/train/0/1.png", "0", None, "train"),
        Entry("mnist/data/train/1/2.png", "1", None, "train"),
    ]


@EVERY
def test_names_that_lead_out_of_the_archive_stay_inside(tmp_path: Path, kind: str) -> None:
    names = ["../up.png", "/abs.png", "./a/../b.png"]
    path = pack(tmp_path / f"x.{kind}", {name: name.encode() for name in names})
    source = open_source(path)
    assert sorted(entry.key for entry in source.entries()) == ["abs.png", "b.png", "up.png"]
    assert list(source.read(["up.png", "b.png"])) == [b"../up.png", b"./a/../b.png"]


def test_the_later_of_two_members_of_one_name_counts(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for data in (b"old", b"newer"):
            member = tarfile.TarInfo("a.png")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    source = open_source(tmp_path / "x.tar")
    assert [entry.key for entry in source.entries()] == ["a.png"]
    assert list(source.read(["a.png"])) == [b"newer"]


@EVERY
def test_a_cut_archive_is_refused_with_its_name(
    tmp_path: Path, files: dict[str, bytes], kind: str
) -> None:
    files["large.png"] = os.urandom(50_000)
    path = pack(tmp_path / f"x.{kind}", files)
    path.write_bytes(path.read_bytes()[:30_000])
    with pytest.raises(
        SourceError, match=rf"x\.{kind} (must be a whole|looks compressed)"
    ) as caught:
        list(open_source(path).entries())
    assert caught.value.remedy


def test_a_damaged_member_costs_one_image(tmp_path: Path) -> None:
    path = pack(tmp_path / "x.zip", {"a.png": os.urandom(500), "b.png": b"b" * 500})
    data = bytearray(path.read_bytes())
    data[200] ^= 255
    path.write_bytes(data)
    bad, good = open_source(path).read(["a.png", "b.png"])
    assert isinstance(bad, FewclicksError)
    assert "cannot be taken out" in bad.message
    assert good == b"b" * 500


def test_a_member_larger_than_any_image_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fewclicks.items import places

    monkeypatch.setattr(places, "MAX_FILE_BYTES", 1000)
    for kind in ("zip", "tar"):
        path = pack(tmp_path / f"x.{kind}", {"a.png": b"0" * 1001, "b.png": b"1" * 1000})
        bad, good = open_source(path).read(["a.png", "b.png"])
        assert isinstance(bad, FewclicksError)
        assert "1,001 bytes" in bad.message
        assert good == b"1" * 1000


def test_an_archive_without_an_image_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="must hold images"):
        list(open_source(pack(tmp_path / "x.zip", {"a.txt": b""})).entries())


@EVERY
def test_a_remote_archive_is_the_same(
    tmp_path: Path, memory: Any, files: dict[str, bytes], kind: str
) -> None:
    memory.pipe(f"/b/x.{kind}", pack(tmp_path / f"x.{kind}", files).read_bytes())
    source = open_source(f"memory://b/x.{kind}")
    keys = [entry.key for entry in source.entries()]
    assert list(source.read(keys)) == [files[key] for key in keys]


def test_fsspec_chains_open_as_folders(
    tmp_path: Path, memory: Any, files: dict[str, bytes]
) -> None:
    memory.pipe("/b/x.zip", pack(tmp_path / "x.zip", files).read_bytes())
    source = open_source("zip::memory://b/x.zip", labels="folders")
    entries = list(source.entries())
    assert {entry.label for entry in entries} == {"pets", "cars"}
    assert list(source.read(["pets/a.png"])) == [files["pets/a.png"]]


@EVERY
def test_many_threads_may_read_at_once(tmp_path: Path, kind: str) -> None:
    files = {f"{number}.png": str(number).encode() * 3000 for number in range(40)}
    source = open_source(pack(tmp_path / f"x.{kind}", files))
    keys = [entry.key for entry in source.entries()]
    wrong: list[str] = []

    def read() -> None:
        got = zip(keys, source.read(keys), strict=True)
        wrong.extend(key for key, data in got if data != files[key])

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
