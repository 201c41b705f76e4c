"""What the label card of an export says: whence the labels come and how right they are."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks
from fewclicks.errors import NotFound
from fewclicks.export.card import sha256
from fewclicks.records import (
    CLUSTER,
    GROUP,
    NO_CLASS,
    NOBODY,
    PERSON,
    PURPOSES,
    SOURCE_NAMES,
    IntArray,
    Labels,
)
from fewclicks.store import Store
from fewclicks.store.certificates import CertificateRow
from fewclicks.workflows.certifying import Certifying
from fewclicks.workflows.choices import choices
from fewclicks.workflows.exporting import iso_time
from fewclicks.workflows.finishing import people_of
from fewclicks.workflows.frozen import Frozen
from fewclicks.workflows.originals import collected
from fewclicks.workflows.standing import Standing, answered_first, outcomes

LIMITS = (
    "What people said is the reference: where they erred, so do labels and certificate.",
    "The confidence of a single label is a model's share of belief, not a tested probability.",
    "Nothing is said of images that are not among these items.",
)

LOST = "Of {} certificates the labels are lost, so that they are not told of."


def card_of(
    store: Store, labels: Labels, certifying: Certifying, target: Path, rows: int
) -> dict[str, Any]:
    """Return the card of an export to `target` of so many rows, JSON-able."""
    described, options = store.describe(), choices(store)
    known = list(_standings(store, certifying))
    lost = len(store.certificates.all()) - len(known)
    return {
        "fewclicks": fewclicks.__version__,
        "project": {"name": described["name"], "uid": described["uid"]},
        "export": {
            "at": iso_time(time.time()),
            "name": target.name if target.is_file() else None,
            "rows": rows,
            "sha256": sha256(target) if target.is_file() else None,
        },
        "sources": _sources(store),
        "made_with": {
            "features": options.get("features_settled", {}).get("name", options["features"]),
            "feature options": options["feature_options"],
            "clusterer": options["clusterer"],
            "workflow": options["workflow"],
            "workflow options": options["workflow_options"],
            "seed": options["seed"],
            "rounds": store.rounds.next_id() - 1,
        },
        "answers": _answers(store, len(labels.sources)),
        "labels": _labels(store, labels, known[-1] if known else None),
        "certificates": [_certificate(store, certifying, standing) for standing in known],
        "limits": [*LIMITS, *([LOST.format(lost)] if lost else [])],
    }


def _standings(store: Store, certifying: Certifying) -> Iterator[Standing]:
    """The certificates whose labels are still there, oldest first."""
    for row in store.certificates.all():
        with suppress(NotFound):
            standing = certifying.standing(row.id)
            assert standing is not None
            yield standing


def _sources(store: Store) -> dict[str, Any]:
    return {
        "list": [{"uri": row.uri, "kind": row.kind} for row in store.items.sources()],
        "n_items": store.items.count(),
        "n_duplicates": store.items.count_duplicates(),
        "n_unreadable": store.items.count_failures(),
    }


def _answers(store: Store, n_items: int) -> dict[str, Any]:
    totals = store.answers.totals()
    return {
        "purses": {purse: totals[purse] for purse in PURPOSES},
        "actions": totals["actions"],
        "seconds": totals["seconds"],
        "rate": totals["total"] / max(1, n_items),
        "annotators": [
            {"name": one["name"], "answers": one["answers"]} for one in store.answers.by_annotator()
        ],
    }


def _labels(store: Store, labels: Labels, standing: Standing | None) -> dict[str, Any]:
    wanted = collected(store, len(labels.sources))
    best = labels.class_ids[wanted, 0]
    sources = np.where(best == NO_CLASS, NOBODY, labels.sources[wanted])
    counts = np.bincount(sources, minlength=len(SOURCE_NAMES))
    checked = {} if standing is None else {one.class_id: one for one in standing.classes}
    by_people = np.isin(sources, (PERSON, CLUSTER, GROUP))
    told = []
    for row in store.classes.all():
        own = checked.get(row.id)
        told.append(
            {
                "name": row.name,
                "n": int(np.count_nonzero(best == row.id)),
                "by_people": int(np.count_nonzero((best == row.id) & by_people)),
                "audits": 0 if own is None else own.audits,
                "wrong": 0 if own is None else own.wrong,
                "upper": None if own is None else own.upper,
            }
        )
    return {"by": dict(zip(SOURCE_NAMES, map(int, counts), strict=True)), "classes": told}


def _certificate(store: Store, certifying: Certifying, standing: Standing) -> dict[str, Any]:
    """All that it takes to compute a certificate again."""
    frozen = certifying.frozen(standing.row)
    told = standing.to_dict()
    names = store.classes.names()
    told["classes"] = [{**one, "name": names[one["class_id"]]} for one in told["classes"]]
    return {
        **told,
        "begun_at": iso_time(standing.row.created_at),
        "certified_at": standing.certificate.certified_at,
        "draw": {
            "seed": standing.row.seed,
            "by": "numpy.random.default_rng(seed).permutation(tested items, ascending)",
            "tested": spans_of(frozen.order),
        },
        "named": _named(standing, frozen),
        "log": _log(store, standing.row, frozen, names),
        "pages": [
            {"items": p.items.tolist(), "planted": p.planted.tolist(), "missed": p.missed.tolist()}
            for p in store.certificates.pages(standing.row.id)
        ],
    }


def _named(standing: Standing, frozen: Frozen) -> list[list[int]]:
    """The items that people have to name for the claim to hold, as runs."""
    if standing.finish is None:
        return []
    first = standing.finish.first_unsure
    return spans_of(people_of(frozen, standing.certificate.audits, first))


def _log(
    store: Store, row: CertificateRow, frozen: Frozen, names: dict[int, str]
) -> list[dict[str, Any]]:
    """The answers that count, in the order drawn."""
    counted, heirs = answered_first(store.certificates.drawn(row.id)), store.classes.heirs()
    keys = store.items.names([one.item for one in counted])
    followed = np.append(heirs, NO_CLASS)
    wrong = outcomes(counted, frozen, heirs)
    return [
        {
            "item": one.item,
            "name": keys[one.item],
            "labelled": names.get(int(followed[frozen.class_ids[one.item]])),
            "said": None if one.class_id is None else names.get(int(followed[one.class_id])),
            "verdict": one.verdict,
            "wrong": bool(is_wrong),
            "uncertainty": uncertainty,
            "annotator": one.annotator,
            "at": None if one.answered_at is None else iso_time(one.answered_at),
        }
        for one, is_wrong, uncertainty in zip(
            counted, wrong, frozen.uncertainty[: len(counted)].tolist(), strict=True
        )
    ]


def spans_of(items: IntArray) -> list[list[int]]:
    """Items as ascending runs [first, one past the last], which a few words tell of a million."""
    ids = np.sort(items).astype(np.int64)
    breaks = np.flatnonzero(np.diff(ids) != 1) + 1
    return [[int(run[0]), int(run[-1]) + 1] for run in np.split(ids, breaks) if len(run)]
