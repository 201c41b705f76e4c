"""Splitting a class: what was called by its name is asked about again, cluster by cluster."""

from __future__ import annotations

from collections.abc import Sequence

from fewclicks.errors import Conflict
from fewclicks.records import IntArray
from fewclicks.store import asking, followups, lineage, schema
from fewclicks.store.changes import Change, values_now
from fewclicks.store.classrows import ClassRow


def split(
    change: Change, known: ClassRow, clusters: Sequence[IntArray], seen: Sequence[int]
) -> list[int]:
    """Withdraw the answers of a class and ask about clusters of its items instead.

    Questions of audits open again, for they are asked blind and singly. Of the others new ones
    take the place, which no round and no new clusters close. Returns their ids, first to be asked
    first.

    Raises
    ------
    Conflict
        The class has no answers, or others than those `seen` when the clusters were made.
    """
    rows = lineage.answers_of(change.connection, known.id)
    answers = [answer for answer, _ in rows]
    if not answers:
        raise Conflict(f"“{known.name}” has no answers, so there is nothing to split.")
    if answers != list(seen):
        raise Conflict(
            f"“{known.name}” was answered while it was being split.", "Split it once more."
        )
    change.patch(schema.answers, answers, "withdrawn", False, True)
    _ask_audits_again(change, [question for _, question in rows if question is not None])
    # each comes before all that are open: the last one asked about is the first to be shown
    asked = [_ask(change, known.name, members) for members in reversed(clusters)]
    return asked[::-1]


def _ask(change: Change, name: str, members: IntArray) -> int:
    reason = f"You are splitting “{name}”: what are these?"
    items = [int(item) for item in members]
    if len(items) < followups.FEWEST_TOGETHER:
        return followups.ask_singly(change, items, reason)[0]
    return followups.gather(change, items, reason)


def _ask_audits_again(change: Change, questions: Sequence[int]) -> None:
    table = schema.questions
    audits = values_now(change.connection, table, sorted(set(questions)), "purpose").get("audit")
    states = values_now(change.connection, table, audits or [], "state")
    answered = states.get(asking.ANSWERED, [])
    change.patch(table, answered, "state", asking.ANSWERED, asking.OPEN)
