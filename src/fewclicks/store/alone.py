"""Which labels a person gave looking at nothing else: what everything is measured by."""

from __future__ import annotations

import numpy as np

from fewclicks.records import BELIEVED, NO_CLASS, VERDICTS, BoolArray, IntArray
from fewclicks.store.ledger import NONE, Answered


def made(answered: Answered, heirs: IntArray, pages: IntArray, class_ids: IntArray) -> BoolArray:
    """Lay out who looked at one item alone; see `Answers.alone`.

    `pages` are the events in which a page of a certificate was looked through.
    """
    _, event, n_together = np.unique(answered.events, return_inverse=True, return_counts=True)
    single = answered.standing(BELIEVED) & (answered.items != NONE) & (n_together[event] == 1)
    single &= ~np.isin(answered.events, pages) & (answered.items < len(class_ids))
    items = answered.items[single]
    said = np.append(heirs, NO_CLASS)[answered.class_ids[single]]
    unnamed = np.isin(
        answered.verdicts[single], [VERDICTS.index(verdict) for verdict in ("none", "unsure")]
    )
    alone = np.zeros(len(class_ids), np.bool_)
    alone[items[(said == class_ids[items]) & (unnamed == (said == NO_CLASS))]] = True
    return alone
