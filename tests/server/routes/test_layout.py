"""GET /api/layout, and the job that makes what it gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.server.work import KINDS

pytest.importorskip("openTSNE")


def told(reply: Any) -> Any:
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Type"] == "application/octet-stream"
    return np.frombuffer(reply.content, "<f4").reshape(-1, 2)


def test_before_there_is_one_it_says_what_to_do(client: TestClient, write: Any) -> None:
    reply = client.get("/api/layout")
    assert reply.status_code == 409
    assert "Queue a job of the kind “layout”" in reply.json()["error"]["remedy"]
    job = write("POST", "/api/jobs", kind="layout")["job"]
    assert (job["kind"], job["state"]) == ("layout", "queued")
    error = client.get("/api/layout").json()["error"]
    assert (error["code"], error["message"]) == ("conflict", "The items are being laid out.")


def test_the_job_makes_it(client: TestClient, write: Any, project: Project) -> None:
    write("POST", "/api/jobs", kind="layout")
    row = project.store.jobs.claim("w", ["layout"])
    assert row is not None
    assert KINDS["layout"](project, row, lambda *step: None) == {"n_items": 60}
    assert np.array_equal(told(client.get("/api/layout")), project.layout())


def test_the_job_does_not_prepare(client: TestClient, project: Project) -> None:
    project.store.set_options(prepared=None)
    assert client.get("/api/layout").status_code == 409
    row = project.store.jobs.add("layout", {})
    with pytest.raises(Exception, match="not prepared"):
        KINDS["layout"](project, row, lambda *step: None)


def test_parts_of_it(client: TestClient, project: Project) -> None:
    places = project.layout()
    assert np.array_equal(told(client.get("/api/layout?from=50")), places[50:])
    assert np.array_equal(told(client.get("/api/layout?from=10&limit=3")), places[10:13])
    assert np.array_equal(told(client.get("/api/layout?limit=2")), places[:2])
    assert len(told(client.get("/api/layout?from=60"))) == 0
    for wrong in ("from=-1", "limit=0", "limit=many"):
        assert client.get(f"/api/layout?{wrong}").status_code == 422


def test_what_has_not_changed_is_not_sent_again(client: TestClient, project: Project) -> None:
    project.layout()
    tag = client.get("/api/layout").headers["ETag"]
    again = client.get("/api/layout", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == tag
    part = client.get("/api/layout?limit=2", headers={"If-None-Match": tag})
    assert part.status_code == 200


def test_labels_as_plain_numbers(client: TestClient, write: Any, project: Project) -> None:
    write("POST", "/api/answers", item=7, verdict="class", class_name="box")
    write("POST", "/api/answers", item=8, verdict="unsure")
    reply = client.get("/api/labels")
    assert len(reply.content) == 60 * 10
    classes = np.frombuffer(reply.content[:240], "<i4")
    clusters = np.frombuffer(reply.content[240:480], "<i4")
    confidences = np.frombuffer(reply.content[480:540], "u1")
    sources = np.frombuffer(reply.content[540:], "u1")
    assert [(i, int(classes[i])) for i in np.flatnonzero(classes >= 0)] == [(7, 1)]
    assert (confidences[7], confidences[8]) == (255, 0)
    assert np.flatnonzero(sources).tolist() == [7, 8]
    portraits = project.collection().portraits
    for number in range(4):
        assert set(np.flatnonzero(clusters == number)) == set(portraits.members(number))
    again = client.get("/api/labels", headers={"If-None-Match": reply.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_labels_before_there_are_clusters(client: TestClient, project: Project) -> None:
    project.store.set_options(prepared=None)
    clusters = np.frombuffer(client.get("/api/labels").content[240:480], "<i4")
    assert set(clusters.tolist()) == {-1}
