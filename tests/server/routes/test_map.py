"""GET /api/map."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.records import Reply
from fewclicks.server.app import create_app

TOKEN = "a-token-for-tests"


@pytest.fixture
def mapped(tmp_path: Path) -> Iterator[Project]:
    """A project of 60 items on a map of 3 by 4."""
    rng = np.random.default_rng(0)
    np.save(tmp_path / "images.npy", rng.integers(0, 256, (60, 8, 8), dtype=np.uint8))
    rows = (rng.integers(0, 3, (60, 1)) * 9 + rng.normal(size=(60, 3))).astype("f4")
    np.save(tmp_path / "rows.npy", rows)
    with Project.create(
        tmp_path / "mapped", tmp_path / "images.npy", features=str(tmp_path / "rows.npy"),
        clusterer="som", n_codewords=12,
    ) as project:  # fmt: skip
        yield project


def client_of(project: Project) -> TestClient:
    app = create_app(project, TOKEN, "ana", with_worker=False)
    return TestClient(
        app, base_url="http://127.0.0.1:1", headers={"Authorization": f"Bearer {TOKEN}"}
    )


def test_every_cluster_lies_in_its_place(mapped: Project) -> None:
    mapped.prepare()
    client = client_of(mapped)
    assert client.get("/api/project").json()["has_map"] is True
    found = client.get("/api/map").json()
    assert (found["rows"], found["columns"], found["topology"]) == (3, 4, "rectangular")
    places = [(cell["x"], cell["y"]) for cell in found["cells"]]
    assert places == [(x, y) for y in range(3) for x in range(4)]
    assert sum(c["size"] for c in found["cells"]) == 60
    assert max(c["ridge"] for c in found["cells"]) == 1
    for cell in found["cells"]:
        assert (cell["medoid"] is None) == (cell["question"] is None) == (cell["size"] == 0)
        if cell["size"]:
            question = client.get(f"/api/questions/{cell['question']}").json()
            assert question["cluster"] == cell["cluster"]
            assert question["members"][0] == cell["medoid"]


def test_an_answered_cluster_has_its_class_and_no_question(mapped: Project) -> None:
    mapped.prepare()
    client = client_of(mapped)
    asked = next(c for c in client.get("/api/map").json()["cells"] if c["size"])
    assert asked["guess"] is None
    mapped.answer("ana", Reply("class", "oak"), question_id=asked["question"])
    now = client.get("/api/map").json()["cells"][asked["cluster"]]
    assert now["question"] is None
    assert now["guess"]["confidence"] == 1


def test_before_it_is_prepared_there_is_no_map(mapped: Project) -> None:
    reply = client_of(mapped).get("/api/map")
    assert reply.status_code == 404
    assert "Prepare" in reply.json()["error"]["remedy"]


def test_other_clusterers_make_no_map(client: TestClient) -> None:
    assert client.get("/api/project").json()["has_map"] is False
    reply = client.get("/api/map")
    assert reply.status_code == 404
    assert "--clusterer som" in reply.json()["error"]["remedy"]


def test_a_split_cluster_leads_to_its_parts(mapped: Project) -> None:
    mapped.prepare()
    client = client_of(mapped)
    largest = max(client.get("/api/map").json()["cells"], key=lambda cell: cell["size"])
    mapped.answer("ana", Reply("mixed"), question_id=largest["question"])
    first = client.get("/api/map").json()["cells"][largest["cluster"]]["question"]
    part = client.get(f"/api/questions/{first}").json()
    members = mapped.collection().portraits.members(largest["cluster"])
    assert part["state"] == "open"
    assert set(part["members"]) < set(members.tolist())
    for _ in range(len(members)):
        left = client.get("/api/map").json()["cells"][largest["cluster"]]["question"]
        if left is not None:
            mapped.answer("ana", Reply("class", "oak"), question_id=left)
    assert left is None
    assert mapped.labels().sources[members].all()
