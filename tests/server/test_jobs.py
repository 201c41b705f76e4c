"""The supervisor: what it does when workers cannot start, and how it ends them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fewclicks.project import Project
from fewclicks.server import jobs
from fewclicks.server.jobs import Supervisor
from fewclicks.store.jobs import JobRow


def test_jobs_are_given_up_when_no_worker_can_start(
    project: Project, monkeypatch: pytest.MonkeyPatch, ended: Callable[..., JobRow]
) -> None:
    monkeypatch.setattr(jobs.sys, "executable", "/bin/false")
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.05)
    supervisor = Supervisor(project)
    waiting = [project.store.jobs.add(kind, {}) for kind in ("round", "prepare")]
    supervisor.wake()
    for job in waiting:
        error = ended(project, job).error
        assert error is not None
        assert "cannot start" in error["message"]
        assert "rounds.log" in error["remedy"]
    supervisor.stop()


def test_a_missing_program_is_no_crash(
    project: Project, monkeypatch: pytest.MonkeyPatch, ended: Callable[..., JobRow]
) -> None:
    monkeypatch.setattr(jobs.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.05)
    supervisor = Supervisor(project)
    job = project.store.jobs.add("round", {})
    supervisor.wake()
    assert ended(project, job).state == "failed"
    supervisor.stop()


def test_the_log_does_not_grow_for_ever(
    project: Project, monkeypatch: pytest.MonkeyPatch, ended: Callable[..., JobRow]
) -> None:
    monkeypatch.setattr(jobs.sys, "executable", "/bin/false")
    monkeypatch.setattr(jobs, "LONGEST_PAUSE", 0.05)
    log = project.folder / "logs" / "rounds.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"x" * (jobs.LARGEST_LOG_BYTES + 1))
    supervisor = Supervisor(project)
    job = project.store.jobs.add("round", {})
    supervisor.wake()
    ended(project, job)
    supervisor.stop()
    assert log.stat().st_size == 0
