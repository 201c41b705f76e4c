"""What a database's error means to the person in front of it, and what they can do."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import sqlalchemy as sa

from fewclicks.errors import (
    DiskFull,
    FewclicksError,
    ProjectBusy,
    ProjectError,
    ReadOnlyProject,
)

BUSY_SECONDS = 20
"""How long a write waits for another process's write before it gives up."""

NEARLY_FULL = 1 << 20
"""Free bytes below which a disk's unexplained error is put down to lack of space."""

_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_PERM: "readonly",
    sqlite3.SQLITE_CANTOPEN: "closed",
    sqlite3.SQLITE_BUSY: "busy",
    sqlite3.SQLITE_LOCKED: "busy",
    sqlite3.SQLITE_IOERR: "failing",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "foreign",
}
_POSTGRESQL = {
    "53100": "full",
    "25006": "readonly",
    "42501": "readonly",
    "55P03": "busy",
    "40P01": "busy",
    "58030": "failing",
    "XX001": "damaged",
    "XX002": "damaged",
}
_MEANINGS: dict[str, tuple[type[FewclicksError], str, str]] = {
    "full": (DiskFull, "No space is left for {where}.", "Free some space and try again."),
    "readonly": (
        ReadOnlyProject,
        "{where} cannot be written.",
        "Give yourself write permission there, or copy the project.",
    ),
    "closed": (
        ProjectError,
        "{where} cannot be opened.",
        "Look whether its folder exists and can be read and written.",
    ),
    "busy": (
        ProjectBusy,
        f"Another process has been writing to {{where}} for over {BUSY_SECONDS} seconds.",
        "Wait for it or stop it.",
    ),
    "failing": (
        ProjectError,
        "The disk reports an error for {where}.",
        "Look at the disk's health and free space, then try again.",
    ),
    "damaged": (ProjectError, "{where} is damaged.", "Restore the file from a copy."),
    "foreign": (
        ProjectError,
        "{where} is not a fewclicks project, or is damaged.",
        "Restore the file from a copy.",
    ),
    "unreachable": (
        ProjectError,
        "The database server of {where} cannot be reached.",
        "Look whether it runs, and at the address and password.",
    ),
}


def translated(error: sa.exc.DBAPIError, url: sa.URL) -> FewclicksError | None:
    """The house's error for a database's, None if there is none for it (a fault of ours)."""
    if isinstance(error.orig, sqlite3.Error):
        cause = _sqlite_cause(error.orig, Path(url.database or "."))
    else:
        cause = _postgresql_cause(error)
    if cause is None:
        return None
    kind, message, remedy = _MEANINGS[cause]
    return kind(message.format(where=where(url)), remedy)


def is_busy(error: sqlite3.Error | sa.exc.DBAPIError) -> bool:
    """Whether SQLite says that another connection is writing."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def where(url: sa.URL) -> str:
    """The database as a person knows it: its file, or its address without the password."""
    if url.get_backend_name() == "sqlite" and url.database:
        return url.database
    return url.render_as_string(hide_password=True)


def read_only(url: sa.URL) -> ReadOnlyProject:
    """The error for a write to a project that is known to be read-only."""
    _, message, remedy = _MEANINGS["readonly"]
    return ReadOnlyProject(message.format(where=where(url)), remedy)


def gone(url: sa.URL) -> ProjectError:
    """The error for a project whose file is not where it was when it was opened."""
    return ProjectError(
        f"{where(url)} was moved, deleted or replaced while it was in use.",
        "Put it back if you need what is in it, then open the project anew.",
    )


def _sqlite_cause(error: sqlite3.Error, path: Path) -> str | None:
    code = getattr(error, "sqlite_errorcode", None)
    cause = None if code is None else _SQLITE.get(code & 0xFF)
    if cause == "closed" and path.parent.is_dir() and not os.access(path.parent, os.W_OK):
        return "readonly"
    # SQLite tells a disk that filled up while it grew its shared memory as a plain I/O error
    if cause == "failing" and shutil.disk_usage(path.parent).free < NEARLY_FULL:
        return "full"
    return cause


def _postgresql_cause(error: sa.exc.DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        lost = isinstance(error, sa.exc.OperationalError) or error.connection_invalidated
        return "unreachable" if lost else None
    return _POSTGRESQL.get(state, "unreachable" if state[:2] in ("08", "28", "57") else None)
