"""Every answer of a project as columns in memory, each read from the database once.

An answer is never changed; only whether it stands can. So what came since, and what is withdrawn
now, is all that a look at many thousand answers has to read.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.records import NO_CLASS, PURPOSES, VERDICTS, BoolArray, IntArray, Purpose
from fewclicks.store import schema

NONE = -1
"""What stands in a column of numbers where there is none."""

_ROWS_PER_READ = 20_000


@dataclass(frozen=True, slots=True)
class Answered:
    """Answers by rising id, one entry of each column to an answer.

    Attributes
    ----------
    ids, events : ndarray of shape (n,), int64
    items : ndarray of shape (n,), int64
        NONE where the answer is about a cluster.
    class_ids : ndarray of shape (n,), int64
        As they were said; NO_CLASS where none was.
    verdicts, purposes : ndarray of shape (n,), int8
        Positions in VERDICTS and PURPOSES.
    annotators, rounds : ndarray of shape (n,), int64
        Ids; NONE where no round had asked.
    times : ndarray of shape (n,), float64
    actions : ndarray of shape (n,), int64
    seconds : ndarray of shape (n,), float64
    clusters : tuple of (place, members, misfits)
        The answers about clusters, by their place in the columns; `misfits` may be None.
    withdrawn : ndarray of shape (n,), bool
    """

    ids: IntArray
    events: IntArray
    items: IntArray
    class_ids: IntArray
    verdicts: IntArray
    purposes: IntArray
    annotators: IntArray
    rounds: IntArray
    times: Any
    actions: IntArray
    seconds: Any
    clusters: tuple[tuple[int, IntArray, IntArray | None], ...]
    withdrawn: BoolArray

    def standing(self, purposes: Sequence[Purpose] = PURPOSES) -> BoolArray:
        """Mask of the answers that stand and were given for one of these purposes."""
        meant = np.isin(self.purposes, [PURPOSES.index(purpose) for purpose in purposes])
        return ~self.withdrawn & meant


class Ledger:
    """The answers of one project as they are read again and again, from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known = _columns([])

    def read(self, connection: sa.Connection) -> Answered:
        """Return the answers that the connection's transaction sees."""
        table = schema.answers
        newest = connection.scalar(sa.select(sa.func.max(table.c.id))) or 0
        # a server's second look may see answers that came after the first
        query = sa.select(table.c.id).where(table.c.withdrawn.is_(True), table.c.id <= newest)
        gone = connection.scalars(query).all()
        with self._lock:
            self._read_until(connection, newest)
            known = self._known
        # another thread may have read answers that this transaction does not see yet
        n = int(np.searchsorted(known.ids, newest, side="right"))
        withdrawn = np.zeros(n, np.bool_)
        withdrawn[np.searchsorted(known.ids[:n], np.array(gone, np.int64))] = True
        return replace(_first(known, n), withdrawn=withdrawn)

    def _read_until(self, connection: sa.Connection, newest: int) -> None:
        table = schema.answers
        last = int(self._known.ids[-1]) if len(self._known.ids) else 0
        while last < newest:
            query = sa.select(*_COLUMNS).where(table.c.id > last, table.c.id <= newest)
            found = connection.execute(query.order_by(table.c.id).limit(_ROWS_PER_READ)).all()
            self._known = _joined(self._known, _columns(found))
            last = int(found[-1].id)


_COLUMNS = [schema.answers.c[name] for name in (
    "id", "event_id", "item_id", "class_id", "verdict", "purpose", "annotator_id", "round_id",
    "answered_at", "actions", "seconds", "members", "misfits",
)]  # fmt: skip


def _columns(rows: Sequence[Any]) -> Answered:
    """Turn rows of `_COLUMNS` round."""
    told = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
    ids, events, items, class_ids, verdicts, purposes, annotators, rounds, *rest = told
    times, actions, seconds, members, misfits = rest
    return Answered(
        ids=np.array(ids, np.int64),
        events=np.array(events, np.int64),
        items=_numbers(items, NONE),
        class_ids=_numbers(class_ids, NO_CLASS),
        verdicts=np.array([VERDICTS.index(verdict) for verdict in verdicts], np.int8),
        purposes=np.array([PURPOSES.index(purpose) for purpose in purposes], np.int8),
        annotators=np.array(annotators, np.int64),
        rounds=_numbers(rounds, NONE),
        times=np.array(times, np.float64),
        actions=np.array(actions, np.int64),
        seconds=np.array(seconds, np.float64),
        clusters=tuple(
            (place, some, misfits[place]) for place, some in enumerate(members) if some is not None
        ),
        withdrawn=np.zeros(len(ids), np.bool_),
    )


def _numbers(values: Sequence[int | None], none: int) -> IntArray:
    return np.array([none if value is None else value for value in values], np.int64)


def _joined(one: Answered, other: Answered) -> Answered:
    n = len(one.ids)
    later = tuple((n + place, members, misfits) for place, members, misfits in other.clusters)
    arrays = {
        name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in _arrays()
    }
    return Answered(**arrays, clusters=one.clusters + later)


def _first(answered: Answered, n: int) -> Answered:
    if n == len(answered.ids):
        return answered
    arrays = {name: getattr(answered, name)[:n] for name in _arrays()}
    return Answered(**arrays, clusters=tuple(c for c in answered.clusters if c[0] < n))


def _arrays() -> list[str]:
    return [field.name for field in fields(Answered) if field.name != "clusters"]
