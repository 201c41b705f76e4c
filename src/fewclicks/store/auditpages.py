"""Pages that were looked through for a certificate: what they showed, and what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import Conflict
from fewclicks.records import IntArray, Statement
from fewclicks.store import asking, recording, schema
from fewclicks.store.changes import Change

OUT_OF_DATE = "This page is out of date: some of it may have been answered meanwhile."
ANOTHER = "Ask for a new page."


@dataclass(frozen=True, slots=True)
class PageRow:
    """A page of images shown as one class, `planted` ones among them that are known to be none.

    `missed` are those of the planted that nobody noticed. One that was taken back is `withdrawn`.
    """

    id: int
    class_id: int
    items: IntArray
    planted: IntArray
    missed: IntArray
    withdrawn: bool = False

    @property
    def drawn(self) -> IntArray:
        """Those drawn at random."""
        return self.items[~np.isin(self.items, self.planted)]


def record(change: Change, certificate_id: int, page: PageRow, right: Sequence[Statement]) -> None:
    """Put in a page and the answers that nothing was noticed; Conflict if it is out of date."""
    table = schema.audit_pages
    _require_unseen(change.connection, certificate_id, page)
    ids = recording.record_many(change, right, "audit")
    result = change.connection.execute(
        sa.insert(table).values(
            certificate_id=certificate_id,
            event_id=change.event_id,
            class_id=page.class_id,
            items=page.items,
            planted=page.planted,
            missed=page.missed,
            withdrawn=False,
        )
    )
    change.note(table, [schema.new_id(result)], "withdrawn", True, False)
    change.text = f"looked through a page of {len(page.items)}"
    change.result = {"answers": ids, "questions": []}


def of_certificate(connection: sa.Connection, certificate_id: int) -> list[PageRow]:
    """Those of a certificate in order, taken back or not; what was planted again counts once."""
    table = schema.audit_pages
    query = sa.select(table).where(table.c.certificate_id == certificate_id)
    pages: list[PageRow] = []
    before: set[int] = set()
    for row in connection.execute(query.order_by(table.c.id)):
        first = ~np.isin(row.planted, list(before))
        before.update(row.planted.tolist())
        planted = row.planted[first]
        missed = np.intersect1d(planted, row.missed)
        page = PageRow(row.id, row.class_id, row.items, planted, missed, bool(row.withdrawn))
        pages.append(page)
    return pages


def _require_unseen(connection: sa.Connection, certificate_id: int, page: PageRow) -> None:
    """Refuse a page of what was drawn or planted for another, or drawn but waits no more."""
    table = schema.questions
    query = sa.select(table.c.item_id).where(
        asking.asked_for(certificate_id, "audit"), table.c.state == asking.OPEN
    )
    pages = of_certificate(connection, certificate_id)
    before = {item for one in pages if not one.withdrawn for item in one.drawn.tolist()}
    seen = before.union(*(one.planted.tolist() for one in pages))
    drawn, waiting = set(page.drawn.tolist()), set(connection.scalars(query))
    if drawn & before or seen.intersection(page.planted.tolist()) or not drawn <= waiting:
        raise Conflict(OUT_OF_DATE, ANOTHER)
