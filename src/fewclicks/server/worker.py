"""The process that does the long work: `python -m fewclicks.server.worker PROJECT_FOLDER LANE`.

It takes the jobs of one lane from the project's queue, one at a time. Every line on its standard
input makes it look at the queue at once; when the input ends, or its parent is gone, it puts its
job back and leaves. It may be killed at any moment: a job whose worker is gone starts again where
its files are.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

from fewclicks.errors import FewclicksError, ProjectBusy
from fewclicks.project import Project
from fewclicks.server.work import LANES, Pulse, run_job
from fewclicks.store.jobs import JobRow

URL_VARIABLE = "FEWCLICKS_DATABASE_URL"
"""Environment variable with the database's URL, where it is not the file in the folder: it may
hold a password, which must not show in the list of processes."""

LOOK_SECONDS = 2.0
"""The queue is looked at this often even if nobody calls."""

PARENT_SECONDS = 1.0

NICENESS = {"rounds": 5, "refine": 15, "layout": 10, "mistakes": 10}
"""Workers give way to the server, networks and layouts to rounds: an answer must not wait for a
round's share of the cores, nor the next questions for a network."""

log = logging.getLogger("fewclicks.server.worker")


class Leash:
    """What ties the worker to the server that started it."""

    def __init__(self, stream: TextIO) -> None:
        self.called = threading.Event()
        """Set when the server asks to look at the queue, or when it is gone."""
        self.gone = threading.Event()
        """Set when the server wants this process to end, or is gone itself."""
        self._stream = stream
        self._parent = os.getppid()
        for work in (self._listen, self._watch_parent):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()

    def wait(self, seconds: float) -> None:
        """Wait until called, or for so long."""
        self.called.wait(seconds)
        self.called.clear()

    def _listen(self) -> None:
        for _ in self._stream:
            self.called.set()
        self._let_go()

    def _watch_parent(self) -> None:
        while os.getppid() == self._parent:
            if self.gone.wait(PARENT_SECONDS):
                return
        self._let_go()

    def _let_go(self) -> None:
        self.gone.set()
        self.called.set()


class Worker:
    """One worker of one project; each lane has never more than one, whatever number of servers."""

    def __init__(self, project: Project, lane: str, leash: Leash) -> None:
        self._project = project
        self._lane = lane
        self._leash = leash
        self._name = f"worker-{os.getpid()}"

    def run(self) -> None:
        """Do jobs until the server is gone."""
        with ExitStack() as stack:
            if not self._take_lock(stack):
                return
            # nobody else is at work, so whatever is marked as running was cut off
            self._project.store.jobs.release(LANES[self._lane])
            while not self._leash.gone.is_set():
                job = self._next()
                if job is not None:
                    self._do(job)
                else:
                    self._leash.wait(LOOK_SECONDS)

    def _take_lock(self, stack: ExitStack) -> bool:
        while not self._leash.gone.is_set():
            try:
                stack.enter_context(self._project.store.lock(f"worker-{self._lane}"))
            except ProjectBusy:
                self._leash.wait(LOOK_SECONDS)
            else:
                return True
        return False

    def _next(self) -> JobRow | None:
        try:
            return self._project.store.jobs.claim(self._name, LANES[self._lane])
        except ProjectBusy as error:
            log.warning("The queue could not be read: %s", error)
            return None

    def _do(self, job: JobRow) -> None:
        log.info("Job %d (%s), attempt %d", job.id, job.kind, job.attempts)
        jobs, leaving = self._project.store.jobs, self._leash.gone
        with Pulse(jobs, job.id, self._name, leaving, self._cut_off) as pulse:
            run_job(self._project, job, pulse)
        if leaving.is_set():
            jobs.release(LANES[self._lane], blameless=True)

    def _cut_off(self) -> None:
        """End at once, as if killed: work may be cut off anywhere."""
        log.info("Cut off in the middle of a step")
        if self._leash.gone.is_set():
            self._project.store.jobs.release(LANES[self._lane], blameless=True)
        os._exit(0)


def main(arguments: list[str] | None = None) -> int:
    """Run a worker; exit code 0 when it was asked to leave, an error's code when it cannot work."""
    folder, lane = sys.argv[1:] if arguments is None else arguments
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(process)d %(message)s"
    )
    if sys.platform != "win32":
        os.nice(NICENESS[lane])
    leash = Leash(sys.stdin)
    try:
        with Project.open(Path(folder), url=os.environ.get(URL_VARIABLE)) as project:
            Worker(project, lane, leash).run()
    except FewclicksError as error:
        log.error("%s", error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
