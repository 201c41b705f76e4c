from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fewclicks.errors import FewclicksError, SourceError
from fewclicks.items.sources import open_source
from fewclicks.records import Entry

Encode = Callable[..., bytes]
ALL = ["cat/1.png", "cat/2.png", "cat/deep/3.jpg", "dog/1.png", "dog/4.bmp"]


def labels(root: Any, **options: Any) -> dict[str, str | None]:
    return {entry.key: entry.label for entry in open_source(root, **options).entries()}


def test_images_are_listed_and_read(photos: Path) -> None:
    source = open_source(photos)
    assert list(source.entries()) == [Entry(key) for key in ALL]
    assert list(source.read(["dog/4.bmp", "cat/1.png"])) == [
        (photos / "dog/4.bmp").read_bytes(),
        (photos / "cat/1.png").read_bytes(),
    ]
    assert source.path_of("cat/1.png") == str(photos / "cat" / "1.png")
    assert source.kind == "folder"


def test_class_folders_are_labels_when_asked_for(photos: Path) -> None:
    (photos / "top.png").write_bytes(b"")
    assert labels(photos, labels="folders") == {
        "cat/1.png": "cat",
        "cat/2.png": "cat",
        "cat/deep/3.jpg": "cat",
        "dog/1.png": "dog",
        "dog/4.bmp": "dog",
        "top.png": None,
    }


def test_split_folders_are_splits_and_not_classes(photos: Path, tmp_path: Path) -> None:
    for split in ("train", "Test"):
        (tmp_path / "root" / split).mkdir(parents=True)
        (tmp_path / "root" / split / "cat").symlink_to(photos / "cat" / "deep")
    (tmp_path / "root" / "Test" / "cat").unlink()
    (tmp_path / "root" / "Test" / "loose.png").write_bytes(b"")
    assert list(open_source(tmp_path / "root", labels="folders").entries()) == [
        Entry("Test/loose.png", None, None, "test"),
        Entry("train/cat/3.jpg", "cat", None, "train"),
    ]


def test_one_folder_that_is_no_split_makes_all_of_them_classes(photos: Path) -> None:
    (photos / "train").mkdir()
    (photos / "train" / "engine.png").write_bytes(b"")
    found = list(open_source(photos, labels="folders").entries())
    assert found[-1] == Entry("train/engine.png", "train", None, None)


def test_folders_are_groups_when_asked_for(photos: Path) -> None:
    groups = {e.key: e.group for e in open_source(photos, groups="folders").entries()}
    assert groups["cat/1.png"] == groups["cat/2.png"] == f"{photos}/cat"
    assert groups["cat/deep/3.jpg"] == f"{photos}/cat/deep"
    entries = open_source(photos, labels="folders", groups="folders").entries()
    assert {e.key: e.group for e in entries if e.group} == {"cat/deep/3.jpg": f"{photos}/cat/deep"}


@pytest.mark.parametrize(
    ("labels", "where"), [(None, "in none, or in a single one"), ("folders", "class folders")]
)
def test_groups_of_folders_need_folders(photos: Path, labels: str | None, where: str) -> None:
    source = open_source(photos / "dog" if labels is None else photos, groups="folders")
    if labels is not None:
        shutil.rmtree(photos / "cat" / "deep")
        source = open_source(photos, labels=labels, groups="folders")
    with pytest.raises(SourceError, match=where):
        list(source.entries())


def test_a_table_beside_the_folder_tells_labels(photos: Path, tmp_path: Path) -> None:
    table = tmp_path / "truth.csv"
    table.write_text(
        "Filename,Class,subject,split\n"
        "2.png,tabby,ana,train\n"  # fits one image by its name
        "3,tiger,ana,\n"  # without its ending
        "dog/1.png,pug,,test\n"
        "1.png,nobody,,\n"  # fits two images, so it fits none
        f"{photos}/dog/4.bmp,hound,bo,test\n"
        "gone.png,ghost,bo,test\n"
        "2.png,ignored,,\n"
    )
    source = open_source(photos, labels=table)
    assert list(source.entries()) == [
        Entry("cat/1.png"),
        Entry("cat/2.png", "tabby", "ana", "train"),
        Entry("cat/deep/3.jpg", "tiger", "ana", None),
        Entry("dog/1.png", "pug", None, "test"),
        Entry("dog/4.bmp", "hound", "bo", "test"),
        Entry("1.png", "nobody", None, None),
        Entry("gone.png", "ghost", "bo", "test"),
    ]
    (missing,) = source.read(["gone.png"])
    assert isinstance(missing, FewclicksError)
    assert missing.message == "no such file"


def test_a_table_inside_is_found_by_its_name_and_seen_from_its_folder(photos: Path) -> None:
    (photos / "dog" / "t.csv").write_text("image;label\n1.png;pug\n../cat/1.png;tabby\n")
    for name in ("dog/t.csv", str(photos / "dog" / "t.csv")):
        found = labels(photos, labels=name)
        assert (found["dog/1.png"], found["cat/1.png"], len(found)) == ("pug", "tabby", 5)


def test_hugging_face_metadata_describes_the_images_beside_it(photos: Path) -> None:
    lines = [{"file_name": "1.png", "label": 3}, {"file_name": "2.png", "label": None}]
    (photos / "cat" / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (photos / "metadata.csv").write_text("file_name,label\ndog/1.png,pug\n")
    found = labels(photos)
    assert found == dict.fromkeys(ALL) | {"cat/1.png": "3", "dog/1.png": "pug"}


def test_a_metadata_file_of_something_else_is_left_alone(photos: Path) -> None:
    (photos / "metadata.csv").write_text("name,size\ncamera,3\n")
    assert labels(photos) == dict.fromkeys(ALL)


def test_a_folder_without_an_image_says_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none of its 0 files is one"):
        next(open_source(tmp_path).entries())
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(SourceError, match=r"must hold images .*'notes\.txt'") as caught:
        next(open_source(tmp_path).entries())
    assert caught.value.remedy


def test_a_table_that_is_missing_is_named(photos: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.csv cannot be opened: no such file"):
        next(open_source(photos, labels="nowhere.csv").entries())


def test_a_broken_link_is_listed_and_reported(photos: Path) -> None:
    (photos / "lost.png").symlink_to(photos / "nothing")
    source = open_source(photos)
    assert Entry("lost.png") in list(source.entries())
    (error,) = source.read(["lost.png"])
    assert isinstance(error, FewclicksError)
    assert error.message == "no such file"


@pytest.mark.parametrize(
    "name",
    ["a b.png", 'it\'s "q".png', "new\nline.png", "é日本.png", "\udcff\udcfe.png", "*[1]?.png"],
)
def test_odd_names_are_listed_read_and_found_in_tables(
    tmp_path: Path, make_image: Encode, name: str
) -> None:
    root = tmp_path / "odd"
    root.mkdir()
    (root / name).write_bytes(make_image())
    quoted = name.replace('"', '""')
    (tmp_path / "t.csv").write_bytes(os.fsencode(f'path,label\n"{quoted}",x\n'))
    source = open_source(root, labels=tmp_path / "t.csv")
    assert list(source.entries()) == [Entry(name, "x")]
    assert list(source.read([name])) == [make_image()]


def test_a_remote_folder_is_the_same(memory: Any, photos: Path) -> None:
    memory.put(str(photos), "/bucket/photos", recursive=True)
    memory.pipe("/bucket/photos/metadata.csv", b"file_name,label\ndog/1.png,pug\n")
    source = open_source("memory://bucket/photos")
    assert {entry.key: entry.label for entry in source.entries()} == dict.fromkeys(ALL) | {
        "dog/1.png": "pug"
    }
    good, bad = source.read(["cat/1.png", "none.png"])
    assert good == (photos / "cat" / "1.png").read_bytes()
    assert isinstance(bad, FewclicksError)
    assert source.path_of("cat/1.png") is None
    assert labels("memory://bucket/photos", labels="folders")["cat/deep/3.jpg"] == "cat"


def test_a_remote_table_tells_labels(memory: Any, photos: Path) -> None:
    memory.pipe("/t.csv", b"path,label\ndog/1.png,pug\n")
    assert labels(photos, labels="memory://t.csv")["dog/1.png"] == "pug"
