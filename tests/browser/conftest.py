"""A real server of a small project, and a real Chromium that looks at it."""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn

from fewclicks.answers.annotator import KnownLabels
from fewclicks.project import Project
from fewclicks.server.app import create_app
from fewclicks.simulate import simulate
from fewclicks.workflows import FewClicks

TOKEN = "a-token-for-tests"
N_ITEMS = 400
N_CLUSTERS = 5
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass(frozen=True)
class Served:
    """A running server, asked here without the page."""

    address: str

    @property
    def url(self) -> str:
        return f"{self.address}/?token={TOKEN}"

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/api/{path}", data, headers)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def answers(self) -> int:
        return self.ask("progress")["answers"]["total"]

    def classes(self) -> dict[str, Any]:
        return {known["name"]: known for known in self.ask("classes")["classes"]}

    def wait(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Until the server has taken in what the page has sent."""
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, "the server never came to hold what was expected"
            time.sleep(0.05)


class Person:
    """Somebody at the page, and what they do there in one word each."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.keys = page.keyboard

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys.press(key)

    def name_it(self, name: str) -> None:
        """Type a class and press Enter."""
        self.press("/")
        self.keys.type(name)
        self.press("Enter")

    def shown(self) -> str:
        """What is on the table: the pictures in sight, by item."""
        view = "#view-items .subject" if self.page.is_visible("#view-items") else "#cell-0 img"
        return str(self.page.locator(view).first.get_attribute("src"))

    def size(self) -> int:
        """How many images the cluster on the table has."""
        return int(re.sub(r"\D", "", self.page.inner_text(".clusters .words h2")))

    def misfits(self) -> int:
        found = re.match(r"\d+", self.page.inner_text(".counter [role=status]"))
        return int(found.group()) if found else 0

    def cell(self, rank: int) -> Any:
        """The thumbnail of that rank; 0 is the most typical."""
        return self.page.locator(f"#cell-{rank}")

    def said(self) -> str:
        """What the page says was answered last."""
        return str(self.page.locator(".said:visible").inner_text())

    def saved(self) -> None:
        """Wait until everything is with the server."""
        self.page.wait_for_function(
            "() => !Object.keys(localStorage).some(key => key.startsWith('fewclicks.outbox.'))"
        )
        self.page.wait_for_selector(".saved[data-state=saved]")

    def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait while the page goes on, routed requests included, which only run while it is waited
        for."""
        until = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < until, "the page never came to what was expected"
            self.page.wait_for_timeout(50)

    def go(self, tab: str) -> None:
        self.page.click(f"#tab-{tab}")
        self.page.wait_for_selector(f"#view-{tab}:not([hidden], [aria-busy])")


def glyphs(n: int) -> np.ndarray[Any, Any]:
    """`n` images of 16 × 16: bars, dashes and boxes in turn, a little different each."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 20, (n, 16, 16)).astype(np.uint8)
    for number, image in enumerate(images):
        at = int(rng.integers(0, 3))
        if number % 3 == 0:
            image[2 + at : 13, 7 + at : 9 + at] = 250
        elif number % 3 == 1:
            image[7 + at : 9 + at, 2:14] = 250
        else:
            image[3 + at : 11 + at, 3:11] = 250
    return images


@pytest.fixture
def many_glyphs() -> Callable[[int], np.ndarray[Any, Any]]:
    """What makes as many glyphs as one asks for, see `glyphs`."""
    return glyphs


def make_project(home: Path, n_items: int, n_clusters: int, clusterer: str = "kmeans") -> Path:
    """A project that is prepared and has had its first round."""
    np.save(home / "glyphs.npy", glyphs(n_items))
    with Project.create(
        home / "glyphs", home / "glyphs.npy", clusterer=clusterer, n_codewords=n_clusters
    ) as project:
        project.prepare()
    return home / "glyphs"


def make_sequences(home: Path) -> Path:
    """A project of 150 glyphs in sequences of five of a kind; 24 answers are its start."""
    numbers = np.arange(150)
    np.savez(home / "glyphs.npz", x=glyphs(150), sequence=numbers // 15 * 3 + numbers % 3)
    options = {"n_start": 24, "refine": "never"}
    with Project.create(
        home / "glyphs", home / "glyphs.npz", n_codewords=4, workflow_options=options
    ) as project:
        project.prepare()
    return home / "glyphs"


@contextmanager
def serving(folder: Path, with_worker: bool = False) -> Iterator[Served]:
    """Serve a project on a free port, in a thread of this process.

    Without a worker nothing is exported and no round runs, but it starts much sooner.
    """
    with Project.open(folder) as project:
        app = create_app(project, TOKEN, "ana", with_worker=with_worker)
        config = uvicorn.Config(app, port=0, log_level="error", ws="none", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "the server ended at once"
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Served(f"http://127.0.0.1:{port}")
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("browser"), N_ITEMS, N_CLUSTERS)


@pytest.fixture(scope="session")
def served_large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server of one cluster of 3,000 glyphs, for tests that change nothing."""
    with serving(make_project(tmp_path_factory.mktemp("large"), 3000, 1)) as running:
        yield running


@pytest.fixture(scope="session")
def served_worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server of 150 glyphs after 60 answers, many of them blind checks; nothing is changed."""
    folder = make_project(tmp_path_factory.mktemp("worked"), 150, 4)
    with Project.open(folder) as project:
        workflow = FewClicks(refine="never", n_start=12, n_batch=6, audit=0.5)
        said = KnownLabels([("bar", "dash", "box")[number % 3] for number in range(150)])
        simulate(project, workflow=workflow, annotator=said, budget=60)
    with serving(folder) as running:
        yield running


@pytest.fixture
def served(template: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """The server of a project of one's own: 400 glyphs in 5 clusters, nothing answered.

    It has a worker for tests marked ``parametrize("served", ["worker"], indirect=True)``, and those
    marked "sequences" have `make_sequences` with a worker.
    """
    kind = getattr(request, "param", None)
    sequences = kind == "sequences"
    folder = make_sequences(tmp_path) if sequences else shutil.copytree(template, tmp_path / "all")
    with serving(folder, with_worker=kind is not None) as running:
        yield running


@pytest.fixture
def served_map(tmp_path: Path) -> Iterator[Served]:
    """The server of 400 glyphs on a map of 3 by 4, nothing answered."""
    with serving(make_project(tmp_path, N_ITEMS, 12, "som")) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser for all tests; they are skipped without one."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no chromium on this machine; on Debian: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def profile(chromium: Any) -> Iterator[Any]:
    """A profile for all tests that need no other window; `visit` forgets what it remembers."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def visit(chromium: Any, profile: Any) -> Iterator[Callable[..., Any]]:
    """Open the page in a window as asked for; a script error in it fails the test.

    A server may have the port of an earlier one, so the browser's memory of that is dropped first.
    """
    opened: list[tuple[Any, Any]] = []
    errors: list[str] = []

    def visited(url: str, **options: Any) -> Any:
        context = chromium.new_context(**options) if options else profile
        page = context.new_page()
        if context is profile and all(former is not profile for former, _ in opened):
            origin = {"origin": "/".join(url.split("/")[:3]), "storageTypes": "local_storage"}
            context.new_cdp_session(page).send("Storage.clearDataForOrigin", origin)
        opened.append((context, page))
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        page.wait_for_selector(".clusters .cell img[src]")
        return page

    yield visited
    for context, page in opened:
        page.close()
        if context is profile:
            context.set_offline(False)
        else:
            context.close()
    assert errors == []


@pytest.fixture
def page(served: Served, visit: Callable[..., Any]) -> Any:
    """The page of `served`, showing its first cluster."""
    return visit(served.url)


@pytest.fixture
def person(page: Any) -> Person:
    """Somebody at that page."""
    return Person(page)
