"""One contender with one seed, in a process of its own, which writes down what it reaches."""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks import curves, learners
from benchmarks.contenders import CONTENDERS, OURS, START, Contender, draw
from benchmarks.curves import Point
from fewclicks.answers.effort import EffortModel
from fewclicks.labels.resolve import overlay
from fewclicks.records import NO_CLASS, PURPOSES, Outcome, Question, Reply
from fewclicks.simulate import peak_rss_mb, score
from fewclicks.workflows import State

DESCRIBED = "described.json"
"""The file that says what the prepared project is like; the last to be written."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a contender is to do, and where.

    Attributes
    ----------
    folder : Path
        As `prepare` has left it.
    home : Path
        A new folder, for a rehearsal of the project.
    written : Path
        A line of JSON per look, and a last one that says how it ended.
    """

    name: str
    folder: Path
    home: Path
    written: Path
    seed: int
    budget: int
    batch: int
    limit_gb: float


@dataclass
class Record:
    """Writes a point for each look at the labels, and how much a person has done.

    Seconds are those that processors worked for it, so that a busy machine does not count.
    """

    path: Path
    at: list[int]
    answers: int = 0
    met: dict[str, int] = field(default_factory=dict)
    spent: float = 0.0
    aside: float = 0.0
    start: float = field(default_factory=time.process_time)
    looked: int = 0

    def answered(self, name: str | None, seconds: float) -> None:
        """Count an answer of so many modelled seconds, and the class it named."""
        self.answers += 1
        self.spent += seconds
        if name is not None:
            self.met.setdefault(name, self.answers)

    def due(self) -> bool:
        """Whether this number of answers is to be looked at and has not been."""
        return self.answers in self.at and self.looked < self.answers

    def look(self, right: float) -> None:
        """Write a point."""
        self.looked = self.answers
        seconds = time.process_time() - self.start - self.aside
        met = tuple(self.met.values())
        point = Point(self.answers, right, met, self.spent / 60, seconds, peak_rss_mb())
        self.write(point.to_dict())

    def write(self, line: dict[str, Any]) -> None:
        """Append a line, on disk at once: the process may be stopped at any moment."""
        with open(self.path, "a") as file:
            file.write(json.dumps(line) + "\n")


def prepare(folder: Path, choices: dict[str, Any]) -> None:
    """Make and prepare the one project of all contenders, and write its rows for the others."""
    start = time.perf_counter()
    with fc.Project.create(folder / "project", **choices) as project:
        project.prepare()
        seconds = time.perf_counter() - start
        collection = project.collection()
        near = collection.neighbours
        truths = project.store.items.truths()
        if any(truth is None for truth in truths):
            raise ValueError("Every item must have a true class, so that all can be compared.")
        names, classes = np.unique(np.array(truths), return_inverse=True)
        np.save(folder / "rows.npy", learners.scaled(collection.wide))
        np.savez(folder / "near.npz", indices=near.indices, distances=near.distances)
        np.save(folder / "classes.npy", classes)
        described = {
            "features": project.feature_set["name"],
            "kind": collection.kind,
            "grouped": collection.units is not None,
            "n_items": project.n_items,
            "d": collection.wide.shape[1],
            "n_classes": len(names),
            "seconds": seconds,
        }
    (folder / DESCRIBED).write_text(json.dumps(described))


def run(task: Task) -> None:
    """Let a contender label; what it reaches is on disk, whatever becomes of it."""
    record = Record(task.written, curves.looks(task.budget))
    contender = CONTENDERS[task.name]
    try:
        if contender.package == OURS:
            _run_workflow(task, contender, record)
        else:
            with warnings.catch_warnings(action="ignore"):  # those of other packages are theirs
                _run_learner(task, contender, record)
    except MemoryError as error:
        told = str(error).startswith("needs")
        record.write({"ended": str(error) if told else f"over {task.limit_gb:g} GB"})
    except Exception as error:
        logging.exception("%s has failed", task.name)
        record.write({"ended": f"failed: {error}"[:120]})
    else:
        record.write({"ended": ""})


@dataclass
class Watched:
    """A workflow that remembers what its last round saw and gave."""

    inner: Any
    state: State | None = None
    outcome: Outcome | None = None

    def __post_init__(self) -> None:
        self.name, self.summary = self.inner.name, self.inner.summary

    def round(self, state: State) -> Outcome:
        """Run the workflow's round."""
        self.state, self.outcome = state, self.inner.round(state)
        return self.outcome


@dataclass
class Witness:
    """An annotator who lets the labels be looked at between answers."""

    inner: fc.KnownLabels
    record: Record
    look: Callable[[], None]

    def answer(self, question: Question) -> Reply:
        """Answer with the truth."""
        if self.record.due():
            self.look()
        reply = self.inner.answer(question)
        self.record.answered(reply.class_name, reply.seconds)
        return reply


def _run_workflow(task: Task, contender: Contender, record: Record) -> None:
    assert contender.workflow is not None
    with fc.Project.open(task.folder / "project") as project:
        truths = project.store.items.truths()
        watched = Watched(contender.workflow(project.n_items))
        with project.rehearse(task.home) as rehearsal:
            look = partial(_look, rehearsal, watched, record, truths, task.budget)
            known = fc.KnownLabels(truths, random_state=task.seed)
            fc.simulate(
                rehearsal,
                Witness(known, record, partial(look, again=contender.cheap)),
                budget=task.budget,
                workflow=watched,  # type: ignore[arg-type]
                seed=task.seed,
                on_round=lambda row: look() if record.due() else None,
            )
            if record.looked < record.answers:
                look()  # it has ended before its budget was spent


def _look(
    project: fc.Project,
    watched: Watched,
    record: Record,
    truths: Any,
    budget: int,
    *,
    again: bool = False,
) -> None:
    """Score the labels there would be if it ended here: of the last round, or of one on the side.

    What it takes does not count as the workflow's.
    """
    start = time.process_time()
    sheet = project.store.answers.sheet(project.n_items, PURPOSES)
    outcome = watched.outcome
    if again and watched.state is not None:
        outcome = watched.inner.round(_now(project, watched.state, budget - record.answers))
    assert outcome is not None
    labels = overlay(outcome.final or outcome.labels, sheet, project.store.classes.heirs())
    right = score(labels, project.store.classes.names(), truths).accuracy
    record.aside += time.process_time() - start
    record.look(right)


def _now(project: fc.Project, state: State, budget_left: int) -> State:
    """The state of the last round with the answers given since."""
    store, n = project.store, project.n_items
    sheet = store.answers.sheet(n)
    return replace(
        state,
        sheet=sheet,
        asked=state.asked | (sheet.class_ids != NO_CLASS),
        named=frozenset(store.questions.answered_clusters(state.collection.partition)),
        audits=store.answers.sheet(n, ("audit",)),
        budget_left=budget_left,
    )


def _run_learner(task: Task, contender: Contender, record: Record) -> None:
    assert contender.learner is not None
    classes = np.load(task.folder / "classes.npy")
    needs = contender.gigabytes(len(classes)) if contender.gigabytes else 0.0
    if needs > task.limit_gb:
        raise MemoryError(f"needs {needs:.3g} GB")
    _limit_memory(task.limit_gb)
    near = np.load(task.folder / "near.npz")
    n_classes = int(classes.max()) + 1
    given = learners.Given(
        np.load(task.folder / "rows.npy"), near["indices"], near["distances"], n_classes, task.seed
    )
    contend(contender.learner(given), contender, classes, task, record)


def contend(
    learner: learners.Learner, contender: Contender, classes: Any, task: Task, record: Record
) -> None:
    """Ask, answer and look until the budget is spent.

    A learner of typical items asks from the start, the others after `START` random answers; until
    a second class is met all go on at random, and what is known is the label of every item.
    """
    order, rng = draw(len(classes), task.seed), np.random.default_rng(task.seed)
    open_ = np.ones(len(classes), dtype=np.bool_)
    ids = np.full(int(classes.max()) + 1, NO_CLASS)
    effort, batch = EffortModel(), 1 if contender.one_by_one else task.batch
    while record.answers < task.budget and open_.any():
        start = 0 if contender.typical else START - record.answers
        n = min(start if start > 0 else batch, task.budget - record.answers)
        if start > 0 or (record.answers and len(record.met) < 2):
            items, easy = order[open_[order]][:n], False
        else:
            items, easy = learners.ask(learner, n, open_, rng), contender.typical
        open_[items] = False
        for part in np.split(items, _cuts(record, len(items))):
            for true in classes[part]:
                record.answered(str(true), effort.item(confusing=not easy)[0])
                if ids[true] == NO_CLASS:
                    ids[true] = len(record.met) - 1
            learner.teach(part, ids[classes[part]])
            if record.due():
                record.look(_share_right(learner, open_, ids[classes], len(record.met)))


def _cuts(record: Record, n: int) -> list[int]:
    """Where a batch of `n` answers is cut so that the labels can be looked at."""
    return [at - record.answers for at in record.at if 0 < at - record.answers < n]


def _share_right(learner: learners.Learner, open_: Any, ids: Any, n_met: int) -> float:
    believed = learner.believe() if n_met > 1 else np.zeros(len(ids), dtype=int)
    return float(np.mean((np.asarray(believed) == ids) | ~open_))


def _limit_memory(gigabytes: float) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (int(gigabytes * 2**30),) * 2)
