"""When a round, or a network that is to learn from its labels, starts by itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from fewclicks.errors import FewclicksError
from fewclicks.project import Project
from fewclicks.store.jobs import JobRow

PAUSE_SECONDS = 0.5
"""After a change, so long before the queue is looked at: a burst of answers costs one look."""

AGAIN_SECONDS = 2.0
"""While a round is under way, so long before the queue is looked at again: a network may be due
after it."""

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

    It is queued once for a round: one that failed is not tried again before the next.
    """
    if not project.needs_refinement() or project.store.jobs.pending("refine"):
        return False
    latest = project.store.rounds.latest()
    name = f"auto-refine-{latest.id if latest else 0}"
    return project.store.jobs.add("refine", {}, client_id=name).state == "queued"


def queue_after(project: Project, job: JobRow) -> None:
    """Queue what follows from a job that is done: a round, if one is due."""
    if job.kind == "refine":  # the round takes up what the network has made
        project.store.jobs.add("round", {}, client_id=f"round-after-{job.id}")
    elif job.kind != "export":
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
        with self._lock:
            if self._timer is None and not self._stopped:
                self._timer = threading.Timer(seconds, self._look)
                self._timer.daemon = True
                self._timer.start()

    def _look(self) -> None:
        with self._lock:
            self._timer = None
        try:
            round_queued = queue_round(self._project)
            if queue_refinement(self._project) or round_queued:
                self._queued()
            if self._project.store.jobs.pending("round"):
                self._look_after(AGAIN_SECONDS)
        except FewclicksError as error:
            log.warning("No new round could be queued: %s", error)
