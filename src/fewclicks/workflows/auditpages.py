"""Pages of labels of one class for an audit, with planted ones among them that are wrong.

A look at a page is quicker than an answer to each image, but something may be missed. How often it
is, is measured with images that a person has named otherwise: of these, the ones that look most
like the class, for what is truly labelled wrong is no easier to notice. Each is shown once only.
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
    FloatArray,
    IntArray,
    Reply,
    Statement,
)
from fewclicks.store.auditpages import ANOTHER, OUT_OF_DATE, PageRow
from fewclicks.store.certificates import EVENLY, OPEN, CertificateRow, DrawnRow

DRAWN = 45
"""Items of a class on a page, at most,"""

PER_PLANTED = 9
"""and one planted among so many."""

LIKE = 4
"""Planted ones are drawn from so many times as many that look most like the class."""

MEASURED = 1000
"""Items of a class whose mean it looks like."""

NOTHING_TO_PLANT = (
    "A page needs images that are known to be of another class and were on no page yet, but none "
    "are left."
)


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Images to be looked through: all are shown as `class_id`, some are known to be none."""

    class_id: int
    items: IntArray


@dataclass(frozen=True, slots=True)
class Pool:
    """What pages are made of.

    Attributes
    ----------
    waiting : sequence of DrawnRow
        What can be shown, in the order drawn.
    pages : sequence of PageRow
        Those before, those taken back among them.
    labelled : ndarray of shape (n_items,)
        The class that each item is claimed to be.
    sheet : AnswerSheet
        What people have named, for what is planted.
    features : ndarray of shape (n_items, d)
    seed : int
        Of the certificate.
    """

    waiting: Sequence[DrawnRow]
    pages: Sequence[PageRow]
    labelled: IntArray
    sheet: AnswerSheet
    features: FloatArray
    seed: int


def unshown(drawn: Sequence[DrawnRow], pages: Sequence[PageRow]) -> list[DrawnRow]:
    """The items that wait for an answer and were on no page; what was noticed there is not one.

    What was planted on the page of another class and drawn later is.
    """
    shown = {int(item) for page in pages if not page.withdrawn for item in page.drawn}
    return [one for one in drawn if one.state == OPEN and one.item not in shown]


def may_look_through(row: CertificateRow, pages: Sequence[PageRow], was_answered: bool) -> bool:
    """Whether pages may be looked through for a certificate: from its first answer on, or never,
    and of even draws only.

    The chance of a false promise is shared out differently where something may be missed, which
    must be settled before anything is known: pages and answers taken back count, too.
    """
    return row.draw == EVENLY and row.state == OPEN and (bool(pages) or not was_answered)


def next_page(pool: Pool) -> AuditPage:
    """Choose the class of which most items wait, its first ones, and what is planted among them.

    Where too few images are left to be planted among so many, fewer are shown.

    Raises
    ------
    Conflict
        None of what waits is of a class, or nothing is left to be planted.
    """
    classes = pool.labelled[[one.item for one in pool.waiting]]
    counts = np.bincount(classes[classes != NO_CLASS])
    if not len(counts):
        raise Conflict(
            "There is nothing to look through: the classes of all that wait have been deleted.",
            "Answer one by one, or end the certificate.",
        )
    return _page_of(int(np.argmax(counts)), DRAWN, pool)


def require_plantable(class_ids: IntArray, pool: Pool) -> None:
    """Refuse pages where, for none of these classes, anything is left to be planted.

    Raises
    ------
    Conflict
        See above.
    """
    if not any(len(_known_otherwise(int(class_id), pool)) for class_id in class_ids):
        raise Conflict(NOTHING_TO_PLANT, "Answer one by one.")


def looked_through(
    page: AuditPage, wrong: Sequence[int], pool: Pool, effort: tuple[float, int] = (0.0, 0)
) -> tuple[PageRow, list[Statement]]:
    """Tell what was planted and missed, and which drawn items are thereby said to be right.

    `wrong` are the items on it that were noticed, `effort` the seconds and actions that all took.

    Raises
    ------
    Conflict
        It is no page of what waits now: it shows other items of the class than the first of them,
        or others are planted than `next_page` plants among so many.
    """
    own = _own(page.class_id, pool)
    is_own = np.isin(page.items, list(own))
    _require_due(page, int(np.count_nonzero(is_own)), wrong, pool)
    noticed = np.isin(page.items, list(wrong))
    row = PageRow(
        0,
        page.class_id,
        page.items,
        planted=page.items[~is_own],
        missed=page.items[~is_own & ~noticed],
    )
    right = page.items[is_own & ~noticed].tolist()
    each, actions = effort[0] / max(1, len(right)), effort[1]
    return row, [
        Statement(
            Reply("class", seconds=each, actions=0 if number else actions),
            question_id=own[item],
            class_id=page.class_id,
        )
        for number, item in enumerate(right)
    ]


def missed_of(pages: Sequence[PageRow]) -> list[bool]:
    """Whether each planted one was missed, in the order shown, on pages that stand."""
    standing = [page for page in pages if not page.withdrawn]
    return [missed for page in standing for missed in np.isin(page.planted, page.missed).tolist()]


def _own(class_id: int, pool: Pool) -> dict[int, int]:
    """The questions that wait, by item, of those claimed to be of a class, in the order drawn."""
    return {one.item: one.question for one in pool.waiting if pool.labelled[one.item] == class_id}


def _require_due(page: AuditPage, n_own: int, wrong: Sequence[int], pool: Pool) -> None:
    if n_own and set(wrong) <= set(page.items.tolist()):
        due = _page_of(page.class_id, min(n_own, DRAWN), pool)
        if np.array_equal(np.sort(page.items), np.sort(due.items)):
            return
    raise Conflict(OUT_OF_DATE, ANOTHER)


def _page_of(class_id: int, most: int, pool: Pool) -> AuditPage:
    """The first items of a class that wait, `most` at most, and what is planted among them."""
    others = _known_otherwise(class_id, pool)
    if not len(others):
        raise Conflict(NOTHING_TO_PLANT, "Answer one by one.")
    own = list(_own(class_id, pool))[: min(most, PER_PLANTED * len(others))]
    n = max(1, round(len(own) / PER_PLANTED))
    rng = np.random.default_rng([pool.seed, len(pool.pages)])
    return AuditPage(class_id, rng.permutation(own + _planted(class_id, n, others, pool, rng)))


def _known_otherwise(class_id: int, pool: Pool) -> IntArray:
    """The items that a person has named otherwise, that are not claimed to be this, and unseen.

    Seen again, an image tells nothing new of how much is missed; nor does an exact copy of it,
    which shares its answer.
    """
    said, answer_ids = pool.sheet.class_ids, pool.sheet.answer_ids
    known = (pool.sheet.sources == PERSON) & (said != NO_CLASS)
    known &= (said != class_id) & (pool.labelled != class_id)
    seen = [item for page in pool.pages for item in page.items]
    known[seen + [one.item for one in pool.waiting]] = False
    known &= ~np.isin(answer_ids, answer_ids[seen])
    others = np.flatnonzero(known)
    return others[np.unique(answer_ids[others], return_index=True)[1]]


def _planted(
    class_id: int, n: int, others: IntArray, pool: Pool, rng: np.random.Generator
) -> list[int]:
    """So many of `others`, of other classes, drawn from those that look most like the class."""
    members = np.flatnonzero(pool.labelled == class_id)
    some = rng.choice(members, min(MEASURED, len(members)), replace=False)
    far = np.linalg.norm(pool.features[others] - pool.features[some].mean(axis=0), axis=1)
    like = others[np.argsort(far, kind="stable")[: LIKE * n]]
    return [int(item) for item in rng.choice(like, n, replace=False)]
