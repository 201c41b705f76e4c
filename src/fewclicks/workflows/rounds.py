"""One round of a project: answers → workflow → labels on disk → questions in the queue."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np

from fewclicks import files
from fewclicks.progress import Report, silent
from fewclicks.records import PERSON, BoolArray, IntArray, Labels, Question
from fewclicks.store import Store
from fewclicks.workflows.base import State, Workflow
from fewclicks.workflows.collection import Collection


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
    report: Report = silent,
) -> RoundSummary:
    """Run one round and make its result durable.

    The labels file is written before the round's row, so a round that is on record has its
    labels; a round that was interrupted has left nothing but a file that is overwritten.
    """
    start = time.perf_counter()
    with store.lock("round"):
        report("reading the answers", 0, 3)
        last_event = store.events.last_id()
        sheet = store.answers.sheet(collection.n_items)
        number = store.rounds.next_id()
        asked = needs_no_question(sheet.sources, sheet.withheld, store.items.duplicate_of())
        named = frozenset(store.questions.answered_clusters(collection.partition))
        state = State(collection, sheet, asked, named, number, seed, budget_left)
        report("learning from the answers", 1, 3)
        outcome = workflow.round(state)
        report("saving the labels", 2, 3)
        save_labels(labels_path(store, number), outcome.labels)
        ids = store.rounds.finish(
            number,
            workflow.name,
            sheet.n_answers,
            last_event,
            outcome.note,
            outcome.figures,
            outcome.questions,
            collection.partition,
        )
        report("saving the labels", 3, 3)
    seconds = time.perf_counter() - start
    questions = _numbered(outcome.questions, ids)
    return RoundSummary(number, questions, outcome.note, seconds, outcome.figures)


def needs_no_question(sources: IntArray, withheld: BoolArray, duplicate_of: IntArray) -> BoolArray:
    """Items not worth a question: answered themselves, withheld, or a copy of an earlier item."""
    return cast(BoolArray, (sources == PERSON) | withheld | (duplicate_of >= 0))


def labels_path(store: Store, number: int) -> Path:
    """Where the labels of a round lie."""
    return store.home / "labels" / f"round-{number:06d}.npz"


def save_labels(path: Path, labels: Labels) -> None:
    """Write the labels of a round."""
    files.save(
        path,
        "round",
        {
            "class_ids": labels.class_ids,
            "confidences": labels.confidences,
            "sources": labels.sources,
        },
    )


def load_labels(path: Path) -> Labels | None:
    """Read the labels of a round; None if the file is missing or damaged."""
    stored = files.load(path)
    if stored is None:
        return None
    return Labels(stored["class_ids"], stored["confidences"], stored["sources"])


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
