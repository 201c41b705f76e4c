from __future__ import annotations

import numpy as np
import pytest

from fewclicks.records import NO_CLASS, NOBODY, PERSON, Reply
from fewclicks.store import Store
from fewclicks.store.voting import deciding

CAT, DOG, OWL = (Reply("class", name) for name in ("cat", "dog", "owl"))
NONE, UNSURE = Reply("none"), Reply("unsure")


def test_most_votes_decide_and_not_the_latest(store: Store) -> None:
    for who, reply in (("ana", CAT), ("bob", CAT), ("eve", DOG)):
        answer = store.answers.add(who, reply, item=0)
    second = store.answers.of_item(0)[1]
    sheet = store.answers.sheet(1)
    assert sheet.class_ids.tolist() == [1]
    assert sheet.sources.tolist() == [PERSON]
    assert sheet.answer_ids.tolist() == [second.id]  # the latest of those that won
    store.events.undo("bob", event=second.event)
    assert store.answers.sheet(1).answer_ids.tolist() == [answer.id]  # one each: the latest


def test_everybody_has_one_vote_their_latest(store: Store) -> None:
    for who, reply in (("ana", DOG), ("ana", DOG), ("ana", CAT), ("bob", CAT), ("eve", DOG)):
        store.answers.add(who, reply, item=0)
    names = store.classes.names()
    assert names[int(store.answers.sheet(1).class_ids[0])] == "cat"


def test_a_correction_in_review_is_not_outvoted_by_what_it_corrects(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    store.answers.add("bob", CAT, item=0)
    corrected = store.answers.add("eve", DOG, item=0, purpose="review")
    sheet = store.answers.sheet(1)
    assert sheet.answer_ids.tolist() == [corrected.id]
    store.answers.add("bob", CAT, item=0)
    store.answers.add("ana", CAT, item=0)
    assert store.answers.sheet(1).class_ids.tolist() == [1]  # but by what is said after it
    store.events.undo("eve")
    assert store.answers.sheet(1).class_ids.tolist() == [1]


def test_who_is_unsure_has_no_vote_and_none_is_one(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    store.answers.add("bob", UNSURE, item=0)
    for who in ("ana", "bob"):
        store.answers.add(who, UNSURE, item=1)
    store.answers.add("ana", CAT, item=2)
    store.answers.add("bob", NONE, item=2)
    store.answers.add("eve", NONE, item=2)
    store.answers.add("ana", NONE, item=3)
    store.answers.add("bob", CAT, item=3)
    store.answers.add("eve", CAT, item=3)
    store.answers.add("bob", UNSURE, item=3)  # takes their word back: one each, the latest
    sheet = store.answers.sheet(4)
    assert sheet.class_ids.tolist() == [1, NO_CLASS, NO_CLASS, 1]
    assert sheet.withheld.tolist() == [False, True, True, False]


def test_merged_classes_are_one_vote(store: Store) -> None:
    for who, reply in (("ana", CAT), ("bob", DOG), ("eve", OWL)):
        store.answers.add(who, reply, item=0)
    names = {name: number for number, name in store.classes.names().items()}
    assert store.answers.sheet(1).class_ids.tolist() == [names["owl"]]
    store.classes.merge("ana", names["dog"], names["cat"])
    assert store.answers.sheet(1).class_ids.tolist() == [names["cat"]]


def test_the_project_chooses_what_decides(lite: Store) -> None:
    for who, reply in (("ana", CAT), ("bob", CAT), ("eve", DOG)):
        lite.answers.add(who, reply, item=0)
    lite.set_options(consensus="latest")
    assert lite.answers.sheet(1).class_ids.tolist() == [2]
    lite.set_options(consensus="majority")
    assert lite.answers.sheet(1).class_ids.tolist() == [1]


def test_those_who_prove_right_are_believed_before_the_majority() -> None:
    """Two who guess agree now and then; one is always as the others are where they are right."""
    rng = np.random.default_rng(0)
    truth = rng.integers(4, size=400)
    guesses = [np.where(rng.random(400) < 0.45, truth, rng.integers(4, size=400)) for _ in "ab"]
    careful = np.where(rng.random(400) < 0.97, truth, (truth + 1) % 4)
    said = np.concatenate([careful, *guesses])
    items, people = np.tile(np.arange(400), 3), np.repeat([1, 2, 3], 400)
    nothing = np.zeros(1200, np.bool_)
    right = {}
    for rule in ("auto", "majority", "latest"):
        rows = deciding(items, said, people, nothing, nothing, rule)
        if rule == "latest":
            assert len(rows) == 0
            rows = np.arange(800, 1200)
        assert sorted(items[rows]) == list(range(400))
        right[rule] = np.mean(said[rows] == truth[items[rows]])
    assert right["auto"] > 0.92 > 0.85 > right["majority"] > right["latest"]


def test_nobody_has_to_vote() -> None:
    nothing = np.empty(0, np.int64)
    no = nothing.astype(bool)
    assert len(deciding(nothing, nothing, nothing, no, no, "auto")) == 0


@pytest.mark.parametrize("share", [0.1, 1.0])
def test_votes_on_many_items_decide_those_that_several_have_judged(share: float) -> None:
    """115,000 of 1,150,000 items judged one by one, some of them by a second person."""
    rng = np.random.default_rng(0)
    items = rng.permutation(1_150_000)[:115_000]
    again = items[: int(share * len(items))]
    at = np.concatenate([items, again])
    people = np.concatenate(
        [rng.integers(3, size=len(items)), 3 + rng.integers(2, size=len(again))]
    )
    said = rng.integers(10, size=len(at))
    nothing = np.zeros(len(at), np.bool_)
    rows = deciding(at, said, people, nothing, nothing, "auto")
    assert sorted(at[rows]) == sorted(again)


def test_what_is_asked_again_or_audited_is_no_vote(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    store.answers.add("ana", DOG, item=0, purpose="again")
    store.answers.add("bob", DOG, item=0, purpose="audit")
    store.answers.add("ana", DOG, item=1, purpose="again")
    sheet = store.answers.sheet(2)
    assert sheet.class_ids.tolist() == [1, NO_CLASS]
    assert sheet.sources.tolist() == [PERSON, NOBODY]


def test_a_second_opinion_is_no_sign_that_answers_are_often_wrong(store: Store) -> None:
    store.answers.add("ana", CAT, item=0)
    store.answers.add("bob", DOG, item=0, purpose="second")
    sheet = store.answers.sheet(1)
    assert sheet.times is not None
    assert sheet.turned is not None
    assert (sheet.times.tolist(), sheet.turned.tolist()) == ([1], [False])
