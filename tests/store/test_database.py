from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fewclicks.errors import ProjectBusy, ProjectError, ProjectTooNew
from fewclicks.records import Reply
from fewclicks.store import Store, causes, schema
from fewclicks.store.database import IDS_PER_STATEMENT, MIGRATIONS, Database, chunks
from fewclicks.store.store import DATABASE_NAME


def test_the_migrations_make_exactly_the_tables_of_the_schema(store: Store) -> None:
    with store.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_there_is_one_newest_migration() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


def test_an_old_project_keeps_its_classes(store: Store) -> None:
    store.answers.add("ana", Reply("class", "cat"), item=0)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with store.database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0002")
    columns = {row["name"] for row in sa.inspect(store.database.engine).get_columns("classes")}
    assert not columns & {"parent_id", "description", "examples"}
    store.database.upgrade()
    [cat] = store.classes.all()
    assert (cat.name, cat.parent_id, cat.description, cat.examples) == ("cat", None, "", ())
    assert store.classes.create("ana", "tom", parent=cat.id).parent_id == cat.id


def test_a_migration_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    database = Database(f"sqlite:///{tmp_path / DATABASE_NAME}")
    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", fail)
        with pytest.raises(RuntimeError):
            database.upgrade()
    assert not database.started()
    database.upgrade()
    assert database.started()
    database.close()


def test_many_may_open_an_old_project_at_once(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path / DATABASE_NAME}") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(Database.upgrade, databases))
    for database in databases:
        assert database.started()
        database.close()


def test_a_project_of_a_later_version_is_refused(lite: Store) -> None:
    with lite.database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ProjectTooNew, match=r"schema 9999\).*pip install --upgrade") as caught:
        Store.open(lite.folder)
    assert str(lite.folder) in caught.value.message


def test_another_program_s_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / DATABASE_NAME
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE letters (id INTEGER)")
    other.close()
    with pytest.raises(ProjectError, match="tables of another program"):
        Store.open(tmp_path)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(ProjectError, match="tables of another program"):
        database.upgrade()
    database.close()


def test_a_write_that_raises_leaves_no_trace(store: Store) -> None:
    def fail() -> None:
        with store.database.write() as connection:
            connection.execute(sa.insert(schema.annotators).values(name="ana"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with store.database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.annotators)) == 0


def test_no_row_can_point_at_nothing(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError), store.database.write() as connection:
        connection.execute(sa.update(schema.items).values(source_id=99))


def test_a_reader_sees_one_state_while_others_write(store: Store) -> None:
    store.answers.add("ana", Reply("class", "cat"), item=0)
    count = sa.select(sa.func.count()).select_from(schema.answers)
    with store.database.read() as reading:
        assert reading.scalar(count) == 1
        store.answers.add("ana", Reply("class", "cat"), item=1)  # nobody waits for the reader
        assert reading.scalar(count) == 1
    assert store.answers.totals()["total"] == 2


def test_a_reader_waits_for_no_writer(store: Store) -> None:
    with store.database.write() as connection:
        connection.execute(sa.insert(schema.annotators).values(name="ana"))
        with ThreadPoolExecutor(1) as pool:
            # while the writer stays: one who waited would be told that the database is busy
            assert pool.submit(store.answers.totals).result()["total"] == 0


def test_writers_take_turns(store: Store) -> None:
    """More threads than connections in the pool, each reading and then writing on what it read."""

    def write(number: int) -> None:
        store.set_options(**{f"option {number}": number})

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(write, range(24)))
    assert len(store.describe()["options"]) == 25


def test_a_write_gives_up_after_a_while(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "BUSY_SECONDS", 0.2)
    other = Database(store.database.url)
    done = threading.Event()

    def hold() -> None:
        with store.database.write():
            held.set()
            done.wait(60)

    held = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        held.wait(60)
        with (
            pytest.raises(ProjectBusy, match="Another process has been writing"),
            other.write(),
        ):
            pass
        done.set()
        holding.result()
    other.close()


def test_chunks_cut_a_list_and_lose_nothing() -> None:
    values = list(range(2 * IDS_PER_STATEMENT + 1))
    pieces = list(chunks(values))
    assert [len(piece) for piece in pieces] == [IDS_PER_STATEMENT, IDS_PER_STATEMENT, 1]
    assert [value for piece in pieces for value in piece] == values
    assert list(chunks([])) == []
