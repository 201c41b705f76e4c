"""What the label card of an export says: whence the labels come and how right they are."""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks
from fewclicks.errors import NotFound
from fewclicks.export.card import listing, sha256
from fewclicks.records import (
    CLUSTER,
    GROUP,
    NO_CLASS,
    NOBODY,
    PERSON,
    PURPOSES,
    SOURCE_NAMES,
    BoolArray,
    IntArray,
    Labels,
)
from fewclicks.store import Store
from fewclicks.store.certificates import EVENLY, CertificateRow
from fewclicks.workflows.bets import ClassStanding, Weighing
from fewclicks.workflows.calibrating import Calibration
from fewclicks.workflows.certifying import Certifying
from fewclicks.workflows.choices import choices
from fewclicks.workflows.covering import uncovered, upper_of_exported
from fewclicks.workflows.exporting import iso_time
from fewclicks.workflows.finishing import people_of
from fewclicks.workflows.frozen import Frozen
from fewclicks.workflows.originals import collected
from fewclicks.workflows.standing import Standing, answered_first, outcomes

LIMITS = (
    "What people said is the reference: where they erred, so do labels and certificate.",
    "Confidence is right on the whole at best, as far as blind answers set it right: of a single "
    "label it promises nothing.",
    "Nothing is said of images that are not among these items.",
)

DRAWN_EVENLY = "numpy.random.default_rng(seed).permutation(tested items, ascending)"

DRAWN_BY_LEVEL = (
    "numpy.random.default_rng(seed).exponential(size=n_tested) / weight, of the tested items, "
    "ascending; the smallest is drawn first. The weight of an item is that of its level; levels "
    "are 2 bytes each, little end first, packed by zlib, in base64"
)

LOST = "Of {} certificates the labels are lost, so that they are not told of."

MISSING = "Of {:,} labelled items there is no image in the folder: no original could be read."


@dataclass(frozen=True, slots=True)
class _Exported:
    """The labels exported: of which items, whether a person named each alone, how many came."""

    labels: Labels
    wanted: BoolArray
    alone: BoolArray
    n: int

    @property
    def class_ids(self) -> IntArray:
        return self.labels.class_ids[:, 0]

    @property
    def labelled(self) -> BoolArray:
        mask: BoolArray = self.wanted & (self.class_ids != NO_CLASS)
        return mask

    @property
    def n_missing(self) -> int:
        return int(np.count_nonzero(self.labelled)) - self.n


def card_of(
    store: Store,
    labels: Labels,
    calibration: Calibration,
    certifying: Certifying,
    target: Path,
    rows: int,
) -> dict[str, Any]:
    """Return the card of an export to `target` of so many rows, JSON-able."""
    described, options = store.describe(), choices(store)
    exported = _exported(store, labels, target, rows)
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
            "listing": listing(target) if target.is_dir() else None,
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
            "confidence": calibration.sentence,
        },
        "answers": _answers(store, len(labels.sources)),
        "labels": _labels(store, certifying, exported, known[-1] if known else None),
        "certificates": [_certificate(store, certifying, exported, one) for one in known],
        "limits": [
            *LIMITS,
            *([LOST.format(lost)] if lost else []),
            *([MISSING.format(exported.n_missing)] if exported.n_missing else []),
        ],
    }


def _exported(store: Store, labels: Labels, target: Path, rows: int) -> _Exported:
    """In a folder every row is a label; a table has rows without one."""
    wanted = collected(store, len(labels.sources))
    n = int(np.count_nonzero(labels.class_ids[wanted, 0] != NO_CLASS))
    alone = store.answers.alone(labels.class_ids[:, 0])
    return _Exported(labels, wanted, alone, rows if target.is_dir() else n)


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


def _labels(
    store: Store, certifying: Certifying, exported: _Exported, standing: Standing | None
) -> dict[str, Any]:
    best = exported.class_ids[exported.wanted]
    sources = np.where(best == NO_CLASS, NOBODY, exported.labels.sources[exported.wanted])
    counts = np.bincount(sources, minlength=len(SOURCE_NAMES))
    checked = {} if standing is None else {one.class_id: one for one in standing.classes}
    by_people = np.isin(sources, (PERSON, CLUSTER, GROUP))
    doubtful = _doubtful(store, certifying, exported, standing)[exported.wanted]
    told = []
    for row in store.classes.all():
        mine = best == row.id
        numbers = {
            "n": int(np.count_nonzero(mine)),
            "by_people": int(np.count_nonzero(mine & by_people)),
            "uncovered": int(np.count_nonzero(mine & doubtful)),
        }
        told.append({"name": row.name, **numbers, **_checked(checked.get(row.id), numbers)})
    if exported.n_missing:  # of which class, is not known
        told = [{**one, "upper": None} for one in told]
    return {"by": dict(zip(SOURCE_NAMES, map(int, counts), strict=True)), "classes": told}


def _doubtful(
    store: Store, certifying: Certifying, exported: _Exported, standing: Standing | None
) -> BoolArray:
    """Mask of the exported labels that the certificate does not tell of; all without one."""
    if standing is None:
        mask: BoolArray = exported.labelled & ~exported.alone
        return mask
    frozen, heirs = certifying.frozen(standing.row), store.classes.heirs()
    return uncovered(frozen, exported.class_ids, heirs, exported.wanted, exported.alone)


def _checked(own: ClassStanding | None, numbers: dict[str, int]) -> dict[str, Any]:
    """What blind answers tell of the exported labels of a class."""
    if own is None or not own.audits or not numbers["n"]:
        known = (0, 0, 0) if own is None else (own.n_tested, own.audits, own.wrong)
        return {**dict(zip(("n_tested", "audits", "wrong"), known, strict=True)), "upper": None}
    upper = upper_of_exported(own.upper, own.n_tested, numbers["uncovered"], numbers["n"])
    return {"n_tested": own.n_tested, "audits": own.audits, "wrong": own.wrong, "upper": upper}


def _certificate(
    store: Store, certifying: Certifying, exported: _Exported, standing: Standing
) -> dict[str, Any]:
    """All that it takes to compute a certificate again."""
    frozen = certifying.frozen(standing.row)
    told = standing.to_dict()
    names = store.classes.names()
    told["classes"] = [
        {**one.to_dict(), "name": names[one.class_id], "weights": _weighing(one.weighing)}
        for one in standing.classes
    ]
    doubtful = np.flatnonzero(_doubtful(store, certifying, exported, standing))
    return {
        **told,
        "begun_at": iso_time(standing.row.created_at),
        "certified_at": standing.certificate.certified_at,
        "labelled": spans_of(np.flatnonzero(frozen.class_ids != NO_CLASS)),
        "exported": {
            "n_labels": exported.n,
            "n_uncovered": len(doubtful),
            "uncovered": spans_of(doubtful),
            "upper": upper_of_exported(
                standing.upper, standing.row.n_items, len(doubtful), exported.n
            ),
        },
        "drawing": {
            "seed": standing.row.seed,
            "by": DRAWN_EVENLY if standing.row.draw == EVENLY else DRAWN_BY_LEVEL,
            "tested": spans_of(frozen.order),
            **({} if standing.row.draw == EVENLY else _levels(frozen)),
        },
        "named": _named(standing, frozen),
        "log": _log(store, standing.row, frozen, exported.labels),
        "pages": _pages(store, standing.row),
    }


def _weighing(weighing: Weighing | None) -> dict[str, float] | None:
    return None if weighing is None else asdict(weighing)


def _levels(frozen: Frozen) -> dict[str, Any]:
    """The weights that items were drawn by: of each level, and the level of each item tested."""
    ascending = frozen.levels[np.argsort(frozen.order)].astype("<u2")
    packed = base64.b64encode(zlib.compress(ascending.tobytes(), 9)).decode()
    return {"level_weights": frozen.level_weights.tolist(), "levels": packed}


def _pages(store: Store, row: CertificateRow) -> list[dict[str, Any]]:
    names, heirs = store.classes.names(), store.classes.heirs()
    return [
        {
            "class": names.get(int(heirs[page.class_id])),
            "items": page.items.tolist(),
            "planted": page.planted.tolist(),
            "missed": page.missed.tolist(),
            "taken_back": page.withdrawn,
        }
        for page in store.certificates.pages(row.id)
    ]


def _named(standing: Standing, frozen: Frozen) -> list[list[int]]:
    """The items that people have to name for the claim to hold, as runs."""
    if standing.finish is None:
        return []
    first = standing.finish.first_unsure
    return spans_of(people_of(frozen, standing.certificate.audits, first))


def _log(store: Store, row: CertificateRow, frozen: Frozen, labels: Labels) -> list[dict[str, Any]]:
    """The answers that count, in the order drawn, and where labels are others than they said."""
    counted, heirs = answered_first(store.certificates.drawn(row.id)), store.classes.heirs()
    keys, names = store.items.names([one.item for one in counted]), store.classes.names()
    followed = np.append(heirs, NO_CLASS)
    wrong = outcomes(counted, frozen, heirs)
    told = [
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
    return [{**one, "since": _since(one, labels, names)} for one in told]


def _since(
    one: dict[str, Any], labels: Labels, names: dict[int, str]
) -> dict[str, str | None] | None:
    """The exported label of an audited item, and what decided it, where it is not what was said."""
    now = names.get(int(labels.class_ids[one["item"], 0]))
    if one["verdict"] != "class" or now == one["said"]:
        return None
    return {"class": now, "by": SOURCE_NAMES[labels.sources[one["item"]]]}


def spans_of(items: IntArray) -> list[list[int]]:
    """Items as ascending runs [first, one past the last], which a few words tell of a million."""
    ids = np.sort(items).astype(np.int64)
    breaks = np.flatnonzero(np.diff(ids) != 1) + 1
    return [[int(run[0]), int(run[-1]) + 1] for run in np.split(ids, breaks) if len(run)]
