"""The supervisor: keeps a worker process running while there is work, and ends it with the server.

The worker is a process of its own so that an answer never waits for a round, and so that work that
crashes or runs out of memory takes nothing with it. Each lane has its own: a round never waits for
a network in training.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time

from fewclicks.errors import FewclicksError
from fewclicks.project import Project
from fewclicks.server.work import LANES, PATIENCE_SECONDS, log_path
from fewclicks.server.worker import URL_VARIABLE

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 20.0
"""Seconds before a worker that died is started again: doubled each time, forgotten after a while
of good work."""

GOOD_SECONDS = 30.0
MOST_FALSE_STARTS = 4
"""A worker that cannot even start this often in a row: what is queued is given up."""

LARGEST_LOG_BYTES = 1_000_000

log = logging.getLogger(__name__)


class Supervisor:
    """Runs the worker of a lane of a project: started when first needed, again when it dies.

    Parameters
    ----------
    project : Project
        Its jobs are done, in its folder.
    lane : str, default "rounds"
        A name of `work.LANES`: which kinds of jobs.
    """

    def __init__(self, project: Project, lane: str = "rounds") -> None:
        self._project = project
        self._lane = lane
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._called = False
        self._stopping = threading.Event()

    @property
    def pid(self) -> int | None:
        """Process id of the worker that runs now."""
        process = self._process
        return None if process is None else process.pid

    def wake(self) -> None:
        """Make sure that a worker looks at the queue now."""
        with self._lock:
            if self._stopping.is_set():
                return
            self._called = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
                self._thread.start()
            _call(self._process)

    def resume(self) -> None:
        """Start a worker if an earlier server left work behind."""
        if self._work_left():
            self.wake()

    def stop(self) -> None:
        """End the worker; the job it is at goes back into the queue."""
        self._stopping.set()
        with self._lock:
            thread, process = self._thread, self._process
        if thread is None:
            return
        _hang_up(process)
        thread.join(PATIENCE_SECONDS + 2)
        if thread.is_alive() and process is not None:
            process.kill()
            thread.join()

    def _run(self) -> None:
        pause, false_starts = FIRST_PAUSE, 0
        while self._wanted():
            began = time.monotonic()
            code = self._one_worker()
            false_starts = false_starts + 1 if code > 0 else 0
            if false_starts >= MOST_FALSE_STARTS:
                self._give_up()
                false_starts = 0
            lived = time.monotonic() - began
            pause = FIRST_PAUSE if lived > GOOD_SECONDS else min(2 * pause, LONGEST_PAUSE)
            self._stopping.wait(pause)

    def _wanted(self) -> bool:
        """Whether a worker is to be started; otherwise this thread ends."""
        with self._lock:
            called, self._called = self._called, False
            if not self._stopping.is_set() and (called or self._work_left()):
                return True
            self._thread = None
            return False

    def _one_worker(self) -> int:
        """Run a worker to its end and return its exit code, negative if a signal ended it."""
        try:
            process = _start(self._project, self._lane)
        except OSError as error:
            log.error("The worker process cannot be started: %s", error)
            return 1
        with self._lock:
            self._process = process
        if self._stopping.is_set():
            _hang_up(process)
        code = _wait(process)
        _hang_up(process)
        with self._lock:
            self._process = None
        return code

    def _work_left(self) -> bool:
        jobs = self._project.store.jobs
        try:
            return any(jobs.pending(kind) for kind in LANES[self._lane])
        except FewclicksError as error:
            log.warning("The queue could not be read: %s", error)
            return False

    def _give_up(self) -> None:
        error = FewclicksError(
            "The process that does the long work cannot start.",
            f"The reason is at the end of {log_path(self._project, self._lane)}.",
        )
        jobs = self._project.store.jobs
        try:
            while (job := jobs.claim("supervisor", LANES[self._lane])) is not None:
                jobs.fail(job.id, error)
        except FewclicksError as trouble:
            log.warning("The queue could not be written: %s", trouble)


def _start(project: Project, lane: str) -> subprocess.Popen[bytes]:
    path = log_path(project, lane)
    path.parent.mkdir(exist_ok=True)
    old = path.exists() and path.stat().st_size > LARGEST_LOG_BYTES
    environment = dict(os.environ)
    if project.store.url is not None:
        environment[URL_VARIABLE] = project.store.url
    with open(path, "wb" if old else "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "fewclicks.server.worker", str(project.folder.resolve()), lane],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,  # Ctrl-C in the terminal is for the server alone
        )


def _call(process: subprocess.Popen[bytes] | None) -> None:
    """Let a worker look at the queue; one that is gone is noticed elsewhere."""
    if process is not None and process.stdin is not None:
        try:
            process.stdin.write(b"\n")
            process.stdin.flush()
        except (OSError, ValueError):
            log.debug("The worker has gone")


def _hang_up(process: subprocess.Popen[bytes] | None) -> None:
    """Close a worker's input, which asks it to leave."""
    if process is not None and process.stdin is not None:
        try:
            process.stdin.close()
        except OSError:
            log.debug("The worker has gone")


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for a worker's end, kill what it started, and return its exit code.

    What it started must not hold the project's locks. The worker is reaped last: until then no
    other process can have its number.
    """
    if sys.platform != "win32":
        try:
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            os.killpg(process.pid, signal.SIGKILL)
        except (ChildProcessError, ProcessLookupError, PermissionError):
            log.debug("The worker left nothing behind")
    return process.wait()
