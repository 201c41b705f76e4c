from __future__ import annotations

import pytest

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.records import NO_CLASS, Reply
from fewclicks.store import Store


def family(store: Store) -> None:
    """1 vehicle over 2 car and 3 bus; 4 animal over 5 cat; 6 sky."""
    for name, parent in (
        ("vehicle", None), ("car", 1), ("bus", 1), ("animal", None), ("cat", 4), ("sky", None),
    ):  # fmt: skip
        store.classes.create("ana", name, parent=parent)


def parents(store: Store) -> dict[int, int | None]:
    return {row.id: row.parent_id for row in store.classes.all()}


def test_a_class_is_put_under_another_and_taken_out(store: Store) -> None:
    family(store)
    assert store.classes.parents() == {2: "vehicle", 3: "vehicle", 5: "animal"}
    assert store.classes.update("ana", 6, parent=4).parent_id == 4
    assert store.events.history(limit=1)[0].text == "put class “sky” under “animal”"
    assert store.classes.update("ana", 6, name="Sky").parent_id == 4
    assert store.classes.update("ana", 6, parent=NO_CLASS).parent_id is None
    assert store.events.history(limit=1)[0].text == "took class “Sky” out of its parent"
    store.events.undo("ana")
    assert parents(store)[6] == 4


def test_there_is_one_level_of_parents(store: Store) -> None:
    family(store)
    with pytest.raises(Conflict, match=r"“car” is under “vehicle”.*Choose “vehicle”, or take"):
        store.classes.update("ana", 6, parent=2)
    with pytest.raises(Conflict, match=r"“vehicle” has classes under it \(“car”, “bus”\)"):
        store.classes.update("ana", 1, parent=4)
    with pytest.raises(Conflict, match="one level"):
        store.classes.create("ana", "truck", parent=2)
    with pytest.raises(InvalidInput, match="its own parent"):
        store.classes.update("ana", 6, parent=6)
    with pytest.raises(NotFound, match="no class 99"):
        store.classes.update("ana", 6, parent=99)
    assert parents(store) == {1: None, 2: 1, 3: 1, 4: None, 5: 4, 6: None}


@pytest.mark.parametrize(
    ("gone", "into", "after"),
    [
        (1, 4, {2: 4, 3: 4, 4: None, 5: 4, 6: None}),  # a parent into a parent: one family
        (1, 5, {2: 4, 3: 4, 4: None, 5: 4, 6: None}),  # into one that is under another
        (1, 2, {2: None, 3: None, 4: None, 5: 4, 6: None}),  # into its own child
        (1, 6, {2: 6, 3: 6, 4: None, 5: 4, 6: None}),
        (2, 5, {1: None, 3: 1, 4: None, 5: 4, 6: None}),
        (5, 4, {1: None, 2: 1, 3: 1, 4: None, 6: None}),
    ],
)
def test_merging_a_parent_moves_its_classes(
    store: Store, gone: int, into: int, after: dict[int, int | None]
) -> None:
    family(store)
    before = parents(store)
    store.classes.merge("ana", gone, into)
    assert parents(store) == after
    store.events.undo("ana")
    assert parents(store) == before
    store.events.redo("ana")
    assert parents(store) == after


def test_deleting_a_parent_leaves_its_classes_at_the_top(store: Store) -> None:
    family(store)
    before = parents(store)
    store.answers.add("ana", Reply("class"), class_id=2, item=0)
    store.classes.delete("ana", 1)
    assert parents(store) == {2: None, 3: None, 4: None, 5: 4, 6: None}
    assert store.answers.counts_by_class() == {2: 1}
    store.events.undo("ana")
    assert parents(store) == before


def test_what_comes_back_finds_its_parent_or_its_heir(store: Store) -> None:
    family(store)
    store.classes.merge("ana", 2, 6)
    merged = store.events.last_id()
    store.classes.merge("ana", 1, 4)
    store.events.undo("ana", event=merged)
    assert parents(store) == {2: 4, 3: 4, 4: None, 5: 4, 6: None}
    store.classes.merge("ana", 5, 6)
    merged = store.events.last_id()
    store.classes.delete("ana", 4)
    store.events.undo("ana", event=merged)
    assert parents(store) == {2: None, 3: None, 5: None, 6: None}


def test_an_undo_makes_no_second_level(store: Store) -> None:
    family(store)
    store.classes.update("ana", 5, parent=NO_CLASS)
    taken_out = store.events.last_id()
    store.classes.update("bob", 6, parent=5)
    with pytest.raises(Conflict, match="under a class that is under another one"):
        store.events.undo("ana", event=taken_out)
    assert parents(store) == {1: None, 2: 1, 3: 1, 4: None, 5: None, 6: 5}


def test_a_class_with_others_under_it_is_not_unmade(store: Store) -> None:
    store.classes.create("ana", "vehicle")
    made = store.events.last_id()
    store.classes.create("bob", "car", parent=1)
    with pytest.raises(Conflict, match="has been used since"):
        store.events.undo("ana", event=made)
    store.events.undo("bob")
    store.events.undo("ana", event=made)
    assert store.classes.all() == []
