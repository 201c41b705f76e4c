"""What every engine promises."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from fewclicks.engine import Engine
from fewclicks.errors import FewclicksError, ProjectError, UnreadableImage
from fewclicks.features import Pixels
from fewclicks.items.thumbnails import SentThumbnails, encode_thumbnail
from fewclicks.workflows.describing import describe_shard


def test_results_come_in_order(work: ModuleType, engine: Engine) -> None:
    assert list(engine.map(work.slow_first, range(9))) == list(range(9))


def test_no_shard_gives_no_result(work: ModuleType, engine: Engine) -> None:
    assert list(engine.map(work.double, [])) == []


def test_every_result_is_reported(work: ModuleType, engine: Engine) -> None:
    told: list[tuple[str, int, int]] = []
    report = lambda *what: told.append(what)  # noqa: E731
    list(engine.map(work.double, [1, 2], step="double", total=2, report=report))
    assert told == [("double", 0, 2), ("double", 1, 2), ("double", 2, 2)]


def test_an_error_of_the_function_comes_through(work: ModuleType, engine: Engine) -> None:
    results = engine.map(work.fail_on_two, range(5))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(UnreadableImage) as caught:
        next(results)
    assert caught.value.remedy == "Mend it."


@pytest.mark.parametrize("engine", ["local", "ray"], indirect=True)
def test_a_function_travels_once_to_each_worker(work: ModuleType, engine: Engine) -> None:
    arrived = list(engine.map(work.Counter(), range(20)))
    assert 1 <= len({pid for pid, _ in arrived}) <= 2
    assert {times for _, times in arrived} == {1}


def test_large_arrays_in_a_function_come_whole(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    large = np.arange(1 << 19)
    taken = engine.map(partial(np.take, large), [[7, 0], [len(large) - 1]])
    assert [part.tolist() for part in taken] == [[7, 0], [len(large) - 1]]
    assert list(tmp_path.iterdir()) == []


def test_shards_are_not_taken_long_before_they_are_needed(work: ModuleType, engine: Engine) -> None:
    taken = []

    def shards() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    results = engine.map(work.double, shards())
    next(results)
    time.sleep(0.2)
    assert len(taken) <= 2 * engine.workers
    results.close()
    assert len(taken) <= 2 * engine.workers


def test_an_error_of_the_shards_comes_through(work: ModuleType, engine: Engine) -> None:
    def shards() -> Iterator[int]:
        yield 1
        raise ProjectError("A thumbnail is missing.")

    with pytest.raises(ProjectError, match="missing"):
        list(engine.map(work.double, shards()))


def test_a_damaged_thumbnail_in_the_middle_of_a_shard_is_named(engine: Engine) -> None:
    whole = encode_thumbnail(Image.fromarray(np.zeros((9, 9), np.uint8)))
    shard = SentThumbnails(range(40, 43), [whole, whole[:30], whole], ["a.pack"] * 3)
    with pytest.raises(ProjectError, match=r"The thumbnail of item 41 is damaged.*Delete a\.pack"):
        list(engine.map(partial(describe_shard, Pixels(side=8)), [shard]))


@pytest.mark.parametrize("engine", ["local", "ray"], indirect=True)
def test_a_shard_whose_worker_is_killed_is_done_again(
    work: ModuleType, engine: Engine, tmp_path: Path
) -> None:
    shards = [(str(tmp_path / "died"), number) for number in range(12)]
    assert list(engine.map(work.die_once, shards)) == list(range(12))
    assert (tmp_path / "died").exists()


@pytest.mark.parametrize("engine", ["local", "ray"], indirect=True)
def test_a_shard_that_kills_its_worker_twice_is_named(work: ModuleType, engine: Engine) -> None:
    results = engine.map(work.die_on_three, range(12))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(FewclicksError, match="died twice on the same shard: 3"):
        next(results)
