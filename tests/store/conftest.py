"""Projects to test on: SQLite always, PostgreSQL where a server can be started."""

from __future__ import annotations

import json
import os
import pwd
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import sqlalchemy as sa

from fewclicks.records import Question
from fewclicks.store import Store, schema
from fewclicks.store.database import Database
from fewclicks.store.items import NewItem
from fewclicks.store.store import DATABASE_NAME

N_ITEMS = 60
PATIENCE = 120.0  # seconds; only a machine with far too much to do needs more


class Nursery:
    """Starts processes, hears what they tell, and kills them."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("worker.py")
        self._process = subprocess.Popen(
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self._told: queue.Queue[dict[str, Any]] = queue.Queue()
        self._heard: list[dict[str, Any]] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def start(self, *request: Any) -> int:
        """Start a process and give its id."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        known = len(self._all("child"))
        return int(self.hear("child", known + 1)["child"])

    def hear(self, what: str, times: int = 1) -> dict[str, Any]:
        """Wait until something was told so often since `everything`; give the last of it."""
        while len(self._all(what)) < times:
            self._heard.append(self._told.get(timeout=PATIENCE))
        return self._all(what)[times - 1]

    def kill(self, *children: int) -> list[dict[str, Any]]:
        """Kill processes as nothing can prevent, then give `everything`."""
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            while psutil.pid_exists(child):
                time.sleep(0.001)
        return self.everything()

    def everything(self) -> list[dict[str, Any]]:
        """Give all that was told since the last time."""
        last = self.start("nothing")
        while last not in [message["ended"] for message in self._all("ended")]:
            self._heard.append(self._told.get(timeout=PATIENCE))
        heard, self._heard = self._heard, []
        return heard

    def _all(self, what: str) -> list[dict[str, Any]]:
        return [message for message in self._heard if what in message]

    def close(self) -> None:
        """End the process that starts the others."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._listener.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.put(json.loads(line))


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with empty tables, copied so that each test need not make them."""
    path = tmp_path_factory.mktemp("tables") / DATABASE_NAME
    database = Database(f"sqlite:///{path}")
    database.upgrade()
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_tables() -> Iterator[str]:
    """URL of an empty database on a server of its own; skips where none can be started."""
    pytest.importorskip("psycopg", reason="psycopg (extra “postgres”) is not installed")
    binaries = _server_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="fewclicks-pg-"))  # short: the socket's path is limited
    try:
        _start_server(binaries, folder)
        url = f"postgresql+psycopg://fewclicks@/postgres?host={folder}"
        database = Database(url)
        database.upgrade()
        database.close()
        yield url
        _as_server(binaries / "pg_ctl", "-D", folder / "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def emptied_postgresql(postgresql_tables: str) -> Callable[[], str]:
    """Empty the PostgreSQL database and give its URL."""

    def emptying() -> str:
        names = ", ".join(table.name for table in schema.metadata.sorted_tables)
        engine = sa.create_engine(postgresql_tables)
        with engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
        engine.dispose()
        return postgresql_tables

    return emptying


@pytest.fixture
def make_store(sqlite_tables: Path) -> Iterator[Callable[..., Store]]:
    """Make a project in a folder, with or without items."""
    made: list[Store] = []

    def make(folder: Path, url: str | None = None, n_items: int = N_ITEMS) -> Store:
        folder.mkdir(parents=True, exist_ok=True)
        if url is None:
            shutil.copy(sqlite_tables, folder)
        store = Store.create(folder, "birds", {"seed": 0}, url)
        made.append(store)
        if n_items:
            source = store.items.add_source("photos", "folder", {})
            store.items.add(source, 0, [_new_item(i) for i in range(n_items)], [])
        return store

    yield make
    for store in made:
        store.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, make_store: Callable[..., Store]
) -> Store:
    """A project of 60 items, on each kind of database."""
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("emptied_postgresql")()
    return make_store(tmp_path / "project", url)


@pytest.fixture
def lite(tmp_path: Path, make_store: Callable[..., Store]) -> Store:
    """A project of 60 items on SQLite."""
    return make_store(tmp_path / "project")


@pytest.fixture
def ask(store: Store) -> Callable[..., int]:
    """Ask one question about an item, or about a cluster of members; give its id."""

    def asking(about: int | list[int], purpose: Any = "learn", priority: float = 0.0) -> int:
        if isinstance(about, int):
            question = Question("item", "why", priority, item=about, purpose=purpose)
            return store.rounds.finish(
                store.rounds.next_id(), "test", 0, 0, "", {}, [question], None
            )[0]
        question = Question("cluster", "why", priority, members=np.array(about), cluster=about[0])
        return store.questions.ask_clusters("p", [question])[0]

    return asking


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """Processes of tests/store/worker.py to start and to kill."""
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def dump() -> Callable[[Store], dict[str, list[tuple[Any, ...]]]]:
    """Every row of every table that a person's work is in."""

    def dumping(store: Store) -> dict[str, list[tuple[Any, ...]]]:
        tables = (schema.answers, schema.classes, schema.questions, schema.events)
        with store.database.read() as connection:
            return {
                table.name: [
                    tuple(v.tobytes() if isinstance(v, np.ndarray) else v for v in row)
                    for row in connection.execute(sa.select(table).order_by(table.c.id))
                ]
                for table in tables
            }

    return dumping


@pytest.fixture
def make_item() -> Callable[..., NewItem]:
    """Make the row of a new item from its number."""
    return _new_item


def _new_item(number: int, **values: Any) -> NewItem:
    filled = {"label": f"class {number % 3}", "group": f"group {number // 10}", **values}
    content = number.to_bytes(16, "big")
    return NewItem(f"{number:05d}.png", content, 28, 28, True, **filled)


def _server_binaries() -> Path | None:
    found = shutil.which("pg_ctl")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    place = Path(found).resolve().parent if found else debian[-1].parent if debian else None
    return place if place is not None and (place / "initdb").exists() else None


def _start_server(binaries: Path, folder: Path) -> None:
    if os.geteuid() == 0:  # the server refuses to run as root
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    data = folder / "data"
    _as_server(
        binaries / "initdb", "-D", data, "-U", "fewclicks", "-A", "trust", "-E", "UTF8", "-N"
    )
    options = f"-F -k {folder} -c listen_addresses="
    _as_server(binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")


def _as_server(*command: Any) -> None:
    user = "nobody" if os.geteuid() == 0 else None
    done = subprocess.run(
        [str(part) for part in command], user=user, cwd="/", capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no PostgreSQL server can be started: {done.stderr.decode()[-300:]}")
