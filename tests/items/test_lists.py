from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fewclicks.errors import FewclicksError, MissingExtra, SourceError
from fewclicks.items import places
from fewclicks.items.sources import open_source
from fewclicks.records import Entry

Encode = Callable[..., bytes]


def test_paths_are_seen_from_the_list_and_missing_files_are_reported(
    tmp_path: Path, make_image: Encode, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "lists").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "images" / name).write_bytes(make_image())
    (tmp_path / "lists" / "t.csv").write_text(
        "path,class,sequence,split\n"
        "../images/a.png,cat,s1,train\n"
        "../images/gone.png,dog,s1,\n"
        f"{tmp_path}/images/b.png,cat,s2,test\n"
        "../images/a.png,twice,s2,test\n"
    )
    monkeypatch.chdir("/")
    source = open_source(tmp_path / "lists" / "t.csv")
    entries = list(source.entries())
    assert entries == [
        Entry("../images/a.png", "cat", "s1", "train"),
        Entry("../images/gone.png", "dog", "s1", None),
        Entry(f"{tmp_path}/images/b.png", "cat", "s2", "test"),
    ]
    first, gone, last = source.read([entry.key for entry in entries])
    assert first == last == make_image()
    assert isinstance(gone, FewclicksError)
    assert (gone.message, bool(gone.remedy)) == ("no such file", True)
    path = source.path_of("../images/a.png")
    assert path is not None
    assert Path(path).read_bytes() == make_image()


def test_urls_are_fetched(tmp_path: Path, memory: Any) -> None:
    memory.pipe("/b/1.png", b"one")
    (tmp_path / "t.jsonl").write_text('{"url": "memory://b/1.png"}\n{"url": "memory://b/2.png"}')
    source = open_source(tmp_path / "t.jsonl")
    good, bad = source.read([entry.key for entry in source.entries()])
    assert good == b"one"
    assert isinstance(bad, FewclicksError)
    assert bad.message == "no such file"
    assert source.path_of("memory://b/1.png") is None


def test_a_remote_list_names_files_beside_it(memory: Any) -> None:
    memory.pipe("/b/t.csv", b"image,label\nx/1.png,cat\n")
    memory.pipe("/b/x/1.png", b"one")
    source = open_source("memory://b/t.csv")
    assert list(source.entries()) == [Entry("x/1.png", "cat")]
    assert list(source.read(["x/1.png"])) == [b"one"]


def test_a_missing_package_is_told_once_and_not_per_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "t.csv").write_text("url\nhttps://example.org/1.png\n")

    def missing(uri: str) -> None:
        raise MissingExtra("aiohttp is missing.")

    monkeypatch.setattr(places, "filesystem", missing)
    with pytest.raises(MissingExtra):
        list(open_source(tmp_path / "t.csv").entries())


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("path,label\n")
    with pytest.raises(SourceError, match="must name images"):
        list(open_source(tmp_path / "t.csv").entries())
