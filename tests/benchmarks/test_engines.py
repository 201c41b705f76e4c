from __future__ import annotations

from pathlib import Path

from PIL import Image

from benchmarks.engines import SIZE, empty_rows, photos, rates_of, remembered, steps_of
from fewclicks.engine import LocalEngine
from fewclicks.items import open_source
from fewclicks.items.thumbnails import SentThumbnails


def test_photos_are_large_and_every_step_takes_them(tmp_path: Path) -> None:
    folder = photos(3, None, tmp_path)
    for path in folder.iterdir():
        with Image.open(path) as image:
            assert image.size == SIZE
    steps = steps_of(open_source(folder))
    read, shards, _ = steps["import"]
    assert [one.width for one in read(shards[0])] == [SIZE[0]] * 3
    passed, large, per_shard = steps["pass on"]
    assert passed(large[0]).shape == (per_shard, 1824)


def test_a_rate_counts_what_came_after_the_first_result() -> None:
    shards = [SentThumbnails(range(5), [], [])] * 4
    wall, own = rates_of(LocalEngine(1), repr, shards, 5)
    assert min(wall, own) > 0
    assert empty_rows(7, shards[0]).shape == (5, 7)


def test_rows_in_the_database_are_counted_whole(tmp_path: Path) -> None:
    told = {row["step"]: row["value"] for row in remembered(tmp_path)}
    assert 50 < told["bytes in the database"] < 1000
    assert 50 < told["bytes of a name in memory"] < 1000
