from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from fewclicks.errors import Conflict, InvalidInput
from fewclicks.records import ClassEntry, Reply
from fewclicks.store import Store
from fewclicks.store.classes import TakenClasses


def entries(*rows: dict[str, Any]) -> list[ClassEntry]:
    return [ClassEntry(row=number, **row) for number, row in enumerate(rows, start=1)]


def test_a_list_of_names(store: Store) -> None:
    taken = store.classes.take("ana", entries({"name": "car"}, {"name": " big  bus"}))
    assert taken == TakenClasses(2, 0, 0, 0)
    assert store.classes.names() == {1: "car", 2: "big bus"}
    assert [row.key for row in store.classes.all()] == ["1", "2"]
    assert len({row.color for row in store.classes.all()}) == 2


def whole_reads(store: Store, n: int) -> int:
    """How often all classes are read while a list of n is taken in, undone and done again."""
    seen = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if statement.startswith("SELECT") and "FROM classes" in statement and not parameters:
            seen.append(statement)

    rows = [{"name": f"{k}", "parent": str(k % 5) if k >= 5 else None} for k in range(n)]
    sa.event.listen(store.database.engine, "before_cursor_execute", note)
    store.classes.take("ana", entries(*rows))
    store.events.undo("ana")
    store.events.redo("ana")
    sa.event.remove(store.database.engine, "before_cursor_execute", note)
    assert len(store.classes.all()) == n
    store.events.undo("ana")
    assert store.classes.all() == []
    return len(seen)


def test_a_longer_list_does_not_read_all_classes_more_often(store: Store) -> None:
    assert 0 < whole_reads(store, 60) == whole_reads(store, 120) < 30


def test_known_classes_are_changed_where_the_list_says_something(store: Store) -> None:
    before = store.classes.create("ana", "Car", description="has wheels", examples=[1])
    store.classes.create("ana", "sky")
    taken = store.classes.take(
        "ana", entries({"name": "car", "color": "#000000", "examples": ("00003.png", "gone")})
    )
    assert taken == TakenClasses(0, 1, 0, 1)
    car = store.classes.get(1)
    assert (car.name, car.key, car.description) == ("Car", before.key, "has wheels")
    assert (car.color, car.examples) == ("#000000", (3,))
    assert store.classes.names() == {1: "Car", 2: "sky"}
    assert store.classes.take("ana", entries({"name": "CAR"})) == TakenClasses(0, 0, 1, 0)


def test_parents_come_in_any_order_and_from_nothing(store: Store) -> None:
    store.classes.create("ana", "cat")
    rows = (
        {"name": "car", "parent": "Vehicle"},
        {"name": "vehicle"},
        {"name": "cat", "parent": "animal"},
    )
    assert store.classes.take("ana", entries(*rows)) == TakenClasses(3, 1, 0, 0)
    assert {row.name: row.parent_id for row in store.classes.all() if row.parent_id} == {
        "car": next(row.id for row in store.classes.all() if row.name == "vehicle"),
        "cat": next(row.id for row in store.classes.all() if row.name == "animal"),
    }


def test_keys_may_change_hands(store: Store) -> None:
    store.classes.create("ana", "car", key="1")
    store.classes.create("ana", "bus", key="2")
    rows = ({"name": "tram"}, {"name": "bus", "key": "1"}, {"name": "car", "key": "2"})
    store.classes.take("ana", entries(*rows))
    assert {row.name: row.key for row in store.classes.all()} == {
        "car": "2",
        "bus": "1",
        "tram": "3",
    }
    store.events.undo("ana")
    assert {row.name: row.key for row in store.classes.all()} == {"car": "1", "bus": "2"}


def test_one_undo_takes_all_of_it_back(
    store: Store, dump: Callable[[Store], dict[str, list[Any]]]
) -> None:
    store.classes.create("ana", "car", key="1")
    before = dump(store)["classes"]
    rows = (
        {
            "name": "car",
            "parent": "vehicle",
            "key": "9",
            "description": "x",
            "examples": ("00001.png",),
        },
        {"name": "bus", "parent": "vehicle", "key": "1"},
    )
    store.classes.take("ana", entries(*rows))
    after = dump(store)["classes"]
    store.events.undo("ana")
    assert dump(store)["classes"][:1] == before
    assert store.classes.names() == {1: "car"}
    store.events.redo("ana")
    assert dump(store)["classes"] == after


def test_a_class_of_the_list_that_is_in_use_is_not_unmade(store: Store) -> None:
    store.classes.take("ana", entries({"name": "car"}, {"name": "bus"}))
    store.answers.add("bob", Reply("class", "bus"), item=0)
    with pytest.raises(Conflict, match="used since it was added"):
        store.events.undo("ana")
    assert store.classes.names() == {1: "car", 2: "bus"}


WRONG = [
    ({"name": ""}, "1 to 200 characters"),
    ({"name": "a\0b"}, "plain text"),
    ({"name": "a", "key": "zz"}, "A class key must be one of"),
    ({"name": "a", "color": "red"}, "#3366cc"),
    ({"name": "a", "description": "x" * 2001}, "at most 2,000"),
    ({"name": "a", "examples": tuple(f"{i:05d}.png" for i in range(13))}, "at most 12 examples"),
    ({"name": "a", "key": "1"}, "“cat” has the key 1, too"),
    ({"name": "a", "parent": "A "}, "its own parent"),
    ({"name": "a", "parent": "tiger"}, "“tiger” has a parent itself"),
    ({"name": "cat", "parent": "a"}, "It has classes under it"),
]


@pytest.mark.parametrize(("row", "why"), WRONG)
def test_a_bad_row_changes_nothing(
    store: Store, dump: Callable[[Store], dict[str, Any]], row: dict[str, Any], why: str
) -> None:
    store.classes.create("ana", "cat", key="1")
    store.classes.create("ana", "tiger", parent=1)
    before = dump(store)
    with pytest.raises(InvalidInput, match=r"row 2 \(“.*”\): .*nothing was changed") as caught:
        store.classes.take("ana", entries({"name": "fine"}, row))
    assert why in caught.value.message
    assert dump(store) == before


def test_all_bad_rows_are_named(store: Store) -> None:
    rows = [{"name": f"n{i}", "color": "red"} for i in range(25)]
    with pytest.raises(InvalidInput) as caught:
        store.classes.take("ana", entries(*rows, {"name": "n0"}))
    assert caught.value.message.count("row ") >= 20
    assert "row 1 (“n0”): The list has this name more than once." in caught.value.message
    assert "And 7 more." in caught.value.message
    with pytest.raises(InvalidInput, match="at least one"):
        store.classes.take("ana", [])


def test_a_repeated_request_changes_nothing(store: Store) -> None:
    taken = store.classes.take("ana", entries({"name": "car"}), "once")
    assert store.classes.take("ana", entries({"name": "bus"}), "once") == taken
    assert store.classes.names() == {1: "car"}
