"""The server as a real process: it starts, is asked to end, is killed in the middle of answers."""

from __future__ import annotations

import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.project import Project
from fewclicks.server import serve as serving

TOKEN = "a-token-for-tests"
SCRIPT = f"""
import sys
from fewclicks.server.serve import serve
serve(sys.argv[1], port=0, token={TOKEN!r}, annotator="ana", open_browser=False,
      ready=lambda url: print(url, flush=True))
"""


class Server:
    """A server process and a connection to it."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        self._place = urlsplit(self.url).netloc
        self._line = http.client.HTTPConnection(self._place, timeout=60)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        self._line.request(method, path, content, headers)
        reply = self._line.getresponse()
        return reply.status, json.loads(reply.read())

    def worker(self) -> psutil.Process | None:
        children = psutil.Process(self.process.pid).children()
        return next((c for c in children if "fewclicks.server.worker" in c.cmdline()), None)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)

    def close(self) -> None:
        self._line.close()
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[[Path], Server]]:
    started: list[Server] = []

    def begin(folder: Path) -> Server:
        started.append(Server(folder))
        return started[-1]

    yield begin
    for server in started:
        server.close()


def test_a_round_starts_by_itself_and_all_ends_when_asked_to(
    folder: Path, start: Callable[[Path], Server], until: Callable[..., None]
) -> None:
    server = start(folder)
    assert server.url.startswith("http://127.0.0.1:")
    assert server.url.endswith(f"/?token={TOKEN}")
    page = server.ask("GET", "/api/questions?kind=item&limit=200")[1]["questions"]
    for question in page[:-3]:
        body = {
            "client_id": str(question["id"]), "question_id": question["id"], "verdict": "class",
            "class_name": ("bar", "dash", "box")[question["item"] % 3],
        }  # fmt: skip
        assert server.ask("POST", "/api/answers", body)[0] == 200
    until(lambda: server.ask("GET", "/api/progress")[1]["round"] == 2)
    labelled = server.ask("GET", "/api/progress")[1]["labelled"]
    assert (labelled["none"], labelled["person"]) == (0, len(page) - 3)
    worker = server.worker()
    assert worker is not None
    assert server.end(signal.SIGTERM) == 0
    assert not worker.is_running()


def answer_until_killed(
    server: Server,
    run: str,
    sent: list[dict[str, Any]],
    acknowledged: dict[str, int],
    killer: threading.Timer,
) -> None:
    for number in range(100_000):
        sent.append(
            {
                "client_id": f"{run}-{number}", "item": number % 60, "verdict": "class",
                "class_name": f"class {number % 7}", "seconds": 0.5, "actions": 1,
            }
        )  # fmt: skip
        status, reply = server.ask("POST", "/api/answers", sent[-1])
        assert status == 200, reply
        acknowledged[sent[-1]["client_id"]] = reply["answer"]["id"]
        if number == 0:
            killer.start()


def test_answers_survive_any_kill_and_count_once(
    folder: Path, start: Callable[[Path], Server]
) -> None:
    acknowledged: dict[str, int] = {}
    sent: list[dict[str, Any]] = []
    rng = random.Random()  # any moment may be the wrong one
    for run in range(2):
        server = start(folder)
        killer = threading.Timer(rng.uniform(0.02, 0.5), server.process.kill)
        with pytest.raises((OSError, http.client.HTTPException)):
            answer_until_killed(server, str(run), sent, acknowledged, killer)
        killer.join()
    with Project.open(folder) as project:
        totals = project.store.answers.totals()
        assert len(acknowledged) <= totals["total"] <= len(acknowledged) + 2
        assert totals["actions"] == totals["total"]
        assert [row.name for row in project.store.classes.all()] == [
            f"class {i}" for i in range(len(project.store.classes.all()))
        ]
    server = start(folder)
    for body in sent:  # as the page does with what it has no reply to
        status, reply = server.ask("POST", "/api/answers", body)
        assert status == 200
        assert acknowledged.get(body["client_id"], reply["answer"]["id"]) == reply["answer"]["id"]
    assert server.ask("GET", "/api/progress")[1]["answers"]["total"] == len(sent)
    assert server.end(signal.SIGTERM) == 0


def test_the_worker_of_a_killed_server_leaves_and_its_job_goes_on(
    folder: Path, start: Callable[[Path], Server], until: Callable[..., None]
) -> None:
    server = start(folder)
    for number in range(4):
        job = server.ask("POST", "/api/jobs", {"client_id": str(number), "kind": "round"})[1]["job"]
    until(lambda: server.worker() is not None)
    worker = server.worker()
    assert worker is not None
    state = lambda number: server.ask("GET", f"/api/jobs/{number}")[1]["job"]["state"]  # noqa: E731
    until(lambda: state(1) != "queued")
    server.process.kill()
    server.process.wait()
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    server = start(folder)
    until(lambda: state(job["id"]) == "done")
    assert [state(number) for number in range(1, 5)] == ["done"] * 4
    assert server.end(signal.SIGTERM) == 0


def test_ports() -> None:
    with serving._listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port}"):
            serving._listen("127.0.0.1", port)
    with serving._listen("127.0.0.1", port) as again:
        assert again.getsockname()[1] == port
    with serving._listen("127.0.0.1", None) as first, serving._listen("127.0.0.1", None) as second:
        assert first.getsockname()[1] != second.getsockname()[1]


@pytest.mark.parametrize(
    ("host", "port"), [("no such host", 0), ("127.0.0.1", 70_000), ("127.0.0.1", -1)]
)
def test_places_that_are_no_address(host: str, port: int) -> None:
    with pytest.raises(InvalidInput, match=r"address|between 0 and 65535"):
        serving._listen(host, port)


def test_addresses_that_a_browser_can_open() -> None:
    assert serving._shown_host("127.0.0.1") == "127.0.0.1"
    assert serving._shown_host("0.0.0.0") == "127.0.0.1"
    assert serving._shown_host("::1") == "[::1]"


def test_a_project_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        serving.serve(tmp_path / "nothing", open_browser=False)


def test_the_browser_is_opened_at_the_address(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, told = [], []
    stop = threading.Event()

    def browse(address: str) -> bool:
        opened.append(address)
        signal.raise_signal(signal.SIGINT)
        stop.set()
        return True

    monkeypatch.setattr(serving.webbrowser, "open", browse)
    before = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
    serving.serve(folder, port=0, ready=told.append)
    assert stop.wait(60)
    assert opened == told
    assert len(urlsplit(told[0]).query) > 32
    assert [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)] == before
    with (
        pytest.raises(OSError),
        socket.create_connection(("127.0.0.1", urlsplit(told[0]).port or 0), timeout=5),
    ):
        pass
