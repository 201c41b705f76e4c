from __future__ import annotations

import pytest

from fewclicks.items.tables import Row
from fewclicks.items.truth import from_folders, from_rows, wrapping_folders
from fewclicks.records import Entry


@pytest.mark.parametrize(
    ("keys", "wrapping"),
    [
        ([], 0),
        (["a.png"], 0),
        (["cat/a.png"], 0),
        (["cat/a.png", "dog/b.png"], 0),
        (["all/cat/a.png", "all/dog/b.png"], 1),
        (["all/cat/a.png", "all/b.png"], 0),
        (["x/y/cat/a.png", "x/y/dog/b.png"], 2),
    ],
)
def test_folders_that_wrap_everything(keys: list[str], wrapping: int) -> None:
    assert wrapping_folders(keys) == wrapping


def test_labels_are_only_given_when_asked_for() -> None:
    assert from_folders(["train/cat/a.png"], labelled=False) == [
        Entry("train/cat/a.png", None, None, "train")
    ]
    assert from_folders([], labelled=True) == []


def test_images_outside_all_split_folders_make_them_classes() -> None:
    entries = from_folders(["train/a.png", "b.png"], labelled=True)
    assert [(entry.label, entry.split) for entry in entries] == [("train", None), (None, None)]


@pytest.mark.parametrize(
    ("key", "labelled", "group"),
    [
        ("a.png", False, None),
        ("film/a.png", False, "/photos/film"),
        ("cat/a.png", True, None),  # a class is no group
        ("cat/film/a.png", True, "/photos/cat/film"),
        ("cat/film/part/a.png", True, "/photos/cat/film/part"),
    ],
)
def test_images_in_one_folder_are_a_group(key: str, labelled: bool, group: str | None) -> None:
    (entry,) = from_folders([key], labelled=labelled, groups_in="/photos")
    assert entry.group == group


def test_a_split_is_no_group_and_what_wraps_everything_is_passed_over() -> None:
    keys = ["all/train/a.png", "all/train/cat/b.png", "all/train/cat/film/c.png"]
    entries = from_folders(keys, labelled=True, groups_in="x.zip", skip=1)
    assert [entry.group for entry in entries] == [None, None, "x.zip/all/train/cat/film"]
    entries = from_folders(keys, labelled=False, groups_in="x.zip", skip=1)
    assert [entry.group for entry in entries][:2] == [None, "x.zip/all/train/cat"]


def test_a_table_knows_groups_better_than_folders() -> None:
    entries = from_folders(["f/a.png", "f/b.png"], labelled=False, groups_in="/p")
    found = from_rows(entries, [Row("f/a.png", None, "ana", None), Row("f/b.png", "x", None, None)])
    assert [entry.group for entry in found] == ["ana", "/p/f"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("a/1.png", "a/1.png"),
        ("./a/../a/1.png", "a/1.png"),
        ("2.png", "b/2.png"),
        ("2", "b/2.png"),
        ("b/2", "b/2.png"),
        ("/somewhere/else/b/2.png", None),
        ("1.png", None),  # two fit
        ("c/1.png", "c/d/1.png"),  # beside the table
        ("d/1", "c/d/1.png"),
        ("ab/2.png", None),
        ("v1.2", "v1.2.png"),
    ],
)
def test_a_row_finds_the_one_image_it_means(name: str, key: str | None) -> None:
    keys = ["a/1.png", "b/2.png", "c/d/1.png", "v1.2.png"]
    beside = "c/d/.." if name == "c/1.png" else ""
    if name == "c/1.png":
        name = "d/1.png"
    found = from_rows(map(Entry, keys), [Row(name, "x", None, None)], beside)
    assert [entry.key for entry in found if entry.label == "x"] == [key or name]


def test_a_row_keeps_the_split_of_the_folder_unless_it_has_its_own() -> None:
    entries = [Entry("a", split="train"), Entry("b", split="train")]
    rows = [Row("a", "x", "g", None), Row("b", None, None, "test")]
    assert from_rows(entries, rows) == [
        Entry("a", "x", "g", "train"),
        Entry("b", None, None, "test"),
    ]
