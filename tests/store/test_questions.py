from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.records import CLUSTER, Question, Reply
from fewclicks.store import Store, asking


def _clusters(n: int, priority: Callable[[int], float] = lambda i: 0.0) -> list[Question]:
    return [
        Question("cluster", "why", priority(i), members=np.array([2 * i, 2 * i + 1]), cluster=i)
        for i in range(n)
    ]


def _insert(store: Store, *asked: Question) -> list[int]:
    with store.database.write() as connection:
        return asking.insert(connection, asked)


def test_a_question_is_kept_as_it_was_asked(store: Store) -> None:
    asked = Question("cluster", "why?", 1.5, members=np.array([9, 3, 7]), cluster=4)
    [question_id] = store.questions.ask_clusters("p", [asked])
    row = store.questions.get(question_id)
    assert row.members is not None
    assert row.members.tolist() == [9, 3, 7]
    assert (row.kind, row.reason, row.n_members, row.cluster, row.partition, row.state) == (
        "cluster", "why?", 3, 4, "p", "open",
    )  # fmt: skip


def test_a_question_must_be_there(store: Store) -> None:
    with pytest.raises(NotFound, match="no question 7"):
        store.questions.get(7)
    with pytest.raises(NotFound, match="no question 7"):
        store.questions.skip("ana", 7)


def test_the_queue_is_by_priority_then_age(store: Store) -> None:
    ids = store.questions.ask_clusters("p", _clusters(4, lambda i: [1.0, 3.0, 1.0, 2.0][i]))
    expected = [ids[1], ids[3], ids[0], ids[2]]
    assert [row.id for row in store.questions.page("cluster")] == expected
    assert [row.id for row in store.questions.page("cluster", limit=2)] == expected[:2]
    for place in range(4):
        after = store.questions.page("cluster", after=expected[place])
        assert [row.id for row in after] == expected[place + 1 :]
    assert store.questions.page("item") == []


def test_ids_come_back_in_the_order_of_the_questions(store: Store) -> None:
    asked = [Question("item", f"number {i}", item=i % 60, purpose="audit") for i in range(1200)]
    ids = _insert(store, *asked)
    assert len(set(ids)) == 1200
    for place in (0, 1, 599, 1199):
        assert store.questions.get(ids[place]).reason == f"number {place}"
    assert _insert(store) == []


def test_items_with_an_open_question_to_learn_from(store: Store) -> None:
    assert store.questions.open_items() == []
    audit = Question("item", "why", item=9, purpose="audit")
    last, *_ = _insert(store, Question("item", "why", item=7), Question("item", "why", item=3))
    _insert(store, audit, *_clusters(1))
    assert store.questions.open_items() == [3, 7]
    store.answers.add("ana", Reply("class", "cat"), question_id=last)
    assert store.questions.open_items() == [3]


def test_an_item_has_one_open_question_to_learn_from(store: Store) -> None:
    learn, audit = Question("item", "why", item=3), Question("item", "why", item=3, purpose="audit")
    [first] = _insert(store, learn)
    again, blind, other = _insert(store, learn, audit, Question("item", "why", item=4))
    assert again == first
    assert len({first, blind, other}) == 3
    store.answers.add("ana", Reply("class", "cat"), question_id=first)
    assert _insert(store, learn) != [first]


@pytest.mark.parametrize("priority", [float("nan"), float("inf")])
def test_a_priority_must_be_finite(store: Store, priority: float) -> None:
    with pytest.raises(InvalidInput, match="finite number"):
        _insert(store, Question("item", "why", priority, item=1))


def test_skipped_questions_come_last_in_the_order_skipped(store: Store) -> None:
    first, second, third = store.questions.ask_clusters("p", _clusters(3))
    store.questions.skip("ana", first)
    store.questions.skip("ana", second)
    assert [row.id for row in store.questions.page("cluster")] == [third, first, second]
    store.questions.skip("ana", third)
    assert [row.id for row in store.questions.page("cluster")] == [first, second, third]


def test_open_questions_are_counted_by_kind(store: Store) -> None:
    assert store.questions.count_open() == {"item": 0, "cluster": 0}
    ids = store.questions.ask_clusters("p", _clusters(3))
    _insert(store, Question("item", "why", item=1))
    store.answers.add("ana", Reply("none"), question_id=ids[0])
    assert store.questions.count_open() == {"item": 1, "cluster": 2}


def test_clusters_are_asked_once(store: Store) -> None:
    ids = store.questions.ask_clusters("p", _clusters(3))
    store.answers.add("ana", Reply("none"), question_id=ids[1])
    assert store.questions.ask_clusters("p", _clusters(3)) == ids
    assert [store.questions.get(i).state for i in ids] == ["open", "answered", "open"]


def test_another_partition_closes_the_open_clusters_of_the_first(store: Store) -> None:
    ids = store.questions.ask_clusters("p", _clusters(3))
    store.answers.add("ana", Reply("none"), question_id=ids[1])
    store.questions.ask_clusters("q", _clusters(2))
    assert [store.questions.get(i).state for i in ids] == ["closed", "answered", "closed"]
    assert store.questions.count_open()["cluster"] == 2


def test_going_back_to_a_partition_opens_its_clusters_again(store: Store) -> None:
    ids = store.questions.ask_clusters("p", _clusters(4))
    split = [
        store.answers.add("ana", Reply("mixed"), question_id=i, parts=[[a], [a + 1]]).split
        for i, a in ((ids[0], 0), (ids[1], 2))
    ]
    store.answers.add("ana", Reply("none"), question_id=split[0][0])
    store.events.undo("ana")
    store.events.undo("ana")  # the second cluster is not mixed after all
    store.answers.add("ana", Reply("none"), question_id=ids[2])
    before = [store.questions.get(i).state for i in [*ids, *split[0], *split[1]]]
    assert before == ["answered", "open", "answered", "open", "open", "open", "closed", "closed"]
    store.questions.ask_clusters("q", _clusters(2))
    assert store.questions.ask_clusters("p", _clusters(4)) == ids
    assert [store.questions.get(i).state for i in [*ids, *split[0], *split[1]]] == before


def test_open_clusters_are_those_of_the_partition_not_answered_yet(store: Store) -> None:
    ids = store.questions.ask_clusters("p", _clusters(3))
    assert store.questions.open_clusters("p") == {0: ids[0], 1: ids[1], 2: ids[2]}
    store.answers.add("ana", Reply("class", "oak"), question_id=ids[1])
    assert store.questions.open_clusters("p") == {0: ids[0], 2: ids[2]}
    assert store.questions.open_clusters("q") == {}


def test_a_review_is_closed_and_found_like_any_question_to_learn_from(store: Store) -> None:
    (review,) = store.questions.ask_items([Question("item", "unsure", item=4, purpose="review")])
    assert store.questions.open_items() == [4]
    assert store.questions.ask_items([Question("item", "again", item=4)]) == [review]
    store.answers.add("ana", Reply("class", "cat"), item=4)
    assert store.questions.get(review).state == "closed"


def test_a_misfit_that_an_audit_has_drawn_is_not_asked_about(store: Store) -> None:
    (check,) = store.questions.ask_items([Question("item", "check", item=1, purpose="audit")])
    (cluster,) = store.questions.ask_clusters(
        "p", [Question("cluster", "alike", members=np.arange(4), cluster=0)]
    )
    store.answers.add("ana", Reply("class", "cat", misfits=(1, 2)), question_id=cluster)
    assert store.questions.open_items() == [2]
    assert store.questions.open_items(["audit"]) == [1]
    store.answers.add("ana", Reply("class", "dog"), question_id=check)
    store.answers.add("ana", Reply("class", "cat", misfits=(1,)), question_id=cluster, replace=True)
    assert store.questions.open_items() == []


def test_items_put_together_are_asked_about_first(store: Store) -> None:
    ids = store.questions.ask_clusters("p", _clusters(3, lambda i: 10.0 * i))
    [row] = store.questions.ask_about("ana", [9, 3, 7], "Chosen on the map.", together=True)
    assert row.members is not None
    assert (row.members.tolist(), row.reason, row.purpose) == (
        [9, 3, 7], "Chosen on the map.", "learn",
    )  # fmt: skip
    assert [found.id for found in store.questions.page("cluster")] == [row.id, *reversed(ids)]
    assert store.events.history()[0].text == "put 3 items together"
    store.events.undo("ana")
    assert store.questions.get(row.id).state == "closed"
    store.events.redo("ana")
    assert store.questions.get(row.id).state == "open"


def test_clusters_that_are_one_are_asked_about_as_one(store: Store) -> None:
    first, second, third = store.questions.ask_clusters("p", _clusters(3))
    [row] = store.questions.ask_about(
        "ana", [0, 1, 2, 3], "Two are one.", together=True, instead_of=[first, second]
    )
    assert {found.id for found in store.questions.page("cluster")} == {row.id, third}
    store.events.undo("ana")
    assert {found.id for found in store.questions.page("cluster")} == {first, second, third}


def test_what_was_put_together_stays_whatever_clusters_come(store: Store) -> None:
    [row] = store.questions.ask_about("ana", [0, 1], "why", together=True, purpose="review")
    store.questions.ask_clusters("p", _clusters(1))
    store.questions.ask_clusters("q", _clusters(1))
    asked = [Question("cluster", "why", members=np.array([8, 9]), cluster=0)]
    store.rounds.finish(1, "test", 0, 0, "", {}, asked, "own", only=True)
    assert store.questions.get(row.id).state == "open"
    answer = store.answers.add("ana", Reply("class", "cat"), question_id=row.id)
    assert answer.purpose == "review"
    assert store.answers.sheet(2).sources.tolist() == [CLUSTER, CLUSTER]


def test_putting_together_sent_twice(store: Store) -> None:
    def ask() -> int:
        [row] = store.questions.ask_about("ana", [0, 1], "why", together=True, client_id="one")
        return row.id

    assert ask() == ask()
    assert store.questions.count_open()["cluster"] == 1


@pytest.mark.parametrize(
    ("items", "error", "told"),
    [
        ([4], InvalidInput, "At least 2 items"),
        ([4, 5, 4], InvalidInput, "once only"),
        ([4, 60], NotFound, "no item 60"),
        ([-1, 4], NotFound, "no item -1"),
    ],
)
def test_what_cannot_be_put_together(
    store: Store, items: list[int], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        store.questions.ask_about("ana", items, "why", together=True)
    assert store.questions.count_open()["cluster"] == 0


def test_items_asked_about_one_by_one_come_first(store: Store) -> None:
    [waiting] = store.questions.ask_items([Question("item", "why", 7.0, item=3)])
    rows = store.questions.ask_about("ana", [5, 3, 4], "mine", together=False, purpose="review")
    assert [(row.item, row.purpose) for row in rows] == [(5, "review"), (3, "learn"), (4, "review")]
    [other] = store.questions.ask_items([Question("item", "why", 7.0, item=8)])
    assert [row.item for row in store.questions.page("item")] == [3, 5, 4, 8]
    assert store.events.history()[0].text == "asked about 3 items"
    store.events.undo("ana")
    assert [row.id for row in store.questions.page("item")] == [waiting, other]
    with pytest.raises(InvalidInput, match="At least 1 items"):
        store.questions.ask_about("ana", [], "mine", together=False)


def test_what_a_person_asks_about_outlives_the_questions_of_a_round(
    store: Store, ask: Callable[..., int]
) -> None:
    passing = ask(5)
    rows = store.questions.ask_about("ana", [5, 6], "mine", together=False, purpose="review")
    assert passing not in [row.id for row in rows]
    store.rounds.finish(store.rounds.next_id(), "test", 0, 0, "", {}, [], None)
    assert [row.item for row in store.questions.page("item")] == [5, 6]


def test_joined_clusters_stay_joined_when_clusters_are_made_sure_of(store: Store) -> None:
    first, second = store.questions.ask_clusters("p", _clusters(2))
    [joined] = store.questions.ask_about(
        "ana", [0, 1, 2, 3], "one", together=True, instead_of=[first, second]
    )
    store.questions.ask_clusters("p", _clusters(2))
    assert [row.id for row in store.questions.page("cluster")] == [joined.id]
    grown = [Question("cluster", "why", members=np.array([0, 1, 8, 9]), cluster=0)]
    [new] = store.questions.ask_newcomers("p", grown)
    members = store.questions.get(new).members
    assert members is not None
    assert members.tolist() == [8, 9]
    store.events.undo("ana")
    store.questions.ask_clusters("p", _clusters(2))
    assert {first, second} <= {row.id for row in store.questions.page("cluster")}


def test_only_clusters_of_these_items_are_replaced(store: Store, ask: Callable[..., int]) -> None:
    audit, cluster = ask(3, "audit"), ask([4, 5, 6])
    for wrong in (audit, cluster):
        with pytest.raises(InvalidInput, match="not about a cluster of these items"):
            store.questions.ask_about("ana", [3, 4], "why", together=True, instead_of=[wrong])
    with pytest.raises(NotFound):
        store.questions.ask_about("ana", [3, 4], "why", together=True, instead_of=[999])
    with pytest.raises(InvalidInput, match="asked about together"):
        store.questions.ask_about("ana", [3, 4], "why", together=False, instead_of=[cluster])
    with pytest.raises(InvalidInput, match=r"At most 1,000 items"):
        store.questions.ask_about("ana", list(range(1001)), "why", together=False)
    assert store.questions.get(audit).state == "open"
