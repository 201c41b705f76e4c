"""The connection: SQLite in WAL mode or PostgreSQL, one writer at a time, clear errors.

A write transaction first takes the project's one turn (SQLite: BEGIN IMMEDIATE; PostgreSQL: an
advisory lock), so that ids and events are in the order in which they became durable.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from fewclicks.errors import ProjectError, ProjectTooNew
from fewclicks.store import causes

MIGRATIONS = Path(__file__).parent / "migrations"

IDS_PER_STATEMENT = 500
"""Values in one IN list, below the fewest variables a database allows (999, SQLite before 3.32)."""

_POLL_SECONDS = 0.001
_WRITES = "fewclicks_write"
_TURN = 0x66657763  # the advisory lock's number: "fewc"
_migrating = threading.Lock()  # Alembic keeps its context in a module

T = TypeVar("T")


class Database:
    """One project's database.

    Parameters
    ----------
    url : str or URL
        An SQLAlchemy URL; `sqlite:///…` gets WAL mode, full durability and a busy time-out.

    Attributes
    ----------
    read_only : bool
        The SQLite file, or its folder, cannot be written: reads work, writes are refused. The
        file must then not change while it is read.
    """

    def __init__(self, url: str | sa.URL) -> None:
        self.url = sa.make_url(url)
        self._sqlite = self.url.get_backend_name() == "sqlite"
        self.read_only = self._sqlite and _cannot_write(Path(self.url.database or ""))
        self._reading: dict[str, Any] = {}
        self._file: tuple[int, int] | None = None
        self.engine = self._sqlite_engine() if self._sqlite else self._server_engine()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A connection that sees one consistent state and writes nothing."""
        with self._translated(), self.engine.connect() as plain:
            connection = plain.execution_options(**self._reading)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction: durable when the block ends, gone without trace if it raises."""
        if self.read_only:
            raise causes.read_only(self.url)
        with self._translated(), self.engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def started(self) -> bool:
        """Whether fewclicks has made its tables here."""
        with self._translated():
            return self._revision() is not None

    def upgrade(self) -> None:
        """Bring the tables to this version's schema.

        Raises
        ------
        ProjectTooNew
            A later version of fewclicks wrote the project.
        ProjectError
            The database holds tables of another program.
        """
        with self._translated():
            current = self._revision()
        newest, *older = _revisions()
        if current == newest:
            return
        if current is not None and current not in older:
            raise ProjectTooNew(
                f"The project at {causes.where(self.url)} was written by a later version of "
                f"fewclicks (schema {current}).",
                "Upgrade with: pip install --upgrade fewclicks",
            )
        with _migrating, self.write() as connection:
            _migrate(connection)

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def _sqlite_engine(self) -> sa.Engine:
        arguments: dict[str, Any] = {"timeout": causes.BUSY_SECONDS, "check_same_thread": False}
        url = _read_only_url(self.url) if self.read_only else self.url
        # a thread that waits for another's write must not wait for a connection as well
        engine = sa.create_engine(url, connect_args=arguments, max_overflow=-1)
        sa.event.listen(engine, "do_connect", self._require_same_file)
        sa.event.listen(engine, "connect", self._configure)
        sa.event.listen(engine, "begin", self._begin)
        return engine

    def _require_same_file(self, *_: object) -> None:
        if self._file is not None and self._file != _identity(self.url):
            raise causes.gone(self.url)  # SQLite would make a new, empty file

    def _configure(self, connection: sqlite3.Connection, record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's begin event decides, see _begin
        if not self.read_only:
            # the change to WAL does not wait for others who make it at the same time
            _patiently(lambda: connection.execute("PRAGMA journal_mode=WAL"))
            connection.execute("PRAGMA synchronous=FULL")  # an answer survives a power cut
            connection.execute("PRAGMA foreign_keys=ON")
        self._file = record.info["file"] = _identity(self.url)

    def _begin(self, connection: sa.Connection) -> None:
        if not connection.get_execution_options().get(_WRITES):
            connection.exec_driver_sql("BEGIN")
            return
        if connection.info["file"] != _identity(self.url):
            raise causes.gone(self.url)  # SQLite would go on writing to a file without a name
        # a read that turns into a write cannot wait for its turn, so writers say so at once
        _begin_immediate(connection)

    def _server_engine(self) -> sa.Engine:
        self._reading = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        engine = sa.create_engine(self.url, pool_pre_ping=True)
        sa.event.listen(engine, "begin", _take_turn)
        return engine

    def _revision(self) -> str | None:
        with self.engine.connect() as connection:
            tables = set(sa.inspect(connection).get_table_names())
            if "alembic_version" in tables:
                value: str | None = connection.scalar(
                    sa.text("SELECT version_num FROM alembic_version")
                )
                return value
        if self._sqlite and tables:
            raise ProjectError(
                f"{causes.where(self.url)} holds tables of another program.",
                "Choose another place for the project.",
            )
        return None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.DBAPIError as error:
            told = causes.translated(error, self.url)
            if told is None:
                raise
            raise told from error


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list into pieces that fit one statement."""
    for start in range(0, len(values), IDS_PER_STATEMENT):
        yield values[start : start + IDS_PER_STATEMENT]


@cache
def _revisions() -> tuple[str, ...]:
    """The schema versions this version of fewclicks knows, newest first."""
    return tuple(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())


def _migrate(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _cannot_write(path: Path) -> bool:
    return path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _read_only_url(url: sa.URL) -> sa.URL:
    path = Path(url.database or "")
    query = {"uri": "true", "mode": "ro"}
    if not path.with_name(f"{path.name}-wal").exists():
        query["immutable"] = "1"  # else SQLite would want to write its shared memory file
    return sa.URL.create("sqlite", database=f"file:{quote(os.fsencode(path))}", query=query)


def _identity(url: sa.URL) -> tuple[int, int] | None:
    try:
        about = os.stat(url.database or "")
    except FileNotFoundError:
        return None
    return about.st_dev, about.st_ino


def _begin_immediate(connection: sa.Connection) -> None:
    # SQLite waits up to 0.1 s between its tries, and misses the gaps that an import leaves
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    try:
        _patiently(lambda: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={round(causes.BUSY_SECONDS * 1000)}")


def _patiently(statement: Callable[[], object]) -> None:
    end = time.monotonic() + causes.BUSY_SECONDS
    while not _done(statement, time.monotonic() > end):
        time.sleep(_POLL_SECONDS)


def _done(statement: Callable[[], object], last_try: bool) -> bool:
    try:
        statement()
    except (sqlite3.OperationalError, sa.exc.OperationalError) as error:
        if last_try or not causes.is_busy(error):
            raise
        return False
    return True


def _take_turn(connection: sa.Connection) -> None:
    if connection.get_execution_options().get(_WRITES):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{causes.BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
