"""How long work tells what it has done, whoever is watching: a terminal, a job row, nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Report = Callable[[str, int, int], None]
"""Called as report(step, done, total); total 0 means not known yet. May raise to stop the work."""

T = TypeVar("T")


def silent(step: str, done: int, total: int) -> None:
    """Tell nobody."""


def track(items: Iterable[T], step: str, total: int, report: Report) -> Iterator[T]:
    """Yield `items`, reporting each one as done when the next is asked for."""
    report(step, 0, total)
    for done, item in enumerate(items, start=1):
        yield item
        report(step, done, total)
