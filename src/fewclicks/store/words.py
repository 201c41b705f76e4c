"""Everything that was said of each item, not only what counts now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fewclicks.records import NO_CLASS, PURPOSES, TAUGHT, VERDICTS, BoolArray, IntArray, Purpose
from fewclicks.store.ledger import NONE, Answered


@dataclass(frozen=True, slots=True)
class Words:
    """The classes that standing answers gave to items, by rising answer id.

    Attributes
    ----------
    items, answer_ids, class_ids : ndarray of shape (n,), int64
        Who named a cluster named each of its members but the misfits.
    alone : ndarray of shape (n,), bool
        Whether the item itself was judged, not its cluster.
    reviewed : ndarray of shape (n,), bool
        Whether it was judged to review what was believed of it.
    """

    items: IntArray
    answer_ids: IntArray
    class_ids: IntArray
    alone: BoolArray
    reviewed: BoolArray


def made(
    answered: Answered, heirs: IntArray, n_items: int, purposes: Sequence[Purpose] = TAUGHT
) -> Words:
    """Lay out what answers given for some purposes have named; see `Answers.words`."""
    said = np.where(answered.class_ids == NO_CLASS, NO_CLASS, heirs[answered.class_ids])
    stands = answered.standing(purposes) & (said != NO_CLASS)
    stands &= answered.verdicts == VERDICTS.index("class")
    singly = np.flatnonzero(stands & (answered.items != NONE))
    places, items = [singly], [answered.items[singly]]
    for place, members, misfits in answered.clusters:
        if stands[place]:
            named = members if misfits is None else members[~np.isin(members, misfits)]
            places.append(np.full(len(named), place))
            items.append(named.astype(np.int64))
    by, about = np.concatenate(places), np.concatenate(items)
    order = np.argsort(by, kind="stable")
    order = order[about[order] < n_items]
    by = by[order]
    return Words(
        items=about[order],
        answer_ids=answered.ids[by],
        class_ids=said[by].astype(np.int64),
        alone=answered.items[by] != NONE,
        reviewed=answered.purposes[by] == PURPOSES.index("review"),
    )
