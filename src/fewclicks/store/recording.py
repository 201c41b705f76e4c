"""Recording one answer: what was said, checked against what was asked, as rows and an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from fewclicks import checks
from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import PURPOSES, TAUGHT, VERDICTS, IntArray, Purpose, Reply, Statement
from fewclicks.store import asking, classrows, followups, opinions, schema
from fewclicks.store.changes import Change


@dataclass(frozen=True, slots=True)
class Said:
    """A reply understood: `asked` is the question's row or None, `item` None for a cluster."""

    reply: Reply
    asked: Any
    item: int | None
    misfits: list[int]
    class_id: int | None
    called: str | None
    purpose: str


def check(
    reply: Reply, question_id: int | None, item: int | None, class_id: int | None, purpose: str
) -> None:
    """Refuse what cannot be an answer, whatever the project holds."""
    checks.one_of(purpose, PURPOSES, "purpose")
    checks.one_of(reply.verdict, VERDICTS, "verdict")
    if (question_id is None) == (item is None):
        raise InvalidInput("An answer must name either a question or an item.")
    if reply.verdict == "class" and class_id is None and not (reply.class_name or "").strip():
        raise InvalidInput("The verdict “class” needs a class.", "Send class_id or class_name.")
    if not np.isfinite(reply.seconds) or reply.seconds < 0 or reply.actions < 0:
        raise InvalidInput(
            f"Effort must be finite and not below 0 but is {reply.seconds} seconds and "
            f"{reply.actions} actions."
        )


def understand(
    change: Change,
    reply: Reply,
    question_id: int | None,
    item: int | None,
    class_id: int | None,
    purpose: str,
    replace: bool,
) -> Said:
    """Look up what the reply speaks of; the class it names is created if it is new."""
    asked = None
    if question_id is not None:
        asked = _asked(change.connection, question_id, replace)
        opinions.require_for(change, asked)
        item, purpose = asked.item_id, asked.purpose
    else:
        _require_item(change.connection, item)
    _check_fit(reply, asked)
    said = _class(change, reply, class_id)
    return Said(
        reply=reply,
        asked=asked,
        item=None if item is None else int(item),
        misfits=sorted({int(misfit) for misfit in reply.misfits}),
        class_id=None if said is None else said.id,
        called=None if said is None else said.name,
        purpose=purpose,
    )


def record(
    change: Change, said: Said, parts: Sequence[IntArray] = (), *, together: bool = False
) -> tuple[int, list[int]]:
    """Write the answer, what it supersedes, and the questions it brings about.

    Returns the answer's id, and those of the questions about clusters that it brought about.
    """
    if said.asked is not None:
        followups.supersede(change, said.asked.id)
    if said.item is not None and said.purpose in TAUGHT:
        followups.close_item(change, said.item, but=None if said.asked is None else said.asked.id)
    if said.item is not None and said.purpose == "review":
        opinions.close_settled(change, said.item)
    answer_id = _insert(change, said)
    if said.asked is not None and said.asked.state != asking.ANSWERED:
        change.patch(schema.questions, [said.asked.id], "state", said.asked.state, asking.ANSWERED)
    if said.item is not None:
        opinions.ask_besides(change, said.item, said.purpose)
    split: list[int] = []
    if said.reply.verdict == "mixed":
        split = followups.ask_parts(change, said.asked, parts)
    elif said.misfits:
        split = followups.ask_misfits(change, said.misfits, said.called, together=together)
    return answer_id, split


def record_many(change: Change, statements: Sequence[Statement], purpose: str) -> list[int]:
    """Record all in one change; return the answers' ids, without those of questions passed over."""
    answers: list[int] = []
    called: dict[str | None, int] = {}
    for one in statements:
        if one.question_id is not None and _is_answered(change.connection, one.question_id):
            continue
        said = understand(
            change, one.reply, one.question_id, one.item, one.class_id, purpose, False
        )
        answers.append(record(change, said)[0])
        called[said.called] = called.get(said.called, 0) + 1
    change.text = _text_of_many(len(answers), called)
    return answers


def ask_about_wrong(
    change: Change, items: Sequence[int], together: bool, reason: str, purpose: Purpose
) -> list[int]:
    """Ask about items whose label a person found wrong; return the questions' ids."""
    wrong = list(dict.fromkeys(int(item) for item in items))
    for item in wrong:
        _require_item(change.connection, item)
    if not wrong:
        return []
    change.text += f"; {len(wrong)} found wrong"
    if together and len(wrong) >= followups.FEWEST_TOGETHER:
        return [followups.gather(change, wrong, reason, purpose=purpose)]
    return followups.ask_singly(change, wrong, reason, purpose=purpose)


def _is_answered(connection: sa.Connection, question_id: int) -> bool:
    return bool(asking.get(connection, question_id).state == asking.ANSWERED)


def _text_of_many(n: int, called: dict[str | None, int]) -> str:
    """Such as: answered 24 questions: 20 “cat”, 3 “dog”, 1 without a class."""
    told = [f"{count} “{name}”" for name, count in called.items() if name is not None]
    told += [f"{called[None]} without a class"] if None in called else []
    return f"answered {n} at once: {', '.join(told)}" if n else "answered nothing at once"


def _asked(connection: sa.Connection, question_id: int, replace: bool) -> Any:
    row = asking.get(connection, question_id)
    if row.state == asking.ANSWERED and not replace:
        raise Conflict(
            f"Question {question_id} has been answered already.",
            "Send replace=true to change that answer; the history keeps both.",
        )
    return row


def _require_item(connection: sa.Connection, item: int | None) -> None:
    query = sa.select(schema.items.c.id).where(schema.items.c.id == item)
    if connection.execute(query).first() is None:
        raise NotFound(f"There is no item {item}.")


def _check_fit(reply: Reply, asked: Any) -> None:
    cluster = asked is not None and asked.kind == "cluster"
    if reply.verdict == "mixed" and not cluster:
        raise InvalidInput("Only a cluster can be mixed.")
    if reply.misfits:
        strangers = np.setdiff1d(reply.misfits, asked.members if cluster else [])
        if len(strangers):
            raise InvalidInput(f"Item {int(strangers[0])} is no member of the cluster asked about.")


def _class(change: Change, reply: Reply, class_id: int | None) -> classrows.ClassRow | None:
    if reply.verdict != "class":
        return None
    if class_id is None:
        class_id = classrows.find_or_insert(change, reply.class_name or "")
    return classrows.require(change.connection, class_id)


def _insert(change: Change, said: Said) -> int:
    asked = said.asked
    result = change.connection.execute(
        sa.insert(schema.answers).values(
            event_id=change.event_id,
            question_id=None if asked is None else asked.id,
            item_id=said.item,
            members=None if asked is None else asked.members,
            misfits=np.asarray(said.misfits) if said.misfits else None,
            verdict=said.reply.verdict,
            class_id=said.class_id,
            purpose=said.purpose,
            annotator_id=change.annotator_id,
            round_id=None if asked is None else asked.round_id,
            seconds=float(said.reply.seconds),
            actions=int(said.reply.actions),
            answered_at=change.at,
            withdrawn=False,
        )
    )
    answer_id = schema.new_id(result)
    change.note(schema.answers, [answer_id], "withdrawn", True, False)
    return answer_id


def text(said: Said) -> str:
    """What was said, for the history."""
    what = f"item {said.item}" if said.asked is None else asking.describe(said.asked)
    if said.called is None:
        begun = {"unsure": "not sure about", "none": "no class fits", "mixed": "found mixed:"}
        return f"{begun[said.reply.verdict]} {what}"
    left = f", leaving out {len(said.misfits)}" if said.misfits else ""
    return f"called {what} “{said.called}”{left}"
