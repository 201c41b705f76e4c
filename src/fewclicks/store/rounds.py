"""Rounds: what a workflow made of the answers so far, and what it asks next."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fewclicks.errors import Conflict
from fewclicks.records import ASKED_ONCE, Question
from fewclicks.store import asking, schema
from fewclicks.store.database import Database, chunks


@dataclass(frozen=True, slots=True)
class RoundRow:
    """A finished round; `last_event` is the newest event its answers came from."""

    id: int
    workflow: str
    n_answers: int
    last_event: int
    note: str
    figures: dict[str, float]
    finished_at: float


class Rounds:
    """The finished rounds of one project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def finish(
        self,
        round_id: int,
        workflow: str,
        n_answers: int,
        last_event: int,
        note: str,
        figures: dict[str, float],
        questions: Sequence[Question],
        partition: str | None,
        *,
        only: bool = False,
    ) -> list[int]:
        """Record a round and queue its questions; return their ids, clusters first.

        `partition` is that of its clusters; with `only`, open questions about others are closed.

        Item questions of earlier rounds that nobody answered are closed: this round knows better;
        but not those of an audit, whose sample must stay what was drawn, nor those that ask
        a second time. Questions about items
        answered while the round ran are recorded closed. Figures that are not finite are left
        out.

        Raises
        ------
        Conflict
            `round_id` is not the next number: another process has finished a round.
        """
        table = schema.questions
        with self._database.write() as connection:
            _check_number(connection, round_id)
            connection.execute(
                sa.insert(schema.rounds).values(
                    id=round_id,
                    workflow=workflow,
                    n_answers=n_answers,
                    last_event=last_event,
                    note=note,
                    figures={k: float(v) for k, v in figures.items() if math.isfinite(v)},
                    finished_at=time.time(),
                )
            )
            connection.execute(
                sa.update(table)
                .where(
                    table.c.kind == "item",
                    table.c.state == asking.OPEN,
                    table.c.round_id.is_not(None),
                    table.c.purpose.in_(ASKED_ONCE),
                )
                .values(state=asking.CLOSED)
            )
            items = [q for q in questions if q.kind == "item"]
            clusters = [q for q in questions if q.kind == "cluster"]
            if only:
                asking.close_clusters(connection, but=partition)
            asked = asking.insert(connection, items, round_id=round_id)
            _close_answered(connection, items, asked, last_event)
            return [
                *asking.insert(connection, clusters, partition=partition, round_id=round_id),
                *asked,
            ]

    def next_id(self) -> int:
        """Number of the round to come; the first is 1."""
        with self._database.read() as connection:
            return _next(connection)

    def latest(self) -> RoundRow | None:
        """The newest finished round, None before the first."""
        rows = self._rows(sa.select(schema.rounds).order_by(schema.rounds.c.id.desc()).limit(1))
        return rows[0] if rows else None

    def all(self) -> list[RoundRow]:
        """Every finished round, oldest first."""
        return self._rows(sa.select(schema.rounds).order_by(schema.rounds.c.id))

    def _rows(self, query: sa.Select[Any]) -> list[RoundRow]:
        with self._database.read() as connection:
            return [
                RoundRow(
                    r.id,
                    r.workflow,
                    r.n_answers,
                    r.last_event,
                    r.note,
                    dict(r.figures),
                    r.finished_at,
                )
                for r in connection.execute(query)
            ]


def _next(connection: sa.Connection) -> int:
    return (connection.scalar(sa.select(sa.func.max(schema.rounds.c.id))) or 0) + 1


def _check_number(connection: sa.Connection, round_id: int) -> None:
    expected = _next(connection)
    if round_id != expected:
        raise Conflict(
            f"The next round is {expected} but {round_id} came.",
            "Another process has finished a round; run yours again.",
        )


def _close_answered(
    connection: sa.Connection, items: Sequence[Question], ids: Sequence[int], since: int
) -> None:
    """Close new questions about items that people have spoken on after the event `since`."""
    asked = [q.item for q in items if q.item is not None]
    answered = asking.answered_items(connection, asked, since)
    done = [number for q, number in zip(items, ids, strict=True) if q.item in answered]
    for chunk in chunks(done):
        connection.execute(
            sa.update(schema.questions)
            .where(schema.questions.c.id.in_(chunk))
            .values(state=asking.CLOSED)
        )
