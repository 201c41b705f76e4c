"""Workers on the nodes of a Ray cluster, and what becomes of the shards of those that die.

Plain actors, not Ray Data: that takes its input whole or by readers on the nodes, not from whoever
makes shards here as there is room; and it does not tell on which shard a worker died.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from reprlib import repr as short
from traceback import format_exc
from typing import Any, Generic, TypeVar, cast

from fewclicks.errors import FewclicksError

T = TypeVar("T")
R = TypeVar("R")

Failed = tuple[Exception, str]
"""What a function raised, and where, as text."""

PER_WORKER = 2
"""Shards that a worker has: one worked on, one that travels meanwhile."""

_STARTS = 3
"""Times that every worker may fail to start before it is plain that none can."""


class Actor:
    """What lives on a node: the function, kept with all it has loaded."""

    def begin(self, function: Callable[[Any], Any]) -> str:
        """Take the function; return the node."""
        import ray

        self._function = function
        return ray.get_runtime_context().get_node_id()

    def work(self, shard: Any) -> tuple[Failed | None, Any]:
        """Return what went wrong, which is small and comes by itself, and the result."""
        try:
            return None, self._function(shard)
        except Exception as error:  # noqa: BLE001 it is raised where the result is asked for
            return (error, format_exc()), None


@dataclass(eq=False)
class Task:
    """A shard on its way: `shard`, `done` and `value` are references to what Ray keeps."""

    name: str
    shard: Any
    done: Any = None
    value: Any = None
    finished: bool = False
    error: Exception | None = None
    died_on: set[str] = field(default_factory=set)
    died_at: float | None = None

    def finish(self, error: Exception | None = None) -> None:
        """Note that it is done, or what is to be raised instead."""
        self.finished, self.error = True, error


@dataclass(eq=False)
class Hand:
    """A worker: its actor, its node once it has begun, its shards in the order of the work."""

    actor: Any
    begun: Any
    hired: float
    node: str | None = None
    tasks: deque[Task] = field(default_factory=deque)

    @property
    def awaited(self) -> Any:
        """What tells of it next; None while it has nothing to do."""
        if self.node is None:
            return self.begun
        return self.tasks[0].done if self.tasks else None

    def may_do(self, task: Task) -> bool:
        """Whether a shard is not sent again to where it may find its end a second time.

        When a node dies, all its workers die, but that of the last is heard later than that of the
        first. So a shard goes to another node, or to a worker hired since.
        """
        if task.died_at is None:
            return True
        return self.node not in task.died_on or self.hired >= task.died_at


class RayCrew(Generic[T, R]):
    """Workers for one function; new ones take over where one died.

    Results stay on the node where they were made until they are asked for.
    """

    def __init__(
        self,
        ray: Any,
        function: Callable[[T], R],
        workers: int,
        takes: dict[str, float],
        patience: float,
    ) -> None:
        self._ray = ray
        self._patience = patience
        self._function = ray.put(function)
        self._actor = ray.remote(Actor).options(
            **takes, max_restarts=0, max_task_retries=0, scheduling_strategy="SPREAD"
        )
        self._queue: deque[Task] = deque()
        self._failed_starts = 0
        self._hands = [self._hired() for _ in range(workers)]

    def submit(self, shard: T) -> Task:
        """Queue a shard."""
        task = Task(short(shard), self._ray.put(shard))
        self._queue.append(task)
        self._watch(timeout=0)
        return task

    def result(self, task: Task) -> R:
        """Wait for what became of a shard.

        Raises
        ------
        FewclicksError
            Its workers died twice, or there are none. What the function raised comes as it is.
        """
        while True:
            while not task.finished:
                self._wait()
            if task.error is not None:
                raise task.error
            try:
                return cast(R, self._ray.get(task.value))
            except self._ray.exceptions.ObjectLostError:  # with the node that kept it
                task.finished = False
                self._queue.appendleft(task)

    def close(self) -> None:
        """End the workers."""
        if self._ray.is_initialized():
            for hand in self._hands:
                self._ray.kill(hand.actor)
        self._hands.clear()

    def _hired(self) -> Hand:
        actor = self._actor.remote()
        return Hand(actor, actor.begin.remote(self._function), time.monotonic())

    def _wait(self) -> None:
        """Wait until something happens; not for ever if nobody works."""
        busy = any(hand.tasks for hand in self._hands)
        if not self._watch(None if busy else self._patience) and not busy:
            raise FewclicksError(
                f"No worker could start within {self._patience:g} seconds.",
                "Every node is lost or taken by others: see `ray status`, then run it again: "
                "what is done is kept.",
            )

    def _watch(self, timeout: float | None) -> bool:
        """Take notice of one worker, if one has something to tell in time, and deal out shards."""
        self._deal()
        awaited = {hand.awaited: hand for hand in self._hands if hand.awaited is not None}
        if not awaited:
            return False
        told, _ = self._ray.wait(list(awaited), num_returns=1, timeout=timeout, fetch_local=False)
        for about in told:
            self._notice(awaited[about], about)
        self._deal()
        return bool(told)

    def _notice(self, hand: Hand, about: Any) -> None:
        try:
            told = self._ray.get(about)
        except self._ray.exceptions.RayTaskError as error:  # of Ray's own work around ours
            if hand.node is None:
                raise _cannot_start(error.cause) from error
            hand.tasks.popleft().finish(error.cause)
        except self._ray.exceptions.RayError as error:
            self._bury(hand, error)
        else:
            if hand.node is None:
                hand.node, self._failed_starts = told, 0
            else:
                hand.tasks.popleft().finish(_told_of(told))

    def _bury(self, hand: Hand, why: Exception) -> None:
        """Replace a worker that died; all it had is done again, once more what it worked on."""
        self._hands.remove(hand)
        self._ray.kill(hand.actor)  # it may only have been out of reach
        if hand.node is None:
            self._failed_starts += 1
            if self._failed_starts > _STARTS * (len(self._hands) + 1):
                raise _cannot_start(why) from why
        elif hand.tasks:
            self._blame(hand.tasks[0], hand.node, why)
            if hand.tasks[0].finished:
                hand.tasks.popleft()
        self._queue.extendleft(reversed(hand.tasks))
        self._hands.append(self._hired())

    def _blame(self, task: Task, node: str, why: Exception) -> None:
        """Note a death; the second is an error, which comes when its result is asked for."""
        if task.died_at is not None:
            error = FewclicksError(
                f"A worker died twice on the same shard: {task.name}.",
                "It was killed, ran out of memory, or a library crashed, or two nodes were lost. "
                "Look at `ray status`, then run it again: what is done is kept.",
            )
            error.__cause__ = why
            task.finish(error)
        task.died_at = time.monotonic()
        task.died_on.add(node)

    def _deal(self) -> None:
        """Give queued shards, the first first, to the workers that have least."""
        free = [h for h in self._hands if h.node is not None and len(h.tasks) < PER_WORKER]
        for task in list(self._queue) if free else ():
            fit = [hand for hand in free if hand.may_do(task)]
            if fit:
                self._queue.remove(task)
                self._give(min(fit, key=lambda hand: len(hand.tasks)), task)
                free = [hand for hand in free if len(hand.tasks) < PER_WORKER]
            if not free:
                return

    def _give(self, hand: Hand, task: Task) -> None:
        work = hand.actor.work.options(num_returns=2)
        task.done, task.value = work.remote(task.shard)
        hand.tasks.append(task)


def _told_of(failed: Failed | None) -> Exception | None:
    if failed is None:
        return None
    error, where = failed
    error.add_note(where)
    return error


def _cannot_start(why: BaseException) -> FewclicksError:
    reason, *_ = str(why).splitlines() or [repr(why)]
    return FewclicksError(
        f"A worker cannot start on its node: {reason}.",
        "Install the same fewclicks, with the same extras, on every node.",
    )
