"""Several people: what each gave, how far they agree, and with themselves; for a person to read.

Agreement is that of first looks: what somebody said of an item by themselves before they could see
what others had said. What an item is labelled goes by all answers; see `store.voting`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks.answers import (
    DawidSkene,
    Estimate,
    Resampling,
    Votes,
    agreement_with_others,
    cohen_kappa_of,
    fleiss_kappa,
    krippendorff_alpha,
    raw_agreement,
)
from fewclicks.answers.consensus import enough_shared, majority
from fewclicks.bounds import accuracy_interval
from fewclicks.errors import InvalidInput
from fewclicks.export.tables import write_table
from fewclicks.records import NO_CLASS, FloatArray, IntArray
from fewclicks.store import Store
from fewclicks.store.firsthand import Firsthand
from fewclicks.workflows.choices import checked_consultation, choices
from fewclicks.workflows.exporting import iso_time

MOST_PAIRS = 45
"""Pairs of people whose agreement is told, those that share most: all pairs of ten."""


def consult(store: Store, chosen: dict[str, Any]) -> int:
    """See `Project.consult`."""
    now = {name: choices(store)[name] for name in ("second_share", "again_share", "consensus")}
    given = {name: value for name, value in chosen.items() if value is not None}
    store.set_options(**checked_consultation(**{**now, **given}))
    return store.answers.ask_second_opinions()


def people_of(store: Store, random_state: int) -> dict[str, Any]:
    """See `Project.people`."""
    told, how = store.answers.firsthand(), Resampling(random_state)
    votes = Votes.of(told.items, told.person, told.said)
    shared = votes.shared
    model = DawidSkene().fit(shared) if enough_shared(votes) else None
    labels = store.answers.sheet(int(told.items.max(initial=-1)) + 1).class_ids
    effort = {one["name"]: one for one in store.answers.by_annotator()}
    told_of = _PersonTold(told, votes, model, labels, how)
    return {
        **{name: choices(store)[name] for name in ("second_share", "again_share", "consensus")},
        "n_shared": len(shared.items),
        "n_disputed": int(np.count_nonzero(majority(shared).shares < 1)),
        "agreement": _figure(raw_agreement(votes, how)),
        "alpha": _figure(krippendorff_alpha(votes, how)),
        "fleiss": _fleiss(shared, how),
        "weighed": model is not None and choices(store)["consensus"] == "auto",
        "people": [
            {**effort[name], **told_of(number)}
            for number, name in sorted(
                enumerate(told.people), key=lambda pair: -effort[pair[1]]["answers"]
            )
        ],
        "pairs": _pairs(told.people, votes, how),
    }


class _PersonTold:
    """What is told of one person, beside their effort."""

    def __init__(
        self,
        told: Firsthand,
        votes: Votes,
        model: DawidSkene | None,
        labels: IntArray,
        how: Resampling,
    ) -> None:
        self._told, self._votes, self._how = told, votes, how
        self._model, self._labels = model, labels

    def __call__(self, person: int) -> dict[str, Any]:
        """Tell of the person of this number."""
        own = self._told.person == person
        items, said = self._told.items[own], self._told.said[own]
        common = np.isin(items, self._votes.shared.items)
        return {
            "n_items": len(items),
            "n_shared": int(np.count_nonzero(common)),
            "agreement": _figure(agreement_with_others(self._votes, person, self._how)),
            "right": self._right(person),
            "consistency": self._consistency(person),
            "confusions": _confusions(said[common], self._labels[items[common]]),
        }

    def _right(self, person: int) -> float | None:
        """The share of right answers by Dawid and Skene's model; None where nobody can tell."""
        if self._model is None or person not in self._model.people_:
            return None
        row = int(np.searchsorted(self._model.people_, person))
        right: FloatArray = np.diagonal(self._model.confusion_[row])
        return float(self._model.prior_ @ right)

    def _consistency(self, person: int) -> dict[str, float] | None:
        """How often they said the same when asked again, with its 95 % interval."""
        pairs = self._told.repeated[self._told.repeated[:, 0] == person]
        if not len(pairs):
            return None
        same = int(np.count_nonzero(pairs[:, 1] == pairs[:, 2]))
        low, high = accuracy_interval(same, len(pairs))
        share = same / len(pairs)
        return {"same": same, "n": len(pairs), "share": share, "low": low, "high": high}


def write_answers(store: Store, target: Path, format: str | None) -> int:
    """See `Project.export_answers`."""
    if not len(store.answers.firsthand().items):
        raise InvalidInput("Nobody has said what an item alone is.", "Answer some questions first.")
    return write_table(_answer_blocks(store), target, format)


def _answer_blocks(store: Store) -> Iterator[dict[str, Any]]:
    """Yield blocks of rows, one for each standing answer about an item alone, oldest first."""
    names, heirs = store.classes.names(), store.classes.heirs()
    for rows in store.answers.about_items():
        items = np.array([row.item for row in rows], np.int64)
        keys = store.items.names(np.unique(items))
        now = [None if row.class_id is None else int(heirs[row.class_id]) for row in rows]
        yield {
            "answer": np.array([row.id for row in rows], np.int64),
            "item": items,
            "name": [keys[item] for item in items.tolist()],
            "annotator": [row.annotator for row in rows],
            "verdict": [row.verdict for row in rows],
            "class": [None if class_id is None else names.get(class_id) for class_id in now],
            "purpose": [row.purpose for row in rows],
            "answered_at": [iso_time(row.answered_at) for row in rows],
        }


def _figure(estimate: Estimate) -> dict[str, float | None] | None:
    """A figure as JSON has it: None where it is unknown, or its interval is."""
    if np.isnan(estimate.value):
        return None
    return {k: None if np.isnan(v) else v for k, v in asdict(estimate).items()}


def _fleiss(shared: Votes, how: Resampling) -> dict[str, Any] | None:
    """Fleiss' kappa on the items with the commonest number of votes, which it wants alike."""
    if not len(shared):
        return None
    n_votes = int(np.bincount(shared.per_item).argmax())
    alike = shared.only(shared.per_item[shared.item] == n_votes)
    figure = _figure(fleiss_kappa(alike, how))
    return None if figure is None else {**figure, "n_votes": n_votes, "n": len(alike.items)}


def _pairs(people: tuple[str, ...], votes: Votes, how: Resampling) -> list[dict[str, Any]]:
    """Cohen's kappa of those who share most, the most first."""
    judged = np.zeros((len(people), len(votes.items)), np.bool_)
    judged[votes.people[votes.person], votes.item] = True
    pairs = [
        (int(np.count_nonzero(judged[one] & judged[other])), one, other)
        for one, other in combinations(range(len(people)), 2)
    ]
    most = sorted((pair for pair in pairs if pair[0]), key=lambda pair: -pair[0])[:MOST_PAIRS]
    return [
        {
            "people": [people[one], people[other]],
            "n": n,
            "kappa": _figure(cohen_kappa_of(votes, one, other, how)),
        }
        for n, one, other in most
    ]


def _confusions(said: IntArray, labelled: IntArray) -> list[dict[str, Any]]:
    """How often they called what is labelled one class another, the commonest first."""
    pairs = Counter(zip(said.tolist(), labelled.tolist(), strict=True))
    return [
        {"said": _class(one), "labelled": _class(other), "n": n}
        for (one, other), n in pairs.most_common()
    ]


def _class(class_id: int) -> int | None:
    return None if class_id == NO_CLASS else class_id
