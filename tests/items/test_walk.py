from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fewclicks.errors import SourceError
from fewclicks.items.walk import files_under, is_parquet_folder


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_files_are_sorted_whatever_the_disk_says(tmp_path: Path) -> None:
    names = ["b.png", "a/2.png", "a/10.png", "a/b/c.png", "Z.png"]
    make(tmp_path, *names)
    assert files_under(str(tmp_path)) == sorted(names)


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    make(tmp_path, ".a.png", ".git/b.png", "__MACOSX/c.png", "c/.thumbs/d.png", "c/e.png")
    assert files_under(str(tmp_path)) == ["c/e.png"]


def test_a_loop_of_links_ends_and_lists_nothing_twice(tmp_path: Path) -> None:
    make(tmp_path, "z/1.png", "z/deep/2.png")
    (tmp_path / "a").symlink_to(tmp_path / "z")
    (tmp_path / "z" / "up").symlink_to(tmp_path)
    (tmp_path / "z" / "deep" / "self").symlink_to(".")
    assert files_under(str(tmp_path)) == ["z/1.png", "z/deep/2.png"]


def test_linked_folders_and_files_outside_are_followed(tmp_path: Path) -> None:
    make(tmp_path, "outside/1.png", "outside/2.png", "tree/own.png")
    (tmp_path / "tree" / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "tree" / "one.png").symlink_to(tmp_path / "outside" / "1.png")
    assert files_under(str(tmp_path / "tree")) == ["link/1.png", "link/2.png", "one.png", "own.png"]


def test_a_link_to_nothing_is_listed_so_that_it_is_reported(tmp_path: Path) -> None:
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
    assert files_under(str(tmp_path)) == ["gone.png"]


def test_pipes_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to(tmp_path / "pipe.png")
    assert files_under(str(tmp_path)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names files in any bytes")
def test_names_of_any_bytes_come_as_the_system_gives_them(tmp_path: Path) -> None:
    for name in (
        b"sp ace.png",
        b"qu'o\"te.png",
        b"new\nline.png",
        "é日.png".encode(),
        b"\xff\xfe.png",
    ):
        (tmp_path / os.fsdecode(name)).write_bytes(b"")
    found = files_under(str(tmp_path))
    assert {os.fsencode(name) for name in found} >= {b"\xff\xfe.png", b"new\nline.png"}
    assert len(found) == 5
    assert all((tmp_path / name).exists() for name in found)


def test_a_folder_that_cannot_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "locked/1.png")
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(SourceError, match="locked' cannot be listed: no permission"):
        files_under(str(tmp_path))


def test_folders_of_parquet_files_are_told_by_their_first_two_floors(tmp_path: Path) -> None:
    make(tmp_path, "a/x.parquet", "b/data/x.parquet", "c/x.parquet", "c/y.png", "d/e/x.parquet")
    told = {name: is_parquet_folder(str(tmp_path / name)) for name in "abcd"}
    assert told == {"a": True, "b": True, "c": False, "d": False}
