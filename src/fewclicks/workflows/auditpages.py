"""Pages of labels of one class for an audit, with planted ones among them that are wrong.

A look at a page is quicker than an answer to each image, but something may be missed. How often it
is, is measured with images that a person has named otherwise: of these, the ones that look most
like the class, for what is truly labelled wrong is no easier to notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fewclicks.errors import Conflict
from fewclicks.records import (
    NO_CLASS,
    PERSON,
    AnswerSheet,
    BoolArray,
    FloatArray,
    IntArray,
    Reply,
    Statement,
)
from fewclicks.store.certificates import OPEN, DrawnRow, PageRow

DRAWN = 45
"""Items of a class on a page, at most,"""

PER_PLANTED = 9
"""and one planted among so many."""

LIKE = 4
"""Planted ones are drawn from so many times as many that look most like the class."""

MEASURED = 1000
"""Items of a class whose mean it looks like."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Images to be looked through: all are shown as `class_id`, some are known to be none."""

    class_id: int
    items: IntArray


def unshown(drawn: Sequence[DrawnRow], pages: Sequence[PageRow]) -> list[DrawnRow]:
    """The items that wait for an answer and were on no page; what was noticed there is not one."""
    shown = {int(item) for page in pages for item in page.items}
    return [one for one in drawn if one.state == OPEN and one.item not in shown]


def next_page(
    waiting: Sequence[DrawnRow],
    pages: Sequence[PageRow],
    labelled: IntArray,
    sheet: AnswerSheet,
    features: FloatArray,
    seed: int,
) -> AuditPage:
    """Choose the class of which most items wait, its first ones, and what is planted among them.

    Parameters
    ----------
    waiting : sequence of DrawnRow
        At least one, in the order drawn.
    pages : sequence of PageRow
        Those before.
    labelled : ndarray of shape (n_items,)
        The class that each item is claimed to be.
    sheet : AnswerSheet
        What people have named, for what is planted.
    features : ndarray of shape (n_items, d)
    seed : int
        Of the certificate.

    Raises
    ------
    Conflict
        People have named nothing else than this class, so that nothing can be planted.
    """
    classes = labelled[[one.item for one in waiting]]
    class_id = int(np.argmax(np.bincount(classes[classes != NO_CLASS])))
    own = [one.item for one, its in zip(waiting, classes, strict=True) if its == class_id][:DRAWN]
    n = max(1, round(len(own) / PER_PLANTED))
    rng = np.random.default_rng([seed, len(pages)])
    planted = _planted(class_id, n, pages, labelled, sheet, features, rng)
    return AuditPage(class_id, rng.permutation(np.concatenate([own, planted])))


def looked_through(
    page: AuditPage,
    wrong: Sequence[int],
    drawn: Sequence[DrawnRow],
    labelled: IntArray,
    sheet: AnswerSheet,
    effort: tuple[float, int] = (0.0, 0),
) -> tuple[PageRow, list[Statement]]:
    """Tell what was planted and missed, and which drawn items are thereby said to be right.

    `wrong` are the items that were noticed, `effort` the seconds and actions that all took; the
    others as of `next_page`.

    Raises
    ------
    Conflict
        The page is out of date: something on it has been answered since.
    """
    questions = {
        one.item: one.question
        for one in drawn
        if one.state == OPEN and labelled[one.item] == page.class_id
    }
    is_planted = _known_otherwise(page.class_id, labelled, sheet)[page.items]
    asked = page.items[~is_planted]
    if any(int(item) not in questions for item in asked):
        raise Conflict("Some of this page have been answered meanwhile.", "Ask for a new page.")
    noticed = np.isin(page.items, list(wrong))
    row = PageRow(
        0,
        page.class_id,
        page.items,
        planted=page.items[is_planted],
        missed=page.items[is_planted & ~noticed],
    )
    right = [int(item) for item in asked if item not in set(wrong)]
    each, actions = effort[0] / max(1, len(right)), effort[1]
    return row, [
        Statement(
            Reply("class", seconds=each, actions=0 if number else actions),
            question_id=questions[item],
            class_id=page.class_id,
        )
        for number, item in enumerate(right)
    ]


def missed_of(pages: Sequence[PageRow]) -> list[bool]:
    """Whether each planted one was missed, in the order shown."""
    return [int(item) in set(page.missed.tolist()) for page in pages for item in page.planted]


def _known_otherwise(class_id: int, labelled: IntArray, sheet: AnswerSheet) -> BoolArray:
    """Mask of the items that a person has named otherwise, and that are not claimed to be this."""
    named = (sheet.sources == PERSON) & (sheet.class_ids != NO_CLASS)
    mask: BoolArray = named & (sheet.class_ids != class_id) & (labelled != class_id)
    return mask


def _planted(
    class_id: int,
    n: int,
    pages: Sequence[PageRow],
    labelled: IntArray,
    sheet: AnswerSheet,
    features: FloatArray,
    rng: np.random.Generator,
) -> IntArray:
    """Items that people have named otherwise and that look like the class, least used first."""
    others = np.flatnonzero(_known_otherwise(class_id, labelled, sheet))
    if not len(others):
        raise Conflict(
            "A page needs images that are known to be of another class, but none has been named.",
            "Answer one by one.",
        )
    members = np.flatnonzero(labelled == class_id)
    centre = features[rng.choice(members, min(MEASURED, len(members)), replace=False)].mean(axis=0)
    far = np.linalg.norm(features[others] - centre, axis=1)
    like = others[np.argsort(far, kind="stable")[: LIKE * n]]
    used = np.bincount(
        np.concatenate([np.empty(0, np.int64), *(page.planted for page in pages)]).astype(np.int64),
        minlength=len(labelled),
    )[like]
    return like[np.lexsort((rng.random(len(like)), used))[:n]]
