"""What lies in a folder, for whoever chooses one on the page."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.project import Project
from fewclicks.server import browsing
from fewclicks.server.browsing import listing


def test_folders_first_in_natural_order_then_what_may_hold_images(tmp_path: Path) -> None:
    for name in ("walk 10", "walk 2", ".hidden"):
        (tmp_path / name).mkdir()
    for name in ("b.zip", "train-images-idx3-ubyte.gz", "notes.txt", "one.jpg", "two.PNG"):
        (tmp_path / name).touch()
    Project.create(tmp_path / "done").close()
    found = listing(str(tmp_path))
    assert [(place.name, place.kind) for place in found.places] == [
        ("done", "project"), ("walk 2", "folder"), ("walk 10", "folder"),
        ("b.zip", "file"), ("train-images-idx3-ubyte.gz", "file"),
    ]  # fmt: skip
    assert (found.n_images, found.n_left_out, found.is_project) == (2, 0, False)
    assert (found.path, found.parent) == (str(tmp_path), str(tmp_path.parent))
    assert listing(str(tmp_path / "done")).is_project


def test_ways_up_and_home_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert listing("~").path == str(tmp_path)
    assert listing(f"{tmp_path}/..").path == str(tmp_path.parent)
    assert listing("/").parent is None


def test_of_very_many_some_are_told_and_the_rest_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browsing, "MOST_SHOWN", 3)
    for number in range(5):
        (tmp_path / str(number)).mkdir()
    found = listing(str(tmp_path))
    assert ([place.name for place in found.places], found.n_left_out) == (["0", "1", "2"], 2)


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="must be a folder"):
        listing(str(tmp_path / "file"))
    with pytest.raises(NotFound, match="nothing at"):
        listing(str(tmp_path / "nowhere"))
    os.symlink("circle", tmp_path / "circle")
    assert listing(str(tmp_path)).places == ()


def test_a_folder_that_may_not_be_entered_is_told_like_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "private").mkdir()
    plain = os.stat

    def refused(path: object, *args: object, **options: object) -> os.stat_result:
        if "private/" in str(path):
            raise PermissionError(13, "Permission denied")
        return plain(path, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", refused)
    found = listing(str(tmp_path))
    assert [(place.name, place.kind) for place in found.places] == [("private", "folder")]
