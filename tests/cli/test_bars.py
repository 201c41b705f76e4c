"""Progress for people."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from fewclicks.cli.bars import Bars, Lines, pace


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_long_step_gets_a_line_every_ten_seconds_and_one_at_its_end(clock):
    written: list[str] = []
    lines = Lines(written.append, clock)
    for second in range(26):
        clock.now = 100.0 + second
        lines.report("reading images", 40 * second, 1000)
    lines.close()
    assert written == [
        "reading images: 400 of 1,000, 40/s, 15 s left",
        "reading images: 800 of 1,000, 40/s, 5 s left",
        "reading images: 1,000 in 25 s, 40/s",
    ]


def test_a_brief_step_leaves_no_line(clock):
    written: list[str] = []
    lines = Lines(written.append, clock)
    lines.report("clustering", 0, 1)
    clock.now += 0.9
    lines.report("clustering", 1, 1)
    lines.report("finding neighbours", 0, 1)
    lines.close()
    assert written == []


def test_a_step_of_unknown_length_gets_its_seconds_only(clock):
    written: list[str] = []
    lines = Lines(written.append, clock)
    lines.report("listing images", 0, 0)
    clock.now += 12
    lines.report("listing images", 0, 0)
    lines.report("reading images", 0, 10)
    assert written == ["listing images: 0", "listing images: 12 s"]


def test_a_step_that_comes_again_starts_anew(clock):
    written: list[str] = []
    lines = Lines(written.append, clock)
    for _ in range(2):
        lines.report("answering", 0, 50)
        clock.now += 5
        lines.report("answering", 50, 50)
    lines.close()
    assert written == ["answering: 50 in 5 s, 10/s"] * 2


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 5)), max_size=60))
def test_lines_are_never_more_than_the_time_allows(steps):
    clock, written = Clock(), []
    lines = Lines(written.append, clock)
    for seconds, done in steps:
        clock.now += seconds
        lines.report("work", done, 5)
    elapsed = clock.now - 100.0
    lines.close()
    assert len(written) <= elapsed / 10 + elapsed + 1


def test_rate_and_time_left():
    assert pace(300, 0, 1000, 10.0) == ", 30/s, 23 s left"
    assert pace(300, 100, 1000, 10.0) == ", 20/s, 35 s left", "what was done before is not counted"
    assert pace(300, 0, 0, 10.0) == ", 30/s"
    assert pace(0, 0, 1000, 10.0) == ""
    assert pace(5, 0, 10, 0.0) == ""


def test_work_done_before_does_not_count_as_speed(clock):
    written: list[str] = []
    lines = Lines(written.append, clock)
    lines.report("describing images", 900, 1000)
    clock.now += 10
    lines.report("describing images", 950, 1000)
    assert written == ["describing images: 950 of 1,000, 5/s, 10 s left"]


def drawn(bars_of) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    bars = Bars(console)
    bars_of(bars)
    bars._progress.refresh()
    text = console.file.getvalue()  # type: ignore[attr-defined]
    bars.close()
    return text


def test_a_bar_shows_step_done_and_total():
    text = drawn(lambda bars: bars.report("reading images", 250, 1000))
    assert "reading images" in text
    assert "250/1,000" in text


def test_a_brief_step_makes_room_for_the_next():
    def steps(bars: Bars) -> None:
        bars.report("listing images", 0, 0)
        bars.report("reading images", 1, 10)
        assert [task.description for task in bars._progress.tasks] == ["reading images"]
        bars.report("listing images", 0, 0)
        assert [task.description for task in bars._progress.tasks] == ["listing images"]

    drawn(steps)


def test_a_bar_that_comes_again_starts_anew():
    def steps(bars: Bars) -> None:
        bars.report("answering", 50, 50)
        bars.report("answering", 0, 50)
        (task,) = bars._progress.tasks
        assert task.completed == 0
        assert not task.finished

    drawn(steps)
