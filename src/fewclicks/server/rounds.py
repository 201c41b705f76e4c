"""When a round, or a network that is to learn from its labels, starts by itself."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from fewclicks.errors import FewclicksError
from fewclicks.project import Project
from fewclicks.store.jobs import JobRow

PAUSE_SECONDS = 0.5
"""After a change, so long before the queue is looked at: a burst of answers costs one look."""

AGAIN_SECONDS = 2.0
"""While work is under way, so long before the queue is looked at again: other processes add to it,
and can wake nobody here."""

log = logging.getLogger(__name__)


def queue_round(project: Project) -> bool:
    """Queue a round if the questions run low; tell whether one was queued now.

    If all that is new are uploads, the preparation that takes them in is queued instead; a round
    belongs to it. Nothing is queued while a round or the preparation is under way, before the
    project is prepared, or twice for the same state of the answers: a round that failed is not
    tried again before something changes.
    """
    jobs = project.store.jobs
    if jobs.pending("round") or jobs.pending("prepare"):
        return False
    if not project.prepared:
        name = f"auto-prepare-{project.n_items}"
        return project.awaits_uploads and jobs.add("prepare", {}, client_id=name).state == "queued"
    if not project.needs_round():
        return False
    latest = project.store.rounds.latest()
    state = f"{latest.id if latest else 0}-{project.store.events.last_id()}"
    return jobs.add("round", {}, client_id=f"auto-round-{state}").state == "queued"


def queue_refinement(project: Project) -> bool:
    """Queue the refinement that the last round wants; tell whether one was queued now.

    One that failed is not tried again before there are half as many answers more: each attempt
    takes minutes.
    """
    latest = project.store.rounds.latest()
    if latest is None or not project.prepared or not project.needs_refinement():
        return False
    if project.store.jobs.pending("refine"):
        return False
    name = f"auto-refine-{int(math.log(max(1, latest.n_answers), 1.5))}"
    return project.store.jobs.add("refine", {}, client_id=name).state == "queued"


def queue_after(project: Project, job: JobRow) -> None:
    """Queue what follows from a job that is done: its images are prepared, a due round is run."""
    if job.kind == "add" and not project.prepared:
        project.store.jobs.add("prepare", {}, client_id=f"prepare-after-{job.id}")
    elif job.kind == "refine":  # the round takes up what the network has made
        project.store.jobs.add("round", {}, client_id=f"round-after-{job.id}")
    elif job.kind in ("prepare", "round"):
        queue_round(project)


class RoundStarter:
    """Looks at the queue shortly after each change, away from the request that made it.

    Parameters
    ----------
    project : Project
        Its queue is looked at.
    queued : callable
        Called when something has been queued.
    """

    def __init__(self, project: Project, queued: Callable[[], None]) -> None:
        self._project = project
        self._queued = queued
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._due = 0.0
        self._stopped = False

    def changed(self) -> None:
        """Look at the queue soon."""
        self._look_after(PAUSE_SECONDS)

    def stop(self) -> None:
        """Look no more; returns when a look under way has ended."""
        with self._lock:
            self._stopped = True
            timer = self._timer
        if timer is not None:
            timer.cancel()
            timer.join()

    def _look_after(self, seconds: float) -> None:
        due = time.monotonic() + seconds
        with self._lock:
            if self._stopped or (self._timer is not None and self._due <= due):
                return
            if self._timer is not None:
                self._timer.cancel()  # at worst it has just begun to look, and two looks are made
            self._timer, self._due = threading.Timer(seconds, self._look), due
            self._timer.daemon = True
            self._timer.start()

    def _look(self) -> None:
        with self._lock:
            self._timer = None
        again = True
        try:
            before = self._pending()
            self._project.certificates.draw_on()
            queue_round(self._project)
            queue_refinement(self._project)
            if again := self._pending() or before:
                self._queued()
        except FewclicksError as error:
            log.warning("No new round could be queued: %s", error)
        if again:
            self._look_after(AGAIN_SECONDS)

    def _pending(self) -> bool:
        return any(map(self._project.store.jobs.pending, ("prepare", "round", "refine")))
