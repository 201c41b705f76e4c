"""Fetching published files, from other schemes than http."""

from __future__ import annotations

import hashlib

import fsspec
import pytest

from fewclicks.cli.catalogue import DataFile
from fewclicks.cli.download import fetch
from fewclicks.errors import SourceError

CONTENT = bytes(range(256)) * 9000  # 2.3 MB: more than two blocks


@pytest.fixture
def published(tmp_path):
    """The file by a file:// URL."""
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "data.bin").write_bytes(CONTENT)
    return DataFile(
        f"file://{folder}/data.bin", len(CONTENT), f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    )


def test_a_file_comes_whole_and_is_reported(published, tmp_path):
    seen = []
    assert fetch(published, tmp_path / "mine", lambda *progress: seen.append(progress))
    assert (tmp_path / "mine" / "data.bin").read_bytes() == CONTENT
    assert seen[0] == ("fetching data.bin", 0, len(CONTENT))
    assert seen[-1] == ("fetching data.bin", len(CONTENT), len(CONTENT))
    assert len(seen) == 4


def test_what_is_there_already_is_not_fetched_again(published, tmp_path):
    fetch(published, tmp_path / "mine")
    missing = DataFile("file:///nowhere/data.bin", published.size, published.digest)
    assert not fetch(missing, tmp_path / "mine")


def test_what_is_there_but_damaged_is_replaced(published, tmp_path):
    (tmp_path / "data.bin").write_bytes(CONTENT[:-1])
    assert fetch(published, tmp_path)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT


def test_from_memory(tmp_path):
    with fsspec.open("memory://public/set.bin", "wb") as file:
        file.write(b"hello")
    digest = hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
    assert fetch(DataFile("memory://public/set.bin", 5, f"md5:{digest}"), tmp_path)
    assert (tmp_path / "set.bin").read_bytes() == b"hello"


@pytest.mark.parametrize(
    ("size", "digest", "told"),
    [(7, None, "2,304,000 bytes instead of 7"), (None, "sha256:" + "0" * 64, "its sha256 is")],
)
def test_what_is_not_as_published_is_not_kept(published, tmp_path, size, digest, told):
    wrong = DataFile(published.url, size or published.size, digest or published.digest)
    with pytest.raises(SourceError, match=told):
        fetch(wrong, tmp_path / "mine")
    assert list((tmp_path / "mine").iterdir()) == []


def test_what_is_not_there_names_the_url(tmp_path):
    with pytest.raises(SourceError, match="nowhere"):
        fetch(DataFile("file:///nowhere/data.bin", 5, "md5:0"), tmp_path)
