"""What the worker does for each kind of job, and how it keeps telling that it is alive."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from fewclicks.errors import Conflict, FewclicksError, ProjectBusy, ProjectError
from fewclicks.progress import Report
from fewclicks.project import Project
from fewclicks.server.exports import export
from fewclicks.server.rounds import queue_after
from fewclicks.store.jobs import JobRow, Jobs

BEAT_SECONDS = 0.5
"""A job row is written at most this often: each write is flushed to disk."""

SILENCE_SECONDS = 4.0
"""A step that reports nothing still gives a sign of life after this long; a job counts as
abandoned after 15 s."""

PATIENCE_SECONDS = 5.0
"""Work that has been told to stop and does not ask for leave within this time is cut off."""

BUSY_SECONDS = 10.0
"""How long a job waits for another process that holds the project."""

log = logging.getLogger(__name__)


def log_path(project: Project, lane: str) -> Path:
    """Where the worker of a lane says what it does."""
    return project.folder / "logs" / f"{lane}.log"


class Stopped(Exception):
    """The job was cancelled or taken over, or this process is to end: drop it."""


def _add(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
    done = project.add(**job.args, report=report)
    return {"n_new": done.n_new, "n_known": done.n_known, "n_failed": done.n_failed}


def _prepare(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
    project.prepare(report=report)
    return {}


def _round(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
    done = project.round(report=report)
    return {
        "round": done.round,
        "n_questions": done.n_questions,
        "note": done.note,
        "figures": done.figures,
    }


def _refine(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
    if project.prepared:  # else what has come since is taken in first, and a round follows that
        project.refine(report=report)
    return {}


def _layout(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
    if not project.prepared:
        raise Conflict("The items are not prepared yet.", "Prepare them, then lay them out.")
    return {"n_items": len(project.layout(report))}


def _mistakes(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
    if not project.prepared:
        raise Conflict("The items are not prepared yet.", "Prepare them, then look for mistakes.")
    return {"n": len(project.mistakes(report=report))}


KINDS: dict[str, Callable[[Project, JobRow, Report], dict[str, Any]]] = {
    "add": _add,
    "prepare": _prepare,
    "round": _round,
    "export": export,
    "refine": _refine,
    "layout": _layout,
    "mistakes": _mistakes,
}
"""What is done for each kind of job."""

LANES = {
    "rounds": ("add", "prepare", "round", "export"),
    "refine": ("refine",),
    "layout": ("layout",),
    "mistakes": ("mistakes",),
}
"""The kinds of jobs that wait for each other; lanes go on side by side."""


class Pulse:
    """Keeps a job's row alive and up to date, and tells its work when to stop.

    Parameters
    ----------
    jobs : Jobs
        Where the row is.
    job_id : int
        The job.
    worker : str
        Who does it.
    leaving : Event
        Set when the whole process is to end.
    cut_off : callable
        Called, from another thread, when the work was told to stop and does not.
    """

    def __init__(
        self,
        jobs: Jobs,
        job_id: int,
        worker: str,
        leaving: threading.Event,
        cut_off: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._job_id = job_id
        self._worker = worker
        self._leaving = leaving
        self._cut_off = cut_off
        self._lock = threading.Lock()
        self._now: tuple[str, int, int] = ("", 0, 0)
        self._beaten = time.monotonic()
        self._told_to_stop: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def report(self, step: str, done: int, total: int) -> None:
        """Note how far the work is; raises Stopped once it is to stop."""
        if self._stopping():
            raise Stopped
        self._now = (step, int(done), int(total))
        if time.monotonic() - self._beaten >= BEAT_SECONDS:
            self._beat()

    def finish(self) -> None:
        """Raise Stopped if the job was cancelled or taken over in the meantime."""
        self._beat()
        if self._told_to_stop is not None:
            raise Stopped

    def _stopping(self) -> bool:
        if self._leaving.is_set():
            self._stop()
        return self._told_to_stop is not None

    def _stop(self) -> None:
        if self._told_to_stop is None:
            self._told_to_stop = time.monotonic()

    def _beat(self) -> None:
        with self._lock:
            self._beaten = time.monotonic()
            try:
                self._jobs.beat(self._job_id, self._worker, *self._now)
            except Conflict:
                self._stop()
            except ProjectError as error:
                # the work itself may well succeed, and will say so if it does not
                log.warning("Job %d could not tell how far it is: %s", self._job_id, error)

    def _run(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            if self._stopping() and self._late(self._told_to_stop, PATIENCE_SECONDS):
                self._cut_off()
            elif self._late(self._beaten, SILENCE_SECONDS):
                self._beat()

    def _late(self, since: float | None, seconds: float) -> bool:
        return since is not None and time.monotonic() - since > seconds


def run_job(project: Project, job: JobRow, pulse: Pulse) -> None:
    """Do a job and record how it ended; one that was stopped is left as it stands."""
    jobs = project.store.jobs
    try:
        result = _patiently(project, job, pulse)
        pulse.finish()
    except Stopped:
        log.info("Job %d stopped", job.id)
    except FewclicksError as error:
        log.warning("Job %d (%s) failed: %s", job.id, job.kind, error)
        jobs.fail(job.id, error)
    except Exception as error:
        log.exception("Job %d (%s) failed unexpectedly", job.id, job.kind)
        jobs.fail(job.id, _unforeseen(project, job, error))
    else:
        jobs.finish(job.id, result)
        queue_after(project, job)


def _patiently(project: Project, job: JobRow, pulse: Pulse) -> dict[str, Any]:
    """Do the job, waiting a while for a process that holds the project."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            return KINDS[job.kind](project, job, pulse.report)
        except ProjectBusy as error:
            if time.monotonic() > deadline:
                raise
            pulse.report(f"waiting: {error.message}", 0, 0)
            time.sleep(BEAT_SECONDS)


def _unforeseen(project: Project, job: JobRow, error: Exception) -> FewclicksError:
    lane = next(lane for lane, kinds in LANES.items() if job.kind in kinds)
    return FewclicksError(
        f"Something unforeseen went wrong ({type(error).__name__}: {error}).",
        f"The details are at the end of {log_path(project, lane)}.",
    )
