"""The small contract of everything that runs per-item work."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from typing import Protocol, TypeVar

from fewclicks.progress import Report, silent

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Runs one function over many shards."""

    @property
    def workers(self) -> int:
        """How many shards are worked on at a time."""
        ...

    def map(
        self,
        function: Callable[[T], R],
        shards: Iterable[T],
        *,
        step: str = "",
        total: int = 0,
        report: Report = silent,
    ) -> Generator[R, None, None]:
        """Yield function(shard) for every shard, in order; closing it ends the work.

        Parameters
        ----------
        function : callable
            Pure: it may run twice for a shard, elsewhere, and must then give the same. It and its
            shards and results travel by pickle, itself once to each worker; it must be importable
            where it runs. Large arrays in it may be shared and not writable there.
        shards : iterable
            Taken one by one as room comes free, so neither shards nor results pile up, however slow
            the one who asks for results is.
        step, total, report
            `report(step, done, total)` is called in this thread, `done` counting shards, when the
            next result is asked for. What it raises stops the work.

        Raises
        ------
        FewclicksError
            A worker died twice on the same shard. What `function` raises comes through as it is.
        """
        ...


def in_shards(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield `items` in lists of `size`, the last one shorter."""
    rest = iter(items)
    while shard := list(islice(rest, size)):
        yield shard
