"""Which items a workflow that goes batch by batch brings in next."""

from __future__ import annotations

from typing import Literal, cast

import numpy as np

from fewclicks.items.sampling import group_order, spread_order
from fewclicks.records import NOBODY, BoolArray, IntArray
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import ALONE

Sampling = Literal["auto", "random", "spread", "groups", "arrival"]
SAMPLINGS = ("auto", "random", "spread", "groups", "arrival")


def next_batch(state: State, seen: BoolArray, n: int, sampling: Sampling = "auto") -> IntArray:
    """Return the next `n` items that are not `seen` and need a question, or all that are left.

    With "groups", the last group comes whole, so there may be a few more. What each sampling
    means is told in `Collaborative`.
    """
    order = _order(state, sampling)
    fresh = order[(~seen & ~state.asked & (state.sheet.sources == NOBODY))[order]]
    if sampling == "groups" and n < len(fresh):
        groups = _groups(state)[fresh]
        n += int(np.argmin(np.append(groups[n:] == groups[n - 1], False)))
    return cast(IntArray, fresh[:n])


def _order(state: State, sampling: Sampling) -> IntArray:
    """Return all items in an order drawn by the run's seed."""
    rng, n_items = np.random.default_rng(state.seed), state.collection.n_items
    grouped = bool((state.collection.groups != ALONE).any())
    chosen = ("spread" if grouped else "random") if sampling == "auto" else sampling
    if chosen == "arrival":
        return np.arange(n_items)
    if chosen == "random":
        return cast(IntArray, np.argsort(rng.random(n_items), kind="stable"))
    return (group_order if chosen == "groups" else spread_order)(_groups(state), rng)


def _groups(state: State) -> IntArray:
    """Return the group of every item; one that belongs to none is a group of its own."""
    groups = state.collection.groups
    own = groups.max(initial=ALONE) + 1 + np.arange(len(groups))
    return np.where(groups == ALONE, own, groups)
