"""Progress for people: bars with rate and time left, or plain lines where no terminal is."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.text import Text

BRIEF = 1.0
"""Seconds; a step that took less leaves no trace."""

_EVERY = 10.0
"""Seconds between two lines about the same step."""


class Bars:
    """A bar per step on a terminal. Steps follow one another; one that comes again starts anew."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            _Pace(),
            console=console,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._bars: dict[str, TaskID] = {}
        self._step = ""
        self._progress.start()

    def report(self, step: str, done: int, total: int) -> None:
        """Show that `done` of `total` are done in a step; total 0 where it is not known."""
        if step != self._step:
            self._end_step()
            self._begin(step, done)
        bar = self._bars[step]
        if done < self._task(bar).completed:
            self._progress.reset(bar, first=done)
        self._progress.update(bar, completed=done, total=total or None)

    def close(self) -> None:
        """Leave the bars as they are and stop drawing."""
        self._end_step()
        self._progress.stop()

    def _begin(self, step: str, first: int) -> None:
        self._step = step
        if step in self._bars:
            self._progress.reset(self._bars[step], first=first)
        else:
            self._bars[step] = self._progress.add_task(step, total=None, first=first)

    def _end_step(self) -> None:
        if not self._step:
            return
        bar = self._bars[self._step]
        task = self._task(bar)
        if (task.elapsed or 0) < BRIEF:
            self._progress.remove_task(self._bars.pop(self._step))
        else:
            self._progress.update(bar, total=task.completed)
            self._progress.stop_task(bar)
        self._step = ""

    def _task(self, bar: TaskID) -> Task:
        return self._progress.tasks[self._progress.task_ids.index(bar)]


class _Pace(ProgressColumn):
    """Done, total, rate and time left of a task."""

    def render(self, task: Task) -> Text:
        """Return "1,200/60,000, 310/s, 190 s left", as far as known."""
        done, seconds = int(task.completed), task.elapsed or 0.0
        of = f"/{task.total:,.0f}" if task.total else ""
        if task.finished:
            return Text(f"{done:,} in {seconds:.0f} s" if done else f"{seconds:.0f} s")
        told = f"{done:,}{of}" if done or of else ""
        return Text(told + pace(done, task.fields["first"], int(task.total or 0), seconds))


class Lines:
    """A line now and then, for logs: every ten seconds, and at the end of what took over one.

    Parameters
    ----------
    write : callable
        Called with each line.
    clock : callable
        The time in seconds.
    """

    def __init__(
        self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._clock = clock
        self._step = ""
        self._first = self._done = self._total = 0
        self._begun = self._told = 0.0

    def report(self, step: str, done: int, total: int) -> None:
        """Take note that `done` of `total` are done in a step; total 0 where it is not known."""
        now = self._clock()
        if step != self._step or done < self._done:
            self.close()
            self._step, self._first, self._begun, self._told = step, done, now, now
        self._done, self._total = done, total
        if now - self._told >= _EVERY:
            self._told = now
            self._write(self._line(now - self._begun))

    def close(self) -> None:
        """End the step."""
        seconds = self._clock() - self._begun
        if self._step and seconds >= BRIEF:
            count = f"{self._done:,} in " if self._done else ""
            rate = pace(self._done, self._first, 0, seconds)
            self._write(f"{self._step}: {count}{seconds:.0f} s{rate}")
        self._step, self._done = "", 0

    def _line(self, seconds: float) -> str:
        of = f" of {self._total:,}" if self._total else ""
        told = pace(self._done, self._first, self._total, seconds)
        return f"{self._step}: {self._done:,}{of}{told}"


def pace(done: int, first: int, total: int, seconds: float) -> str:
    """Return rate and time left as ", 310/s, 190 s left", as far as they can be told.

    `first` were done before the `seconds` began to count; total 0 is not known.
    """
    new = done - first
    if new <= 0 or seconds <= 0:
        return ""
    left = f", {seconds * (total - done) / new:,.0f} s left" if total else ""
    return f", {new / seconds:,.0f}/s{left}"
