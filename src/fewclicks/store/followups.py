"""Questions that an answer brings about, or makes pointless."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import InvalidInput
from fewclicks.records import TAUGHT, IntArray, Question
from fewclicks.store import questions, schema
from fewclicks.store.changes import Change, values_now


def ask_misfits(change: Change, misfits: Sequence[int], called: str | None) -> None:
    """Ask about each item clicked out of a cluster, unless it is answered or asked already.

    Not about one that an audit has drawn: misfits are hard, and without them an audit would find
    the labels better than they are.
    """
    known = questions.answered_items(change.connection, misfits)
    known |= set(questions.open_of_items(change.connection, misfits))
    known |= questions.audited_items(change.connection, misfits)
    reason = f"You clicked it out of a cluster{f' of {called}' if called else ''}."
    new = [Question("item", reason, item=misfit) for misfit in misfits if misfit not in known]
    _note_opened(change, questions.insert(change.connection, new))


def ask_parts(change: Change, asked: Any, parts: Sequence[IntArray]) -> list[int]:
    """Ask about the parts of a mixed cluster instead; return their questions' ids in order."""
    for part in parts:
        strangers = np.setdiff1d(part, asked.members)
        if len(strangers):
            raise InvalidInput(f"Item {strangers[0]} is no member of the cluster to be split.")
    reason = f"Part of a mixed cluster of {asked.n_members}."
    new = [
        Question("cluster", reason, float(len(part)), members=part, cluster=asked.cluster)
        for part in parts
    ]
    ids = questions.insert(change.connection, new, partition=asked.partition, parent=asked.id)
    _note_opened(change, ids)
    return ids


def supersede(change: Change, question_id: int) -> None:
    """Withdraw the answer a question has, and close what it had brought about and nobody did."""
    table, events = schema.answers, schema.events
    query = (
        sa.select(table.c.id, events.c.changes)
        .join(events, events.c.id == table.c.event_id)
        .where(table.c.question_id == question_id, table.c.withdrawn.is_(False))
    )
    for answer_id, changes in change.connection.execute(query).all():
        change.patch(table, [answer_id], "withdrawn", False, True)
        opened = [i for patch in changes if _opens(patch) for i in patch["ids"]]
        _close(change, opened)


def close_item(change: Change, item: int, but: int | None = None) -> None:
    """Close the open questions to learn from about an item that a person has just judged.

    `but` is the question that was answered.
    """
    table = schema.questions
    query = sa.select(table.c.id).where(
        table.c.item_id == item,
        table.c.state == questions.OPEN,
        table.c.purpose.in_(TAUGHT),
        table.c.id != (-1 if but is None else but),
    )
    _close(change, list(change.connection.scalars(query)))


def _close(change: Change, ids: Sequence[int]) -> None:
    states = values_now(change.connection, schema.questions, ids, "state")
    still_open = states.get(questions.OPEN, [])
    change.patch(schema.questions, still_open, "state", questions.OPEN, questions.CLOSED)


def _note_opened(change: Change, ids: Sequence[int]) -> None:
    """Note that these questions came to be, so that undo closes them."""
    change.note(schema.questions, ids, "state", questions.CLOSED, questions.OPEN)


def _opens(patch: dict[str, Any]) -> bool:
    return bool(
        patch["table"] == "questions"
        and patch["before"] == questions.CLOSED
        and patch["after"] == questions.OPEN
    )
