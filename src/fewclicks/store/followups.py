"""Questions that an answer brings about, or makes pointless."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import InvalidInput
from fewclicks.records import ASKED_ONCE, IntArray, Purpose, Question
from fewclicks.store import asking, schema
from fewclicks.store.changes import Change, values_now

FEWEST_TOGETHER = 2
"""Items that make a cluster."""


def ask_misfits(
    change: Change, misfits: Sequence[int], called: str | None, *, together: bool
) -> list[int]:
    """Ask about items clicked out of a cluster, one by one or as a cluster of their own.

    Not about those that are answered, nor singly about those that are asked about already, nor
    about one that an audit has drawn: misfits are hard, and without them an audit would find the
    labels better than they are. Returns the id of the cluster's question, if there is one.
    """
    known = asking.answered_items(change.connection, misfits)
    known |= asking.audited_items(change.connection, misfits)
    of = f"a cluster{f' of {called}' if called else ''}"
    new = [misfit for misfit in misfits if misfit not in known]
    if together and len(new) >= FEWEST_TOGETHER:
        return [gather(change, new, f"You clicked them out of {of}.")]
    asked = _lasting(change, new)
    reason = f"You clicked it out of {of}."
    singly = [Question("item", reason, item=item) for item in new if item not in asked]
    note_opened(change, asking.insert(change.connection, singly))
    return []


def gather(
    change: Change,
    items: Sequence[int],
    reason: str,
    *,
    purpose: Purpose = "learn",
    instead_of: Sequence[int] = (),
) -> int:
    """Ask about items as one cluster before all others; return the question's id.

    The open questions `instead_of` which it is asked are closed; all must be about clusters of
    these items.
    """
    for question_id in instead_of:
        _require_part(asking.get(change.connection, question_id), items)
    close(change, instead_of)
    priority = _first(change, "cluster")
    members = np.asarray(items)
    question = Question("cluster", reason, priority, members=members, purpose=purpose)
    [question_id] = asking.insert(change.connection, [question])
    note_opened(change, [question_id])
    return question_id


def ask_singly(
    change: Change, items: Sequence[int], reason: str, *, purpose: Purpose = "learn"
) -> list[int]:
    """Ask about items one by one before all others; return the questions' ids in order.

    An item that is asked about for good already keeps its question, which comes first now.
    """
    waiting = _lasting(change, items)
    priority = _first(change, "item")
    table = schema.questions
    before = values_now(change.connection, table, list(waiting.values()), "priority")
    for value, ids in before.items():
        change.patch(table, ids, "priority", value, priority)
    new = [item for item in items if item not in waiting]
    questions = [Question("item", reason, priority, item=item, purpose=purpose) for item in new]
    opened = asking.insert(change.connection, questions)
    note_opened(change, opened)
    found = {**waiting, **dict(zip(new, opened, strict=True))}
    return [found[item] for item in items]


def _lasting(change: Change, items: Sequence[int]) -> dict[int, int]:
    """The open question of each item that has one no round will close; those of a round are closed.

    The next round would close them, and with them what a person wants to be asked.
    """
    waiting = asking.open_of_items(change.connection, items)
    table = schema.questions
    by_round = values_now(change.connection, table, list(waiting.values()), "round_id")
    passing = {i for round_id, ids in by_round.items() if round_id is not None for i in ids}
    close(change, sorted(passing))
    return {item: i for item, i in waiting.items() if i not in passing}


def _require_part(asked: Any, items: Sequence[int]) -> None:
    if asked.kind != "cluster" or not np.isin(asked.members, items).all():
        raise InvalidInput(
            f"Question {asked.id} is not about a cluster of these items.",
            "Put together all items of the clusters that this one is to replace.",
        )


def _first(change: Change, kind: str) -> float:
    """A priority above that of every open question of a kind."""
    table = schema.questions
    highest = change.connection.scalar(
        sa.select(sa.func.max(table.c.priority)).where(
            table.c.state == asking.OPEN, table.c.kind == kind
        )
    )
    return (highest or 0.0) + 1


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
    ids = asking.insert(change.connection, new, partition=asked.partition, parent=asked.id)
    note_opened(change, ids)
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
        close(change, opened)


def close_item(change: Change, item: int, but: int | None = None) -> None:
    """Close the open questions to learn from about an item that a person has just judged.

    `but` is the question that was answered.
    """
    table = schema.questions
    query = sa.select(table.c.id).where(
        table.c.item_id == item,
        table.c.state == asking.OPEN,
        table.c.purpose.in_(ASKED_ONCE),
        table.c.id != (-1 if but is None else but),
    )
    close(change, list(change.connection.scalars(query)))


def close(change: Change, ids: Sequence[int]) -> None:
    """Close those of these questions that are open."""
    states = values_now(change.connection, schema.questions, ids, "state")
    still_open = states.get(asking.OPEN, [])
    change.patch(schema.questions, still_open, "state", asking.OPEN, asking.CLOSED)


def note_opened(change: Change, ids: Sequence[int]) -> None:
    """Note that these questions came to be, so that undo closes them."""
    change.note(schema.questions, ids, "state", asking.CLOSED, asking.OPEN)


def _opens(patch: dict[str, Any]) -> bool:
    return bool(
        patch["table"] == "questions"
        and patch["before"] == asking.CLOSED
        and patch["after"] == asking.OPEN
    )
