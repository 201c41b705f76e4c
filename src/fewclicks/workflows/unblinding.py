"""What people have told in sight: also what they said blindly, once it measures no more.

What is said blindly is kept from all that could change the labels it tests. The answers to a
certificate have told what they can when it has ended: from then on they are answers like others,
and may be slips like others. Those to a workflow's audit go on telling how right the labels are.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fewclicks.records import BELIEVED, AnswerSheet, BoolArray
from fewclicks.store import Store
from fewclicks.store.words import Words


def told(store: Store, n_items: int) -> AnswerSheet:
    """What stands of all answers but those that still measure, one entry per item."""
    sheet = store.answers.sheet(n_items)
    served = store.certificates.served()
    if not len(served):
        return sheet
    audits = store.answers.sheet(n_items, ("audit",))
    now, believed = np.isin(audits.answer_ids, served), store.answers.sheet(n_items, BELIEVED)
    columns = {
        name: np.where(now, getattr(believed, name), getattr(sheet, name))
        for name in ("class_ids", "sources", "answer_ids", "withheld")
    }
    return replace(sheet, **columns)


def told_words(store: Store, n_items: int) -> Words:
    """Every class that standing answers gave, blind ones among them once a certificate has ended.

    Those to what is `measuring` still are among them then; what is said of other items is not
    touched by them.
    """
    if not len(store.certificates.served()):
        return store.answers.words(n_items)
    return store.answers.words(n_items, BELIEVED)


def measuring(store: Store, n_items: int) -> BoolArray:
    """The items by which something is still measured blindly, or is to be; (n_items,)."""
    audits = store.answers.sheet(n_items, ("audit",))
    found = (audits.answer_ids >= 0) & ~np.isin(audits.answer_ids, store.certificates.served())
    waiting = np.array(store.questions.open_items(["audit"]), np.int64)
    found[waiting[waiting < n_items]] = True
    return found
