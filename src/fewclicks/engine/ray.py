"""Per-item work on the machines of a Ray cluster."""

from __future__ import annotations

import logging
import math
import os
import socket
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import Any, TypeVar

from fewclicks.engine.actors import PER_WORKER, RayCrew, Task
from fewclicks.errors import FewclicksError, InvalidInput, NotFound
from fewclicks.extras import imported
from fewclicks.progress import Report, silent, track

T = TypeVar("T")
R = TypeVar("R")

_REACHED_IN = 5
"""Seconds in which a machine of the same network answers."""

_START = "On the first machine: ray start --head --disable-usage-stats; then --address HOST:6379."


class RayEngine:
    """Runs shards in workers on the nodes of a Ray cluster.

    This process must run on a node of the cluster and stays connected until it ends; one that is
    connected already stays with its cluster. The same versions of fewclicks and its extras must be
    installed on every node. Shards and results travel through Ray's object store.

    Parameters
    ----------
    address : str, optional
        HOST:PORT of the cluster's first node; by default the cluster that this machine belongs to,
        or, if there is none, one of this machine alone, without dashboard or usage statistics.
    workers : int, optional
        Workers at most; by default as many as the cluster has room for when the work begins.
    cpus, gpus : float, default 1 and 0
        What one worker takes of its node. With `gpus=0.5` two workers share a GPU.
    patience : float, default 300
        Seconds to wait for a worker while none is working, as when every node is lost.

    Raises
    ------
    MissingExtra
        Ray is not installed.
    NotFound
        There is no cluster at the address.
    InvalidInput
        The address is none, or no node has room for a worker.
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        workers: int | None = None,
        cpus: float = 1,
        gpus: float = 0,
        patience: float = 300,
    ) -> None:
        from fewclicks import checks  # late: it brings NumPy, which local workers may not need

        if workers is not None:
            checks.between(workers, 1, math.inf, "workers", integer=True)
        checks.between(cpus, 0.01, math.inf, "cpus")
        checks.between(gpus, 0, math.inf, "gpus")
        self._ray = _connected(address)
        self._asked = workers
        self._takes = {"CPU": cpus, "GPU": gpus}
        self._patience = patience
        _ = self.workers  # which refuses a cluster without room

    @property
    def workers(self) -> int:
        """Workers that the nodes have room for now, no more than were asked for."""
        has = self._ray.cluster_resources()
        fit = sum(self._room(node["Resources"]) for node in self._ray.nodes() if node["Alive"])
        if not fit:
            raise InvalidInput(
                f"A worker takes {_told(self._takes)}, but no node has that; "
                f"the whole cluster has {_told(has)}.",
                "Start a node that has it, or ask for less.",
            )
        return fit if self._asked is None else min(fit, self._asked)

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

        The function travels once to each worker, which keeps it until the last shard is done. At
        most two shards per worker are under way or done but not yet asked for, so one slow shard
        holds the others up once they are so far ahead. A shard whose worker or node dies is done
        again, by a worker on another node or a new one. Closing the iterator, or an interrupt,
        ends the workers at once.
        """
        with closing(self._results(function, shards)) as results:
            yield from track(results, step, total, report)

    def _results(self, function: Callable[[T], R], shards: Iterable[T]) -> Generator[R, None, None]:
        workers = self.workers
        waiting: deque[Task] = deque()
        try:
            with closing(self._crew(function, workers)) as crew:
                for shard in shards:
                    waiting.append(crew.submit(shard))
                    if len(waiting) >= PER_WORKER * workers:
                        yield crew.result(waiting.popleft())
                while waiting:
                    yield crew.result(waiting.popleft())
        except self._ray.exceptions.RayError as error:
            raise FewclicksError(
                f"The Ray cluster failed: {error}.",
                "Look at it with `ray status`, then run it again: what is done is kept.",
            ) from error

    def _crew(self, function: Callable[[T], R], workers: int) -> RayCrew[T, R]:
        takes = {"num_cpus": self._takes["CPU"], "num_gpus": self._takes["GPU"]}
        return RayCrew(self._ray, function, workers, takes, self._patience)

    def _room(self, resources: dict[str, float]) -> int:
        """How many workers fit on a node."""
        return min(int(resources.get(of, 0) // n) for of, n in self._takes.items() if n)


def _connected(address: str | None) -> Any:
    """Ray, with this process in a cluster."""
    ray = imported("ray", "The engine ray")
    if ray.is_initialized():
        return ray
    if address is not None:
        _reach(address)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # of a cluster that begins here
    try:
        ray.init(
            address=address,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise NotFound(
            f"Ray cannot be joined at {address or 'this machine'}: {error}", _START
        ) from error
    return ray


def _reach(address: str) -> None:
    """Refuse at once an address where nobody listens; Ray itself would try for a minute."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise InvalidInput(
            f"The address of a Ray cluster must be HOST:PORT but is {address!r}.", _START
        )
    try:
        socket.create_connection((host, int(port)), _REACHED_IN).close()
    except (OSError, OverflowError) as error:
        raise NotFound(f"There is no Ray cluster at {address}: {error}.", _START) from error


def _told(resources: dict[str, float]) -> str:
    return ", ".join(f"{resources.get(of, 0):g} {of}" for of in ("CPU", "GPU"))
