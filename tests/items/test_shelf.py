"""Files put whole into a folder, local or remote."""

from __future__ import annotations

import errno
import os
import pickle

import fsspec
import pytest

from fewclicks.errors import DiskFull, InvalidInput, ProjectError, ReadOnlyProject
from fewclicks.items.shelf import Shelf


@pytest.fixture(params=["folder", "file", "memory"])
def shelf(request, tmp_path):
    """A shelf of each kind, whose folder is not there yet."""
    place = {
        "folder": str(tmp_path / "deep" / "shelf"),
        "file": f"file://{tmp_path}/deep/shelf/",
        "memory": f"memory://{tmp_path.name}/deep/shelf",
    }
    yield Shelf(place[request.param])
    fsspec.filesystem("memory").store.clear()


def test_what_is_put_is_there(shelf):
    assert shelf.names() == []
    assert not shelf.has("a")
    shelf.put("a", b"1")
    shelf.put("b", b"2")
    shelf.put("a", b"3")
    assert sorted(shelf.names()) == ["a", "b"]
    assert (shelf.read("a"), shelf.has("b"), shelf.has("c")) == (b"3", True, False)
    assert pickle.loads(pickle.dumps(shelf)).read("b") == b"2"
    with pytest.raises(ProjectError, match="c no such file"):
        shelf.read("c")


def test_what_a_killed_process_left_is_not_seen(shelf):
    shelf.put("a", b"1")
    shelf.put(".b.1-2.tmp", b"half")
    assert shelf.names() == ["a"]


def test_a_file_is_no_shelf(shelf):
    shelf.put("a", b"1")
    with pytest.raises(InvalidInput, match="must be a folder but cannot be listed"):
        Shelf(shelf.place_of("a")).names()


def test_a_bucket_that_is_full_or_closed_keeps_what_is_there(monkeypatch):
    shelf, system = Shelf("memory://bucket/shelf"), fsspec.filesystem("memory")
    shelf.put("a", b"1")
    for number, kind in ((errno.ENOSPC, DiskFull), (errno.EACCES, ReadOnlyProject)):
        with monkeypatch.context() as patch:
            patch.setattr(type(system), "mv", _failing(OSError(number, os.strerror(number))))
            with pytest.raises(kind, match="memory://bucket/shelf/a cannot be written"):
                shelf.put("a", b"2")
        assert shelf.read("a") == b"1"
        assert list(system.find("/bucket")) == ["/bucket/shelf/a"]
    with monkeypatch.context() as patch:
        patch.setattr(type(system), "pipe_file", _failing(NotImplementedError()))
        with pytest.raises(InvalidInput, match="is only read"):
            shelf.put("a", b"2")
    system.store.clear()


def _failing(error):
    def fail(*_, **__):
        raise error

    return fail
