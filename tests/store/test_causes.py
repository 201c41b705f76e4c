from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from fewclicks.errors import (
    DiskFull,
    FewclicksError,
    ProjectBusy,
    ProjectError,
    ReadOnlyProject,
)
from fewclicks.store import causes
from fewclicks.store.database import Database


class ServerError(Exception):
    def __init__(self, sqlstate: str | None) -> None:
        self.sqlstate = sqlstate


def _sqlite(code: int, path: Path) -> FewclicksError | None:
    original = sqlite3.OperationalError("told in words that may change")
    original.sqlite_errorcode = code
    error = sa.exc.OperationalError("SELECT 1", {}, original)
    return causes.translated(error, sa.URL.create("sqlite", database=str(path / "birds.db")))


def _server(sqlstate: str | None) -> FewclicksError | None:
    error = sa.exc.OperationalError("SELECT 1", {}, ServerError(sqlstate))
    return causes.translated(error, sa.make_url("postgresql+psycopg://ana:secret@host/birds"))


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        (sqlite3.SQLITE_FULL, DiskFull, "No space is left"),
        (sqlite3.SQLITE_READONLY, ReadOnlyProject, "cannot be written"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, ReadOnlyProject, "cannot be written"),
        (sqlite3.SQLITE_BUSY, ProjectBusy, "over 20 seconds"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, ProjectBusy, "over 20 seconds"),
        (sqlite3.SQLITE_IOERR_FSYNC, ProjectError, "disk reports an error"),
        (sqlite3.SQLITE_CORRUPT, ProjectError, "is damaged"),
        (sqlite3.SQLITE_NOTADB, ProjectError, "not a fewclicks project"),
        (sqlite3.SQLITE_CANTOPEN, ProjectError, "cannot be opened"),
    ],
)
def test_sqlite_s_codes_have_a_meaning(
    tmp_path: Path, code: int, kind: type[FewclicksError], said: str
) -> None:
    told = _sqlite(code, tmp_path)
    assert type(told) is kind
    assert said in told.message
    assert str(tmp_path / "birds.db") in told.message
    assert told.remedy.endswith(".")


def test_an_io_error_on_a_full_disk_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(causes, "NEARLY_FULL", 1 << 60)
    assert isinstance(_sqlite(sqlite3.SQLITE_IOERR_SHMSIZE, tmp_path), DiskFull)


def test_a_fault_of_ours_is_no_house_error(tmp_path: Path) -> None:
    assert _sqlite(sqlite3.SQLITE_CONSTRAINT, tmp_path) is None
    assert _server("23505") is None


@pytest.mark.parametrize(
    ("sqlstate", "kind"),
    [
        ("53100", DiskFull),
        ("25006", ReadOnlyProject),
        ("55P03", ProjectBusy),
        ("XX001", ProjectError),
        ("08006", ProjectError),
        ("57P01", ProjectError),
        (None, ProjectError),
    ],
)
def test_postgresql_s_states_have_a_meaning(
    sqlstate: str | None, kind: type[FewclicksError]
) -> None:
    told = _server(sqlstate)
    assert type(told) is kind
    assert "host/birds" in told.message
    assert "secret" not in str(told)


def test_a_server_that_is_not_there_is_told(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="psycopg (extra “postgres”) is not installed")
    database = Database(f"postgresql+psycopg://ana@/birds?host={tmp_path}")
    with pytest.raises(ProjectError, match="cannot be reached"):
        database.upgrade()
    database.close()
