"""The connection: SQLite in WAL mode or any SQLAlchemy URL, write transactions, clear errors."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from fewclicks.errors import DiskFull, ProjectBusy, ProjectError, ProjectTooNew, ReadOnlyProject

BUSY_SECONDS = 20
"""How long a write waits for another process's write before it gives up."""

_CAUSES = (
    ("disk is full", DiskFull, "No space is left for {where}.", "Free some space and try again."),
    (
        "readonly",
        ReadOnlyProject,
        "{where} cannot be written.",
        "Give yourself write permission there, or copy the project.",
    ),
    (
        "unable to open",
        ReadOnlyProject,
        "{where} cannot be opened for writing.",
        "Give yourself write permission there, or copy the project.",
    ),
    (
        "locked",
        ProjectBusy,
        "Another process has been writing to {where} for over 20 seconds.",
        "Wait for it or stop it.",
    ),
    (
        "not a database",
        ProjectError,
        "{where} is not a fewclicks project.",
        "Restore the file from a copy.",
    ),
    ("malformed", ProjectError, "{where} is damaged.", "Restore the file from a copy."),
)


class Database:
    """One project's database.

    Parameters
    ----------
    url : str
        An SQLAlchemy URL; `sqlite:///…` gets WAL mode, full durability and a busy time-out.
    """

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.engine = sa.create_engine(self.url, **_pool(self.url))
        if self.url.get_backend_name() == "sqlite":
            sa.event.listen(self.engine, "connect", _configure)
            sa.event.listen(self.engine, "begin", _begin)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent state and writes nothing."""
        with self._translated(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction: durable when the block ends, gone without trace if it raises."""
        with self._translated(), self.engine.connect() as plain:
            connection = plain.execution_options(fewclicks_write=True)
            with connection.begin():
                yield connection

    def upgrade(self) -> None:
        """Bring the tables to this version's schema.

        Raises
        ------
        ProjectTooNew
            A later version of fewclicks wrote the project.
        """
        scripts = ScriptDirectory(str(Path(__file__).parent / "migrations"))
        with self._translated():
            current = self._revision()
            if current == scripts.get_current_head():
                return
            known = {script.revision for script in scripts.walk_revisions()}
            if current is not None and current not in known:
                raise ProjectTooNew(
                    f"The project at {self._where()} was written by a later version of fewclicks "
                    f"(schema {current}).",
                    "Upgrade with: pip install --upgrade fewclicks",
                )
            with self.engine.connect() as plain:
                connection = plain.execution_options(fewclicks_write=True)
                with connection.begin():
                    _migrate(connection)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def _revision(self) -> str | None:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return None
            value: str | None = connection.scalar(
                sa.text("SELECT version_num FROM alembic_version")
            )
            return value

    def _where(self) -> str:
        return self.url.database or self.url.render_as_string(hide_password=True)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            text = str(error.orig).lower()
            for sign, kind, message, remedy in _CAUSES:
                if sign in text:
                    raise kind(message.format(where=self._where()), remedy) from error
            raise


def _migrate(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _pool(url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    return {"pool_pre_ping": True}


def _configure(connection: sqlite3.Connection, record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event decides, see _begin
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")  # an acknowledged answer survives a power cut
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: sa.Connection) -> None:
    # a read that turns into a write cannot wait for its turn, so writers say so at once
    writes = connection.get_execution_options().get("fewclicks_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
