from __future__ import annotations

from itertools import count, islice

from hypothesis import given
from hypothesis import strategies as st

from fewclicks.engine import in_shards


def test_the_last_shard_is_shorter() -> None:
    assert list(in_shards("abcdefg", 3)) == [["a", "b", "c"], ["d", "e", "f"], ["g"]]


def test_nothing_gives_no_shard() -> None:
    assert list(in_shards([], 3)) == []


def test_shards_are_taken_one_by_one() -> None:
    assert list(islice(in_shards(count(), 2), 2)) == [[0, 1], [2, 3]]


@given(st.lists(st.integers()), st.integers(1, 10))
def test_shards_hold_everything_in_order(items: list[int], size: int) -> None:
    shards = list(in_shards(items, size))
    assert [item for shard in shards for item in shard] == items
    assert all(len(shard) == size for shard in shards[:-1])
