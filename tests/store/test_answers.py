from __future__ import annotations

from collections.abc import Callable

from fewclicks.records import Reply
from fewclicks.store import Store

CAT, DOG = Reply("class", "cat", seconds=1.5, actions=2), Reply("class", "dog", seconds=1.0)


def test_totals_count_what_stands_and_all_effort(store: Store, ask: Callable[..., int]) -> None:
    assert store.answers.totals() == {
        "learn": 0, "review": 0, "audit": 0, "total": 0, "actions": 0, "seconds": 0.0,
    }  # fmt: skip
    store.answers.add("ana", CAT, question_id=ask(0, "audit"))
    store.answers.add("ana", CAT, item=1, purpose="review")
    store.answers.add("ana", CAT, question_id=ask([2, 3, 4]))
    store.answers.add("ana", CAT, item=5)
    store.events.undo("ana")
    assert store.answers.totals() == {
        "learn": 1, "review": 1, "audit": 1, "total": 3, "actions": 8, "seconds": 6.0,
    }  # fmt: skip


def test_the_answers_about_one_item_are_told_in_order(
    store: Store, ask: Callable[..., int]
) -> None:
    first = store.answers.add("ana", CAT, item=7)
    second = store.answers.add("bob", DOG, item=7)
    store.answers.add("bob", DOG, item=8)
    store.answers.add("bob", DOG, question_id=ask([6, 7]))  # not about the item itself
    assert store.answers.of_item(7) == [first, second]
    assert store.answers.of_item(9) == []


def test_classes_are_counted_by_their_heirs(store: Store) -> None:
    for item, name in enumerate(["cat", "cat", "kitten", "dog"]):
        store.answers.add("ana", Reply("class", name), item=item)
    store.answers.add("ana", Reply("none"), item=9)
    store.classes.merge("ana", 2, 1)
    assert store.answers.counts_by_class() == {1: 3, 3: 1}
    store.classes.delete("ana", 3)
    assert store.answers.counts_by_class() == {1: 3}


def test_provenance_tells_who_when_and_in_which_round(
    store: Store, ask: Callable[..., int]
) -> None:
    asked = store.answers.add("ana", CAT, question_id=ask(3))
    unasked = store.answers.add("bob", DOG, item=4)
    store.answers.add("bob", DOG, item=5)
    store.events.undo("bob")
    assert store.answers.provenance() == {
        asked.id: ("ana", asked.answered_at, 1),
        unasked.id: ("bob", unasked.answered_at, None),
    }
