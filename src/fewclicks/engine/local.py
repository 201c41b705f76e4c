"""Per-item work on the cores of this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from reprlib import repr as short
from typing import TypeVar

from fewclicks import settings
from fewclicks.engine.processes import Crew
from fewclicks.errors import FewclicksError
from fewclicks.progress import Report, silent, track

T = TypeVar("T")
R = TypeVar("R")

_AHEAD_PER_WORKER = 2
"""Shards under way per worker: one worked on, one ready to follow."""


class LocalEngine:
    """Runs shards in worker processes of this machine; with one worker, in this process.

    Parameters
    ----------
    workers : int, optional
        Processes; by default FEWCLICKS_WORKERS, else the cores this process may use.
    """

    def __init__(self, workers: int | None = None) -> None:
        from fewclicks import checks  # late: it brings NumPy, which workers may not need

        chosen = settings.workers() if workers is None else workers
        self.workers = int(checks.between(chosen, 1, float("inf"), "workers", integer=True))

    def map(
        self,
        function: Callable[[T], R],
        shards: Iterable[T],
        *,
        step: str = "",
        total: int = 0,
        report: Report = silent,
    ) -> Generator[R, None, None]:
        """Yield function(shard) for every shard in order, as `Engine.map` promises.

        At most two shards per worker are under way or done but not yet asked for. A shard whose
        worker dies is done once more, by a worker of its own. Closing the iterator, or an
        interrupt, drops what is queued and waits for the shards being worked on.
        """
        with closing(self._results(function, shards)) as results:
            yield from track(results, step, total, report)

    def _results(self, function: Callable[[T], R], shards: Iterable[T]) -> Generator[R, None, None]:
        if self.workers == 1:
            for shard in shards:
                yield function(shard)
            return
        waiting: deque[tuple[T, Future[R]]] = deque()
        with closing(Crew(function, self.workers)) as crew:
            for shard in shards:
                waiting.append((shard, crew.submit(shard)))
                if len(waiting) >= _AHEAD_PER_WORKER * self.workers:
                    yield _result(function, *waiting.popleft())
            while waiting:
                yield _result(function, *waiting.popleft())


def _result(function: Callable[[T], R], shard: T, future: Future[R]) -> R:
    try:
        return future.result()
    except BrokenProcessPool:
        return _done_alone(function, shard)


def _done_alone(function: Callable[[T], R], shard: T) -> R:
    """Do a shard again in a process of its own: if that dies too, this shard is to blame."""
    with closing(Crew(function, 1)) as crew:
        try:
            return crew.submit(shard).result()
        except BrokenProcessPool as error:
            raise FewclicksError(
                f"A worker process died twice on the same shard: {short(shard)}.",
                "It was killed, ran out of memory, or a library crashed. Free memory or set "
                "FEWCLICKS_WORKERS=1, then run it again: what is done is kept.",
            ) from error
