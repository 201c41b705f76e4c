from __future__ import annotations

from collections.abc import Callable

import pytest

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import Reply, Statement
from fewclicks.store import Store

CAT, DOG = Reply("class", "cat", seconds=1.5, actions=2), Reply("class", "dog", seconds=1.0)


def test_totals_count_what_stands_and_all_effort(store: Store, ask: Callable[..., int]) -> None:
    assert store.answers.totals() == {
        "learn": 0, "review": 0, "audit": 0, "second": 0, "again": 0,
        "total": 0, "actions": 0, "seconds": 0.0,
    }  # fmt: skip
    store.answers.add("ana", CAT, question_id=ask(0, "audit"))
    store.answers.add("ana", CAT, item=1, purpose="review")
    store.answers.add("ana", CAT, question_id=ask([2, 3, 4]))
    store.answers.add("ana", CAT, item=5)
    store.events.undo("ana")
    assert store.answers.totals() == {
        "learn": 1, "review": 1, "audit": 1, "second": 0, "again": 0,
        "total": 3, "actions": 8, "seconds": 6.0,
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


def test_many_answers_are_one_change(store: Store, ask: Callable[..., int]) -> None:
    question = ask(3)
    said = [
        Statement(Reply("class", "cat", seconds=1.0, actions=2), question_id=question),
        Statement(Reply("class", "dog"), item=4),
        Statement(Reply("class", "Cat"), item=5),
        Statement(Reply("unsure"), item=6),
    ]
    rows = store.answers.add_many("ana", said)
    assert [(row.item, row.class_id) for row in rows] == [(3, 1), (4, 2), (5, 1), (6, None)]
    assert len({row.event for row in rows}) == 1
    assert store.events.history()[0].text == (
        "answered 4 at once: 2 “cat”, 1 “dog”, 1 without a class"
    )
    assert store.questions.get(question).state == "answered"
    assert store.answers.totals()["actions"] == 2
    store.events.undo("ana")
    assert store.answers.totals()["total"] == 0
    assert store.classes.all() == []
    assert store.questions.get(question).state == "open"
    store.events.redo("ana")
    assert store.answers.sheet(7).class_ids.tolist() == [-1, -1, -1, 1, 2, 1, -1]


def test_many_answers_sent_twice_count_once(store: Store) -> None:
    said = [Statement(Reply("class", "cat"), item=item) for item in (1, 2)]
    first = store.answers.add_many("ana", said, client_id="one")
    assert store.answers.add_many("ana", said, client_id="one") == first
    assert store.answers.totals()["total"] == 2
    with pytest.raises(Conflict, match="client id 'one' was used"):
        store.answers.add("ana", Reply("unsure"), item=3, client_id="one")


def test_a_question_answered_in_the_meantime_keeps_its_answer(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask(3)
    first = store.answers.add("bo", Reply("class", "dog"), question_id=question)
    said = [
        Statement(Reply("class", "cat"), question_id=question),
        Statement(Reply("class", "cat"), item=4),
    ]
    rows = store.answers.add_many("ana", said)
    assert [row.item for row in rows] == [4]
    assert store.answers.of_question(question) == [first]
    assert store.answers.add_many("ana", said[:1]) == []


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ([], "nothing to record"),
        ([Statement(Reply("mixed"), question_id=1)], "one at a time"),
        ([Statement(Reply("unsure"))], "either a question or an item"),
        ([Statement(Reply("unsure"), item=1), Statement(Reply("class"), item=2)], "needs a class"),
    ],
)
def test_many_answers_of_which_one_cannot_be(
    store: Store, said: list[Statement], error: str
) -> None:
    with pytest.raises(InvalidInput, match=error):
        store.answers.add_many("ana", said)
    assert store.events.last_id() == 0


def test_many_answers_or_none(store: Store) -> None:
    said = [Statement(Reply("class", "cat"), item=1), Statement(Reply("unsure"), item=999)]
    with pytest.raises(NotFound, match="no item 999"):
        store.answers.add_many("ana", said)
    assert (store.answers.totals()["total"], store.classes.all()) == (0, [])


def test_many_answers_have_the_purpose_they_are_given(
    store: Store, ask: Callable[..., int]
) -> None:
    said = [
        Statement(Reply("class", "cat"), item=1),
        Statement(Reply("class", "cat"), question_id=ask(2, "audit")),
    ]
    rows = store.answers.add_many("ana", said, purpose="review")
    assert [row.purpose for row in rows] == ["review", "audit"]


@pytest.mark.parametrize("together", [False, True])
def test_what_was_found_wrong_is_asked_about_in_the_same_step(store: Store, together: bool) -> None:
    said = [Statement(Reply("class", "cat"), item=1)]
    store.answers.add_many(
        "ana", said, purpose="review", wrong=[4, 3], together=together, reason="Not a cat."
    )
    rows = store.questions.page("cluster" if together else "item")
    assert [row.reason for row in rows] == ["Not a cat."] * (1 if together else 2)
    assert {row.purpose for row in rows} == {"review"}
    assert store.events.history()[0].text == "answered 1 at once: 1 “cat”; 2 found wrong"
    store.events.undo("ana")
    assert store.questions.count_open() == {"item": 0, "cluster": 0}
    assert store.answers.totals()["total"] == 0
    assert store.answers.add_many("ana", [], wrong=[4], reason="why") == []
    with pytest.raises(NotFound, match="no item 999"):
        store.answers.add_many("ana", said, wrong=[999])
