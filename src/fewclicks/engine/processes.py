"""Worker processes that start lean, leave signals to their parent and die with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, Generic, TypeVar

from fewclicks.engine.parcel import Packer, Parcel

T = TypeVar("T")
R = TypeVar("R")

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_hiding = threading.RLock()
_here: dict[str, Any] = {}
"""Of a worker: the parcel it was given, and the function once it has been opened."""


class Crew(Generic[T, R]):
    """Worker processes for one function; new ones take over where one was killed.

    The function goes to each worker once, which keeps it with all it has loaded.

    The workers are fresh processes and never forks of this one, whose threads may hold locks. They
    do not import the script that this process runs, which may be slow or not made to run twice;
    unless the function is defined there.
    """

    def __init__(self, function: Callable[[T], R], workers: int) -> None:
        self._packer = Packer(function)
        self._workers = workers
        self._needs_main = _is_of_main(function)
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, shard: T) -> Future[R]:
        """Queue a shard."""
        try:
            return self._submit(shard)
        except BrokenProcessPool:
            self._dismiss()
            return self._submit(shard)

    def close(self) -> None:
        """Drop what is queued, wait for what runs and end the workers."""
        self._dismiss()
        self._packer.close()

    def _dismiss(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _submit(self, shard: T) -> Future[R]:
        if self._pool is None:
            self._pool = _new_pool(self._workers, self._packer.parcel)
        if self._needs_main:
            return self._pool.submit(_work, shard)
        with _without_main():  # processes start within submit
            return self._pool.submit(_work, shard)


def _new_pool(workers: int, parcel: Parcel) -> ProcessPoolExecutor:
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(parcel,))


def _begin(parcel: Parcel) -> None:
    """Set up a worker, before the function's modules are imported."""
    _here["parcel"] = parcel
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; the parent ends the work
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")  # the workers together already use every core
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _work(shard: Any) -> Any:
    """Do a shard, by the function that came when the worker began."""
    if "function" not in _here:
        _here["function"] = _here["parcel"].opened()
    return _here["function"](shard)


def _die_with_parent() -> None:
    """A worker whose parent was killed would otherwise wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _is_of_main(function: Any) -> bool:
    """Tell whether a function, or what it is partially applied to, is defined in the script."""
    if isinstance(function, partial):
        bound = (*function.args, *function.keywords.values())
        return _is_of_main(function.func) or any(_is_of_main(type(value)) for value in bound)
    return getattr(function, "__module__", None) == "__main__"


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep multiprocessing from telling its children what the main script is."""
    with _hiding:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main
