"""A tiny project of three kinds of glyphs, made once and copied for each test."""

from __future__ import annotations

import json
import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fewclicks.project import Project
from fewclicks.server.app import create_app
from fewclicks.store.jobs import JobRow

with warnings.catch_warnings():
    # Starlette would rather have httpx2, and says so when it is imported first
    warnings.filterwarnings("ignore", "Using `httpx`")
    from starlette.testclient import TestClient

TOKEN = "a-token-for-tests"
N_ITEMS = 60
KINDS = ("bar", "dash", "box")
PATIENCE = 60.0  # seconds; only a machine with far too much to do needs more


def glyphs(n: int) -> np.ndarray[Any, Any]:
    """`n` images of 16 × 16: an upright bar, a dash and a box in turn, a little different each."""
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


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a project that is prepared and has had its first round."""
    home = tmp_path_factory.mktemp("server")
    np.save(home / "glyphs.npy", glyphs(N_ITEMS))
    with Project.create(home / "glyphs", home / "glyphs.npy", n_codewords=4) as project:
        project.prepare()
    return home / "glyphs"


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    """Folder of a project of one's own."""
    return Path(shutil.copytree(template, tmp_path / "glyphs"))


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    """A project of one's own."""
    with Project.open(folder) as opened:
        yield opened


@pytest.fixture
def client(project: Project) -> Iterator[TestClient]:
    """A client with the token, of an application without a worker."""
    app = create_app(project, TOKEN, "ana", with_worker=False)
    with TestClient(
        app,
        base_url="http://127.0.0.1:8765",
        headers={"Authorization": f"Bearer {TOKEN}"},
        raise_server_exceptions=False,
    ) as opened:
        yield opened


@pytest.fixture
def write(client: TestClient) -> Any:
    """Send a write with a client id of its own and return the JSON of the reply."""
    made = 0

    def send(method: str, path: str, status: int = 200, **body: Any) -> Any:
        nonlocal made
        made += 1
        body.setdefault("client_id", f"write-{made}")
        # not json=: that refuses the odd characters which a test may want to send
        headers = {"Content-Type": "application/json"}
        reply = client.request(method, path, content=json.dumps(body), headers=headers)
        assert reply.status_code == status, reply.text
        return reply.json()

    return send


@pytest.fixture
def until() -> Callable[..., None]:
    """Wait until something holds; fail if it never does."""

    def waited(holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, "waited too long"
            time.sleep(0.02)

    return waited


@pytest.fixture
def ended(until: Callable[..., None]) -> Callable[..., JobRow]:
    """Wait until a job has ended, and return how."""

    def waited(project: Project, job: JobRow) -> JobRow:
        until(lambda: project.store.jobs.get(job.id).state not in ("queued", "running"))
        return project.store.jobs.get(job.id)

    return waited
