"""How right the labels are, as far as blind answers tell, and what they cost; for a person to read.

What an audit's answers say of the labels is taken at its word: who answers is the reference. The
intervals are those of one look at a random sample, see `bounds.accuracy_interval`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from fewclicks.bounds import accuracy_interval
from fewclicks.labels.resolve import overlay
from fewclicks.records import NO_CLASS, NOBODY, PERSON, SOURCE_NAMES, BoolArray, IntArray, Labels
from fewclicks.store import Store
from fewclicks.workflows.auditing import audited_items
from fewclicks.workflows.calibrating import Calibration
from fewclicks.workflows.originals import collected
from fewclicks.workflows.rounds import labels_path, load_labels, tested_rounds

POINTS = 200
"""Moments that the course of the answering is told by, at most."""


def report_of(store: Store, labels: Labels, calibration: Calibration) -> dict[str, Any]:
    """See `Project.report`."""
    said, taken = _audited(store, len(labels.sources))
    right = said == taken
    return {
        "accuracy": _estimate(int(np.count_nonzero(right)), len(right)) if len(right) else None,
        "calibration": calibration.to_dict(),
        "curve": [
            {
                "round": row.id,
                "answers": row.n_answers,
                "doubt": row.figures.get("uncertainty"),
                "changed": row.figures.get("changed"),
                "accuracy": accuracy_of(row.figures),
            }
            for row in store.rounds.all()
        ],
        "classes": _by_class(store, labels, taken, right),
        "confusions": _confusions(said, taken),
        "annotators": store.answers.by_annotator(),
        "course": store.answers.course(POINTS),
    }


def _audited(store: Store, n_items: int) -> tuple[IntArray, IntArray]:
    """The class that an audit's answers gave, and the one that the items are labelled with.

    That is by the newest round that has not learnt from the audit itself.
    """
    audits = store.answers.sheet(n_items, ("audit",))
    nothing = np.empty(0, np.int64)
    if (audits.sources == NOBODY).all():
        return nothing, nothing
    sheet, heirs = store.answers.sheet(n_items), store.classes.heirs()
    slanted = store.certificates.slanted()
    for number in tested_rounds(store):
        made = load_labels(labels_path(store, number))
        if made is None:
            continue
        labels = overlay(made, sheet, heirs)
        items = audited_items(audits, labels, slanted)
        items = items[items < len(made.sources)]
        items = items[made.sources[items] != PERSON]
        if len(items):
            return audits.class_ids[items], labels.class_ids[items, 0]
    return nothing, nothing


def _estimate(right: int, n: int) -> dict[str, float]:
    low, high = accuracy_interval(right, n)
    return {"right": right, "n": n, "share": right / n, "low": low, "high": high}


def accuracy_of(figures: Mapping[str, float]) -> dict[str, float] | None:
    """Share of a round's labels that were right by its blind answers, with its 95 % interval.

    Counts `right` and `n`, and `share`, `low` and `high` in [0, 1]; None without such answers.
    """
    n = int(figures.get("held_out", 0))
    return _estimate(int(figures["held_out_right"]), n) if n else None


def _by_class(
    store: Store, labels: Labels, taken: IntArray, right: BoolArray
) -> list[dict[str, Any]]:
    wanted = collected(store, len(labels.sources))
    best, sources = labels.class_ids[wanted, 0], labels.sources[wanted]
    rows = store.classes.all()
    n_sources = len(SOURCE_NAMES)
    known = best != NO_CLASS
    codes = best[known].astype(np.int64) * n_sources + sources[known]
    last = max((row.id for row in rows), default=0)
    tally = np.bincount(codes, minlength=(last + 1) * n_sources).reshape(-1, n_sources)
    told = []
    for row in rows:
        checked = taken == row.id
        n = int(np.count_nonzero(checked))
        told.append(
            {
                "id": row.id,
                "labelled": dict(zip(SOURCE_NAMES, map(int, tally[row.id]), strict=True)),
                "precision": _estimate(int(np.count_nonzero(right[checked])), n) if n else None,
            }
        )
    return told


def _confusions(said: IntArray, taken: IntArray) -> list[dict[str, Any]]:
    """How often each class was labelled as each, the commonest first; None is no label."""
    pairs = Counter(zip(said.tolist(), taken.tolist(), strict=True))
    return [
        {"said": one, "labelled": None if other == NO_CLASS else other, "n": n}
        for (one, other), n in pairs.most_common()
    ]
