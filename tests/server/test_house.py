"""A server that begins without a project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.server.app import create_app, create_entrance
from fewclicks.server.context import Context
from fewclicks.server.house import House

TOKEN = "a-token-for-tests"


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(
        lambda project: create_app(project, TOKEN, "ana", with_worker=True), "ana", tmp_path
    )
    made.welcome(create_entrance(TOKEN))
    return made


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with TestClient(
        house,
        base_url="http://127.0.0.1:8765",
        headers={"Authorization": f"Bearer {TOKEN}"},
        raise_server_exceptions=False,
    ) as opened:
        yield opened


@pytest.fixture
def images(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "images.npy", rng.integers(0, 255, (30, 12, 12)).astype(np.uint8))
    return tmp_path / "images.npy"


def begin(client: TestClient, **wanted: Any) -> Any:
    return client.post("/api/entrance/new", json={"client_id": "one", **wanted})


def test_the_entrance_tells_what_there_is(client: TestClient, tmp_path: Path) -> None:
    told = client.get("/api/entrance").json()
    assert (told["annotator"], told["folder"]) == ("ana", str(tmp_path))
    assert {"deskew-hog", "colour-hog"} <= {choice["name"] for choice in told["features"]}
    assert "fewclicks" in {choice["name"] for choice in told["workflows"]}
    assert all(choice["summary"] for choice in told["features"] + told["workflows"])
    assert client.get("/api/project").status_code == 404
    assert "entrance.js" in client.get("/").text


def test_the_token_is_needed_here_too(house: House) -> None:
    client = TestClient(house, base_url="http://127.0.0.1:8765")
    assert client.get("/api/entrance").status_code == 401
    assert client.get("/api/places?path=/").status_code == 401


def test_images_are_looked_at_and_become_a_project(
    client: TestClient, images: Path, tmp_path: Path, until: Callable[..., None]
) -> None:
    seen = client.get("/api/preview", params={"source": str(images)}).json()
    assert (seen["n_images"], seen["complete"], seen["takes_groups"]) == (30, True, False)
    assert len(seen["thumbnails"]) == 24
    assert seen["thumbnails"][0].startswith("data:image/")
    assert seen["project"] == f"{images}.fewclicks"
    reply = begin(client, source=str(images), features="pixels", workflow="guided")
    assert reply.json() == {"folder": f"{images}.fewclicks"}
    assert "main.js" in client.get("/").text
    until(lambda: client.get("/api/project").json()["prepared"])
    told = client.get("/api/project").json()
    assert (told["n_items"], told["features"], told["workflow"]) == (30, "pixels", "guided")
    again = client.post(
        "/api/entrance/open", json={"client_id": "two", "folder": f"{images}.fewclicks"}
    )
    assert again.status_code == 405


def test_of_two_who_enter_the_second_is_told(house: House, tmp_path: Path) -> None:
    import asyncio

    from fewclicks.errors import Conflict

    async def enter_twice() -> None:
        house.require_empty()
        await house.enter(Project.create(tmp_path / "one"))
        with pytest.raises(Conflict, match="already"):
            house.require_empty()
        with pytest.raises(Conflict, match="already"):
            await house.enter(Project.create(tmp_path / "two"))
        await house._stack.aclose()

    asyncio.run(enter_twice())


def test_a_project_that_cannot_be_served_leaves_room_for_another(
    client: TestClient, images: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Context) -> None:
        raise RuntimeError("no worker")

    with monkeypatch.context() as patched:
        patched.setattr(Context, "start", fail)
        assert begin(client, source=str(images)).status_code == 500
    assert client.get("/api/entrance").status_code == 200
    folder = f"{images}.fewclicks"
    opened = client.post("/api/entrance/open", json={"client_id": "two", "folder": folder})
    assert opened.status_code == 200
    assert client.get("/api/project").status_code == 200


def test_home_is_home_for_images_and_projects(
    client: TestClient, images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert client.get("/api/preview?source=~/images.npy").json()["n_images"] == 30
    assert begin(client, source="~/images.npy", folder="~/mine").status_code == 200
    assert (tmp_path / "mine" / "fewclicks.db").exists()


@pytest.mark.parametrize(
    ("wanted", "status", "says"),
    [
        ({"source": "/nowhere/at/all"}, 422, "nothing at"),
        ({"source": "{images}", "features": "nonsense"}, 422, "features"),
        ({"source": "{images}", "workflow": "nonsense"}, 422, "workflow"),
        ({"source": "{images}", "folder": "{here}"}, 409, "not empty"),
        ({"source": "{images}", "groups": "folders"}, 422, "groups"),
        ({}, 422, "source"),
    ],
)
def test_a_wrong_beginning_leaves_the_entrance_open(
    client: TestClient, images: Path, tmp_path: Path, wanted: dict[str, str], status: int, says: str
) -> None:
    filled = {k: v.format(images=images, here=tmp_path) for k, v in wanted.items()}
    reply = begin(client, **filled)
    assert reply.status_code == status
    assert says in reply.json()["error"]["message"]
    assert client.get("/api/entrance").status_code == 200
    assert not list(tmp_path.glob("**/fewclicks.db"))


def test_no_project_there_is_said(client: TestClient, tmp_path: Path) -> None:
    reply = client.post("/api/entrance/open", json={"client_id": "x", "folder": str(tmp_path)})
    assert reply.status_code == 404
    assert "no fewclicks project" in reply.json()["error"]["message"]
