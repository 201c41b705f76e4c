"""Strategies that choose a batch as a whole: by how items lie to each other, not one by one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from fewclicks.queries.strategy import answers, feature_rows, open_items
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray

FEW_PRODUCTS = 2**28
"""Multiplications at a time, some 10 ms, below which one thread takes them: on a busy machine the
threads of small products wait for each other, ten times as long as they work."""


def threads_for(products: int) -> Any:
    """Return a context with one thread for few multiplications at a time, all threads for many."""
    return _threads().limit(limits=1 if products < FEW_PRODUCTS else None)


@cache
def _threads() -> Any:
    """Return the thread pools of all libraries; looking for them takes milliseconds."""
    return ThreadpoolController()


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The items a batch is chosen from, checked.

    Attributes
    ----------
    model, X
        As in `Strategy`.
    rows : array or memory map of shape (n_items, d)
        Their distances tell how alike items are.
    y : ndarray of shape (n_items,), int64
        Answers so far, NO_CLASS where there is none.
    open : ndarray of shape (n_items,), bool
        Items that may be picked.
    """

    model: Any
    X: Any
    rows: FloatArray
    y: IntArray
    open: BoolArray

    @property
    def answered(self) -> BoolArray:
        """Which items have an answer, (n_items,)."""
        return np.asarray(self.y != NO_CLASS)

    def filled(self, picked: IntArray, n: int, rng: np.random.Generator) -> IntArray:
        """Return `picked` with open items drawn at random behind it, `n` in all."""
        left = self.open.copy()
        left[picked] = False
        more = rng.permutation(np.flatnonzero(left))[: n - len(picked)]
        return np.concatenate([picked, more]).astype(np.int64)


class ByBatch(ABC):
    """A strategy that chooses the items of a batch to go together."""

    name: ClassVar[str]

    @abstractmethod
    def choose(self, pool: Pool, n: int, random_state: int) -> IntArray:
        """Return the ids of `n` different open items, most wanted first.

        `n` is at least 1 and at most the number of open items.
        """

    def pick(
        self,
        model: Any,
        X: Any,
        n: int,
        *,
        y: Any = None,
        exclude: BoolArray | None = None,
        features: Any = None,
        random_state: int = 0,
    ) -> IntArray:
        """Return the items of the batch; see `Strategy`."""
        open_ = open_items(len(X), y, exclude)
        rows = feature_rows(model, X, features)
        pool = Pool(model, X, rows, answers(y, len(X)), open_)
        n = min(n, int(np.count_nonzero(open_)))
        return self.choose(pool, n, random_state) if n > 0 else np.empty(0, np.int64)
