"""The supervisor: what it does when workers cannot start, and how it ends them."""

from __future__ import annotations

import time

import pytest

from fewclicks.project import Project
from fewclicks.server import jobs
from fewclicks.server.jobs import Supervisor


def wait_for_end(project: Project, job_id: int) -> None:
    deadline = time.monotonic() + 60
    while project.store.jobs.get(job_id).state in ("queued", "running"):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_jobs_are_given_up_when_no_worker_can_start(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.sys, "executable", "/bin/false")
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.05)
    supervisor = Supervisor(project)
    waiting = [project.store.jobs.add(kind, {}).id for kind in ("round", "prepare")]
    supervisor.wake()
    for job_id in waiting:
        wait_for_end(project, job_id)
        error = project.store.jobs.get(job_id).error
        assert error is not None
        assert "cannot start" in error["message"]
        assert "rounds.log" in error["remedy"]
    supervisor.stop()


def test_a_missing_program_is_no_crash(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.05)
    supervisor = Supervisor(project)
    job_id = project.store.jobs.add("round", {}).id
    supervisor.wake()
    wait_for_end(project, job_id)
    supervisor.stop()
    assert project.store.jobs.get(job_id).state == "failed"


def test_the_log_does_not_grow_for_ever(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs.sys, "executable", "/bin/false")
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.05)
    log = project.folder / "logs" / "rounds.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"x" * (jobs.LARGEST_LOG_BYTES + 1))
    supervisor = Supervisor(project)
    job_id = project.store.jobs.add("round", {}).id
    supervisor.wake()
    wait_for_end(project, job_id)
    supervisor.stop()
    assert log.stat().st_size == 0
