"""What every route works with: the project, who answers, what the labels were last seen to be."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Annotated, Any, cast
from urllib.parse import unquote

import numpy as np
from fastapi import Depends, Request

from fewclicks.clusters import outlying
from fewclicks.errors import Conflict, FewclicksError
from fewclicks.neighbours import nearest_items
from fewclicks.project import Project
from fewclicks.records import FloatArray, IntArray, Labels
from fewclicks.server import messages, telling
from fewclicks.server.guesses import class_counts, examples, nearest_named
from fewclicks.server.jobs import Supervisor
from fewclicks.server.rounds import RoundStarter
from fewclicks.server.work import LANES
from fewclicks.store.classes import ClassRow
from fewclicks.store.events import checked_annotator
from fewclicks.workflows.classes import ProjectClasses
from fewclicks.workflows.standing import Standing

ANNOTATOR_HEADER = "Fewclicks-Annotator"
"""Says who answers, where several people use the same server."""

_WHO: ContextVar[str] = ContextVar("who answers the request being served", default="")

MOST_MEASURED = 100_000
"""Members of a cluster above which its outliers are not looked for: it would take seconds."""


class Context:
    """One served project.

    Parameters
    ----------
    project : Project
        Stays the caller's to close.
    annotator : str
        Who answers, where a request does not say who does.
    with_worker : bool
        Whether this server does the jobs and starts rounds; if not, another one must.
    """

    def __init__(self, project: Project, annotator: str, with_worker: bool) -> None:
        self.project = project
        self.store = project.store
        self._annotator = annotator
        self._with_worker = with_worker and not project.store.database.read_only
        self._supervisors = {lane: Supervisor(project, lane) for lane in LANES}
        self._rounds = RoundStarter(project, self._wake)
        self._believing = threading.Lock()
        self.collecting = threading.Lock()
        """Held while the features are opened, so that they are opened once."""
        self.predicting = threading.Lock()
        """Held while new images are judged and become items, one after the other."""
        self._counted: Labels | None = None
        self._counts: dict[int, int] = {}

    @property
    def annotator(self) -> str:
        """Who answers: whom the request that is being served names, else who the server is for."""
        return _WHO.get() or self._annotator

    def people(self) -> dict[str, Any]:
        """See `Project.people`."""
        return self.project.people()

    def labels(self) -> Labels:
        """What is believed of every item now."""
        with self._believing:  # one request computes what the others wait for
            labels = self.project.labels()
            if labels is not self._counted:
                self._counted, self._counts = labels, class_counts(labels)
        return labels

    def status(self) -> dict[str, Any]:
        """See `Project.status`."""
        with self._believing:
            return self.project.status()

    def report(self) -> dict[str, Any]:
        """See `Project.report`."""
        self.labels()  # counted once for all who ask at the same time
        return self.project.report()

    def certificate(self) -> Standing | None:
        """How the newest certificate stands, None where there is none."""
        self.labels()
        return self.project.certificates.standing()

    def under_way(self) -> messages.UnderWay | None:
        """The certificate that is open, None where none is."""
        self.labels()
        found = self.project.certificates.under_way()
        if found is None:
            return None
        row, holds = found
        return messages.UnderWay.model_validate({"id": row.id, "state": row.state, "holds": holds})

    def classes(self) -> list[messages.ClassTold]:
        """The classes in use with their numbers of answers and labels."""
        self.labels()
        answered = self.store.answers.counts_by_class()
        return [
            telling.class_(row, answered.get(row.id, 0), self._counts.get(row.id, 0))
            for row in self.store.classes.all()
        ]

    def class_now(self, row: ClassRow) -> messages.ClassTold:
        """A class after a write: labels are not counted anew, for that takes its time."""
        n_answers = self.store.answers.counts_by_class().get(row.id, 0)
        return telling.class_(row, n_answers, self._counts.get(row.id, 0))

    def as_a_whole(self) -> ProjectClasses:
        """The classes, to be split, listed and shown by what is typical."""
        return ProjectClasses(self.store, self._features)

    def neighbours(self, item: int) -> list[messages.Neighbour]:
        """The nearest items that people have named; none where the features cannot be had."""
        features, labels = self._features(), self.labels()
        if features is None:
            return []
        return [
            messages.Neighbour(item=i, class_id=c) for i, c in nearest_named(features, labels, item)
        ]

    def examples(self, item: int, classes: Sequence[int]) -> list[messages.Examples]:
        """Of each class, the nearest items that people have named so, where there are any."""
        features, labels = self._features(), self.labels()
        if features is None:
            return []
        found = [(class_id, examples(features, labels, item, class_id)) for class_id in classes]
        return [messages.Examples(class_id=c, items=items) for c, items in found if items]

    def outliers(self, members: IntArray | None) -> list[int]:
        """Those of a cluster's members that lie unusually far from its middle."""
        features = self._features()
        if features is None or members is None or len(members) > MOST_MEASURED:
            return []
        known = members[members < len(features)]
        found: list[int] = known[outlying(features, known)].tolist()
        return found

    def _features(self) -> FloatArray | None:
        """The features, if they can be had: what is nearby is a help, not a need."""
        if not self.project.prepared:
            return None
        try:
            with self.collecting:
                return self.project.collection().features
        except FewclicksError:
            return None

    def similar(self, item: int, n: int) -> IntArray:
        """The `n` items that look most like one, that one first.

        Raises
        ------
        Conflict
            The project is not prepared.
        """
        if not self.project.prepared:
            raise Conflict("What looks alike is not known yet.", "Prepare the project first.")
        with self.collecting:
            features = self.project.collection().features
        found = nearest_items(features, np.asarray(features[item : item + 1]), n).indices[0]
        return np.concatenate([[item], found[found != item]])[:n]

    def clusters(self, n_items: int) -> IntArray:
        """The cluster of each of the first `n_items` items; −1 where none is known."""
        clusters = np.full(n_items, -1, np.int64)
        if self.project.prepared:
            with self.collecting:
                portraits = self.project.collection().portraits
            known = portraits.order < n_items
            number = np.repeat(np.arange(len(portraits.starts) - 1), np.diff(portraits.starts))
            clusters[portraits.order[known]] = number[known]
        return clusters

    def changed(self) -> None:
        """Tell that something was changed: it may be time for a round."""
        if self._with_worker:
            self._rounds.changed()

    def queued(self) -> None:
        """Tell that a job was queued."""
        if self._with_worker:
            self._wake()

    def start(self) -> None:
        """Go on with what an earlier server left, if anything."""
        if self._with_worker:
            self._wake()
            self._rounds.changed()

    def stop(self) -> None:
        """End the workers and look at the queue no more."""
        self._rounds.stop()
        for supervisor in self._supervisors.values():
            supervisor.stop()

    def _wake(self) -> None:
        """Let the lanes that have work look at it."""
        for supervisor in self._supervisors.values():
            supervisor.resume()


async def context_of(request: Request) -> Context:
    """The context of the app that serves a request, which may say who answers.

    Raises
    ------
    InvalidInput
        Its header `ANNOTATOR_HEADER` is no name.
    """
    _WHO.set(named(request.headers.get(ANNOTATOR_HEADER, "")))
    return cast(Context, request.app.state.context)


def named(header: str) -> str:
    """The name that a header says, in UTF-8 and percent-encoded; empty if it says none.

    Raises
    ------
    InvalidInput
        It is too long, or not printable.
    """
    try:
        name = unquote(header, errors="strict").strip()
    except UnicodeDecodeError:
        name = "\x00"
    if name:
        checked_annotator(name)
    return name


Here = Annotated[Context, Depends(context_of)]
"""A route's parameter of this type is the app's context."""
