"""What a certificate says of the labels that are exported, which may be others than it froze."""

from __future__ import annotations

import numpy as np

from fewclicks.records import NO_CLASS, BoolArray, IntArray
from fewclicks.workflows.frozen import Frozen


def uncovered(
    frozen: Frozen, now: IntArray, heirs: IntArray, wanted: BoolArray, alone: BoolArray
) -> BoolArray:
    """Mask of the labels that a certificate does not tell of: new, or others than were tested.

    What a person said of an item alone is right by definition, and is not among them.

    Parameters
    ----------
    frozen : Frozen
    now : ndarray of shape (n_items,)
        The class of every item now, NO_CLASS where it has none.
    heirs : ndarray of shape (n_class_ids,)
        The class that each class id stands for now.
    wanted : ndarray of shape (n_items,), bool
        The items that are exported.
    alone : ndarray of shape (n_items,), bool
        Items of which a person, shown nothing else, has said what they are labelled as.
    """
    n = min(len(frozen.class_ids), len(now))
    then = np.full(len(now), NO_CLASS, np.int64)
    then[:n] = np.append(heirs, NO_CLASS)[frozen.class_ids[:n]]
    covered = np.zeros(len(now), np.bool_)  # others were a person's word, which may be taken back
    covered[frozen.order[frozen.order < len(now)]] = True
    covered &= now == then
    mask: BoolArray = wanted & (now != NO_CLASS) & ~covered & ~alone
    return mask


def upper_of_exported(upper: float, n_frozen: int, n_uncovered: int, n_exported: int) -> float:
    """The share of the exported labels that is wrong at most, each uncovered one being so.

    `upper` bounds the share of wrong ones among `n_frozen`. Those of them that are exported no
    more can only leave fewer wrong ones.
    """
    return min(1.0, (upper * n_frozen + n_uncovered) / n_exported) if n_exported else 0.0
