"""Disks that are full, read-only or damaged, for real: small file systems mounted for the test."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from fewclicks import files
from fewclicks.errors import DiskFull, FewclicksError, ProjectError, ReadOnlyProject
from fewclicks.records import Reply
from fewclicks.store import Store, database
from fewclicks.store.items import FailedItem, NewItem
from fewclicks.store.store import DATABASE_NAME

CAT = Reply("class", "cat")
ROOM = 3_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of three megabytes; skips where none may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", folder)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def _mount(*arguments: str | Path) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")


def _fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return ballast


def _answer_until_refused(store: Store, kind: type[FewclicksError]) -> list[int]:
    acknowledged: list[int] = []

    def answer_on() -> None:
        while True:
            answer = store.answers.add("ana", CAT, item=len(acknowledged) % 60)
            acknowledged.append(answer.id)

    with pytest.raises(kind) as caught:
        answer_on()
    assert DATABASE_NAME in caught.value.message
    assert caught.value.remedy
    return acknowledged


def _all_there(store: Store, acknowledged: list[int]) -> None:
    with store.database.read() as connection:
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
    assert sorted(store.answers.provenance()) == acknowledged
    assert store.events.last_id() == len(acknowledged)


# full


def test_a_full_disk_loses_no_acknowledged_answer(
    small_disk: Path, make_store: Callable[..., Store]
) -> None:
    store = make_store(small_disk / "project")
    ballast = _fill(small_disk)
    acknowledged = _answer_until_refused(store, DiskFull)
    _all_there(store, acknowledged)
    with pytest.raises(DiskFull, match=r"No space is left.*Free some space"):
        store.answers.add("ana", CAT, item=1)
    ballast.unlink()
    acknowledged.append(store.answers.add("ana", CAT, item=1).id)  # without opening it anew
    store.close()
    again = Store.open(small_disk / "project")
    _all_there(again, acknowledged)
    again.close()


def test_a_full_disk_refuses_a_shard_whole(
    small_disk: Path, make_store: Callable[..., Store], make_item: Callable[..., NewItem]
) -> None:
    store = make_store(small_disk / "project")
    ballast = _fill(small_disk)
    shard = [make_item(60 + i, label="x" * 1000) for i in range(2000)]
    with pytest.raises(DiskFull):
        store.items.add(1, 60, shard, [FailedItem("bad", "why", "what")])
    assert (store.items.count(), store.items.count_failures()) == (60, 0)
    ballast.unlink()
    store.items.add(1, 60, shard[:100], [])
    assert store.items.count() == 160


def test_a_full_disk_leaves_the_old_artefact(small_disk: Path) -> None:
    path = small_disk / "graph.npz"
    files.save(path, "old", {"a": np.arange(10)})
    with pytest.raises(DiskFull, match=r"graph\.npz cannot be written: No space.*Free some"):
        files.save(path, "new", {"a": np.arange(ROOM)})
    assert files.load(path, made_from="old") is not None
    assert [p.name for p in small_disk.iterdir()] == ["graph.npz"]
    files.save(path, "new", {"a": np.arange(20)})
    assert files.load(path, made_from="new") is not None


def test_a_full_disk_takes_no_new_project_until_there_is_room(small_disk: Path) -> None:
    ballast = _fill(small_disk)
    with pytest.raises(DiskFull):
        Store.create(small_disk / "project", "birds", {})
    ballast.unlink()
    store = Store.create(small_disk / "project", "birds", {})
    assert store.describe()["name"] == "birds"
    ballast = _fill(small_disk)
    with pytest.raises(DiskFull), store.lock("prepare"):
        pass
    ballast.unlink()
    with store.lock("prepare"):
        pass
    store.close()


def test_a_full_database_is_told_where_no_disk_can_be_mounted(lite: Store) -> None:
    lite.close()
    store = Store.open(lite.folder)
    with store.database.read() as connection:
        limits = [connection.scalar(sa.text("PRAGMA page_count")) + 2, 10_000]

    def limit(connection: Any, record: object) -> None:
        connection.execute(f"PRAGMA max_page_count={limits[0]}")

    sa.event.listen(store.database.engine, "connect", limit)
    store.database.engine.dispose()
    acknowledged = _answer_until_refused(store, DiskFull)
    _all_there(store, acknowledged)
    del limits[0]
    store.database.engine.dispose()
    acknowledged.append(store.answers.add("ana", CAT, item=1).id)
    _all_there(store, acknowledged)
    store.close()


# read-only


def _check_read_only(folder: Path, n_answers: int) -> None:
    store = Store.open(folder)
    assert store.database.read_only
    assert store.items.count() == 60
    assert store.answers.sheet(60).n_answers == n_answers
    for write in (
        lambda: store.answers.add("ana", CAT, item=1),
        lambda: store.classes.create("ana", "dog"),
        lambda: store.jobs.add("prepare", {}),
        lambda: store.items.add_source("more", "folder", {}),
        lambda: store.lock("prepare").__enter__(),
    ):
        with pytest.raises(ReadOnlyProject, match=r"cannot be written.*Give yourself") as caught:
            write()
        assert str(folder) in caught.value.message
    assert store.answers.sheet(60).n_answers == n_answers
    store.close()


def test_a_project_on_a_read_only_disk_can_be_read(
    small_disk: Path, make_store: Callable[..., Store]
) -> None:
    folder = small_disk / "project"
    store = make_store(folder)
    store.answers.add("ana", CAT, item=0)
    store.close()
    _mount("-o", "remount,ro", small_disk)
    _check_read_only(folder, 1)
    with pytest.raises(ReadOnlyProject, match="cannot be written"):
        Store.create(small_disk / "other", "birds", {})
    _mount("-o", "remount,rw", small_disk)
    again = Store.open(folder)
    again.answers.add("ana", CAT, item=1)
    assert again.answers.totals()["total"] == 2
    again.close()


def test_what_a_killed_process_left_is_read_on_a_read_only_disk(
    small_disk: Path, make_store: Callable[..., Store], tmp_path: Path
) -> None:
    store = make_store(tmp_path / "project")
    store.answers.add("ana", CAT, item=0)
    shutil.copytree(store.folder, small_disk / "project")  # as it lies, not closed
    assert (small_disk / "project" / f"{DATABASE_NAME}-wal").stat().st_size
    _mount("-o", "remount,ro", small_disk)
    _check_read_only(small_disk / "project", 1)


def test_somebody_without_rights_is_told(make_store: Callable[..., Store], nursery: Any) -> None:
    folder = Path(tempfile.mkdtemp(prefix="fewclicks-"))
    store = make_store(folder / "project")
    store.close()
    try:
        if os.geteuid() != 0:
            (folder / "project").chmod(0o555)
            (folder / "project" / DATABASE_NAME).chmod(0o444)
            _check_read_only(folder / "project", 0)
            return
        if not all(_open_to_all(Path(place)) for place in (sys.prefix, files.__file__)):
            pytest.skip("another user may not read the code under test where it lies")
        folder.chmod(0o755)
        nursery.start("unprivileged", str(folder / "project"))
        assert nursery.hear("items")["items"] == 60
        told = nursery.hear("error")
        assert told["error"] == "read_only_project"
        assert str(folder) in told["message"]
    finally:
        (folder / "project").chmod(0o755)
        shutil.rmtree(folder)


def _open_to_all(place: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in place.resolve().parents)


def test_an_old_project_on_a_read_only_disk_cannot_be_brought_up_to_date(
    small_disk: Path, make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = make_store(small_disk / "project")
    store.close()
    _mount("-o", "remount,ro", small_disk)
    known = database._revisions()
    monkeypatch.setattr(database, "_revisions", lambda: ("a later one", *known))
    with pytest.raises(ReadOnlyProject, match="cannot be written"):
        Store.open(small_disk / "project")


# gone, or damaged


@pytest.mark.parametrize("then", ["deleted", "folder deleted", "moved", "replaced"])
def test_nothing_is_acknowledged_when_the_file_is_not_there_any_more(
    lite: Store, tmp_path: Path, then: str
) -> None:
    lite.answers.add("ana", CAT, item=0)
    path = lite.folder / DATABASE_NAME
    if then == "deleted":
        for file in lite.folder.iterdir():
            file.unlink()
    elif then == "folder deleted":
        shutil.rmtree(lite.folder)
    elif then == "moved":
        lite.folder.rename(tmp_path / "elsewhere")
    else:
        shutil.copy(path, tmp_path / "copy")
        (tmp_path / "copy").replace(path)
    with pytest.raises(ProjectError, match=r"was moved, deleted or replaced.*open the project"):
        lite.answers.add("ana", CAT, item=1)
    lite.database.engine.dispose()
    with pytest.raises(ProjectError, match=r"was moved, deleted or replaced|cannot be opened"):
        lite.answers.add("ana", CAT, item=1)  # on a new connection


def _damage(path: Path, start: float, end: float) -> None:
    content = bytearray(path.read_bytes())
    first, last = int(len(content) * start), int(len(content) * end)
    content[first:last] = np.random.default_rng(0).bytes(last - first)
    path.write_bytes(content)


def _use(folder: Path) -> None:
    store = Store.open(folder)
    try:
        store.items.truths()
        store.items.known_keys(1)
        store.answers.sheet(60)
        store.events.history()
        for number in range(200):
            store.answers.add("ana", CAT, item=number % 60)
    finally:
        store.close()


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0.001), (0, 1), (0.05, 1), (0.5, 1), (0.3, 0.6), (0.02, 0.04)]
)
def test_a_damaged_database_is_told(lite: Store, start: float, end: float) -> None:
    lite.close()
    _damage(lite.folder / DATABASE_NAME, start, end)
    with pytest.raises(ProjectError, match=r"damaged.*Restore the file from a copy") as caught:
        _use(lite.folder)
    assert str(lite.folder / DATABASE_NAME) in caught.value.message


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
def test_a_database_cut_short_is_told(lite: Store, kept: float) -> None:
    lite.close()
    path = lite.folder / DATABASE_NAME
    os.truncate(path, int(path.stat().st_size * kept))
    with pytest.raises(ProjectError, match="damaged"):
        _use(lite.folder)


def test_a_text_file_is_no_project(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_text("Dear diary, " * 100)
    with pytest.raises(ProjectError, match="is not a fewclicks project, or is damaged"):
        Store.open(tmp_path)
