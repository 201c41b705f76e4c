"""The answer sheet: what stands of all answers, laid out as one entry per item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fewclicks.answers.consensus import Rule
from fewclicks.records import (
    CLUSTER,
    NO_CLASS,
    NOBODY,
    PERSON,
    PURPOSES,
    VERDICTS,
    AnswerSheet,
    IntArray,
    Purpose,
)
from fewclicks.store.ledger import NONE, Answered
from fewclicks.store.voting import deciding


def made(
    answered: Answered,
    heirs: IntArray,
    n_items: int,
    purposes: Sequence[Purpose],
    copies: tuple[IntArray, IntArray],
    rule: Rule = "auto",
) -> AnswerSheet:
    """Lay out the answers that stand; see `Answers.sheet`.

    `copies` are items and, for each, the item whose content it has; `rule` is what decides where
    people differ.
    """
    meant = answered.standing(purposes)
    clusters = [
        (int(answered.ids[place]), VERDICTS[answered.verdicts[place]],
         int(answered.class_ids[place]), members, misfits)
        for place, members, misfits in answered.clusters
        if meant[place]
    ]  # fmt: skip
    single = meant & (answered.items != NONE)
    items = (
        answered.ids,
        answered.verdicts,
        answered.class_ids,
        answered.items,
        answered.annotators,
        answered.purposes,
    )
    n_answers = int(np.count_nonzero(answered.standing()))
    columns = [column[single] for column in items]
    sheet = lay_out(clusters, columns, heirs, n_items, n_answers, rule)
    share_with_copies(sheet, *copies)
    return replace(sheet, barred=_with_copies(sheet.barred, *copies))


def share_with_copies(sheet: AnswerSheet, copy: IntArray, original: IntArray) -> None:
    """Let what was said of an item hold for its exact copies that nobody has spoken on.

    `original` is the item whose content each `copy` has.
    """
    known = copy < len(sheet.sources)
    copy, original = copy[known], original[known]
    silent = sheet.sources[copy] == NOBODY
    copy, original = copy[silent], original[silent]
    for column in (sheet.class_ids, sheet.sources, sheet.answer_ids, sheet.withheld):
        column[copy] = column[original]


def lay_out(
    clusters: Sequence[Any],
    items: Sequence[IntArray],
    heirs: IntArray,
    n_items: int,
    n_answers: int,
    rule: Rule = "auto",
) -> AnswerSheet:
    """Lay out cluster answers, then item answers over them, later over earlier.

    Where several people have spoken on an item itself, `rule` decides; see `voting.deciding`.

    Parameters
    ----------
    clusters : sequence of (id, verdict, class_id, members, misfits)
        By rising id; the class is NO_CLASS where none was said, and `misfits` may be None.
    items : six arrays of shape (n,)
        By rising id: ids, verdicts as positions in VERDICTS, classes, items, who said so, and
        purposes as positions in PURPOSES.
    heirs : ndarray of shape (n_class_ids,)
        The class that stands for each class id; NO_CLASS if none does.
    n_items : int
        Items from this id on are left out: they came after whoever asks began.
    n_answers : int
        Passed on.
    """
    barred = _barred(clusters, heirs, n_items)
    sheet = AnswerSheet(
        class_ids=np.full(n_items, NO_CLASS, dtype=np.int32),
        sources=np.full(n_items, NOBODY, dtype=np.int8),
        answer_ids=np.full(n_items, -1, dtype=np.int64),
        withheld=np.zeros(n_items, dtype=bool),
        n_answers=n_answers,
        times=np.zeros(n_items, dtype=np.int32),
        turned=np.zeros(n_items, dtype=bool),
        barred=barred,
    )
    for answer_id, verdict, class_id, members, misfits in clusters:
        said = NO_CLASS if class_id == NO_CLASS else int(heirs[class_id])
        # "unsure" and "mixed" of a cluster say nothing about any one item
        if verdict == "none" or (verdict == "class" and said != NO_CLASS):
            named = members if misfits is None else members[~np.isin(members, misfits)]
            if misfits is not None and verdict == "class":
                _deny(sheet, misfits[misfits < n_items], said)
            _write(sheet, named[named < n_items], said, CLUSTER, answer_id, verdict == "none")
    _lay_out_items(sheet, items, heirs, n_items, rule)
    return sheet


def _barred(clusters: Sequence[Any], heirs: IntArray, n_items: int) -> IntArray:
    """The items clicked out of clusters that were named, each with the class it was not."""
    found = [np.empty((0, 2), np.int64)]
    for _, verdict, class_id, _, misfits in clusters:
        if verdict == "class" and misfits is not None and heirs[class_id] != NO_CLASS:
            left = misfits[misfits < n_items].astype(np.int64)
            found.append(np.column_stack([left, np.full(len(left), heirs[class_id])]))
    return np.concatenate(found)


def _deny(sheet: AnswerSheet, misfits: IntArray, said: int) -> None:
    """Take back from misfits the class, if an earlier cluster gave them that very one."""
    denied = misfits[(sheet.sources[misfits] == CLUSTER) & (sheet.class_ids[misfits] == said)]
    _write(sheet, denied, NO_CLASS, NOBODY, -1, False)


def _with_copies(barred: IntArray | None, copy: IntArray, original: IntArray) -> IntArray:
    """What was clicked out was clicked out with its exact copies."""
    assert barred is not None
    found = [barred]
    for item, class_id in barred[np.isin(barred[:, 0], original)].tolist():
        its = copy[original == item].astype(np.int64)
        found.append(np.column_stack([its, np.full(len(its), class_id)]))
    return np.concatenate(found)


def _lay_out_items(
    sheet: AnswerSheet, items: Sequence[IntArray], heirs: IntArray, n_items: int, rule: Rule
) -> None:
    ids, verdicts, classes, at, people, purposes = items
    teaches = verdicts == VERDICTS.index("class")
    said = np.where(teaches, heirs[classes], NO_CLASS)  # of NO_CLASS the last, which goes unused
    stands = (at < n_items) & (~teaches | (said != NO_CLASS))
    asked = stands & teaches & (purposes != PURPOSES.index("second"))
    _count_again(sheet, at[asked], said[asked])
    # of an item's several answers NumPy keeps the last, which is the latest
    _write(sheet, at[stands], said[stands], PERSON, ids[stands], ~teaches[stands])
    rows = np.flatnonzero(stands)
    unsure = verdicts[rows] == VERDICTS.index("unsure")
    reviewed = purposes[rows] == PURPOSES.index("review")
    rows = rows[deciding(at[rows], said[rows], people[rows], unsure, reviewed, rule)]
    _write(sheet, at[rows], said[rows], PERSON, ids[rows], ~teaches[rows])


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
