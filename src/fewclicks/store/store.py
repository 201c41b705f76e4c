"""One project on disk: its database, its folder of files, its locks."""

from __future__ import annotations

import time
import uuid
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from fewclicks import files
from fewclicks.errors import Conflict, NotFound
from fewclicks.store import locks, schema
from fewclicks.store.answers import Answers
from fewclicks.store.certificates import Certificates
from fewclicks.store.classes import Classes
from fewclicks.store.database import Database
from fewclicks.store.events import Events
from fewclicks.store.items import Items
from fewclicks.store.jobs import Jobs
from fewclicks.store.questions import Questions
from fewclicks.store.rounds import Rounds

DATABASE_NAME = "fewclicks.db"
_UNFINISHED = {DATABASE_NAME, *(f"{DATABASE_NAME}-{part}" for part in ("wal", "shm", "journal"))}


class Store:
    """Rows that cannot be computed again, and the folder of files that can.

    Parameters
    ----------
    folder : Path
        The project's folder: thumbnails, features, clusters, graph.
    home : Path, optional
        Where the database and the labels lie, when apart from `folder` (a rehearsal).
    url : str, optional
        Database URL; by default SQLite in `home`.

    Attributes
    ----------
    url : str or None
        As it was given: None for a database in `home`.
    """

    def __init__(self, folder: Path, home: Path | None = None, url: str | None = None) -> None:
        self.folder = folder
        self.home = home or folder
        self.url = url
        # a path may hold any character, and this process may change its folder later
        path = str((self.home / DATABASE_NAME).absolute())
        self.database = Database(url or sa.URL.create("sqlite", database=path))
        self.events = Events(self.database)
        self.items = Items(self.database)
        self.classes = Classes(self.database, self.events)
        self.questions = Questions(self.database, self.events)
        self.answers = Answers(self.database, self.events, self.items.copies)
        self.certificates = Certificates(self.database, self.events)
        self.rounds = Rounds(self.database)
        self.jobs = Jobs(self.database)

    @classmethod
    def create(
        cls, folder: Path, name: str, options: dict[str, Any], url: str | None = None
    ) -> Store:
        """Make a new project in an empty or new folder.

        Raises
        ------
        Conflict
            The folder holds a project or other files, or is a file.
        """
        _make_folder(folder)
        _require_empty(folder)
        store = cls(folder, url=url)
        with ExitStack() as unfinished:
            unfinished.callback(store.close)
            store.database.upgrade()
            with store.database.write() as connection:
                if _described(connection) is not None:
                    raise Conflict(f"{folder} holds a project already.", "Choose another name.")
                uid = uuid.uuid4().hex
                connection.execute(
                    sa.insert(schema.project).values(
                        id=1, uid=uid, name=name, created_at=time.time(), options=options
                    )
                )
            unfinished.pop_all()
        return store

    @classmethod
    def open(cls, folder: Path, url: str | None = None) -> Store:
        """Open an existing project, bringing its tables up to this version.

        Raises
        ------
        NotFound
            There is no project in the folder, or one whose creation was interrupted.
        ProjectTooNew, ReadOnlyProject, ProjectError
            It cannot be used: the message says why and what to do.
        """
        missing = NotFound(
            f"There is no fewclicks project at {folder}.", "Make one with: fewclicks new"
        )
        if url is None and not _is_file(folder / DATABASE_NAME):
            raise missing
        store = cls(folder, url=url)
        with ExitStack() as unusable:
            unusable.callback(store.close)
            if not store.database.started():
                raise missing
            store.database.upgrade()
            with store.database.read() as connection:
                if _described(connection) is None:
                    raise missing
            unusable.pop_all()
        return store

    def rehearsal(self, home: Path) -> Store:
        """A copy of the items without any answer, class or question, sharing this one's files.

        What is answered there never reaches this project. `home` must be a new or empty folder.
        """
        _make_folder(home)
        copy = Store(self.folder, home)
        copy.database.upgrade()
        tables = (schema.project, schema.sources, schema.groups, schema.items)
        with self.database.read() as source, copy.database.write() as target:
            for table in tables:
                rows = source.execute(sa.select(table).order_by(table.c.id))
                for block in rows.mappings().partitions(5_000):
                    target.execute(sa.insert(table), [dict(row) for row in block])
        return copy

    def describe(self) -> dict[str, Any]:
        """The project's uid, name, created_at and options."""
        with self.database.read() as connection:
            row = _described(connection)
            return {k: row[k] for k in ("uid", "name", "created_at", "options")}

    def set_options(self, **options: Any) -> None:
        """Change some of the project's options."""
        with self.database.write() as connection:
            now = connection.execute(sa.select(schema.project.c.options)).scalar_one()
            connection.execute(sa.update(schema.project).values(options={**now, **options}))

    def lock(self, purpose: str, *, shared: bool = False) -> AbstractContextManager[None]:
        """Hold the project for one purpose; freed by the system if this process dies.

        With `shared` its rehearsals are held too: for files that all of them use.

        Raises
        ------
        ProjectBusy
            Another process holds it; the message names that process.
        """
        return locks.hold(self.folder if shared else self.home, purpose)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def _described(connection: sa.Connection) -> Any:
    return connection.execute(sa.select(schema.project)).mappings().first()


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise Conflict(
            f"{folder} cannot be a folder: there is a file of that name.", "Choose another name."
        ) from error
    except OSError as error:
        raise files.translated(error, folder) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise files.translated(error, path) from error


def _require_empty(folder: Path) -> None:
    """Refuse a folder that holds anything but the leftovers of an interrupted creation."""
    names = {path.name for path in folder.iterdir()}
    if DATABASE_NAME in names and names <= _UNFINISHED:
        return
    if DATABASE_NAME in names:
        raise Conflict(f"{folder} holds a project already.", "Open it, or choose another name.")
    if names:
        raise Conflict(f"{folder} is not empty.", "Choose another name for the project.")
