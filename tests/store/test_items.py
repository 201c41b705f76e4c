from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fewclicks.errors import NotFound
from fewclicks.store import Store, items
from fewclicks.store.items import FailedItem, NewItem


def test_a_source_is_known_by_place_and_kind_and_keeps_its_latest_options(store: Store) -> None:
    first = store.items.add_source("photos", "folder", {})
    third = store.items.add_source("photos", "archive", {})
    again = store.items.add_source("photos", "folder", {"labels": "folders"})
    assert first == again != third
    options = {source.id: source.options for source in store.items.sources()}
    assert (options[first], options[third]) == ({"labels": "folders"}, {})


def test_a_source_is_finished_when_it_was_read_to_its_end(store: Store) -> None:
    odd = store.items.add_source("odd\udcff folder", "folder", {"deep": True})
    assert [source.read_at for source in store.items.sources()] == [None, None]
    store.items.finish_source(odd)
    first, second = store.items.sources()
    assert first.read_at is None
    assert second.read_at is not None
    assert (second.id, second.uri, second.kind, second.options) == (
        odd, "odd\udcff folder", "folder", {"deep": True},
    )  # fmt: skip


def test_an_item_s_row_says_all_of_it(store: Store) -> None:
    row = store.items.row(37)
    assert (row.id, row.key, row.content_hash, row.width, row.height, row.grey) == (
        37, "00037.png", (37).to_bytes(16, "big"), 28, 28, True,
    )  # fmt: skip
    assert (row.group, row.truth, row.split, row.duplicate_of) == ("group 3", "class 1", None, None)
    with pytest.raises(NotFound, match="no item 60"):
        store.items.row(60)


def test_names_are_told_for_any_number_of_items(store: Store) -> None:
    assert store.items.names([5, 3]) == {3: "00003.png", 5: "00005.png"}
    assert len(store.items.names(list(range(40_000)))) == 60  # over SQLite's 32,766 variables
    assert store.items.names([]) == {}


def test_columns_come_in_blocks_by_id(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(items, "ROWS_PER_READ", 25)
    blocks = list(store.items.columns("key", "truth"))
    assert [(first, len(rows)) for first, rows in blocks] == [(0, 25), (25, 25), (50, 10)]
    assert [row for _, rows in blocks for row in rows][59] == ("00059.png", "class 2")


def test_places_tell_where_items_came_from(store: Store) -> None:
    places = store.items.places(58, 61)
    assert [(place.source_id, place.key) for place in places] == [
        (1, "00058.png"),
        (1, "00059.png"),
    ]
    assert places[0].content_hash == (58).to_bytes(16, "big")
    assert store.items.places(5, 5) == []


def test_truths_are_in_item_order(store: Store) -> None:
    assert store.items.truths() == [f"class {i % 3}" for i in range(60)]


def test_duplicates_point_at_the_first_of_their_content(
    store: Store, make_item: Callable[..., NewItem]
) -> None:
    source = store.items.add_source("more", "folder", {})
    contents = [7, 100, 100, 101, 101]
    new = [make_item(content) for content in contents]
    keys = ["a", "b", "c", "d", "e"]
    rows = [
        NewItem(key, item.content_hash, 1, 1, False) for key, item in zip(keys, new, strict=True)
    ]
    store.items.add(source, 60, rows[:2], [])
    store.items.add(source, 62, rows[2:], [])
    assert store.items.duplicate_of().tolist() == [-1] * 60 + [7, -1, 61, -1, 63]
    assert store.items.count_duplicates() == 3
    assert store.items.known_keys(source) == set(keys)


def test_failures_are_kept_until_the_file_is_read(
    store: Store, make_item: Callable[..., NewItem]
) -> None:
    failed = FailedItem("00099.png", "It is cut short: odd\udcff.", "Copy it again.")
    store.items.add(1, 60, [], [failed])
    store.items.add(1, 60, [], [failed, FailedItem("x", "why", "what"), failed])
    assert store.items.failures() == [failed, FailedItem("x", "why", "what")]
    assert store.items.count_failures() == 2
    store.items.add(1, 60, [make_item(99)], [])
    assert store.items.failures() == [FailedItem("x", "why", "what")]


def test_an_empty_project_has_no_items(tmp_path: Path, make_store: Callable[..., Store]) -> None:
    empty = make_store(tmp_path, n_items=0)
    assert empty.items.count() == 0
    assert empty.items.truths() == []
    assert empty.items.duplicate_of().tolist() == []
    assert empty.answers.sheet(0).n_answers == 0
