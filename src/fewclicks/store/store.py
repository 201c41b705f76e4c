"""One project on disk: its database, its folder of files, its locks."""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import sqlalchemy as sa

from fewclicks.errors import Conflict, NotFound, ProjectBusy
from fewclicks import files
from fewclicks.store import schema
from fewclicks.store.answers import Answers
from fewclicks.store.classes import Classes
from fewclicks.store.database import Database
from fewclicks.store.events import Events
from fewclicks.store.items import Items
from fewclicks.store.jobs import Jobs
from fewclicks.store.questions import Questions
from fewclicks.store.rounds import Rounds

DATABASE_NAME = "fewclicks.db"


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
    """

    def __init__(self, folder: Path, home: Path | None = None, url: str | None = None) -> None:
        self.folder = folder
        self.home = home or folder
        self.database = Database(url or f"sqlite:///{self.home / DATABASE_NAME}")
        self.events = Events(self.database)
        self.items = Items(self.database)
        self.classes = Classes(self.database, self.events)
        self.questions = Questions(self.database, self.events)
        self.answers = Answers(self.database, self.events)
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
            The folder holds a project, or other files.
        """
        if (folder / DATABASE_NAME).exists():
            raise Conflict(f"{folder} holds a project already.", "Open it, or choose another name.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise Conflict(f"{folder} is not empty.", "Choose another name for the project.")
        except OSError as error:
            raise files.translated(error, folder) from error
        store = cls(folder, url=url)
        store.database.upgrade()
        with store.database.write() as connection:
            connection.execute(
                sa.insert(schema.project).values(
                    id=1, uid=uuid.uuid4().hex, name=name, created_at=time.time(), options=options
                )
            )
        return store

    @classmethod
    def open(cls, folder: Path, url: str | None = None) -> Store:
        """Open an existing project, bringing its tables up to this version.

        Raises
        ------
        NotFound
            There is no project in the folder.
        ProjectTooNew, ReadOnlyProject, ProjectError
            It cannot be used: the message says why and what to do.
        """
        if url is None and not (folder / DATABASE_NAME).exists():
            raise NotFound(
                f"There is no fewclicks project at {folder}.", "Make one with: fewclicks new"
            )
        store = cls(folder, url=url)
        store.database.upgrade()
        return store

    def rehearsal(self, home: Path) -> Store:
        """A copy of the items without any answer, class or question, sharing this one's files.

        What is answered there never reaches this project. `home` must be a new or empty folder.
        """
        home.mkdir(parents=True, exist_ok=True)
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
            row = connection.execute(sa.select(schema.project)).mappings().one()
            return {k: row[k] for k in ("uid", "name", "created_at", "options")}

    def set_options(self, **options: Any) -> None:
        """Change some of the project's options."""
        with self.database.write() as connection:
            now = connection.execute(sa.select(schema.project.c.options)).scalar_one()
            connection.execute(sa.update(schema.project).values(options={**now, **options}))

    @contextmanager
    def lock(self, purpose: str) -> Iterator[None]:
        """Hold the project for one purpose; freed by the system if this process dies.

        Raises
        ------
        ProjectBusy
            Another process holds it; the message names that process.
        """
        path = self.home / f"{purpose}.lock"
        holder = self.home / f"{purpose}.holder"
        lock = filelock.FileLock(path, timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            who = holder.read_text() if holder.exists() else "another process"
            raise ProjectBusy(
                f"The project at {self.folder} is in use for “{purpose}” by {who}.",
                "Wait for it or stop it.",
            ) from error
        except OSError as error:
            raise files.translated(error, path) from error
        try:
            holder.write_text(f"process {os.getpid()} ({' '.join(sys.argv[:3])})")
            yield
        finally:
            holder.unlink(missing_ok=True)
            lock.release()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()
