"""A blind share of the answers: drawn at random, never learnt from, to tell the labels' accuracy.

Items are drawn evenly from those that nobody has named one by one, and are then kept from every
other question. So their answers tell of the labels that models and whole clusters give.
Only when there is nothing left to ask may models learn from them too: the labels then are others
than those that were checked, with more answers behind them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from fewclicks.records import NO_CLASS, PERSON, AnswerSheet, IntArray, Labels, Question
from fewclicks.workflows.base import State

AUDIT = 1
"""Tells this draw from the others of the run's seed."""

REASON = "It was drawn at random, to check the labels."


def audit_questions(state: State, n: int, asked: int) -> list[Question]:
    """Ask about as many random items as make `n` audited in all, spread over `asked` questions.

    Fewer where fewer are left. Those that are open already count.
    """
    n -= n_audited(state) + len(state.auditing)
    if n <= 0:
        return []
    lots = np.random.default_rng([state.seed, AUDIT]).random(state.collection.n_items)
    order = np.argsort(lots, kind="stable")
    drawn = order[~state.asked[order]][:n]
    every = asked / max(1, len(drawn))
    return [
        Question("item", REASON, -(rank + 0.5) * every, item=int(item), purpose="audit")
        for rank, item in enumerate(drawn)
    ]


def n_audited(state: State) -> int:
    """Answers to audit questions that stand, whatever was said."""
    if state.audits is None:
        return 0
    return len(np.unique(state.audits.answer_ids[state.audits.sources == PERSON]))


def with_audits(state: State) -> State:
    """Return the state with the word of an audit where nobody has spoken on the item alone."""
    if state.audits is None:
        return state
    sheet, audits = state.sheet, state.audits
    heard = (audits.sources == PERSON) & (sheet.sources != PERSON)
    told = {
        name: np.where(heard, getattr(audits, name), getattr(sheet, name))
        for name in ("class_ids", "sources", "answer_ids", "withheld")
    }
    return replace(state, sheet=replace(sheet, **told))


def audit_figures(state: State, labels: Labels) -> dict[str, float]:
    """How many audited items there are, and how many of them have the right label now.

    They are the figures that `queries.TargetAccuracy` reads.
    """
    if state.audits is None:
        return {}
    items = audited_items(state.audits, labels, state.slanted)
    if not len(items):
        return {}
    right = labels.class_ids[items, 0] == state.audits.class_ids[items]
    return {"held_out": len(items), "held_out_right": int(np.count_nonzero(right))}


def audited_items(audits: AnswerSheet, labels: Labels, slanted: IntArray) -> IntArray:
    """Audited items that test the labels, ascending.

    Those that nobody could name are left out, and so are those that a person has named otherwise
    since, as they test no model, and the answers `slanted`, which do not tell the share of wrong
    labels. An exact copy shares its answer, so that one of the two counts.
    """
    tells = (audits.class_ids != NO_CLASS) & (labels.sources != PERSON)
    tells &= ~np.isin(audits.answer_ids, slanted)
    _, first = np.unique(audits.answer_ids[tells], return_index=True)
    return cast(IntArray, np.flatnonzero(tells)[first])
