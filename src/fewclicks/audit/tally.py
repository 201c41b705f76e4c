"""Votes counted: which class most of those say that have a say in something."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewclicks.records import NO_CLASS, IntArray


@dataclass(frozen=True, slots=True)
class Tally:
    """The votes on some matters, numbered from 0.

    Attributes
    ----------
    totals : ndarray of shape (n_matters,), int64
        Votes on each.
    first, second : ndarray of shape (n_matters,), int64
        The class with the most votes and the one after it; of two with as many the smaller id;
        NO_CLASS where there is none.
    """

    totals: IntArray
    first: IntArray
    second: IntArray
    _keys: IntArray
    _counts: IntArray
    _n_ids: int

    @classmethod
    def of(cls, matters: IntArray, class_ids: IntArray, n_matters: int) -> Tally:
        """Count votes, each for a class id of at least 0 in a matter."""
        n_ids = int(class_ids.max(initial=0)) + 1
        keys, counts = np.unique(matters.astype(np.int64) * n_ids + class_ids, return_counts=True)
        order = np.lexsort((-counts, keys // n_ids))  # stable: of as many the smaller id first
        where, said = np.divmod(keys[order], n_ids)
        begins = np.flatnonzero(np.diff(where, prepend=-1))
        first, second = (np.full(n_matters, NO_CLASS, np.int64) for _ in range(2))
        first[where[begins]] = said[begins]
        after = begins + 1
        after = after[after < len(where)]
        after = after[where[after] == where[after - 1]]
        second[where[after]] = said[after]
        return cls(np.bincount(matters, minlength=n_matters), first, second, keys, counts, n_ids)

    def votes(self, matters: IntArray, class_ids: IntArray) -> IntArray:
        """Votes for a class in each of some matters."""
        keys = matters.astype(np.int64) * self._n_ids + class_ids
        at = np.minimum(np.searchsorted(self._keys, keys), max(0, len(self._keys) - 1))
        known = (class_ids >= 0) & (class_ids < self._n_ids)
        if not len(self._keys):
            return np.zeros(len(keys), np.int64)
        return np.where(known & (self._keys[at] == keys), self._counts[at], 0)

    def other(self, matters: IntArray, but: IntArray) -> IntArray:
        """The class with the most votes but for one, in each of some matters."""
        first = self.first[matters]
        return np.where(first == but, self.second[matters], first)
