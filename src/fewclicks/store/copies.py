"""Which items are exact copies of which, in memory: that never changes, items are only added."""

from __future__ import annotations

import threading

import numpy as np
import sqlalchemy as sa

from fewclicks.records import IntArray
from fewclicks.store import intake, schema


class Copies:
    """The exact copies in one project, each item looked at once, from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = 0
        self._known = np.empty((0, 2), np.int64)

    def read(self, connection: sa.Connection) -> tuple[IntArray, IntArray]:
        """Return the items that are copies, ascending, and the first item with their content."""
        table = schema.items
        n_items = intake.count(connection)
        with self._lock:
            if n_items > self._seen:
                query = sa.select(table.c.id, table.c.duplicate_of).where(
                    table.c.id >= self._seen, table.c.duplicate_of.is_not(None)
                )
                rows = [tuple(row) for row in connection.execute(query.order_by(table.c.id))]
                found = np.array(rows, np.int64).reshape(-1, 2)
                self._known, self._seen = np.concatenate([self._known, found]), n_items
            known = self._known
        copies, originals = known[known[:, 0] < n_items].T
        return copies, originals
