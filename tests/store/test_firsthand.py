from __future__ import annotations

from collections.abc import Callable

from fewclicks.records import NO_CLASS, Reply
from fewclicks.store import Store

CAT, DOG = Reply("class", "cat"), Reply("class", "dog")


def told(store: Store) -> set[tuple[str, int, int]]:
    found = store.answers.firsthand()
    return {
        (found.people[person], int(item), int(said))
        for person, item, said in zip(found.person, found.items, found.said, strict=True)
    }


def test_first_words_worked_by_hand(store: Store, ask: Callable[..., int]) -> None:
    store.answers.add("ana", CAT, item=1)
    store.answers.add("ana", DOG, item=1)  # a change of mind is no first word
    store.answers.add("bob", DOG, item=1, purpose="second")
    store.answers.add("eve", DOG, item=1, purpose="review")  # what was said was in sight
    store.answers.add("eve", CAT, item=2, purpose="review")  # here it was not
    store.answers.add("eve", Reply("unsure"), item=3)
    store.answers.add("eve", Reply("none"), item=4)
    store.answers.add("bob", CAT, item=5, purpose="audit")
    store.answers.add("bob", CAT, question_id=ask([6, 7]))
    store.answers.add("bob", CAT, item=8)
    store.events.undo("bob")
    assert told(store) == {
        ("ana", 1, 1), ("bob", 1, 2), ("eve", 2, 1), ("eve", 4, NO_CLASS), ("bob", 5, 1),
    }  # fmt: skip


def test_merged_classes_are_one_and_deleted_ones_nothing(store: Store) -> None:
    for item, name in enumerate(("cat", "kitten", "dog")):
        store.answers.add("ana", Reply("class", name), item=item)
    store.classes.merge("ana", 2, 1)
    store.classes.delete("ana", 3)
    assert told(store) == {("ana", 0, 1), ("ana", 1, 1)}


def test_what_is_said_again_is_paired_with_the_word_before(store: Store) -> None:
    store.answers.add("ana", CAT, item=1)
    store.answers.add("bob", DOG, item=1)
    store.answers.add("ana", DOG, item=2)
    store.answers.add("ana", CAT, item=2)
    store.answers.add("ana", DOG, item=1, purpose="again")
    store.answers.add("ana", CAT, item=2, purpose="again")
    store.answers.add("bob", CAT, item=2, purpose="again")  # of which they had said nothing
    store.answers.add("bob", DOG, item=3, purpose="audit")
    store.answers.add("bob", DOG, item=3, purpose="again")
    found = store.answers.firsthand()
    repeated = {(found.people[who], a, b) for who, a, b in found.repeated.tolist()}
    assert repeated == {("ana", 1, 2), ("ana", 1, 1), ("bob", 2, 2)}
    assert len(found.repeated) == 3


def test_where_nobody_answered_nothing_was_said(store: Store) -> None:
    found = store.answers.firsthand()
    assert (found.people, len(found.items), found.repeated.shape) == ((), 0, (0, 3))
