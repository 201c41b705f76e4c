from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import Reply
from fewclicks.store import Store

CAT = Reply("class", "cat")


@pytest.mark.parametrize(
    ("reply", "values", "said"),
    [
        (Reply("perhaps"), {"item": 1}, "verdict must be one of"),  # type: ignore[arg-type]
        (CAT, {}, "either a question or an item"),
        (CAT, {"item": 1, "question_id": 1}, "either a question or an item"),
        (Reply("class"), {"item": 1}, "needs a class. Send class_id or class_name"),
        (Reply("class", "  "), {"item": 1}, "needs a class"),
        (CAT, {"item": 1, "purpose": "fun"}, "purpose must be one of"),
        (Reply("class", "cat", seconds=-1), {"item": 1}, "Effort must be finite and not below 0"),
        (Reply("class", "cat", seconds=float("nan")), {"item": 1}, "Effort must be finite"),
        (Reply("class", "cat", actions=-1), {"item": 1}, "Effort must be"),
        (Reply("mixed"), {"item": 1}, "Only a cluster can be mixed"),
        (Reply("class", "cat", misfits=(1,)), {"item": 1}, "Item 1 is no member"),
    ],
)
def test_what_cannot_be_an_answer_is_refused(
    store: Store, reply: Reply, values: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        store.answers.add("ana", reply, **values)
    assert store.events.last_id() == 0


def test_an_answer_must_fit_its_question(store: Store, ask: Callable[..., int]) -> None:
    item, cluster = ask(9), ask([1, 2, 3])
    with pytest.raises(InvalidInput, match="Only a cluster can be mixed"):
        store.answers.add("ana", Reply("mixed"), question_id=item)
    with pytest.raises(InvalidInput, match="Item 9 is no member of the cluster asked about"):
        store.answers.add("ana", Reply("class", "cat", misfits=(1, 9)), question_id=cluster)
    with pytest.raises(InvalidInput, match="Item 9 is no member"):
        store.answers.add("ana", Reply("class", "cat", misfits=(9,)), question_id=item)
    assert store.classes.all() == []  # the class was not made for an answer that was refused


@pytest.mark.parametrize(("values", "what"), [({"item": 60}, "item 60"), ({"item": -1}, "item -1"),
                                              ({"question_id": 5}, "question 5")])  # fmt: skip
def test_what_is_answered_must_be_there(store: Store, values: dict[str, Any], what: str) -> None:
    with pytest.raises(NotFound, match=f"no {what}"):
        store.answers.add("ana", CAT, **values)


def test_a_question_is_answered_once_unless_it_is_meant(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask(3)
    store.answers.add("ana", CAT, question_id=question)
    with pytest.raises(Conflict, match=r"answered already. Send replace=true"):
        store.answers.add("bob", CAT, question_id=question)
    store.answers.add("bob", Reply("class", "dog"), question_id=question, replace=True)
    first, second = store.answers.of_question(question)
    assert (first.annotator, first.withdrawn) == ("ana", True)
    assert (second.annotator, second.withdrawn) == ("bob", False)
    assert store.answers.totals()["total"] == 1


def test_a_replaced_cluster_answer_leaves_nothing_behind(
    store: Store, ask: Callable[..., int]
) -> None:
    question = ask([0, 1, 2])
    store.answers.add("ana", CAT, question_id=question)
    store.answers.add(
        "ana", Reply("class", "dog", misfits=(0,)), question_id=question, replace=True
    )
    assert store.answers.sheet(3).class_ids.tolist() == [-1, 2, 2]


def test_an_answer_says_everything_it_was_told(store: Store, ask: Callable[..., int]) -> None:
    question = ask([1, 2, 3, 4])
    reply = Reply("class", "cat", misfits=(4, 2, 4), seconds=2.5, actions=3)
    answer = store.answers.add("ana", reply, question_id=question)
    assert (answer.question, answer.item, answer.verdict, answer.class_id) == (
        question, None, "class", 1,
    )  # fmt: skip
    assert (answer.n_members, answer.n_misfits, answer.purpose, answer.annotator) == (
        4, 2, "learn", "ana",
    )  # fmt: skip
    assert (answer.withdrawn, answer.split) == (False, ())
    assert answer.event == store.events.last_id()
    assert answer.answered_at == store.events.history()[0].at
    assert store.answers.of_question(question) == [answer]


def test_the_question_s_purpose_and_round_count(store: Store, ask: Callable[..., int]) -> None:
    answer = store.answers.add("ana", CAT, question_id=ask(3, "audit"), purpose="learn")
    assert answer.purpose == "audit"
    assert store.answers.provenance()[answer.id][2] == 1
    assert store.answers.add("ana", CAT, item=4, purpose="review").purpose == "review"


def test_a_class_may_be_given_by_its_id(store: Store) -> None:
    cat = store.classes.create("ana", "cat")
    answer = store.answers.add("ana", Reply("class", "ignored"), item=1, class_id=cat.id)
    assert answer.class_id == cat.id
    assert store.answers.add("ana", Reply("unsure"), item=2, class_id=cat.id).class_id is None


def test_a_closed_question_may_still_be_answered(store: Store, ask: Callable[..., int]) -> None:
    late, _ = ask(3), ask(4)  # the next round closed it while somebody was looking at it
    assert store.questions.get(late).state == "closed"
    store.answers.add("ana", CAT, question_id=late)
    assert store.questions.get(late).state == "answered"
    store.events.undo("ana")
    assert store.questions.get(late).state == "closed"
