"""How far a project is, in numbers."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fewclicks.records import NO_CLASS, NOBODY, SOURCE_NAMES, Labels
from fewclicks.store import Store


def status_of(store: Store, labels: Labels) -> dict[str, Any]:
    """See `Project.status`."""
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
        "answers": {k: totals[k] for k in ("learn", "review", "audit", "total")},
        "actions": totals["actions"],
        "seconds": totals["seconds"],
        "rate": totals["total"] / n_items if n_items else 0.0,
        "round": latest.id if latest else 0,
        "note": latest.note if latest else "",
        "open": {"items": waiting["item"], "clusters": waiting["cluster"]},
        "classes": _class_counts(store, labels),
        "learning_curve": [
            {"round": r.id, "answers": r.n_answers, **r.figures} for r in store.rounds.all()
        ],
        "last_event": store.events.last_id(),
        "seconds_since_round": time.time() - latest.finished_at if latest else None,
    }


def _class_counts(store: Store, labels: Labels) -> list[dict[str, int]]:
    best = labels.class_ids[:, 0]
    ids, counts = np.unique(best[best != NO_CLASS], return_counts=True)
    found = dict(zip(ids.tolist(), counts.tolist(), strict=True))
    return [{"id": row.id, "n": found.get(row.id, 0)} for row in store.classes.all()]
