"""Items drawn at random once and for all, so that every round of a run sees the same draw."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks.records import PERSON, BoolArray, IntArray, Question
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import ALONE


def drawn(state: State) -> IntArray:
    """Return the items in an order drawn by the run's seed, the same in every round.

    Items that nobody could name are passed over, so that those behind them move up. Items that
    come later fall between those that were there, which keep their order.
    """
    lots = np.random.default_rng(state.seed).random(state.collection.n_items)
    order = np.argsort(lots, kind="stable")
    return cast(IntArray, order[~state.sheet.withheld[order]])


def set_apart(state: State, start: int, stop: int) -> BoolArray:
    """Return a mask of the items of the draw from `start` to `stop`, shape (n_items,).

    Their exact copies, which share their answers, are set apart with them.
    """
    mask = np.zeros(state.collection.n_items, dtype=np.bool_)
    mask[drawn(state)[start:stop]] = True
    alone = state.sheet.sources == PERSON
    shared = np.isin(state.sheet.answer_ids, state.sheet.answer_ids[mask & alone])
    return cast(BoolArray, mask | (alone & shared))


def mates(state: State, mask: BoolArray) -> BoolArray:
    """Return a mask of the other items of the groups that these items belong to.

    A model that has learnt from them has seen what items set apart are to test it on.
    """
    groups = state.collection.groups
    return np.isin(groups, groups[mask & (groups != ALONE)]) & ~mask


def drawn_questions(state: State, n: int, without: BoolArray | None = None) -> list[Question]:
    """Ask for those of the first `n` items of the draw that still need a question.

    Items of the mask `without` are passed over.
    """
    order = drawn(state)
    order = order if without is None else order[~without[order]]
    waiting = [item for item in order[:n] if not state.asked[item]]
    return [
        Question("item", "It was drawn at random.", priority=float(-rank), item=int(item))
        for rank, item in enumerate(waiting[: state.affordable(len(waiting))])
    ]
