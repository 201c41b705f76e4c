from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from fewclicks import files
from fewclicks.errors import ProjectError, ReadOnlyProject


def _save(path: Path, made_from: str = "x", n: int = 30) -> None:
    files.save(path, made_from, {"a": np.arange(n), "b": np.ones((3, 4), np.float32)})


def test_a_fingerprint_changes_with_any_input() -> None:
    first = files.fingerprint(k=1, of="x")
    assert first == files.fingerprint(of="x", k=1)
    assert len({first, files.fingerprint(k=2, of="x"), files.fingerprint(k=1, of="y")}) == 3
    assert len(first) == 32


def test_an_artefact_comes_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "graph.npz"
    _save(path)
    for made_from in ("x", None):
        stored = files.load(path, made_from)
        assert stored is not None
        assert set(stored) == {"a", "b"}
        assert stored["b"].dtype == np.float32
    assert files.load(path, "y") is None
    assert files.load(tmp_path / "missing.npz") is None
    assert [p.name for p in path.parent.iterdir()] == ["graph.npz"]


def test_a_damaged_artefact_is_missing_or_right_whichever_byte_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "graph.npz"
    _save(path)
    whole = path.read_bytes()
    for place in range(0, len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= (1, 128, 255, 16)[place % 4]
        path.write_bytes(damaged)
        stored = files.load(path)
        assert stored is None or stored["a"].tolist() == list(range(30))
    for length in range(0, len(whole), 9):
        path.write_bytes(whole[:length])
        assert files.load(path) is None


def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "graph.npz"
    _save(path)

    def fail() -> None:
        with files.replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise OSError(5, "Input/output error")

    with pytest.raises(ProjectError, match=r"graph\.npz cannot be written: Input/output error"):
        fail()
    assert files.load(path, "x") is not None
    assert [p.name for p in tmp_path.iterdir()] == ["graph.npz"]


def test_a_read_only_disk_is_told_although_nothing_can_be_tidied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    def write() -> None:
        with files.replacing(tmp_path / "graph.npz"):
            monkeypatch.setattr(Path, "unlink", refuse)
            refuse()

    with pytest.raises(ReadOnlyProject, match=r"cannot be written.*Give yourself"):
        write()


def test_threads_may_write_one_file_at_once(tmp_path: Path) -> None:
    path, together = tmp_path / "graph.npz", threading.Barrier(4)

    def write(number: int) -> None:
        together.wait()
        files.save(path, str(number), {"a": np.full(50_000, number)})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    stored = files.load(path)
    assert stored is not None
    assert len(set(stored["a"].tolist())) == 1


def test_what_killed_processes_left_is_swept_away_in_time(tmp_path: Path) -> None:
    path = tmp_path / "gra[p]h.npz"
    old, young, other = (tmp_path / f".{name}.1-ab.tmp" for name in
                         ("gra[p]h.npz", "gra[p]h.npz.x", "other.npz"))  # fmt: skip
    for left in (old, young, other):
        left.write_bytes(b"half")
    for left in (old, other):
        past = time.time() - 2 * files.LEFT_OVER_SECONDS
        os.utime(left, (past, past))
    _save(path)
    assert (old.exists(), young.exists(), other.exists()) == (False, True, True)
