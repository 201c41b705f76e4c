"""What happens to a job that ends well, fails, is cancelled or has to wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from fewclicks.errors import InvalidInput, ProjectBusy
from fewclicks.progress import Report
from fewclicks.project import Project
from fewclicks.server import work
from fewclicks.server.work import KINDS, Pulse, Stopped, run_job
from fewclicks.store.jobs import JobRow

Work = Callable[[Project, JobRow, Report], dict[str, Any]]


@pytest.fixture
def do(project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[..., JobRow]:
    """Do one export job whose work is replaced by a function; return how it ended."""
    monkeypatch.setattr(work, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(work, "SILENCE_SECONDS", 0.05)
    monkeypatch.setattr(work, "PATIENCE_SECONDS", 0.1)

    def done(function: Work, leaving: threading.Event | None = None, **cut: Any) -> JobRow:
        monkeypatch.setitem(work.KINDS, "export", function)
        project.store.jobs.add("export", {})
        job = project.store.jobs.claim("me", KINDS)
        assert job is not None
        cut_off = cut.get("cut_off", lambda: pytest.fail("cut off"))
        jobs = project.store.jobs
        with Pulse(jobs, job.id, "me", leaving or threading.Event(), cut_off) as pulse:
            run_job(project, job, pulse)
        return jobs.get(job.id)

    return done


def test_a_job_that_ends_well(do: Callable[..., JobRow], project: Project) -> None:
    def good(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        time.sleep(0.02)
        report("writing", 2, 5)
        seen.append(project.store.jobs.get(job.id))
        return {"rows": 5}

    seen: list[JobRow] = []
    job = do(good)
    assert (job.state, job.result, job.error) == ("done", {"rows": 5}, None)
    assert [(s.step, s.done, s.total) for s in seen] == [("writing", 2, 5)]


def test_a_silent_step_still_gives_signs_of_life(
    do: Callable[..., JobRow], until: Callable[..., None]
) -> None:
    def silent(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        def heartbeat() -> float:
            with project.store.database.read() as connection:
                row = connection.exec_driver_sql(f"SELECT heartbeat FROM jobs WHERE id={job.id}")
                return float(row.scalar_one())

        before = heartbeat()
        until(lambda: heartbeat() > before)
        return {}

    assert do(silent).state == "done"


def test_reports_are_written_now_and_then_only(
    do: Callable[..., JobRow], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "BEAT_SECONDS", 0.5)
    beats = []
    beat = project.store.jobs.beat
    monkeypatch.setattr(project.store.jobs, "beat", lambda *a: (beats.append(a), beat(*a)))

    def busy(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        for done in range(10_000):
            report("counting", done, 10_000)
        return {}

    assert do(busy).state == "done"
    assert len(beats) <= 3


def test_a_known_failure_keeps_its_words(do: Callable[..., JobRow]) -> None:
    def bad(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        raise InvalidInput("There are no items.", "Add some.")

    job = do(bad)
    assert (job.state, job.error) == (
        "failed",
        {"code": "invalid_input", "message": "There are no items.", "remedy": "Add some."},
    )


def test_an_unforeseen_failure_is_logged(
    do: Callable[..., JobRow], caplog: pytest.LogCaptureFixture
) -> None:
    def ugly(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        raise ZeroDivisionError("by zero")

    job = do(ugly)
    assert job.state == "failed"
    assert job.error is not None
    assert "ZeroDivisionError" in job.error["message"]
    assert "rounds.log" in job.error["remedy"]
    assert "Traceback" in caplog.text


def test_a_cancelled_job_stops_at_its_next_report(do: Callable[..., JobRow]) -> None:
    reports = []

    def long(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        project.store.jobs.cancel(job.id)
        for done in range(1000):
            report("counting", done, 1000)
            reports.append(done)
            time.sleep(0.01)
        return {}

    assert do(long).state == "cancelled"
    assert len(reports) < 20


def test_a_job_cancelled_at_the_very_end_stays_cancelled(do: Callable[..., JobRow]) -> None:
    def last(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        project.store.jobs.cancel(job.id)
        return {}

    assert do(last).state == "cancelled"


def test_a_job_is_left_as_it_is_when_the_process_is_to_end(do: Callable[..., JobRow]) -> None:
    leaving = threading.Event()

    def long(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        leaving.set()
        report("counting", 1, 2)
        pytest.fail("was not stopped")

    assert do(long, leaving).state == "running"


def test_work_that_does_not_listen_is_cut_off(do: Callable[..., JobRow]) -> None:
    leaving, cut = threading.Event(), threading.Event()

    def deaf(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        leaving.set()
        assert cut.wait(60)
        raise Stopped

    assert do(deaf, leaving, cut_off=cut.set).state == "running"


def test_a_busy_project_is_waited_for(do: Callable[..., JobRow]) -> None:
    tries = []

    def held(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        tries.append(1)
        if len(tries) < 3:
            raise ProjectBusy("Somebody holds it.")
        return {}

    assert do(held).state == "done"
    assert len(tries) == 3


def test_a_project_that_stays_busy_fails_the_job(
    do: Callable[..., JobRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "BUSY_SECONDS", 0.05)

    def held(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
        raise ProjectBusy("Somebody holds it.")

    job = do(held)
    assert (job.state, (job.error or {})["code"]) == ("failed", "project_busy")


def test_a_beat_that_cannot_be_written_is_no_failure(
    do: Callable[..., JobRow], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any) -> None:
        raise ProjectBusy("Somebody is writing.")

    monkeypatch.setattr(project.store.jobs, "beat", busy)
    assert do(lambda project, job, report: {}).state == "done"


def test_every_kind_of_job_does_its_work(project: Project) -> None:
    for kind, args in (("prepare", {}), ("round", {}), ("export", {"format": "csv"})):
        project.store.jobs.add(kind, args)
        job = project.store.jobs.claim("me", KINDS)
        assert job is not None
        with Pulse(project.store.jobs, job.id, "me", threading.Event(), lambda: None) as pulse:
            run_job(project, job, pulse)
        done = project.store.jobs.get(job.id)
        assert done.state == "done", done.error
    assert done.result is not None
    assert done.result["rows"] == 60
    assert [j.result["round"] for j in project.store.jobs.recent() if j.kind == "round"] == [2]
