"""GET /api/project and /api/progress."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import fewclicks
from fewclicks.errors import FewclicksError
from fewclicks.project import Project
from fewclicks.server.app import create_app
from fewclicks.server.work import KINDS


def test_what_the_project_is(client: TestClient, folder: Path) -> None:
    told = client.get("/api/project").json()
    assert {k: told[k] for k in ("name", "n_items", "kind", "workflow")} == {
        "name": "glyphs", "n_items": 60, "kind": "glyphs", "workflow": "fewclicks",
    }  # fmt: skip
    assert told["features"] not in ("", "auto")
    assert {w["name"] for w in told["workflows"]} >= {"fewclicks", "confusion_area"}
    assert all(w["summary"] for w in told["workflows"])
    assert told["version"] == fewclicks.__version__
    assert (told["prepared"], told["read_only"]) == (True, False)
    assert (told["n_failures"], told["n_duplicates"]) == (0, 0)
    assert told["folder"] == str(folder.resolve())


def test_a_project_without_items_can_be_looked_at(tmp_path: Path) -> None:
    with Project.create(tmp_path / "empty") as project:
        app = create_app(project, "a-token-for-tests", "ana", with_worker=False)
        client = TestClient(app, base_url="http://localhost:1")
        told = client.get("/api/project?token=a-token-for-tests").json()
        assert (told["n_items"], told["kind"], told["prepared"]) == (0, None, False)
        progress = client.get("/api/progress?token=a-token-for-tests").json()
        assert (progress["n_items"], progress["rate"]) == (0, 0)


def test_progress_counts_labels_answers_and_questions(client: TestClient, write: Any) -> None:
    before = client.get("/api/progress").json()
    assert before["labelled"] == {"person": 0, "cluster": 0, "group": 0, "model": 0, "none": 60}
    assert before["round"] == 1
    cluster = client.get("/api/questions?kind=cluster").json()["questions"][0]
    write("POST", "/api/answers", question_id=cluster["id"], verdict="class", class_name="box",
          seconds=2.5, actions=3)  # fmt: skip
    write("POST", "/api/answers", item=0, verdict="class", class_name="bar", actions=1)
    after = client.get("/api/progress").json()
    assert sum(after["labelled"].values()) == 60
    assert after["labelled"]["person"] == 1
    counts = {"learn": 2, "review": 0, "audit": 0, "second": 0, "again": 0, "total": 2}
    assert after["answers"] == counts
    assert (after["actions"], after["seconds"]) == (4, 2.5)
    assert after["rate"] == pytest.approx(2 / 60)
    assert after["open"]["clusters"] == before["open"]["clusters"] - 1
    assert after["last_event"] == before["last_event"] + 2
    assert sum(c["n"] for c in after["classes"]) == 60 - after["labelled"]["none"]
    assert after["learning_curve"][0]["round"] == 1


def test_progress_tells_of_jobs_that_matter(client: TestClient, project: Project) -> None:
    jobs = project.store.jobs
    states = {}
    for state in ("done", "failed", "cancelled"):
        states[state] = jobs.add("round", {}).id
    while jobs.claim("w", KINDS) is not None:  # only what runs can end
        pass
    states["queued"] = jobs.add("round", {}).id
    jobs.finish(states["done"], {})
    jobs.fail(states["failed"], FewclicksError("It broke.", "Mend it."))
    jobs.cancel(states["cancelled"])
    told = {job["id"]: job for job in client.get("/api/progress").json()["jobs"]}
    assert set(told) == {states["queued"], states["failed"]}
    failed = told[states["failed"]]
    assert failed["error"] == {"code": "error", "message": "It broke.", "remedy": "Mend it."}
    assert failed["finished_at"].endswith("+00:00")


def test_a_read_only_project_can_be_looked_at_and_not_changed(
    client: TestClient, write: Any, project: Project
) -> None:
    made = write("POST", "/api/classes", name="bar")["class"]["id"]
    project.store.database.read_only = True  # as it is found when the project is opened
    assert client.get("/api/project").json()["read_only"]
    for path in ("progress", "questions?kind=item", "classes", "items", "items/1", "history"):
        assert client.get(f"/api/{path}").status_code == 200
    question = client.get("/api/questions?kind=item&limit=1").json()["questions"][0]["id"]
    refused = [
        write("POST", "/api/answers", 403, item=1, verdict="none"),
        write("POST", f"/api/questions/{question}/skip", 403),
        write("POST", "/api/classes", 403, name="dash"),
        write("PATCH", f"/api/classes/{made}", 403, name="dash"),
        write("POST", "/api/undo", 403),
        write("POST", "/api/jobs", 403, kind="round"),
    ]
    assert {reply["error"]["code"] for reply in refused} == {"read_only_project"}
