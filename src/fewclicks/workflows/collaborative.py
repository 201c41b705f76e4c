"""Collaborative labelling, as its paper runs it.

Mousavi, Lee, Griffin, Steadman and Mockus, *Collaborative learning of semi-supervised clustering
and classification for labeling uncurated data* (Plud), section 2 and figure 1: a batch of images
is clustered and a person names the clusters; a classifier learns from that and judges the next
batch; what it is sure of joins what it learns from, what it is not sure of is clustered by what it
sees and shown; and so on, batch after batch. Unlike there, what was clicked out of a cluster and is
not sure by the next batch is asked one by one: in clusters it would be a misfit again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from fewclicks import checks
from fewclicks.clusters.portraits import Portraits
from fewclicks.clusters.registry import CLUSTERERS
from fewclicks.files import fingerprint
from fewclicks.labels.acceptance import precision_thresholds
from fewclicks.labels.resolve import resolve
from fewclicks.records import (
    NO_CLASS,
    NOBODY,
    BoolArray,
    FloatArray,
    IntArray,
    Labels,
    Outcome,
    Question,
)
from fewclicks.workflows.auditing import audit_figures, audit_questions
from fewclicks.workflows.base import State
from fewclicks.workflows.batches import SAMPLINGS, Sampling, next_batch
from fewclicks.workflows.learning import Kind, Learnt, check_learning, learn, network_options
from fewclicks.workflows.seeing import seen_by
from fewclicks.workflows.wording import shares_in_words

GO_ON = 0.1
"""The next batch comes once clusters with no more than this share of a batch are unanswered."""

MEMBERS = 8
"""Items that clusters have in the mean: by the modelled effort, to name one more page takes 3 s, to
click out a misfit and then name it 5.6 s."""

VALIDATED = 0.05
"""Share of what has been brought in that is validated, until there are enough."""


@dataclass(frozen=True, slots=True)
class Collaborative:
    """Have clusters of a batch named; take what the classifier is sure of; show the rest again.

    Parameters
    ----------
    n_batch : int, default 1000
        Items that each round brings in.
    sampling : {"auto", "random", "spread", "groups", "arrival"}, default "auto"
        Which items come first: any; one of each group before a second of any; whole groups, as
        the paper draws subjects; those imported first. "auto" is "spread" where items come in
        groups, else "random".
    n_clusters : int, optional
        Clusters shown of a batch; by default they have eight members in the mean.
    clusterer : str, default "kmeans"
        A name of `CLUSTERERS`.
    precision : float, default 0.95
        Share of right labels wanted among those that are taken, in each class.
    n_validation : int, default 500
        Random items asked one by one, blind, and never learnt from, up to a twentieth of what has
        been brought in: they tell from which share of belief on a class is right often enough.
    self_training : bool, default True
        Whether taken labels are learnt from.
    model : {"auto", "linear", "network", "finetuned", "graph"}, default "auto"
        "auto" is a linear model on the features of photos, as the paper's classifiers are on a
        pretrained network; for glyphs a network where torch is installed.
    architecture, backbone, balance, augment, epochs, min_steps, learning_rate, patience, device
        As in `Guided`.
    """

    n_batch: int = 1000
    sampling: Sampling = "auto"
    n_clusters: int | None = None
    clusterer: str = "kmeans"
    precision: float = 0.95
    n_validation: int = 500
    self_training: bool = True
    model: Kind = "auto"
    architecture: str = "small"
    backbone: str = "efficientnet_lite0"
    balance: str = "none"
    augment: str | None = None
    epochs: int | None = None
    min_steps: int | None = None
    learning_rate: float | None = None
    patience: int | None = None
    device: str = "auto"

    name: ClassVar[str] = "collaborative"
    summary: ClassVar[str] = "Name clusters, batch by batch; a classifier takes what it is sure of."

    def __post_init__(self) -> None:
        checks.between(self.n_batch, 1, np.inf, "n_batch", integer=True)
        checks.one_of(self.sampling, SAMPLINGS, "sampling")
        if self.n_clusters is not None:
            checks.between(self.n_clusters, 1, np.inf, "n_clusters", integer=True)
        checks.one_of(self.clusterer, CLUSTERERS, "clusterer")
        checks.between(self.precision, 0, 1, "precision")
        checks.between(self.n_validation, 0, np.inf, "n_validation", integer=True)
        check_learning(self)

    def round(self, state: State) -> Outcome:
        """One round: learn, take what is sure, bring a batch in, show what is not sure."""
        waiting = _waiting(state, self.n_batch)
        seen = state.sheet.sources != NOBODY if state.kept is None else state.kept.copy()
        if not waiting.any():
            seen[next_batch(state, seen, self.n_batch, self.sampling)] = True
        if not (state.taught() != NO_CLASS).any():
            return self._ask(state, seen, waiting, None)
        judged = self._judge(state, seen)
        return self._ask(state, seen, waiting, judged)

    def _judge(self, state: State, seen: BoolArray) -> Judged:
        """Learn from people, tell what can be taken, and learn from that too."""
        kind = self._kind(state)
        learnt = learn(state, state.taught(), kind, network=network_options(self))
        thresholds, validated = _thresholds(state, learnt, self.precision)
        codes, shares = learnt.proba.argmax(axis=1), learnt.proba.max(axis=1)
        open_ = seen & (state.sheet.sources == NOBODY) & ~state.asked
        taken = open_ & (shares >= thresholds[codes]) & ~_denied(state, learnt)
        if self.self_training and taken.any():
            y = np.where(taken, learnt.best, state.taught())
            learnt = learn(state, y, kind, network=network_options(self))
        return Judged(learnt, taken, thresholds, validated)

    def _kind(self, state: State) -> Kind:
        photos = state.collection.kind == "photos" or not state.collection.has_pictures
        return "linear" if self.model == "auto" and photos else self.model

    def _ask(
        self, state: State, seen: BoolArray, waiting: BoolArray, judged: Judged | None
    ) -> Outcome:
        """Ask about random items, blind, and about misfits; show what else is left in clusters."""
        left = seen & (state.sheet.sources == NOBODY) & ~state.asked & ~waiting
        if judged is not None:
            left &= ~judged.taken
        learnt = judged.learnt if judged else None
        grouped = left & ~_asked_about(state) if judged else left.copy()
        n_grouped = 0 if waiting.any() else int(grouped.sum())
        n_clusters = min(n_grouped, self.n_clusters or -(-n_grouped // MEMBERS))
        n_validated = min(self.n_validation, int(VALIDATED * seen.sum()))
        audits = audit_questions(state, n_validated, n_clusters)
        audits = audits[: state.affordable(len(audits))]
        left[[question.item for question in audits if question.item is not None]] = False
        items = np.flatnonzero(left & grouped)
        alone = [_question(item, 0, learnt) for item in np.flatnonzero(left & ~grouped)[:, None]]
        shown = self._clusters(state, learnt, items, n_clusters)
        asked = [*alone, *shown]
        asked = asked[: state.affordable(len(asked) + len(audits)) - len(audits)]
        labels, figures = _labelled(state, judged)
        figures |= {
            "seen": float(seen.sum()),
            "left": float(left.sum()),
            "alone": float(len(alone)),
        }
        return Outcome(
            labels,
            sorted([*audits, *asked], key=lambda question: -question.priority),
            note=_told(figures, judged),
            figures=figures,
            model=learnt.saved if learnt else None,
            kept=seen,
            partition=_partition(state, items) if len(asked) > len(alone) else None,
        )

    def _clusters(
        self, state: State, learnt: Learnt | None, items: IntArray, n_clusters: int
    ) -> list[Question]:
        """One question per cluster of these items, the largest first; of a lone item, about it."""
        if not n_clusters or not len(items):
            return []
        state.report("clustering what is left", 0, 0)
        rows = seen_by(state, learnt, items)
        seed = int(state.rng.integers(2**31))
        fitted = CLUSTERERS[self.clusterer].make(min(n_clusters, len(items)), seed).fit(rows)
        portraits = Portraits.of(rows, fitted.labels_, fitted.codebook_)
        sizes = portraits.sizes()
        order = np.argsort(-sizes, kind="stable")
        found = [
            _question(items[portraits.members(int(c))], int(c), learnt) for c in order if sizes[c]
        ]
        return [replace(q, priority=float(-rank)) for rank, q in enumerate(found)]


@dataclass(frozen=True, slots=True)
class Judged:
    """What a classifier makes of the items.

    Attributes
    ----------
    learnt : Learnt
        The classifier that labels, taught by people and by the labels that were taken.
    taken : ndarray of shape (n_items,), bool
        Items that have been brought in and that the classifier people taught is sure of.
    thresholds : ndarray of shape (n_classes,)
        Share of belief from which each class is taken; infinite where it never is.
    validated : ndarray of shape (n,), bool
        Of the items asked blind that are above their threshold, whether each is right.
    """

    learnt: Learnt
    taken: BoolArray
    thresholds: FloatArray
    validated: BoolArray

    def figures(self) -> dict[str, float]:
        """What the round is to remember of it."""
        finite = self.thresholds[np.isfinite(self.thresholds)]
        found = {"taken": float(self.taken.sum()), "classes_taken": float(len(finite))}
        if len(finite):
            found |= {"threshold_low": float(finite.min()), "threshold_high": float(finite.max())}
        if len(self.validated):
            found |= {
                "taken_validated": float(len(self.validated)),
                "taken_validated_right": float(self.validated.sum()),
            }
        return found


def _waiting(state: State, n_batch: int) -> BoolArray:
    """Items of clusters that are still to be answered; none once they are few."""
    none = np.zeros(state.collection.n_items, np.bool_)
    if state.shown is None:
        return none
    waiting = state.shown & (state.sheet.sources == NOBODY)
    return waiting if np.count_nonzero(waiting) > GO_ON * n_batch else none


def _asked_about(state: State) -> BoolArray:
    """Items about which a question is open: what was clicked out of a cluster, above all."""
    asked = np.zeros(state.collection.n_items, np.bool_)
    asked[list(state.waiting)] = True
    return asked


def _denied(state: State, learnt: Learnt) -> BoolArray:
    """Items that were clicked out of a cluster of the class that is the likeliest for them."""
    denied = np.zeros(state.collection.n_items, np.bool_)
    if state.sheet.barred is not None:
        items, classes = state.sheet.barred.T
        denied[items[learnt.best[items] == classes]] = True
    return denied


def _labelled(state: State, judged: Judged | None) -> tuple[Labels, dict[str, float]]:
    """The labels, and what the round is to remember of how they came about."""
    if judged is None:
        return resolve(state.sheet), {}
    labels = resolve(state.sheet, judged.learnt.proba, judged.learnt.classes)
    return labels, {**judged.figures(), **audit_figures(state, labels)}


def _thresholds(state: State, learnt: Learnt, precision: float) -> tuple[FloatArray, BoolArray]:
    """From which share of belief each class is right often enough, by what was asked blind."""
    none = np.full(len(learnt.classes), np.inf), np.empty(0, np.bool_)
    if state.audits is None:
        return none
    tells = (state.audits.class_ids != NO_CLASS) & (state.sheet.sources == NOBODY)
    _, first = np.unique(state.audits.answer_ids[tells], return_index=True)
    items = np.flatnonzero(tells)[first]  # an exact copy shares the answer and counts once
    if not len(items):
        return none
    proba = learnt.proba[items]
    codes, shares = proba.argmax(axis=1), proba.max(axis=1)
    right = learnt.classes[codes] == state.audits.class_ids[items]
    found = precision_thresholds(shares, codes, right, len(learnt.classes), precision)
    return found, right[shares >= found[codes]]


def _partition(state: State, items: IntArray) -> str:
    """Name the clusters of these items: other items or other answers, another name."""
    return fingerprint(
        workflow=Collaborative.name,
        seed=state.seed,
        round=state.round,
        of=state.collection.made_from,
        first=int(items[0]),
        n=len(items),
    )


def _question(members: IntArray, cluster: int, learnt: Learnt | None) -> Question:
    if len(members) == 1:
        item = int(members[0])
        told = "It is like none of its batch."
        reason = told if learnt is None else shares_in_words(learnt.proba[item])
        return Question("item", reason, item=item)
    reason = f"{len(members)} items look alike."
    if learnt is not None:
        reason = f"{len(members)} items that the model is not sure of look alike to it."
    return Question("cluster", reason, members=members, cluster=cluster)


def _told(figures: Mapping[str, float], judged: Judged | None) -> str:
    """Say how far it is."""
    seen = f"{figures['seen']:,.0f} items brought in"
    if judged is None:
        return f"{seen}; nothing is known yet"
    if not judged.taken.any():
        return f"{seen}; {judged.learnt.who} is not yet known to be sure of any"
    low, high = (f"{figures[f'threshold_{end}']:.2f}" for end in ("low", "high"))
    share = low if low == high else f"{low} to {high}, by class,"
    return (
        f"{seen}; {judged.learnt.who} has labelled {figures['taken']:,.0f} of them, sure from a "
        f"share of {share} on"
    )
