from __future__ import annotations

from collections.abc import Callable

from fewclicks.records import Reply
from fewclicks.store import Store, schema
from fewclicks.store.changes import values_now
from fewclicks.store.database import IDS_PER_STATEMENT


def test_a_patch_sets_and_remembers(store: Store, ask: Callable[..., int]) -> None:
    first, second = ask([1, 2]), ask([3, 4])
    with store.events.change("test", "ana", None) as change:
        change.patch(schema.questions, [first, second], "state", "open", "closed")
        change.note(schema.questions, [], "state", "open", "closed")
        assert change.patches == [
            {
                "table": "questions",
                "ids": [first, second],
                "column": "state",
                "before": "open",
                "after": "closed",
            }
        ]
    assert store.questions.get(second).state == "closed"


def test_values_are_told_by_value(store: Store, ask: Callable[..., int]) -> None:
    first, second, third = ask([1, 2]), ask([3, 4]), ask([5, 6])
    store.answers.add("ana", Reply("class", "cat"), question_id=second)
    ids = [first, second, third, *range(1000, 1000 + IDS_PER_STATEMENT)]
    with store.database.read() as connection:
        found = values_now(connection, schema.questions, ids, "state")
    assert found == {"open": [first, third], "answered": [second]}
