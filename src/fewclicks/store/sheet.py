"""The answer sheet: what stands of all answers, laid out as one entry per item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.records import (
    CLUSTER,
    NO_CLASS,
    NOBODY,
    PERSON,
    AnswerSheet,
    IntArray,
    Purpose,
)
from fewclicks.store import schema


def read(
    connection: sa.Connection, heirs: IntArray, n_items: int, purposes: Sequence[Purpose]
) -> AnswerSheet:
    """Lay out the answers that stand; see `Answers.sheet`."""
    table = schema.answers
    standing = table.c.withdrawn.is_(False)
    meant = sa.and_(standing, table.c.purpose.in_(purposes))
    clusters = sa.select(
        table.c.id, table.c.verdict, table.c.class_id, table.c.members, table.c.misfits
    ).where(meant, table.c.members.is_not(None))
    items = sa.select(table.c.id, table.c.verdict, table.c.class_id, table.c.item_id).where(
        meant, table.c.item_id.is_not(None)
    )
    count = sa.select(sa.func.count()).select_from(table).where(standing)
    copies = sa.select(schema.items.c.id, schema.items.c.duplicate_of).where(
        schema.items.c.duplicate_of.is_not(None), schema.items.c.id < n_items
    )
    sheet = lay_out(
        connection.execute(clusters.order_by(table.c.id)).all(),
        connection.execute(items.order_by(table.c.id)).all(),
        heirs,
        n_items,
        connection.scalar(count) or 0,
    )
    share_with_copies(sheet, connection.execute(copies).all())
    return sheet


def share_with_copies(sheet: AnswerSheet, copies: Sequence[Any]) -> None:
    """Let what was said of an item hold for its exact copies that nobody has spoken on.

    `copies` are pairs of a copy and the item whose content it has.
    """
    if not copies:
        return
    copy, original = np.array(copies, dtype=np.int64).T
    silent = sheet.sources[copy] == NOBODY
    copy, original = copy[silent], original[silent]
    for column in (sheet.class_ids, sheet.sources, sheet.answer_ids, sheet.withheld):
        column[copy] = column[original]


def lay_out(
    clusters: Sequence[Any], items: Sequence[Any], heirs: IntArray, n_items: int, n_answers: int
) -> AnswerSheet:
    """Lay out cluster answers, then item answers over them, later over earlier.

    Parameters
    ----------
    clusters : sequence of (id, verdict, class_id, members, misfits)
        By rising id; `misfits` may be None.
    items : sequence of (id, verdict, class_id, item)
        By rising id.
    heirs : ndarray of shape (n_class_ids,)
        The class that stands for each class id; NO_CLASS if none does.
    n_items : int
        Items from this id on are left out: they came after whoever asks began.
    n_answers : int
        Passed on.
    """
    sheet = AnswerSheet(
        class_ids=np.full(n_items, NO_CLASS, dtype=np.int32),
        sources=np.full(n_items, NOBODY, dtype=np.int8),
        answer_ids=np.full(n_items, -1, dtype=np.int64),
        withheld=np.zeros(n_items, dtype=bool),
        n_answers=n_answers,
        times=np.zeros(n_items, dtype=np.int32),
        turned=np.zeros(n_items, dtype=bool),
    )
    for answer_id, verdict, class_id, members, misfits in clusters:
        said = NO_CLASS if class_id is None else int(heirs[class_id])
        # "unsure" and "mixed" of a cluster say nothing about any one item
        if verdict == "none" or (verdict == "class" and said != NO_CLASS):
            named = members if misfits is None else members[~np.isin(members, misfits)]
            _write(sheet, named[named < n_items], said, CLUSTER, answer_id, verdict == "none")
    _lay_out_items(sheet, items, heirs, n_items)
    return sheet


def _lay_out_items(sheet: AnswerSheet, items: Sequence[Any], heirs: IntArray, n_items: int) -> None:
    if not items:
        return
    ids, verdicts, classes, where = zip(*items, strict=True)
    at = np.array(where, dtype=np.int64)
    teaches = np.array([verdict == "class" for verdict in verdicts])
    given = np.array([-1 if class_id is None else class_id for class_id in classes])
    said = np.where(teaches, heirs[given], NO_CLASS)
    stands = (at < n_items) & (~teaches | (said != NO_CLASS))
    _count_again(sheet, at[stands & teaches], said[stands & teaches])
    # of an item's several answers NumPy keeps the last, which is the latest
    _write(sheet, at[stands], said[stands], PERSON, np.array(ids)[stands], ~teaches[stands])


def _count_again(sheet: AnswerSheet, where: IntArray, said: IntArray) -> None:
    """Count how often each item was named, and compare the last word with the first."""
    assert sheet.times is not None
    assert sheet.turned is not None
    named, first, counts = np.unique(where, return_index=True, return_counts=True)
    _, last = np.unique(where[::-1], return_index=True)
    sheet.times[named] = counts
    sheet.turned[named] = said[first] != said[::-1][last]


def _write(
    sheet: AnswerSheet, where: IntArray, said: Any, source: int, answer_ids: Any, withheld: Any
) -> None:
    sheet.class_ids[where] = said
    sheet.sources[where] = source
    sheet.answer_ids[where] = answer_ids
    sheet.withheld[where] = withheld
