from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fewclicks.errors import Conflict, NotFound
from fewclicks.records import Reply
from fewclicks.store import Store


def named(store: Store, ask: Callable[..., int]) -> None:
    """“bar” is said of a cluster of 0 to 9 without 9, and of the items 20 and 21; 22 is a “box”."""
    store.answers.add("ana", Reply("class", "bar", misfits=(9,)), question_id=ask([*range(10)]))
    for item, name in ((20, "bar"), (21, "bar"), (22, "box")):
        store.answers.add("ana", Reply("class", name), item=item)


def split(store: Store, clusters: list[list[int]], client_id: str | None = None) -> list[int]:
    seen = store.classes.answers_of(1)
    arrays = [np.array(members) for members in clusters]
    return store.classes.split("ana", 1, arrays, seen, client_id)


def test_the_items_of_a_class_are_asked_about_anew(store: Store, ask: Callable[..., int]) -> None:
    named(store, ask)
    first, second, single = split(store, [[*range(9)], [20, 21], [22]])
    assert store.answers.counts_by_class() == {2: 1}
    assert store.classes.names() == {1: "bar", 2: "box"}
    rows = [store.questions.get(question) for question in (first, second)]
    assert [row.members.tolist() for row in rows] == [[*range(9)], [20, 21]]  # type: ignore[union-attr]
    assert {row.reason for row in rows} == {"You are splitting “bar”: what are these?"}
    assert store.questions.get(single).item == 22
    assert [row.id for row in store.questions.page("cluster")][:2] == [first, second]
    assert store.events.history(limit=1)[0].text == "split class “bar” with 3 answers"


def test_one_undo_brings_everything_back(
    store: Store, ask: Callable[..., int], dump: Callable[[Store], dict[str, Any]]
) -> None:
    named(store, ask)
    before, sheet = dump(store), store.answers.sheet(60).class_ids.tolist()
    questions = split(store, [[*range(9)], [20, 21]])
    store.events.undo("ana")
    after = dump(store)
    assert after["answers"] == before["answers"]
    assert after["classes"] == before["classes"]
    assert after["questions"][: len(before["questions"])] == before["questions"]
    assert {store.questions.get(question).state for question in questions} == {"closed"}
    assert store.answers.sheet(60).class_ids.tolist() == sheet
    store.events.redo("ana")
    assert {store.questions.get(question).state for question in questions} == {"open"}
    assert store.answers.counts_by_class() == {2: 1}


def test_the_class_stays_for_what_is_called_so_again(store: Store, ask: Callable[..., int]) -> None:
    named(store, ask)
    first, second = split(store, [[*range(9)], [20, 21]])
    store.answers.add("ana", Reply("class", "pole"), question_id=first)
    store.answers.add("ana", Reply("class", "Bar"), question_id=second)
    assert store.answers.sheet(23).class_ids.tolist()[:9] == [3] * 9
    assert store.answers.sheet(23).class_ids.tolist()[20:] == [1, 1, 2]


def test_new_clusters_do_not_close_the_questions(store: Store, ask: Callable[..., int]) -> None:
    named(store, ask)
    questions = split(store, [[*range(9)], [20, 21]])
    store.questions.ask_clusters("other", [])
    assert {store.questions.get(question).state for question in questions} == {"open"}


def test_audits_are_asked_again_blind(store: Store, ask: Callable[..., int]) -> None:
    audit = ask(5, purpose="audit")
    store.answers.add("ana", Reply("class", "bar"), question_id=audit)
    split(store, [])
    assert store.questions.get(audit).state == "open"
    store.events.undo("ana")
    assert store.questions.get(audit).state == "answered"


def test_what_was_merged_into_a_class_is_split_with_it(
    store: Store, ask: Callable[..., int]
) -> None:
    named(store, ask)
    store.classes.merge("ana", 2, 1)
    assert len(store.classes.answers_of(1)) == 4
    split(store, [[*range(9)], [20, 21, 22]])
    assert store.answers.counts_by_class() == {}


def test_a_repeated_split_gives_the_same_questions(store: Store, ask: Callable[..., int]) -> None:
    named(store, ask)
    first = split(store, [[*range(9)], [20, 21]], "once")
    last = store.events.last_id()
    assert split(store, [[1, 2]], "once") == first
    assert store.events.last_id() == last


def test_answers_that_came_meanwhile_are_not_lost(store: Store, ask: Callable[..., int]) -> None:
    named(store, ask)
    seen = store.classes.answers_of(1)
    store.answers.add("bob", Reply("class", "bar"), item=30)
    with pytest.raises(Conflict, match=r"while it was being split. Split it once more"):
        store.classes.split("ana", 1, [np.arange(9)], seen)
    assert store.answers.counts_by_class() == {1: 4, 2: 1}


def test_there_must_be_something_to_split(store: Store) -> None:
    store.classes.create("ana", "bar")
    with pytest.raises(Conflict, match="“bar” has no answers"):
        split(store, [])
    with pytest.raises(NotFound):
        store.classes.split("ana", 7, [], [])
