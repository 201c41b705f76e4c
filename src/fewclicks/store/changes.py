"""One change being made, and the rows it patches: what undo will need to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from fewclicks.store import schema
from fewclicks.store.database import chunks

PATCHED = {
    table.name: table
    for table in (
        schema.answers,
        schema.audit_pages,
        schema.certificates,
        schema.classes,
        schema.questions,
    )
}


@dataclass(slots=True)
class Change:
    """A change being made: its connection, its event, and what it has patched so far."""

    connection: sa.Connection
    event_id: int
    annotator_id: int
    at: float
    repeated: bool = False
    text: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    patches: list[dict[str, Any]] = field(default_factory=list)

    def note(
        self, table: sa.Table, ids: Sequence[int], column: str, before: Any, after: Any
    ) -> None:
        """Record that `column` of these rows went from `before` to `after`."""
        if len(ids):
            self.patches.append(
                {
                    "table": table.name,
                    "ids": [int(i) for i in ids],
                    "column": column,
                    "before": before,
                    "after": after,
                }
            )

    def patch(
        self, table: sa.Table, ids: Sequence[int], column: str, before: Any, after: Any
    ) -> None:
        """Set `column` of these rows to `after` and record it."""
        for chunk in chunks(ids):
            self.connection.execute(
                sa.update(table).where(table.c.id.in_(chunk)).values({column: after})
            )
        self.note(table, ids, column, before, after)


def values_now(
    connection: sa.Connection, table: sa.Table, ids: Sequence[int], column: str
) -> dict[Any, list[int]]:
    """The ids by the value that `column` of their row has now."""
    found: dict[Any, list[int]] = {}
    for chunk in chunks(ids):
        query = sa.select(table.c.id, table.c[column]).where(table.c.id.in_(chunk))
        for row_id, value in connection.execute(query):
            found.setdefault(value, []).append(int(row_id))
    return found
