from __future__ import annotations

import pytest

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import Reply
from fewclicks.store import Store
from fewclicks.store.classrows import next_color


def test_a_new_class_gets_a_colour_and_a_key(store: Store) -> None:
    cat = store.classes.create("ana", "  big   cat ")
    dog = store.classes.create("ana", "dog", color="#123ABC", key="d")
    assert (cat.id, cat.name, cat.key) == (1, "big cat", "1")
    assert (dog.id, dog.color, dog.key) == (2, "#123ABC", "d")
    assert store.classes.all() == [cat, dog]
    assert store.classes.names() == {1: "big cat", 2: "dog"}


@pytest.mark.parametrize("name", ["cat", "CAT", " cat "])
def test_a_name_is_taken_whatever_its_capitals(store: Store, name: str) -> None:
    store.classes.create("ana", "Cat")
    with pytest.raises(Conflict, match=r"“Cat” already. Merge"):
        store.classes.create("ana", name)
    assert store.answers.add("ana", Reply("class", name), item=0).class_id == 1


def test_two_ways_to_write_a_letter_are_one_name(store: Store) -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    store.classes.create("ana", composed)
    assert store.answers.add("ana", Reply("class", decomposed), item=0).class_id == 1


@pytest.mark.parametrize("name", ["", " \n ", "x" * 201, "a\0b", "bad\udcff", "bell\a"])
def test_a_name_must_be_short_plain_text(store: Store, name: str) -> None:
    with pytest.raises(InvalidInput, match="class name must"):
        store.classes.create("ana", name)


@pytest.mark.parametrize("name", ["鳥", "👨‍👩‍👧", "x" * 200, "O'Brien; DROP TABLE--", "%s {0}"])
def test_a_name_may_be_any_text(store: Store, name: str) -> None:
    assert store.classes.create("ana", name).name == name
    assert store.classes.names() == {1: name}


@pytest.mark.parametrize("color", ["red", "#12345", "#12345g", "#1234567", ""])
def test_a_colour_must_be_a_colour(store: Store, color: str) -> None:
    with pytest.raises(InvalidInput, match="#3366cc"):
        store.classes.create("ana", "cat", color=color or "#")


@pytest.mark.parametrize("key", ["z", "11", "é"])
def test_a_key_must_be_one_that_is_free_for_classes(store: Store, key: str) -> None:
    with pytest.raises(InvalidInput, match="class key must be one of"):
        store.classes.create("ana", "cat", key=key)


def test_a_key_belongs_to_one_class(store: Store) -> None:
    store.classes.create("ana", "cat", key="k")
    with pytest.raises(Conflict, match=r"“cat” has the key k. Choose another"):
        store.classes.create("ana", "dog", key="k")
    store.classes.delete("ana", 1)
    assert store.classes.create("ana", "dog", key="k").key == "k"


def test_an_update_changes_what_is_given(store: Store) -> None:
    before = store.classes.create("ana", "cat")
    after = store.classes.update("ana", 1, name=" Tom  cat", color=None, key=None)
    assert (after.name, after.color, after.key) == ("Tom cat", before.color, before.key)
    after = store.classes.update("ana", 1, color="#000000", key="")
    assert (after.name, after.color, after.key) == ("Tom cat", "#000000", None)
    assert store.classes.update("ana", 1, name="tom cat").name == "tom cat"


def test_an_update_is_checked_as_a_creation_is(store: Store) -> None:
    store.classes.create("ana", "cat")
    store.classes.create("ana", "dog")
    with pytest.raises(Conflict, match="“cat” already"):
        store.classes.update("ana", 2, name="CAT")
    with pytest.raises(Conflict, match="has the key 1"):
        store.classes.update("ana", 2, key="1")
    with pytest.raises(InvalidInput, match="must have 1 to 200"):
        store.classes.update("ana", 2, name=" ")
    with pytest.raises(InvalidInput, match="but no deleted"):
        store.classes.update("ana", 2, deleted="yes")
    assert store.classes.names() == {1: "cat", 2: "dog"}


def test_answers_follow_a_renamed_class(store: Store) -> None:
    store.answers.add("ana", Reply("class", "cat"), item=0)
    store.classes.update("ana", 1, name="dog")
    assert store.answers.add("ana", Reply("class", "dog"), item=1).class_id == 1
    assert store.answers.add("ana", Reply("class", "cat"), item=2).class_id == 2
    assert store.answers.counts_by_class() == {1: 2, 2: 1}


def test_answers_follow_a_merged_class_and_stay_what_they_were(store: Store) -> None:
    store.answers.add("ana", Reply("class", "cat"), item=0)
    store.answers.add("ana", Reply("class", "kitten"), item=1)
    assert store.classes.merge("ana", 2, 1).name == "cat"
    assert store.answers.sheet(2).class_ids.tolist() == [1, 1]
    assert store.answers.counts_by_class() == {1: 2}
    assert store.answers.of_item(1)[0].class_id == 2
    store.events.undo("ana")
    assert store.answers.sheet(2).class_ids.tolist() == [1, 2]


def test_a_deleted_class_takes_its_answers_and_those_merged_into_it(store: Store) -> None:
    for item, name in enumerate(["cat", "kitten", "dog"]):
        store.answers.add("ana", Reply("class", name), item=item)
    store.classes.merge("ana", 2, 1)
    event = store.classes.delete("ana", 1)
    assert event == store.events.last_id()
    assert store.answers.sheet(3).class_ids.tolist() == [-1, -1, 3]
    assert [store.answers.of_item(item)[0].withdrawn for item in range(3)] == [True, True, False]
    store.events.undo("ana")
    assert store.answers.sheet(3).class_ids.tolist() == [1, 1, 3]


def test_what_is_gone_cannot_be_changed(store: Store) -> None:
    store.classes.create("ana", "cat")
    store.classes.create("ana", "dog")
    store.classes.merge("ana", 1, 2)
    for act in (
        lambda: store.classes.update("ana", 1, name="x"),
        lambda: store.classes.merge("ana", 1, 2),
        lambda: store.classes.merge("ana", 2, 1),
        lambda: store.classes.delete("ana", 1),
        lambda: store.classes.delete("ana", 99),
        lambda: store.answers.add("ana", Reply("class"), class_id=1, item=0),
    ):
        with pytest.raises(NotFound, match=r"in use. It was deleted or merged"):
            act()
    with pytest.raises(InvalidInput, match="into itself"):
        store.classes.merge("ana", 2, 2)


def test_colours_are_well_separated() -> None:
    colors = [next_color(number) for number in range(15)]
    assert len(set(colors)) == 15
    for color in colors:
        assert color[0] == "#"
        assert 0 <= int(color[1:], 16) < 1 << 24
