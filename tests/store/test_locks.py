"""Locks within one process; tests/store/test_processes.py has two."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fewclicks.errors import ProjectBusy
from fewclicks.store import Store, locks


def test_a_lock_is_held_once_per_purpose(lite: Store) -> None:
    other = Store.open(lite.folder)
    mine = f"in use for “prepare” by process {os.getpid()} "
    with (
        lite.lock("prepare"),
        other.lock("import"),
        pytest.raises(ProjectBusy, match=mine),
        other.lock("prepare"),
    ):
        pass
    with other.lock("prepare"):
        pass
    other.close()


def test_a_lock_is_free_after_an_error(lite: Store) -> None:
    with pytest.raises(ZeroDivisionError), lite.lock("round"):
        raise ZeroDivisionError
    with lite.lock("round"):
        pass
    assert not (lite.folder / "round.holder").exists()


def test_a_note_left_by_a_killed_process_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "round.lock").touch()
    (tmp_path / "round.holder").write_text("process 1 (gone)")
    with locks.hold(tmp_path, "round"):
        assert str(os.getpid()) in (tmp_path / "round.holder").read_text()


def test_a_holder_that_has_not_said_who_it_is_is_another_process(tmp_path: Path) -> None:
    with locks.hold(tmp_path, "round"):
        (tmp_path / "round.holder").unlink()
        with pytest.raises(ProjectBusy, match="by another process"), locks.hold(tmp_path, "round"):
            pass
