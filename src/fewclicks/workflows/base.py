"""What every workflow is: a policy that turns answers into labels and the next questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import scipy.sparse

from fewclicks.neighbours import Neighbours
from fewclicks.progress import Report, silent
from fewclicks.records import (
    NO_CLASS,
    AnswerSheet,
    BoolArray,
    FloatArray,
    IntArray,
    Labels,
    Outcome,
)
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.pictures import Pictures
from fewclicks.workflows.refining import Refinement


@dataclass(frozen=True, slots=True)
class State:
    """What a workflow may look at in one round. Ground truth is not among it.

    Attributes
    ----------
    collection : Collection
        The items: features, clusters and neighbour graph, computed when first looked at.
    sheet : AnswerSheet
        What people have said so far.
    asked : ndarray of shape (n_items,), bool
        Items that need no question: a person has spoken on the item itself, an audit has drawn
        it, or it has the same content as an earlier item.
    named : frozenset of int
        Clusters of the collection that have been answered, whatever was said.
    round : int
        Number of this round, from 1.
    seed : int
        The run's seed.
    budget_left : int or None
        Answers that may still be asked for, None where nobody has set a budget.
    previous : Labels or None
        Labels as the round before left them, brought up to date with what people have said and
        done since; None in the first round.
    modelled : ndarray of shape (n_items,), int32, or None
        The class the model gave each item in the round before, whatever was said since; merged
        classes are followed. NO_CLASS where it gave none; None in the first round.
    kept : ndarray of shape (n_items,), bool, or None
        The items that the round before asked to have marked, if it was of the same workflow.
    shown : ndarray of shape (n_items,), bool, or None
        Items of clusters that a workflow made and nobody has answered yet; None for none.
    waiting : frozenset of int
        Items about which a question to learn from is open.
    audits : AnswerSheet or None
        What people have said in a blind audit, which no model learns from; None if that is not
        known.
    auditing : frozenset of int
        Items about which a question of an audit is open.
    slanted : ndarray of int
        Ids of answers among `audits` that do not tell the share of wrong labels: of items that
        were drawn more often than others, or looked through on pages.
    figures : dict
        Those of the round before, whether or not anything was answered since; empty at first.
    history : tuple of dict
        The figures of the rounds before, oldest first, as `queries.stopping` reads them.
    refinement : Refinement or None
        What a network has made of the labels of an earlier round; see `workflows.refining`.
    checkpoint : Path or None
        File in which a model in training is put down now and then, so that a round that was killed
        goes on from there; None where none would.
    report : Report
        Called with the steps of what takes long.
    """

    collection: Collection
    sheet: AnswerSheet
    asked: BoolArray
    named: frozenset[int] = frozenset()
    round: int = 1
    seed: int = 0
    budget_left: int | None = None
    previous: Labels | None = None
    modelled: IntArray | None = None
    kept: BoolArray | None = None
    shown: BoolArray | None = None
    waiting: frozenset[int] = frozenset()
    audits: AnswerSheet | None = None
    auditing: frozenset[int] = frozenset()
    slanted: IntArray = field(default_factory=lambda: np.empty(0, np.int64))
    figures: Mapping[str, float] = field(default_factory=dict)
    history: tuple[Mapping[str, float], ...] = ()
    refinement: Refinement | None = None
    checkpoint: Path | None = None
    report: Report = silent

    @property
    def features(self) -> FloatArray:
        """Feature rows, shape (n_items, d)."""
        return self.collection.features

    @property
    def neighbours(self) -> Neighbours:
        """The nearest neighbours of every item, refined if they have been."""
        return (self.refinement or self.collection).neighbours

    @property
    def graph(self) -> scipy.sparse.csr_matrix:
        """Similarities of these neighbours, symmetric, shape (n_items, n_items)."""
        return (self.refinement or self.collection).graph

    @property
    def pictures(self) -> Pictures:
        """Small images of one size, for models that look at pixels."""
        return self.collection.pictures

    @property
    def rng(self) -> np.random.Generator:
        """The random numbers of this round: the same for the same seed and number of answers.

        So a round that nobody waited for changes nothing.
        """
        return np.random.default_rng([self.seed, self.sheet.n_answers])

    def taught(self) -> IntArray:
        """Class id of every item people have named, alone or with its cluster; −1 elsewhere."""
        return self.sheet.class_ids

    def begun(self) -> bool:
        """Whether a model has labelled anything in the round before."""
        return self.modelled is not None and bool((self.modelled != NO_CLASS).any())

    def affordable(self, n: int) -> int:
        """`n`, or what is left of the budget if that is less."""
        return n if self.budget_left is None else max(0, min(n, self.budget_left))


class Workflow(Protocol):
    """A policy: one call per round, no memory of its own.

    Everything a round needs comes from `State`, which is rebuilt from what is on disk; so a
    workflow can be stopped at any moment and goes on where the answers stand.
    """

    name: ClassVar[str]
    summary: ClassVar[str]

    def round(self, state: State) -> Outcome:
        """Turn the answers so far into labels and the next questions, most wanted first.

        No questions means that the workflow is done.
        """
        ...
