"""The worker as a real process: it is called, killed and orphaned."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from fewclicks.project import Project
from fewclicks.server.jobs import Supervisor
from fewclicks.server.work import KINDS
from fewclicks.store.jobs import JobRow

PATIENCE = 60.0


@pytest.fixture
def supervisor(project: Project) -> Iterator[Supervisor]:
    made = Supervisor(project)
    yield made
    made.stop()


def test_one_worker_does_all_jobs_in_order(
    project: Project, supervisor: Supervisor, ended: Callable[..., JobRow]
) -> None:
    jobs = project.store.jobs
    queued = [
        jobs.add("round", {}),
        jobs.add("export", {"format": "folders", "folder": str(project.folder)}),
        jobs.add("prepare", {}),
    ]
    jobs.claim("a worker of an earlier server, killed a moment ago", KINDS)
    supervisor.resume()
    done = [ended(project, job) for job in queued]
    assert [job.state for job in done] == ["done", "failed", "done"]
    assert (done[1].error or {})["code"] == "conflict"
    times = [job.finished_at or 0 for job in done]
    assert times == sorted(times)
    pid = supervisor.pid
    assert pid is not None
    late = jobs.add("export", {"format": "csv"})
    supervisor.wake()
    assert ended(project, late).state == "done"
    assert supervisor.pid == pid
    supervisor.stop()
    assert not psutil.pid_exists(pid)
    left = jobs.add("export", {"format": "csv"})
    supervisor.wake()
    assert (supervisor.pid, jobs.get(left.id).state) == (None, "queued")


def test_lanes_do_not_wait_for_each_other(
    project: Project, supervisor: Supervisor, ended: Callable[..., JobRow]
) -> None:
    learner = Supervisor(project, "refine")
    jobs = project.store.jobs
    first = jobs.add("refine", {})
    round_ = jobs.add("round", {})
    supervisor.resume()
    assert ended(project, round_).state == "done"
    assert jobs.get(first.id).state == "queued"
    learner.resume()
    # nothing has been answered, so there is nothing to learn from
    failed = ended(project, first)
    assert (failed.state, (failed.error or {})["code"]) == ("failed", "conflict")
    assert learner.pid != supervisor.pid
    assert {path.name for path in (project.folder / "logs").iterdir()} == {
        "refine.log",
        "rounds.log",
    }
    learner.stop()


def taken_over(project: Project, job: JobRow, attempts: int) -> bool:
    return project.store.jobs.get(job.id).attempts > attempts


def slow_project(folder: Path) -> Project:
    """A project whose preparation takes a second or more."""
    images = np.random.default_rng(0).integers(0, 255, (3000, 24, 24, 3)).astype(np.uint8)
    np.save(folder / "noise.npy", images)
    return Project.create(folder / "noise", folder / "noise.npy", features="pixels")


def test_a_killed_worker_is_replaced_and_the_job_goes_on(
    tmp_path: Path,
    ended: Callable[..., JobRow],
    until: Callable[..., None],
) -> None:
    project = slow_project(tmp_path)
    supervisor = Supervisor(project)
    job = project.store.jobs.add("prepare", {})
    supervisor.wake()
    rng = random.Random()  # any moment may be the wrong one
    kills = 0
    while kills < 3:
        until(lambda: project.store.jobs.get(job.id).state != "queued")
        time.sleep(rng.uniform(0, 0.4))
        pid = supervisor.pid
        if project.store.jobs.get(job.id).state != "running":
            break
        if pid is not None:
            attempts = project.store.jobs.get(job.id).attempts
            os.kill(pid, signal.SIGKILL)
            kills += 1
            # until its successor has it, the job is still marked as the dead one's
            until(partial(taken_over, project, job, attempts))
    done = ended(project, job)
    supervisor.stop()
    assert (done.state, done.error) == ("done", None)
    assert done.attempts == kills + 1
    assert kills > 0
    assert project.prepared
    assert project.store.questions.count_open()["cluster"] > 0
    features = project.collection().features
    assert features.shape[0] == 3000
    assert np.isfinite(features).all()
    project.close()


def test_a_job_that_kills_every_worker_is_given_up(
    project: Project, supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fewclicks.store.jobs.MOST_ATTEMPTS", 1)
    job = project.store.jobs.add("round", {})
    project.store.jobs.claim("one that died", KINDS)
    project.store.jobs.release(KINDS)
    assert project.store.jobs.claim("another", KINDS) is None
    assert (project.store.jobs.get(job.id).error or {})["code"] == "worker_lost"


def test_nothing_is_started_without_need(project: Project, supervisor: Supervisor) -> None:
    supervisor.resume()
    assert supervisor.pid is None


def start_worker(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "fewclicks.server.worker", str(folder), "rounds"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_there_is_one_worker_and_the_next_takes_over(
    project: Project, ended: Callable[..., JobRow]
) -> None:
    first, second = start_worker(project.folder), start_worker(project.folder)
    jobs = project.store.jobs
    try:
        assert ended(project, jobs.add("export", {"format": "csv"})).state == "done"
        first.kill()
        first.wait()
        assert ended(project, jobs.add("export", {"format": "csv"})).state == "done"
        second.communicate(timeout=PATIENCE)  # closes its input
        assert second.returncode == 0
    finally:
        for process in (first, second):
            process.kill()
            process.communicate()


def test_a_worker_leaves_when_its_parent_is_gone(
    project: Project,
    ended: Callable[..., JobRow],
    until: Callable[..., None],
) -> None:
    # the pipe outlives the parent here, so only the missing parent can tell
    reading, writing = os.pipe()
    script = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-m', 'fewclicks.server.worker', "
        f"{str(project.folder)!r}, 'rounds'], stdin=0)\n"
        "print(p.pid, flush=True); time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdin=reading, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    worker = psutil.Process(int(parent.stdout.readline()))
    job = project.store.jobs.add("export", {"format": "csv"})
    assert ended(project, job).state == "done"
    parent.kill()
    parent.communicate()
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    os.close(reading)
    os.close(writing)


def test_a_worker_that_cannot_work_says_why(tmp_path: Path) -> None:
    process = start_worker(tmp_path)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 3
    assert b"There is no fewclicks project" in said
