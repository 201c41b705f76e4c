from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.records import Question, Reply
from fewclicks.store import Store, asking

CAT = Reply("class", "cat")


def test_each_misfit_is_asked_about(store: Store, ask: Callable[..., int]) -> None:
    store.answers.add("ana", Reply("class", "cat", misfits=(3, 1)), question_id=ask([0, 1, 2, 3]))
    asked = store.questions.page("item")
    assert [(row.item, row.purpose) for row in asked] == [(1, "learn"), (3, "learn")]
    assert asked[0].reason == "You clicked it out of a cluster of cat."


def test_a_misfit_of_no_class_is_asked_about_too(store: Store, ask: Callable[..., int]) -> None:
    store.answers.add("ana", Reply("none", misfits=(1,)), question_id=ask([0, 1]))
    [row] = store.questions.page("item")
    assert row.reason == "You clicked it out of a cluster."


def test_a_misfit_that_is_answered_or_asked_already_is_not_asked_again(
    store: Store, ask: Callable[..., int]
) -> None:
    store.answers.add("ana", CAT, item=1)
    waiting = ask(2)
    store.answers.add("ana", CAT, item=3)
    store.events.undo("ana")
    question = ask([0, 1, 2, 3])
    store.answers.add("ana", Reply("class", "cat", misfits=(1, 2, 3)), question_id=question)
    asked = {row.item: row.id for row in store.questions.page("item")}
    assert set(asked) == {2, 3}
    assert store.questions.get(waiting).state == "closed"  # the next round would have closed it
    store.rounds.finish(store.rounds.next_id(), "test", 0, 0, "", {}, [], None)
    assert {row.item for row in store.questions.page("item")} == {2, 3}
    store.events.undo("ana")  # the question that was there before comes back
    assert [row.id for row in store.questions.page("item")] == [waiting]


def test_a_mixed_cluster_is_asked_about_in_parts(store: Store, ask: Callable[..., int]) -> None:
    question = ask([4, 5, 6, 7, 8])
    parts = [np.array([7, 4]), np.array([5, 6, 8])]
    answer = store.answers.add("ana", Reply("mixed"), question_id=question, parts=parts)
    rows = [store.questions.get(i) for i in answer.split]
    assert [row.members.tolist() for row in rows if row.members is not None] == [
        [7, 4], [5, 6, 8],
    ]  # fmt: skip
    assert {(row.partition, row.cluster, row.state) for row in rows} == {("p", 4, "open")}
    # the larger part is asked about first
    assert [row.id for row in store.questions.page("cluster")] == list(reversed(answer.split))


def test_a_mixed_cluster_without_parts_is_just_answered(
    store: Store, ask: Callable[..., int]
) -> None:
    answer = store.answers.add("ana", Reply("mixed"), question_id=ask([0, 1]))
    assert answer.split == ()
    assert store.questions.count_open()["cluster"] == 0
    assert store.answers.sheet(2).sources.tolist() == [0, 0]


def test_a_part_must_be_of_the_cluster(store: Store, ask: Callable[..., int]) -> None:
    with pytest.raises(InvalidInput, match="Item 9 is no member of the cluster to be split"):
        store.answers.add("ana", Reply("mixed"), question_id=ask([0, 1]), parts=[np.array([0, 9])])
    assert store.questions.count_open()["cluster"] == 1


def test_replacing_a_mixed_answer_closes_the_parts_nobody_named(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask([0, 1, 2, 3])
    parts = [np.array([0, 1]), np.array([2, 3])]
    split = store.answers.add("ana", Reply("mixed"), question_id=question, parts=parts).split
    store.answers.add("ana", Reply("class", "dog"), question_id=split[0])
    store.answers.add("ana", CAT, question_id=question, replace=True)
    assert [store.questions.get(i).state for i in split] == ["answered", "closed"]
    assert store.answers.sheet(4).class_ids.tolist() == [2, 2, 2, 2]  # the later word


def test_judging_an_item_directly_closes_its_open_question(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask(3)
    with store.database.write() as connection:
        [blind] = asking.insert(connection, [Question("item", "why", item=3, purpose="audit")])
    store.answers.add("ana", CAT, item=3, purpose="audit")  # which teaches nothing
    assert store.questions.get(question).state == "open"
    store.answers.add("ana", CAT, item=3)
    assert store.questions.get(question).state == "closed"
    assert store.questions.get(blind).state == "open"
    store.events.undo("ana")
    assert store.questions.get(question).state == "open"


def test_misfits_together_are_one_cluster(store: Store, ask: Callable[..., int]) -> None:
    question = ask([0, 1, 2, 3, 4])
    other = ask([7, 8], priority=5.0)
    store.answers.add("ana", CAT, item=4)
    reply = Reply("class", "cat", misfits=(1, 3, 4))
    answer = store.answers.add("ana", reply, question_id=question, together=True)
    [own] = answer.split
    row = store.questions.get(own)
    assert row.members is not None
    assert (row.members.tolist(), row.partition, row.state) == ([1, 3], None, "open")
    assert row.reason == "You clicked them out of a cluster of cat."
    assert [r.id for r in store.questions.page("cluster")] == [own, other]
    assert store.questions.count_open()["item"] == 0
    store.events.undo("ana")
    assert store.questions.get(own).state == "closed"


def test_a_single_misfit_makes_no_cluster(store: Store, ask: Callable[..., int]) -> None:
    reply = Reply("class", "cat", misfits=(1,))
    answer = store.answers.add("ana", reply, question_id=ask([0, 1]), together=True)
    assert answer.split == ()
    assert [row.item for row in store.questions.page("item")] == [1]
