from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from fewclicks.errors import Conflict, NotFound
from fewclicks.records import Reply
from fewclicks.store import Store
from fewclicks.store.store import DATABASE_NAME


def test_a_project_describes_itself(store: Store) -> None:
    described = store.describe()
    assert described["name"] == "birds"
    assert described["options"] == {"seed": 0}
    assert len(described["uid"]) == 32


def test_a_project_knows_how_to_open_it_again(store: Store) -> None:
    again = Store.open(store.folder, store.url)
    assert again.describe() == store.describe()
    assert (store.url is None) == (store.database.url.get_backend_name() == "sqlite")
    again.close()


def test_options_change_one_by_one(store: Store) -> None:
    store.set_options(features="hog")
    store.set_options(seed=3, features="pixels")
    assert store.describe()["options"] == {"seed": 3, "features": "pixels"}


def test_what_was_written_is_there_when_it_is_opened_again(lite: Store) -> None:
    answer = lite.answers.add("ana", Reply("class", "cat"), item=3)
    lite.close()
    again = Store.open(lite.folder)
    assert again.answers.of_item(3) == [answer]
    assert again.describe() == lite.describe()
    again.close()


def test_a_folder_with_a_project_takes_no_second_one(lite: Store) -> None:
    (lite.folder / "thumbnails").mkdir()
    with pytest.raises(Conflict, match="holds a project already"):
        Store.create(lite.folder, "other", {})


def test_a_project_without_any_other_file_takes_no_second_one_either(lite: Store) -> None:
    with pytest.raises(Conflict, match="holds a project already"):
        Store.create(lite.folder, "other", {})
    assert lite.describe()["name"] == "birds"


def test_a_database_takes_one_project(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="holds a project already"):
        Store.create(tmp_path / "other", "other", {}, str(store.database.url))


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(Conflict, match="not empty"):
        Store.create(tmp_path, "birds", {})


@pytest.mark.parametrize("name", ["birds", "birds/project"])
def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "birds").touch()
    with pytest.raises(Conflict, match="there is a file of that name"):
        Store.create(tmp_path / name, "birds", {})


def test_there_must_be_a_project_to_open(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(NotFound, match="no fewclicks project"):
            Store.open(folder)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("begun", ["empty file", "tables"])
def test_an_interrupted_creation_is_no_project_and_can_be_done_again(
    tmp_path: Path, sqlite_tables: Path, begun: str
) -> None:
    content = b"" if begun == "empty file" else sqlite_tables.read_bytes()
    (tmp_path / DATABASE_NAME).write_bytes(content)
    with pytest.raises(NotFound, match="no fewclicks project"):
        Store.open(tmp_path)
    store = Store.create(tmp_path, "birds", {})
    assert store.describe()["name"] == "birds"
    store.close()


@pytest.mark.parametrize(
    "name", ["what? #1 & 100%.d", "“ö” 鳥", "two\nlines", "quo'te\"s", "\udcff.d", "a;b:c@d"]
)
def test_a_folder_may_have_any_name(
    tmp_path: Path, make_store: Callable[..., Store], name: str
) -> None:
    store = make_store(tmp_path / name, n_items=2)
    assert {path.name for path in (tmp_path / name).iterdir()} >= {DATABASE_NAME}
    assert [path.name for path in tmp_path.iterdir()] == [name]
    store.close()
    again = Store.open(tmp_path / name)
    assert again.items.count() == 2
    again.close()


def test_a_relative_folder_stays_the_same_when_the_process_moves(
    tmp_path: Path, make_store: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = make_store(Path("birds"))
    monkeypatch.chdir("/")
    store.database.engine.dispose()  # the next connection is a new one
    assert store.items.count() == 60


def test_a_rehearsal_has_the_items_and_nothing_else(store: Store, tmp_path: Path) -> None:
    store.answers.add("ana", Reply("class", "cat"), item=3)
    copy = store.rehearsal(tmp_path / "rehearsal")
    assert copy.folder == store.folder
    assert copy.home == tmp_path / "rehearsal"
    assert copy.items.truths() == store.items.truths()
    assert copy.items.row(7).group == store.items.row(7).group
    assert copy.describe() == store.describe()
    assert copy.classes.all() == []
    assert copy.events.last_id() == 0
    copy.answers.add("bob", Reply("class", "dog"), item=4)
    assert store.answers.totals()["total"] == 1
    assert [row.name for row in store.classes.all()] == ["cat"]
    copy.close()


def test_a_rehearsal_goes_on_importing(store: Store, tmp_path: Path) -> None:
    copy = store.rehearsal(tmp_path / "rehearsal")
    assert copy.items.add_source("more", "folder", {}) > 1
    assert copy.items.count() == 60
    copy.close()


def test_the_file_is_in_wal_mode(lite: Store) -> None:
    connection = sqlite3.connect(lite.folder / DATABASE_NAME)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
