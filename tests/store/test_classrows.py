from __future__ import annotations

import pytest

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.store import Store
from fewclicks.store.classrows import columns_of


def test_what_is_given_is_tidied_by_column() -> None:
    given = {"name": " big  cat ", "key": "", "parent": -1, "description": " a\r\nb\r\n"}
    assert columns_of({**given, "examples": [3, 1], "color": None}) == {
        "name": "big cat", "key": None, "parent_id": None, "description": "a\nb", "examples": "3,1",
    }  # fmt: skip
    assert columns_of({"name": None, "parent": 7}) == {"parent_id": 7}


def test_a_class_says_what_it_means_and_shows_it(store: Store) -> None:
    made = store.classes.create("ana", "cat", description=" purrs\r\nsleeps ", examples=[7, 3])
    assert (made.description, made.examples) == ("purrs\nsleeps", (7, 3))
    store.classes.update("ana", 1, name="Cat")
    assert store.classes.get(1).examples == (7, 3)
    store.classes.update("ana", 1, examples=[])
    assert store.events.history(limit=1)[0].text == "chose examples of class “Cat”"
    store.classes.update("ana", 1, description="")
    assert store.events.history(limit=1)[0].text == "described class “Cat”"
    assert (store.classes.get(1).description, store.classes.get(1).examples) == ("", ())
    store.events.undo("ana")
    store.events.undo("ana")
    assert store.classes.get(1).examples == (7, 3)
    assert store.classes.get(1).description == "purrs\nsleeps"


@pytest.mark.parametrize("text", ["x" * 2001, "a\0b", "bad\udcff", "bell\a"])
def test_a_description_is_short_plain_text(store: Store, text: str) -> None:
    with pytest.raises(InvalidInput, match="A description must"):
        store.classes.create("ana", "cat", description=text)
    assert store.classes.all() == []


def test_a_description_may_have_lines_and_2000_characters(store: Store) -> None:
    assert store.classes.create("ana", "cat", description="x\t\n" + "y" * 1997).description
    with pytest.raises(InvalidInput, match=r"at most 2,000 characters but has 2,001"):
        store.classes.update("ana", 1, description="x" * 2001)


def test_examples_are_items_each_once_and_few(store: Store) -> None:
    store.classes.create("ana", "cat", examples=list(range(12)))
    with pytest.raises(InvalidInput, match="at most 12 examples but 13"):
        store.classes.update("ana", 1, examples=list(range(13)))
    with pytest.raises(InvalidInput, match="once only"):
        store.classes.update("ana", 1, examples=[1, 1])
    with pytest.raises(NotFound, match="no item 60"):
        store.classes.update("ana", 1, examples=[60])
    assert store.classes.get(1).examples == tuple(range(12))


def test_a_class_is_known_whatever_became_of_it(store: Store) -> None:
    store.classes.create("ana", "cat")
    store.classes.delete("ana", 1)
    assert store.classes.ever(1).name == "cat"
    for find in (store.classes.get, store.classes.ever):
        with pytest.raises(NotFound):
            find(2)
    with pytest.raises(NotFound):
        store.classes.get(1)
