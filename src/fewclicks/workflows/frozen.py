"""The labels that a certificate tells of, as they were when it began, and the order of the draw.

Items are drawn evenly, or some likelier than others, by a few levels that are settled at the start:
the suspected more often, which proves a claim with fewer answers, or those of rare classes, which
tells more of these. Whatever the chances, they are allowed for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from fewclicks import checks
from fewclicks.audit.weighted import audit_order, suspicion_weights
from fewclicks.errors import InvalidInput
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray, Labels
from fewclicks.store.certificates import EVENLY, Draw

DRAWS: tuple[Draw, ...] = get_args(Draw)

FIRST_LEVEL = 30
"""Labels of the first level of suspicion, the least sure; the next has twice as many, at half the
suspicion, and so on."""

MOST_LEVELS = 2**16

EXTRA = {"suspected": 0.2, "classes": 0.5}
"""The share of the draws that goes by the levels; the rest is even."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The labels that a certificate tells of.

    Attributes
    ----------
    class_ids : ndarray of shape (n_items,), int32
        The class of every item then; NO_CLASS for items without a label, of which it tells nothing.
    order : ndarray of shape (n_tested,), int32
        The items whose label no person had given for the item alone, in the order drawn.
    uncertainty : ndarray of shape (n_tested,), float32
        Of their labels, in the same order: 1 − (share of the class − share of the next best).
    levels : ndarray of shape (n_tested,), uint16
        In the same order: the place in `level_weights`.
    level_weights : ndarray of shape (n_levels,), float64
        The chance to be drawn is in proportion to it, see `audit.audit_order`.
    """

    class_ids: IntArray
    order: IntArray
    uncertainty: FloatArray
    levels: IntArray
    level_weights: FloatArray

    @property
    def weights(self) -> FloatArray | None:
        """The weight of each item, in the order drawn; None where all were as likely."""
        return None if len(self.level_weights) == 1 else self.level_weights[self.levels]


def thawed(stored: Mapping[str, np.ndarray[Any, Any]]) -> Frozen:
    """Make it of its fields; without levels, items were drawn evenly."""
    even = {"levels": np.zeros(len(stored["order"]), np.uint16), "level_weights": np.ones(1)}
    fields: dict[str, Any] = {**even, **stored}
    return Frozen(**fields)


def freeze(
    labels: Labels, wanted: BoolArray, alone: BoolArray, seed: int, draw: Draw = EVENLY
) -> Frozen:
    """Keep the labels of the `wanted` items, and draw the order of those that can be wrong.

    What a person said of an item `alone` is right by definition. Where all would be as likely to be
    drawn, they are drawn evenly whatever the draw.
    """
    checks.one_of(draw, DRAWS, "draw")
    class_ids = np.where(wanted, labels.class_ids[:, 0], NO_CLASS).astype(np.int32)
    tested = np.flatnonzero((class_ids != NO_CLASS) & ~alone)
    shares = labels.confidences[tested]
    uncertainty = (1 - (shares[:, 0] - shares[:, 1:2].sum(axis=1))).astype(np.float32)
    levels, weights = levels_of(draw, uncertainty, class_ids[tested])
    places = order_of(EVENLY if len(weights) == 1 else draw, seed, weights[levels])
    return Frozen(
        class_ids,
        tested[places].astype(np.int32),
        uncertainty[places],
        levels[places],
        weights,
    )


def order_of(draw: Draw, seed: int, weights: FloatArray) -> IntArray:
    """The places of the items tested, ascending, in the order in which they are drawn."""
    if draw == EVENLY:
        return np.random.default_rng(seed).permutation(len(weights))
    return audit_order(weights, seed)


def levels_of(
    draw: Draw, uncertainty: FloatArray, classes: IntArray
) -> tuple[IntArray, FloatArray]:
    """The level of each item that is tested, and the weight of each level."""
    if draw == EVENLY or not len(classes):
        return np.zeros(len(classes), np.uint16), np.ones(1)
    if draw == "suspected":
        place = np.empty(len(uncertainty))
        place[np.argsort(-uncertainty, kind="stable")] = np.arange(len(uncertainty))
        levels = np.floor(np.log2(1 + place / FIRST_LEVEL)).astype(np.uint16)
    else:
        named, found = np.unique(classes, return_inverse=True)
        if len(named) > MOST_LEVELS:
            raise InvalidInput(
                f"Labels of {len(named):,} classes cannot be drawn by class: {MOST_LEVELS:,} can.",
                "Draw evenly, or the suspected more often.",
            )
        levels = found.astype(np.uint16)
    return levels, weights_of_levels(draw, levels)


def weights_of_levels(draw: Draw, levels: IntArray) -> FloatArray:
    """The weight of each level, which follows from how many items are in which."""
    sizes = np.bincount(levels)
    suspicion = 2.0 ** -np.arange(len(sizes)) if draw == "suspected" else 1 / np.maximum(sizes, 1)
    each = suspicion_weights(suspicion[levels], EXTRA[draw])
    weights = np.ones(len(sizes))
    weights[levels] = each
    return weights


def are_levels(draw: Draw, levels: IntArray) -> bool:
    """Whether a draw makes such levels: none is empty, and those of suspicion double in size."""
    sizes = np.bincount(levels)
    if not sizes.all():
        return False
    due = FIRST_LEVEL * 2 ** np.arange(len(sizes))
    full = np.array_equal(sizes[:-1], due[:-1]) and sizes[-1] <= due[-1]
    return draw != "suspected" or bool(full)
