"""Jobs over HTTP; no worker runs here, so their rows are moved by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.server.exports import export
from fewclicks.server.work import KINDS


@pytest.mark.parametrize("kind", ["prepare", "round"])
def test_a_job_is_queued_once(client: TestClient, write: Any, kind: str) -> None:
    job = write("POST", "/api/jobs", kind=kind, client_id="a")["job"]
    assert (job["kind"], job["state"], job["message"]) == (kind, "queued", "Waiting to start.")
    assert write("POST", "/api/jobs", kind=kind, args={}, client_id="a")["job"] == job
    assert write("POST", "/api/jobs", kind=kind)["job"]["id"] != job["id"]
    assert client.get(f"/api/jobs/{job['id']}").json()["job"] == job


def test_how_far_a_job_is(client: TestClient, write: Any, project: Project) -> None:
    number = write("POST", "/api/jobs", kind="prepare")["job"]["id"]
    project.store.jobs.claim("w", KINDS)
    project.store.jobs.beat(number, "w", "clustering", 3, 10)
    job = client.get(f"/api/jobs/{number}").json()["job"]
    assert (job["state"], job["step"], job["done"], job["total"]) == (
        "running",
        "clustering",
        3,
        10,
    )
    cancelled = write("POST", f"/api/jobs/{number}/cancel")["job"]
    assert cancelled["state"] == "cancelled"
    assert write("POST", f"/api/jobs/{number}/cancel")["job"] == cancelled


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"kind": "dance"}, "kind"),
        ({}, "kind"),
        ({"kind": "round", "args": {"n": 1}}, "args.n"),
        ({"kind": "export"}, "args"),
        ({"kind": "export", "args": {"format": "xlsx"}}, "args.format"),
        ({"kind": "export", "args": {"format": "csv", "mode": "move"}}, "args.mode"),
        ({"kind": "export", "args": {"format": "csv", "folder": "/tmp/x"}}, "folder"),
        ({"kind": "export", "args": {"format": "folders", "folder": "x"}}, "absolute"),
        ({"kind": "export", "args": {"format": "folders", "folder": "/x\0y"}}, "absolute"),
    ],
)
def test_jobs_that_cannot_be(write: Any, body: dict[str, Any], named: str) -> None:
    assert named in write("POST", "/api/jobs", 422, **body)["error"]["message"]


def test_an_export_into_a_folder_that_holds_something(write: Any, tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()
    for folder in (tmp_path, tmp_path / "holiday.jpg"):
        args = {"format": "folders", "folder": str(folder)}
        error = write("POST", "/api/jobs", 409, kind="export", args=args)["error"]
        assert str(folder) in error["message"]
    args = {"format": "folders", "folder": str(tmp_path / "new")}
    assert write("POST", "/api/jobs", kind="export", args=args)["job"]["state"] == "queued"


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet"])
def test_an_exported_table_can_be_downloaded(
    client: TestClient, write: Any, project: Project, format: str
) -> None:
    write("POST", "/api/answers", item=1, verdict="class", class_name="box")
    number = write("POST", "/api/jobs", kind="export", args={"format": format})["job"]["id"]
    path = f"/api/exports/{number}/file"
    assert client.get(path).status_code == 404
    project.store.jobs.claim("w", KINDS)
    result = export(project, project.store.jobs.get(number), lambda *_: None)
    project.store.jobs.finish(number, result)
    job = client.get(f"/api/jobs/{number}").json()["job"]
    assert job["result"] == {"path": result["path"], "rows": 60, "n_missing": 0}
    reply = client.get(path)
    assert reply.content == Path(result["path"]).read_bytes()
    assert f'filename="glyphs-labels.{format}"' in reply.headers["Content-Disposition"]
    part = client.get(path, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, reply.content[:4])
    Path(result["path"]).unlink()
    assert "Export again" in client.get(path).json()["error"]["remedy"]


def test_what_has_no_file(client: TestClient, write: Any, project: Project) -> None:
    number = write("POST", "/api/jobs", kind="round")["job"]["id"]
    project.store.jobs.claim("w", KINDS)
    project.store.jobs.finish(number, {"path": "/etc/passwd"})
    for job in (number, 999):
        assert client.get(f"/api/exports/{job}/file").status_code == 404
    assert client.get("/api/jobs/999").status_code == 404
    write("POST", "/api/jobs/999/cancel", 404)
