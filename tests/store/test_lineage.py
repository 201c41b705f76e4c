from __future__ import annotations

import pytest
import sqlalchemy as sa

from fewclicks.records import Reply
from fewclicks.store import Store, lineage, schema


def _classes(store: Store, n: int) -> None:
    for number in range(1, n + 1):
        store.classes.create("ana", f"class {number}")


def test_heirs_follow_merges_to_their_end(store: Store) -> None:
    _classes(store, 6)
    store.classes.merge("ana", 1, 2)
    store.classes.merge("ana", 2, 3)
    store.classes.merge("ana", 4, 5)
    store.classes.delete("ana", 5)
    # 0 is no class; 1 → 2 → 3; 4 → 5, which is deleted; 6 stands for itself
    assert store.classes.heirs().tolist() == [-1, 3, 3, 3, -1, -1, 6]
    assert [row.id for row in store.classes.all()] == [3, 6]


def test_a_circle_made_by_hand_hangs_nobody(store: Store) -> None:
    _classes(store, 3)
    table = schema.classes
    with store.database.write() as connection:
        for class_id, into in ((1, 2), (2, 1)):
            connection.execute(
                sa.update(table).where(table.c.id == class_id).values(merged_into=into)
            )
    assert store.classes.heirs().tolist() == [-1, -1, -1, 3]


def test_without_classes_there_are_no_heirs(store: Store) -> None:
    assert store.classes.heirs().tolist() == [-1]


def test_a_class_has_the_answers_of_those_merged_into_it(store: Store) -> None:
    first = store.answers.add("ana", Reply("class", "cat"), item=0)
    second = store.answers.add("ana", Reply("class", "kitten"), item=1)
    store.answers.add("ana", Reply("class", "dog"), item=2)
    store.answers.add("ana", Reply("class", "cat"), item=3)
    store.events.undo("ana")
    store.classes.merge("ana", 2, 1)
    with store.database.read() as connection:
        assert lineage.answers_of(connection, 1) == [(first.id, None), (second.id, None)]
        assert lineage.answers_of(connection, 2) == []
        assert [lineage.in_use(connection, class_id) for class_id in (1, 2, 3)] == [
            True, False, True,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "free"), [("", "1"), ("1", "2"), ("13", "2"), (lineage.KEYS, None)]
)
def test_the_first_free_key_is_given(store: Store, taken: str, free: str | None) -> None:
    for key in taken:
        store.classes.create("ana", f"class {key}", key=key)
    assert store.classes.create("ana", "new").key == free


def test_no_command_of_the_page_is_a_class_s_key() -> None:
    assert not set("szxmcnu") & set(lineage.KEYS)
    assert len(set(lineage.KEYS)) == len(lineage.KEYS)


def test_a_class_named_by_one_key_gets_that_key_if_it_is_free(store: Store) -> None:
    def key_of(name: str) -> str | None:
        return store.classes.create("ana", name).key

    # "dog" takes the first free key, 1; "X" is a command of the page, so it takes 3
    names = ("7", "dog", "A", "2", "X", "1")
    assert [key_of(name) for name in names] == ["7", "1", "a", "2", "3", "4"]
