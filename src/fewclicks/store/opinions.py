"""Questions that are asked twice: of another person, or of the same one again.

Neither knows what was said before. Which items are drawn is settled by the project's seed and the
item alone, so that a larger share asks about the same items and more. A second opinion is a vote;
where votes are tied, one more person is asked. What a person says when asked again changes no
label: it tells how consistent they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import sqlalchemy as sa

from fewclicks.errors import Conflict
from fewclicks.records import BELIEVED, TAUGHT, IntArray, Question
from fewclicks.store import asking, followups, schema
from fewclicks.store.changes import Change

BESIDES: tuple[Literal["second", "again"], ...] = ("second", "again")
"""Purposes of questions that are for some people only."""

LATER = 20
"""Answers that somebody gives in between before they are asked again."""

PRIORITY = 0.0
"""That of the first question of a round: they come among the others."""

REASONS = {
    "second": "Somebody else was asked about it: what do you say?",
    "again": "It has come before: what do you say today?",
}

_STREAMS = {"second": 3, "again": 4}
"""Tells these draws from the others of the project's seed."""


def lot(seed: int, purpose: str, item: int) -> float:
    """The lot of an item in [0, 1[: it is drawn where that is below the share."""
    generator = np.random.PCG64([seed, _STREAMS[purpose]])
    return float(np.random.Generator(generator.advance(item)).random())


def lots(seed: int, purpose: str, n_items: int) -> Any:
    """The lots of the first items, (n_items,)."""
    return np.random.Generator(np.random.PCG64([seed, _STREAMS[purpose]])).random(n_items)


def ask_besides(change: Change, item: int, purpose: str) -> None:
    """Ask others, or the same person later, about an item that was just judged, if its lot says so.

    `purpose` is that of the answer.
    """
    options = settings(change.connection)
    wanted: list[Any] = []
    if options["second_share"] > 0 and purpose in TAUGHT:
        if purpose == "second":
            wanted += ["second"] if _is_tied(change.connection, item) else []
        elif _is_drawn(change.connection, options, "second", item):
            wanted.append("second")
    first_looks = ("learn", "review", "audit")
    if purpose in first_looks and _is_drawn(change.connection, options, "again", item):
        wanted.append("again")
    opened = asking.insert(
        change.connection,
        [Question("item", REASONS[one], PRIORITY, item=item, purpose=one) for one in wanted],
    )
    followups.note_opened(change, opened)


def close_settled(change: Change, item: int) -> None:
    """Ask no second opinion any more of an item that is reviewed, if it was judged before."""
    if len(_words_on(change.connection, item)) == 0:
        return
    table = schema.questions
    query = sa.select(table.c.id).where(
        table.c.item_id == item, table.c.state == asking.OPEN, table.c.purpose == "second"
    )
    followups.close(change, list(change.connection.scalars(query)))


def draw(connection: sa.Connection, items: IntArray) -> int:
    """Ask second opinions on items that one person has judged, as the share says; return how many.

    For answers given before the share was set; an item that is asked about already is left out.
    """
    options, table = settings(connection), schema.questions
    query = sa.select(table.c.item_id).where(
        table.c.purpose == "second", table.c.state != asking.CLOSED
    )
    items = np.setdiff1d(items, list(connection.scalars(query)))
    if not len(items):
        return 0
    drawn = items[
        lots(options["seed"], "second", int(items.max()) + 1)[items] < options["second_share"]
    ]
    questions = [
        Question("item", REASONS["second"], PRIORITY, item=int(item), purpose="second")
        for item in drawn
    ]
    return len(asking.insert(connection, questions))


def is_for(connection: sa.Connection, annotator: str | None) -> sa.ColumnElement[bool]:
    """The condition on questions that somebody may be asked them; None for anybody."""
    table = schema.questions
    for_all = table.c.purpose.not_in(BESIDES)
    if annotator is None:
        return for_all
    person = _person(connection, annotator)
    since = None if person is None else _given_before(connection, person, LATER)
    second = sa.and_(table.c.purpose == "second", ~_has_judged(person))
    if since is None:
        return sa.or_(for_all, second)
    again = sa.and_(table.c.purpose == "again", _has_judged(person, until=since))
    return sa.or_(for_all, second, again)


def require_for(change: Change, asked: Any) -> None:
    """Refuse an answer to a question that is for others.

    Raises
    ------
    Conflict
        A second opinion of somebody who has judged the item, or an answer again of one who has not.
    """
    if asked.purpose not in BESIDES:
        return
    known = _words_on(change.connection, asked.item_id, but=asked.id)
    has_judged = any(row.annotator_id == change.annotator_id for row in known)
    if has_judged and asked.purpose == "second":
        raise Conflict(
            f"You have said what item {asked.item_id} is; this question is for somebody else.",
            "To change your answer, answer about the item itself.",
        )
    if not has_judged and asked.purpose == "again":
        raise Conflict(f"Only who has judged item {asked.item_id} before is asked again.")


def settings(connection: sa.Connection) -> dict[str, Any]:
    """The project's shares and seed."""
    found = connection.scalar(sa.select(schema.project.c.options)) or {}
    return {"second_share": 0.0, "again_share": 0.0, "consensus": "auto", "seed": 0, **found}


def _is_drawn(connection: sa.Connection, options: dict[str, Any], purpose: str, item: int) -> bool:
    """Whether the item is drawn, and nothing but the answer just given was said of it."""
    share = options[f"{purpose}_share"]
    if share <= 0 or lot(options["seed"], purpose, item) >= share:
        return False
    return len(_words_on(connection, item)) == 1


def _is_tied(connection: sa.Connection, item: int) -> bool:
    """Whether people differ on an item and no class has the most of their latest words."""
    latest: dict[int, Any] = {}
    for row in _words_on(connection, item):
        if row.purpose == "review":
            latest.clear()
        latest[row.annotator_id] = (row.verdict, row.class_id)
    said = [word for word in latest.values() if word[0] != "unsure"]
    counts = sorted((said.count(word) for word in set(said)), reverse=True)
    return len(counts) > 1 and counts[0] == counts[1]


def _words_on(connection: sa.Connection, item: int, but: int | None = None) -> Sequence[Any]:
    """The answers about an item that stand, oldest first, but those to one question."""
    table = schema.answers
    columns = (table.c.annotator_id, table.c.verdict, table.c.class_id, table.c.purpose)
    query = sa.select(*columns).where(
        table.c.item_id == item, table.c.withdrawn.is_(False), table.c.purpose.in_(BELIEVED)
    )
    if but is not None:
        query = query.where(table.c.question_id.is_distinct_from(but))
    return connection.execute(query.order_by(table.c.id)).all()


def _person(connection: sa.Connection, annotator: str) -> int | None:
    table = schema.annotators
    return connection.scalar(sa.select(table.c.id).where(table.c.name == annotator))


def _given_before(connection: sa.Connection, person: int, n: int) -> int | None:
    """Id of the newest answer of somebody who has given `n` since; None if there is none."""
    table = schema.answers
    query = sa.select(table.c.id).where(
        table.c.annotator_id == person, table.c.withdrawn.is_(False)
    )
    return connection.scalar(query.order_by(table.c.id.desc()).offset(n).limit(1))


def _has_judged(person: int | None, until: int | None = None) -> sa.ColumnElement[bool]:
    """Whether somebody has judged the item of a question, with an answer up to `until`."""
    table = schema.answers
    query = sa.select(table.c.id).where(
        table.c.item_id == schema.questions.c.item_id,
        table.c.annotator_id == (-1 if person is None else person),
        table.c.withdrawn.is_(False),
        table.c.purpose.in_(BELIEVED),
    )
    if until is not None:
        query = query.where(table.c.id <= until)
    return query.exists()
