"""Pages of images that are looked through for a certificate, the quicker form of blind answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from fewclicks import checks
from fewclicks.errors import Conflict, NotFound
from fewclicks.records import NO_CLASS, FloatArray, IntArray
from fewclicks.settings import user_name
from fewclicks.store import Store
from fewclicks.store.auditpages import PageRow
from fewclicks.store.certificates import EVENLY, NAMING, CertificateRow, DrawnRow
from fewclicks.workflows.auditpages import (
    DRAWN,
    AuditPage,
    Pool,
    looked_through,
    may_look_through,
    next_page,
    require_plantable,
    unshown,
)
from fewclicks.workflows.frozen import Frozen
from fewclicks.workflows.standing import answered_first, outcomes

if TYPE_CHECKING:
    from fewclicks.workflows.certifying import Certifying

LOW_PAGED = 25
"""Items are drawn for further pages when no more than so many wait:"""

FEWEST_PAGED, MOST_PAGED = 50, 1000
"""so many at least and at most,"""

MORE_PAGED = 1.5
"""and about so many times what single answers would take."""


class Paging:
    """The pages of the certificate that is open.

    Parameters
    ----------
    store : Store
    certifying : Certifying
        Whose certificate.
    """

    def __init__(self, store: Store, certifying: Certifying) -> None:
        self._store = store
        self._certifying = certifying

    def next(self, features: FloatArray) -> AuditPage:
        """The next page of the open certificate to be looked through, the same until it has been.

        Where few items wait, so many more are drawn as fill a page of each class.

        Raises
        ------
        Conflict
            No certificate is open, answers were given singly before, its claim is proved, all items
            have been drawn, their classes have been deleted, or nothing is left to be planted.
        """
        row = self._require_paged()
        frozen, labelled = self._labelled(row)
        _require_classes(labelled[frozen.order])
        self._require_unproved(row, frozen)
        classes = np.setdiff1d(labelled[frozen.order], [NO_CLASS])
        require_plantable(classes, self._pool(row, labelled, features))
        self._draw(row, frozen, labelled, len(classes))
        pool = self._pool(row, labelled, features)
        if not pool.waiting:
            raise Conflict(
                "There is nothing left to look through: what was noticed is asked about singly.",
                "Answer those questions.",
            )
        return next_page(pool)

    def look_through(
        self,
        page: AuditPage,
        wrong: Sequence[int],
        features: FloatArray,
        *,
        seconds: float = 0.0,
        actions: int = 0,
        annotator: str | None = None,
        client_id: str | None = None,
    ) -> None:
        """Record that a page was looked through and that `wrong` items were noticed on it.

        The others are of the class that they were shown as; those that were noticed are asked about
        singly, but for the planted ones.

        Raises
        ------
        Conflict
            The page is out of date, or no certificate is open.
        """
        row = self._require_paged()
        _, labelled = self._labelled(row)
        checks.item_ids(page.items, len(labelled))
        if not self._was_sent(client_id):
            pool = self._pool(row, labelled, features)
            looked, right = looked_through(page, wrong, pool, (seconds, actions))
            self._store.certificates.answer_page(
                annotator or user_name(), row.id, looked, right, client_id
            )
        self._certifying.draw_on()

    def _require_paged(self) -> CertificateRow:
        row = self._certifying.require_open()
        if row.state == NAMING:
            raise Conflict(
                "People name the least sure labels now: no more are drawn at random.",
                "Name those, or take the choice back under History.",
            )
        if row.draw != EVENLY:
            raise Conflict(
                "Some labels are likelier to be drawn than others: what is missed on pages could "
                "not be allowed for.",
                "Answer singly, or begin the certificate anew and draw evenly.",
            )
        certificates = self._store.certificates
        answered = any(one.verdict is not None for one in certificates.drawn(row.id))
        before = bool(certificates.said_before(row.id))
        if not may_look_through(row, certificates.pages(row.id), answered or before):
            raise Conflict(
                "Answers were given singly before any page was looked through: the proof goes on "
                "with single answers.",
                "Answer singly, or begin the certificate anew and look through pages at once.",
            )
        return row

    def _was_sent(self, client_id: str | None) -> bool:
        if client_id is None:
            return False
        try:
            self._store.events.of_client(client_id)
        except NotFound:
            return False
        return True

    def _labelled(self, row: CertificateRow) -> tuple[Frozen, IntArray]:
        """The labels of a certificate, and the class that each item is thereby claimed to be."""
        frozen = self._certifying.frozen(row)
        return frozen, np.append(self._store.classes.heirs(), NO_CLASS)[frozen.class_ids]

    def _pool(self, row: CertificateRow, labelled: IntArray, features: FloatArray) -> Pool:
        pages = self._store.certificates.pages(row.id)
        waiting = self._waiting(row, pages, labelled)
        sheet = self._store.answers.sheet(len(labelled))
        return Pool(waiting, pages, labelled, sheet, features, row.seed)

    def _waiting(
        self, row: CertificateRow, pages: list[PageRow], labelled: IntArray
    ) -> list[DrawnRow]:
        """What can be shown: the class of an item on a page must be one that there still is."""
        waiting = unshown(self._store.certificates.drawn(row.id), pages)
        return [one for one in waiting if labelled[one.item] != NO_CLASS]

    def _require_unproved(self, row: CertificateRow, frozen: Frozen) -> None:
        certificates, heirs = self._store.certificates, self._store.classes.heirs()
        wrong = outcomes(answered_first(certificates.drawn(row.id)), frozen, heirs)
        pages = certificates.pages(row.id)
        if self._certifying.bets_of(row).of_all(wrong, pages).holds:
            raise Conflict(
                "The claim is proved: nothing more has to be looked through.",
                "Go on labelling, or claim something else.",
            )

    def _draw(
        self, row: CertificateRow, frozen: Frozen, labelled: IntArray, n_classes: int
    ) -> None:
        """Ask about more items where few can be shown."""
        certificates = self._store.certificates
        drawn, pages = certificates.drawn(row.id), certificates.pages(row.id)
        after, n = len(drawn), self._paged(row, frozen, drawn, n_classes)
        if len(self._waiting(row, pages, labelled)) < (LOW_PAGED if pages else n // 2):
            certificates.ask(row.id, frozen.order[after : after + n], after)

    def _paged(
        self, row: CertificateRow, frozen: Frozen, drawn: list[DrawnRow], n_classes: int
    ) -> int:
        """Items to draw for pages: what is needed with some missed, or a page of each class."""
        heirs = self._store.classes.heirs()
        wrong = outcomes(answered_first(drawn), frozen, heirs)
        needed = MORE_PAGED * self._certifying.bets_of(row).of_all(wrong).to_go
        return max(FEWEST_PAGED, int(min(MOST_PAGED, DRAWN * n_classes, needed)))


def _require_classes(labelled: IntArray) -> None:
    if (labelled == NO_CLASS).all():
        raise Conflict(
            "The classes of all labels that this certificate tests have been deleted.",
            "End it, and certify the labels that there are now.",
        )
