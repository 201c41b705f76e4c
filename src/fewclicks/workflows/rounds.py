"""One round of a project: answers → workflow → labels on disk → questions in the queue."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from fewclicks import files
from fewclicks.errors import Conflict
from fewclicks.labels.resolve import overlay, standing_classes
from fewclicks.progress import Report, silent
from fewclicks.queries.stopping import Criterion, Figures, round_figures
from fewclicks.records import (
    MODEL,
    NO_CLASS,
    NOBODY,
    PERSON,
    AnswerSheet,
    BoolArray,
    IntArray,
    Labels,
    Outcome,
    Question,
)
from fewclicks.store import Store
from fewclicks.workflows import refining
from fewclicks.workflows.base import State, Workflow
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.originals import collected

UNSAID = dict.fromkeys(("agreement", "changed", "changed_share"), np.nan)
"""Figures of a workflow whose items get their label once and for all: how its labels differ from
those of the round before tells nothing of when to stop."""


CHECKED = ("held_out", "held_out_right")
"""Figures that tell of the labels as they are, not of how they came about."""


@dataclass(frozen=True, slots=True)
class RoundSummary:
    """What a round did; `questions` carry their ids, first to be asked first."""

    round: int
    questions: list[Question]
    note: str
    seconds: float
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def n_questions(self) -> int:
        """Questions asked by this round."""
        return len(self.questions)


def run_round(
    store: Store,
    collection: Collection,
    workflow: Workflow,
    *,
    seed: int,
    budget_left: int | None = None,
    stop: Criterion | None = None,
    report: Report = silent,
) -> RoundSummary:
    """Run one round and make its result durable.

    The labels file is written before the round's row, so a round that is on record has its
    labels; a round that was interrupted has left nothing but a file that is overwritten. Once
    `stop` is met, nothing more is asked.
    """
    start = time.perf_counter()
    with store.lock("round"):
        report("reading the answers", 0, 3)
        last_event = store.events.last_id()
        number = store.rounds.next_id()
        before, heirs = _before(store), store.classes.heirs()
        state = _state(store, collection, workflow, before, heirs)
        state = replace(state, round=number, seed=seed, budget_left=budget_left, report=report)
        report("learning from the answers", 1, 3)
        outcome = workflow.round(state)
        outcome = _measured(outcome, state.sheet, before, heirs)
        outcome = _stopped(outcome, stop, state)
        report("saving the labels", 2, 3)
        save_labels(labels_path(store, number), outcome.labels, outcome.kept)
        _save_model(store, number, outcome.model)
        ids = store.rounds.finish(
            number,
            workflow.name,
            state.sheet.n_answers,
            last_event,
            outcome.note,
            outcome.figures,
            outcome.questions,
            outcome.partition or collection.partition,
            only=outcome.partition is not None,
        )
        _drop_models(store, before=number)
        _checkpoint_path(store).unlink(missing_ok=True)
        report("saving the labels", 3, 3)
    seconds = time.perf_counter() - start
    questions = _numbered(outcome.questions, ids)
    return RoundSummary(number, questions, outcome.note, seconds, outcome.figures)


def needs_refinement(store: Store) -> bool:
    """Whether the last round's workflow wants a network to learn from its labels."""
    latest = store.rounds.latest()
    return latest is not None and bool(latest.figures.get("refine"))


def run_refinement(
    store: Store, collection: Collection, *, seed: int, report: Report = silent
) -> None:
    """Let a network learn from the labels of the last round; the next round takes it up.

    Answers given since that round count too. A run that was killed goes on where it stopped if
    nothing was answered since.

    Raises
    ------
    Conflict
        No item has a label.
    MissingExtra
        torch is not installed.
    """
    with store.lock("refine"):
        heirs, before = store.classes.heirs(), _before(store)
        sheet = store.answers.sheet(collection.n_items)
        labels = overlay(before or empty_labels(0), sheet, heirs).class_ids[:, 0]
        if (labels == NO_CLASS).all():
            raise Conflict("A network learns from labels, but there are none yet.")
        earlier = refining.load(refinement_path(store), collection, heirs)
        made = refining.refine(
            collection,
            (earlier or collection).neighbours,
            labels,
            sheet.class_ids != NO_CLASS,
            sheet.n_answers,
            random_state=int(np.random.default_rng([seed, sheet.n_answers]).integers(2**31)),
            checkpoint=refinement_path(store).with_name("training.pt"),
            report=report,
        )
        refining.save(refinement_path(store), collection, made)


def _before(store: Store) -> Labels | None:
    """The labels of the last round; None before the first, or if their file is lost."""
    latest = store.rounds.latest()
    return None if latest is None else load_labels(labels_path(store, latest.id))


def _state(
    store: Store,
    collection: Collection,
    workflow: Workflow,
    before: Labels | None,
    heirs: IntArray,
) -> State:
    """What the workflow may look at; seed, budget and report are the caller's."""
    n_items = collection.n_items
    sheet = store.answers.sheet(n_items)
    asked = needs_no_question(sheet.sources, sheet.withheld, store.items.duplicate_of())
    asked |= ~collected(store, len(asked))  # what was made has its question already
    audits = store.answers.sheet(n_items, ("audit",))
    auditing = frozenset(store.questions.open_items(["audit"]))
    asked |= audits.sources != NOBODY
    asked[list(auditing)] = True
    shown = np.zeros(n_items, dtype=np.bool_)
    shown[store.questions.shown_items(besides=collection.partition)] = True
    latest = store.rounds.latest()
    same = latest is not None and latest.workflow == workflow.name
    return State(
        collection,
        sheet,
        asked,
        frozenset(store.questions.answered_clusters(collection.partition)),
        previous=None if before is None else overlay(before, sheet, heirs),
        modelled=None if before is None else _modelled(before, heirs, n_items),
        kept=load_kept(labels_path(store, latest.id), n_items) if latest and same else None,
        shown=shown,
        waiting=frozenset(store.questions.open_items()),
        audits=audits,
        auditing=auditing,
        slanted=store.certificates.slanted(),
        figures=latest.figures if latest else {},
        history=history_of(store),
        refinement=refining.load(refinement_path(store), collection, heirs),
        checkpoint=_checkpoint_path(store),
    )


def needs_no_question(sources: IntArray, withheld: BoolArray, duplicate_of: IntArray) -> BoolArray:
    """Items not worth a question: answered themselves, withheld, or a copy of an earlier item."""
    return cast(BoolArray, (sources == PERSON) | withheld | (duplicate_of >= 0))


def labels_path(store: Store, number: int) -> Path:
    """Where the labels of a round lie."""
    return store.home / "labels" / f"round-{number:06d}.npz"


def model_path(store: Store, number: int) -> Path:
    """Where the model of a round lies, if its workflow trained one; only the last is kept."""
    return store.home / "models" / f"round-{number:06d}.pt"


def refinement_path(store: Store) -> Path:
    """Where the refinement of the project lies, if there is one."""
    return store.home / "refinement" / "neighbours.npz"


def history_of(store: Store) -> tuple[Figures, ...]:
    """The figures of the rounds so far, oldest first, without repetitions on the same answers.

    Of several rounds on the same answers, the first tells what these changed; the last, how many
    held-out answers are right.
    """
    rows: dict[int, dict[str, float]] = {}
    for row in store.rounds.all():
        kept = rows.setdefault(row.n_answers, {**row.figures, "answers": row.n_answers})
        kept |= {name: row.figures[name] for name in CHECKED if name in row.figures}
    return tuple(rows.values())


def tested_rounds(store: Store) -> list[int]:
    """The last round, and those before it whose labels blind answers had tested, newest first."""
    rows = store.rounds.all()[::-1]
    return [row.id for row in rows[:1] + [row for row in rows[1:] if "held_out" in row.figures]]


def save_labels(path: Path, labels: Labels, kept: BoolArray | None = None) -> None:
    """Write the labels of a round, and which of them its workflow wants to find again."""
    arrays: dict[str, Any] = {
        "class_ids": labels.class_ids,
        "confidences": labels.confidences,
        "sources": labels.sources,
    }
    files.save(path, "round", arrays if kept is None else {**arrays, "kept": kept})


def load_labels(path: Path) -> Labels | None:
    """Read the labels of a round; None if the file is missing or damaged."""
    stored = files.load(path)
    if stored is None:
        return None
    return Labels(stored["class_ids"], stored["confidences"], stored["sources"])


def load_kept(path: Path, n_items: int) -> BoolArray | None:
    """Read which labels of a round are to be kept, items added since not; None if none are."""
    stored = files.load(path)
    if stored is None or "kept" not in stored:
        return None
    kept = np.zeros(n_items, dtype=np.bool_)
    n_known = min(n_items, len(stored["kept"]))
    kept[:n_known] = stored["kept"][:n_known]
    return kept


def _measured(
    outcome: Outcome, sheet: AnswerSheet, before: Labels | None, heirs: IntArray
) -> Outcome:
    """Add to an outcome's figures how its labels differ from those of the round before."""
    after = outcome.labels.class_ids[:, 0]
    earlier = None if before is None else standing_classes(before, heirs, len(after))
    if earlier is not None and (earlier == NO_CLASS).all():
        earlier = None  # agreement with nothing says nothing
    figures = round_figures(sheet.n_answers, after, earlier)
    figures["asked"] = len(outcome.questions)
    figures["refine"] = float(outcome.refine)
    figures.update(outcome.figures)  # a workflow can unsay one, by what is not a number
    return replace(outcome, figures={k: v for k, v in figures.items() if np.isfinite(v)})


def _modelled(before: Labels, heirs: IntArray, n_items: int) -> IntArray:
    """Return the class that a model gave each item in the round before, NO_CLASS elsewhere."""
    standing = standing_classes(before, heirs, n_items)
    by_others = np.flatnonzero(before.sources[:n_items] != MODEL)
    standing[by_others] = NO_CLASS
    return standing


def _stopped(outcome: Outcome, stop: Criterion | None, state: State) -> Outcome:
    if stop is None or not outcome.questions:
        return outcome
    signal = stop([*state.history, outcome.figures])
    if not signal.met:
        return outcome
    note = f"Nothing more is asked. {signal.sentence}"
    return replace(outcome, questions=[], note=note, labels=outcome.final or outcome.labels)


def _save_model(store: Store, number: int, model: Any) -> None:
    """Write the round's model; without one, drop what an interrupted round may have left."""
    if model is None:
        model_path(store, number).unlink(missing_ok=True)
    else:
        with files.replacing(model_path(store, number)) as temporary:
            model.save(temporary)


def _checkpoint_path(store: Store) -> Path:
    """Where a model in training is put down; what lies there counts for nothing else."""
    return store.home / "models" / "training.pt"


def _drop_models(store: Store, before: int) -> None:
    for path in model_path(store, before).parent.glob("round-*.pt"):
        if path.name < model_path(store, before).name:
            path.unlink(missing_ok=True)


def _numbered(questions: list[Question], ids: list[int]) -> list[Question]:
    ordered = [q for q in questions if q.kind == "cluster"]
    ordered += [q for q in questions if q.kind == "item"]
    return [replace(q, id=number) for q, number in zip(ordered, ids, strict=True)]


def empty_labels(n_items: int, k: int = 3) -> Labels:
    """Labels before anything is known."""
    return Labels(
        np.full((n_items, k), -1, np.int32),
        np.zeros((n_items, k), np.float32),
        np.zeros(n_items, np.int8),
    )
