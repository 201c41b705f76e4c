"""Everything that was said of each item."""

from __future__ import annotations

import numpy as np

from fewclicks.records import Question, Reply


def named(store, item, name, who="ana"):
    return store.answers.add(who, Reply("class", name), item=item)


def test_every_class_that_stands_is_told_in_order(store) -> None:
    first = named(store, 2, "cat")
    [asked] = store.questions.ask_items([Question("cluster", "alike", members=np.array([1, 2, 3]))])
    cluster = store.answers.add("ben", Reply("class", "dog", misfits=(3,)), question_id=asked)
    last = named(store, 2, "dog")
    store.answers.add("ana", Reply("unsure"), item=4)
    gone = named(store, 5, "cat")
    store.events.undo("ana", event=gone.event)
    words = store.answers.words(6)
    assert words.answer_ids.tolist() == [first.id, cluster.id, cluster.id, last.id]
    assert words.items.tolist() == [2, 1, 2, 2]
    cat, dog = first.class_id, last.class_id
    assert words.class_ids.tolist() == [cat, dog, dog, dog]
    assert words.alone.tolist() == [True, False, False, True]
    assert not words.reviewed.any()
    assert store.answers.words(2).items.tolist() == [1]


def test_merged_classes_are_followed_and_reviews_marked(store) -> None:
    cat, dog = named(store, 0, "cat"), named(store, 1, "dog")
    store.answers.add("ana", Reply("class", "dog"), item=0, purpose="review")
    store.answers.add("ana", Reply("class", "dog"), item=3, purpose="audit")
    store.classes.merge("ana", cat.class_id, dog.class_id)
    words = store.answers.words(6)
    assert words.items.tolist() == [0, 1, 0]
    assert set(words.class_ids.tolist()) == {dog.class_id}
    assert words.reviewed.tolist() == [False, False, True]
