"""How far a project is, in numbers."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fewclicks.queries.forecast import worth_giving
from fewclicks.queries.stopping import FewChanges, StablePredictions, TargetAccuracy
from fewclicks.records import NO_CLASS, NOBODY, PURPOSES, SOURCE_NAMES, BoolArray, Labels
from fewclicks.store import Store
from fewclicks.workflows.assessing import accuracy_of
from fewclicks.workflows.originals import collected
from fewclicks.workflows.rounds import history_of
from fewclicks.workflows.synthesising import synthesised_counts


def status_of(store: Store, labels: Labels) -> dict[str, Any]:
    """See `Project.status`."""
    synthesised = synthesised_counts(store, labels)
    labels = _only(labels, collected(store, len(labels.sources)))
    n_items = len(labels.sources)
    totals = store.answers.totals()
    # what was withheld has somebody's word but no class: it is not labelled
    decided = np.where(labels.class_ids[:, 0] == NO_CLASS, NOBODY, labels.sources)
    counts = np.bincount(decided, minlength=len(SOURCE_NAMES))
    latest = store.rounds.latest()
    waiting = store.questions.count_open()
    return {
        "n_items": n_items,
        "labelled": dict(zip(SOURCE_NAMES, map(int, counts), strict=True)),
        "answers": {k: totals[k] for k in (*PURPOSES, "total")},
        "actions": totals["actions"],
        "seconds": totals["seconds"],
        "rate": totals["total"] / n_items if n_items else 0.0,
        "round": latest.id if latest else 0,
        "note": latest.note if latest else "",
        "open": {"items": waiting["item"], "clusters": waiting["cluster"]},
        "accuracy": _accuracy(store),
        "classes": _class_counts(store, labels),
        "learning_curve": [
            {"round": r.id, "answers": r.n_answers, **r.figures} for r in store.rounds.all()
        ],
        "advice": advice(store),
        "synthesised": synthesised,
        "last_event": store.events.last_id(),
        "seconds_since_round": time.time() - latest.finished_at if latest else None,
    }


def advice(store: Store) -> dict[str, Any]:
    """How many more answers are worth giving, and what the criteria for stopping see.

    `answers` is None while it is too early to say; `signals` holds only what can be told.
    """
    history = history_of(store)
    forecast = worth_giving(history)
    signals = [
        criterion(history) for criterion in (StablePredictions(), FewChanges(), TargetAccuracy())
    ]
    return {
        "answers": forecast.answers,
        "at_least": forecast.at_least,
        "sentence": forecast.sentence,
        "signals": [
            {"name": signal.name, "met": bool(signal.met), "sentence": signal.sentence}
            for signal in signals
            if not np.isnan(signal.value)
        ],
    }


def _accuracy(store: Store) -> dict[str, float] | None:
    """By the blind answers that the last rounds had."""
    history = history_of(store)
    return accuracy_of(history[-1]) if history else None


def _only(labels: Labels, wanted: BoolArray) -> Labels:
    if wanted.all():
        return labels
    return Labels(labels.class_ids[wanted], labels.confidences[wanted], labels.sources[wanted])


def _class_counts(store: Store, labels: Labels) -> list[dict[str, int]]:
    best = labels.class_ids[:, 0]
    rows = store.classes.all()
    counts = np.bincount(best[best != NO_CLASS], minlength=max((r.id for r in rows), default=0) + 1)
    return [{"id": row.id, "n": int(counts[row.id])} for row in rows]
