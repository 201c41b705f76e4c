"""Suspected mistakes over HTTP: looked for by a job, told the worst first, settled by answers."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.server.work import KINDS


def look(project: Project) -> dict[str, Any]:
    row = project.store.jobs.claim("w", ["mistakes"])
    assert row is not None
    return KINDS["mistakes"](project, row, lambda *step: None)


@pytest.fixture
def answered(write: Any) -> None:
    """Every item named, item 6 wrong."""
    names = ["bar", "dash", "box"] * 20
    names[6] = "dash"
    said = [{"item": i, "verdict": "class", "class_name": name} for i, name in enumerate(names)]
    write("POST", "/api/answers/many", answers=said)


def test_before_somebody_has_looked_it_says_what_to_do(client: TestClient, write: Any) -> None:
    reply = client.get("/api/mistakes")
    assert reply.status_code == 409
    assert "Queue a job of the kind “mistakes”" in reply.json()["error"]["remedy"]
    assert write("POST", "/api/jobs", kind="mistakes")["job"]["state"] == "queued"
    error = client.get("/api/mistakes").json()["error"]
    assert error["message"] == "Mistakes are being looked for."


@pytest.mark.usefixtures("answered")
def test_the_worst_is_told_with_its_evidence(
    client: TestClient, write: Any, project: Project
) -> None:
    write("POST", "/api/jobs", kind="mistakes")
    done = look(project)
    told = client.get("/api/mistakes").json()
    assert told["n"] == done["n"] == len(told["mistakes"]) >= 1
    assert (told["n_judged"], told["fresh"]) == (60, True)
    classes = {known["name"]: known["id"] for known in client.get("/api/classes").json()["classes"]}
    first = told["mistakes"][0]
    assert (first["item"], first["said"], first["suspected"]) == (
        6,
        classes["dash"],
        classes["bar"],
    )
    assert (first["annotator"], first["n_together"]) == ("ana", 1)
    assert {witness["class_id"] for witness in first["witnesses"]} == {classes["bar"]}
    assert told["counts"]["neighbours"] >= 1
    by_kind = client.get("/api/mistakes?kind=neighbours&limit=1").json()["mistakes"]
    sentences = {reason["kind"]: reason["sentence"] for reason in by_kind[0]["reasons"]}
    assert sentences["neighbours"] == "Of the 10 nearest answered images 10 are “bar”."
    assert client.get("/api/mistakes?kind=duplicates").json()["mistakes"] == []
    assert client.get("/api/mistakes?kind=magic").status_code == 422


@pytest.mark.usefixtures("answered")
def test_an_answer_settles_it_and_undo_brings_it_back(
    client: TestClient, write: Any, project: Project
) -> None:
    write("POST", "/api/jobs", kind="mistakes")
    look(project)
    before = client.get("/api/mistakes").json()["n"]
    stands = {"item": 6, "verdict": "class", "class_name": "dash"}
    reply = write("POST", "/api/answers/many", answers=[stands], purpose="review")
    told = client.get("/api/mistakes").json()
    assert told["n"] == before - 1
    assert not told["fresh"]
    write("POST", "/api/undo", event=reply["event"]["id"])
    assert client.get("/api/mistakes").json()["mistakes"][0]["item"] == 6


def test_the_job_does_not_prepare(write: Any, project: Project) -> None:
    write("POST", "/api/jobs", kind="mistakes")
    project.store.set_options(prepared=None)
    with pytest.raises(Exception, match="not prepared"):
        look(project)
