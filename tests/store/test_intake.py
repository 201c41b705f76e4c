from __future__ import annotations

from collections.abc import Callable

import pytest

from fewclicks.errors import Conflict
from fewclicks.store import Store
from fewclicks.store.items import FailedItem, NewItem


def test_items_get_the_next_ids(store: Store, make_item: Callable[..., NewItem]) -> None:
    store.items.add(1, 60, [make_item(60), make_item(61)], [])
    assert store.items.count() == 62
    with pytest.raises(Conflict, match=r"next item id is 62 but 60 came.*run the import again"):
        store.items.add(1, 60, [make_item(62)], [])
    assert store.items.count() == 62


def test_a_key_is_one_item_of_its_source(store: Store, make_item: Callable[..., NewItem]) -> None:
    with pytest.raises(Conflict, match=r"'00007.png' is an item already"):
        store.items.add(1, 60, [make_item(60), make_item(7)], [])
    with pytest.raises(Conflict, match=r"lists '00061.png' twice"):
        store.items.add(1, 60, [make_item(61), make_item(61)], [])
    other = store.items.add_source("other", "folder", {})
    store.items.add(other, 60, [make_item(7)], [])
    assert store.items.row(60).duplicate_of == 7


def test_a_shard_is_added_whole_or_not_at_all(
    store: Store, make_item: Callable[..., NewItem]
) -> None:
    failed = [FailedItem("bad", "why", "what")]
    with pytest.raises(Conflict):
        store.items.add(1, 60, [make_item(60, group="new"), make_item(7)], failed)
    assert store.items.count() == 60
    assert store.items.failures() == []


def test_a_group_is_one_row_however_many_items_it_has(
    store: Store, make_item: Callable[..., NewItem]
) -> None:
    new = [make_item(60, group="group 3"), make_item(61, group="z"), make_item(62, group=None)]
    store.items.add(1, 60, new, [])
    store.items.add(1, 63, [make_item(63, group="z"), make_item(64, group="odd\udcff")], [])
    groups = [store.items.row(item).group_id for item in range(60, 65)]
    assert groups[0] == store.items.row(30).group_id
    assert groups[1] == groups[3]
    assert groups[2] is None
    assert store.items.row(64).group == "odd\udcff"


@pytest.mark.parametrize("n", [0, 1, 3000])
def test_a_shard_may_have_any_size(store: Store, make_item: Callable[..., NewItem], n: int) -> None:
    store.items.add(1, 60, [make_item(60 + i, group=f"g{i}") for i in range(n)], [])
    assert store.items.count() == 60 + n
    assert store.items.count_duplicates() == 0


def test_any_file_name_and_label_can_be_kept(
    store: Store, make_item: Callable[..., NewItem]
) -> None:
    odd = "sub\udcff/“quo'te\"s”\n鳥.png"
    item = NewItem(odd, b"x" * 16, 1, 1, False, label=odd, group=odd, split=odd)
    store.items.add(1, 60, [item], [])
    row = store.items.row(60)
    assert (row.key, row.truth, row.group, row.split) == (odd, odd, odd, odd)
    assert odd in store.items.known_keys(1)
    with pytest.raises(Conflict, match="is an item already"):
        store.items.add(1, 61, [item], [])
