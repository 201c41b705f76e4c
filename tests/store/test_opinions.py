from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fewclicks.errors import Conflict
from fewclicks.records import Question, Reply
from fewclicks.store import Store, asking
from fewclicks.store.opinions import LATER, lot, lots
from fewclicks.store.questions import QuestionRow

CAT, DOG, OWL = (Reply("class", name) for name in ("cat", "dog", "owl"))


def waiting(store: Store, who: str | None, purpose: str = "second") -> list[QuestionRow]:
    """What somebody is asked besides, or what anybody is."""
    return [
        row for row in store.questions.page("item", 200, annotator=who) if row.purpose == purpose
    ]


def test_lots_are_the_same_one_by_one_and_for_all() -> None:
    told = lots(7, "second", 1000)
    assert [lot(7, "second", item) for item in (0, 1, 999)] == told[[0, 1, 999]].tolist()
    assert 0.45 < told.mean() < 0.55
    assert not np.array_equal(told, lots(7, "again", 1000))
    assert not np.array_equal(told, lots(8, "second", 1000))


def test_a_second_opinion_is_asked_of_others_only(store: Store) -> None:
    store.set_options(second_share=1.0)
    store.answers.add("ana", CAT, item=3)
    [row] = waiting(store, "bob")
    assert (row.item, row.purpose, row.state) == (3, "second", "open")
    assert waiting(store, "ana") == []
    assert waiting(store, None) == []
    assert [waiting(store, "zoe")[0].id] == [row.id]  # who has never said anything
    counts = [store.questions.count_open(who)["item"] for who in ("bob", "ana", None)]
    assert counts == [1, 0, 0]
    with pytest.raises(Conflict, match="somebody else"):
        store.answers.add("ana", DOG, question_id=row.id)
    answer = store.answers.add("bob", DOG, question_id=row.id)
    assert answer.purpose == "second"
    assert waiting(store, "bob") == []
    assert store.answers.totals()["second"] == 1
    again = store.answers.add("bob", CAT, question_id=row.id, replace=True)  # their own they may
    assert again.class_id == 1


def test_as_many_items_are_drawn_as_the_share_says(store: Store) -> None:
    store.set_options(second_share=0.3)
    for item in range(60):
        store.answers.add("ana", CAT, item=item)
    drawn = {row.item for row in waiting(store, "bob")}
    assert drawn == set(np.flatnonzero(lots(0, "second", 60) < 0.3).tolist())
    assert 5 < len(drawn) < 30


def test_nothing_is_asked_twice_unless_the_project_says_so(store: Store) -> None:
    store.answers.add("ana", CAT, item=3)
    assert store.questions.page("item", annotator="bob") == []


def test_of_two_who_differ_a_third_is_asked(store: Store) -> None:
    store.set_options(second_share=1.0)
    store.answers.add("ana", CAT, item=3)
    [first] = waiting(store, "bob")
    store.answers.add("bob", DOG, question_id=first.id)
    assert waiting(store, "ana") == waiting(store, "bob") == []
    [third] = waiting(store, "eve")
    store.answers.add("eve", CAT, question_id=third.id)
    assert store.answers.sheet(4).class_ids[3] == 1
    assert waiting(store, "zoe") == []


def test_of_two_who_agree_no_third_is_asked(store: Store) -> None:
    store.set_options(second_share=1.0)
    store.answers.add("ana", CAT, item=3)
    store.answers.add("bob", CAT, question_id=waiting(store, "bob")[0].id)
    assert waiting(store, "eve") == []


def test_undo_takes_the_question_back_but_no_answer_to_it(store: Store) -> None:
    store.set_options(second_share=1.0)
    store.answers.add("ana", CAT, item=3)
    store.events.undo("ana")
    assert waiting(store, "bob") == []
    store.events.redo("ana")
    [row] = waiting(store, "bob")
    store.answers.add("bob", DOG, question_id=row.id)
    store.events.undo("ana", event=store.answers.of_item(3)[0].event)
    assert store.questions.get(row.id).state == "answered"
    assert store.answers.sheet(4).class_ids[3] == 2
    store.events.undo("bob")
    assert [one.id for one in waiting(store, "ana")] == [row.id]


def test_a_second_opinion_outlives_rounds_and_what_its_item_is_asked(
    store: Store, ask: Callable[..., int]
) -> None:
    store.set_options(second_share=1.0)
    first = ask(3)
    store.answers.add("ana", CAT, question_id=first)
    ask(5)
    ask(7)  # a round: what was open of the one before is closed
    [row] = waiting(store, "bob")
    assert row.item == 3
    assert store.questions.open_items() == [7]
    assert store.questions.open_of([3]) == {}


def test_an_audited_item_is_given_no_second_opinion_which_would_teach(store: Store) -> None:
    store.set_options(second_share=1.0)
    store.answers.add("ana", CAT, item=3, purpose="audit")
    assert waiting(store, "bob") == []


def test_a_correction_makes_a_second_opinion_pointless(store: Store) -> None:
    store.set_options(second_share=1.0)
    store.answers.add("ana", CAT, item=3)
    [row] = waiting(store, "bob")
    store.answers.add("eve", DOG, item=3, purpose="review")
    assert store.questions.get(row.id).state == "closed"
    store.events.undo("eve")
    assert store.questions.get(row.id).state == "open"
    store.answers.add("ana", CAT, item=4, purpose="review")  # a first look is none
    assert [one.item for one in waiting(store, "bob")] == [3, 4]


def test_the_same_person_is_asked_again_later(store: Store) -> None:
    store.set_options(again_share=1.0)
    store.answers.add("ana", CAT, item=3)
    for item in range(10, 10 + LATER):
        assert waiting(store, "ana", "again") == []
        store.answers.add("ana", CAT, item=item)
    [row] = waiting(store, "ana", "again")
    assert (row.item, row.purpose) == (3, "again")
    assert waiting(store, "bob", "again") == []
    with pytest.raises(Conflict, match="asked again"):
        store.answers.add("bob", DOG, question_id=row.id)
    store.answers.add("ana", DOG, question_id=row.id)
    assert store.answers.sheet(4).class_ids[3] == 1  # it only tells how consistent she is
    assert [one.item for one in waiting(store, "ana", "again")] == [10]


def test_audits_are_asked_again_too(store: Store) -> None:
    store.set_options(again_share=1.0)
    store.answers.add("ana", CAT, item=3, purpose="audit")
    for item in range(10, 10 + LATER):
        store.answers.add("ana", CAT, item=item)
    [row] = waiting(store, "ana", "again")
    store.answers.add("ana", DOG, question_id=row.id)
    assert store.answers.sheet(4).class_ids[3] == -1


def test_answers_given_before_the_share_was_set_get_their_second_opinions(store: Store) -> None:
    for item in range(60):
        store.answers.add("ana", CAT, item=item)
    store.answers.add("bob", DOG, item=7)
    store.answers.add("ana", CAT, item=8, purpose="review")
    store.set_options(second_share=0.5)
    drawn = set(np.flatnonzero(lots(0, "second", 60) < 0.5).tolist())
    assert store.answers.ask_second_opinions() == len(drawn - {7})
    assert {row.item for row in waiting(store, "bob")} == drawn - {7}
    assert store.answers.ask_second_opinions() == 0
    store.set_options(second_share=0.6)
    wider = set(np.flatnonzero(lots(0, "second", 60) < 0.6).tolist())
    assert store.answers.ask_second_opinions() == len(wider - drawn - {7})


def test_many_waiting_for_others_are_for_these_alone(store: Store) -> None:
    store.set_options(second_share=1.0)
    store.answers.add("ana", CAT, item=0)
    with store.database.write() as connection:
        many = [Question("item", "why", item=i % 60, purpose="second") for i in range(10_000)]
        asking.insert(connection, many)
    for item in range(60):
        store.answers.add("ana", CAT, item=item)
    assert store.questions.page("item", 200, annotator="ana") == []
    assert len(store.questions.page("item", 200, annotator="bob")) == 200
