"""Audits by strata, as by class: a certificate of each, and one of all of them together.

Each audit is drawn uniformly from what is left of one stratum; which stratum may follow from all
that was seen before. So rare classes get as many audits as they need. One random order of all
items serves everything: the items of a stratum in that order are a random order of the stratum.

That all strata together have `count` wrong items may be so in many ways, one for each way to share
them out. Against each the bets of the strata are multiplied, which is a bet again; and the doubt is
refuted when the least successful of these has reached 1/α (Stark's ALPHA, section 4: the minimum
over allocations). Found by dynamic programming over wrong items in `UNITS` parts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fewclicks import checks
from fewclicks.audit.certificate import Certificate, Claim, allowed, outlook
from fewclicks.audit.certifier import Certifier
from fewclicks.betting import Doubt, check_alpha, least_count
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray

UNITS = 256
"""Parts of the wrong items that a claim allows. Sharing out in parts of several items makes a
certificate later, by as much as if each stratum had one part fewer to be shared out."""

REACH = 3
"""Bounds are looked for up to so many times the error that is claimed."""


class StratifiedCertifier:
    """Audits of strata as they come.

    Parameters
    ----------
    sizes : sequence of int
        Items of each stratum.
    error : float
        In [0, 1]: share of all items that may be claimed to be wrong at most.
    alpha : float, default 0.05
        Of the certificate of all, and of that of each stratum alone.
    each : float, optional
        Share that may be claimed to be wrong of each stratum; `error` by default.

    Attributes
    ----------
    certifiers : tuple of Certifier
        One of each stratum. Each holds with confidence 1 − alpha, taken by itself; of many strata
        some will be wrong. For all of them at once, give alpha divided by their number.

    Examples
    --------
    >>> audits = StratifiedCertifier([30000, 20000, 10000], 0.01)
    >>> for n in range(400):
    ...     audits.add((0, 0, 0, 1, 1, 2)[n % 6], wrong=False)
    >>> audits.certificate().holds
    True
    """

    def __init__(
        self,
        sizes: Sequence[int],
        error: float,
        alpha: float = 0.05,
        each: float | None = None,
    ) -> None:
        check_alpha(alpha)
        self.claim = Claim(error, alpha)
        self.each = error if each is None else each
        self.certifiers = tuple(Certifier(int(size), [self.each], alpha) for size in sizes)
        self.n_items = sum(one.n_items for one in self.certifiers)
        self._count = least_count(error, self.n_items)
        self._unit = max(1, math.ceil(self._count / UNITS))
        self._n_units = max(1, min(REACH * math.ceil(self._count / self._unit), self.n_items))
        self._cells = [_Cells(one.n_items, self._unit, self._n_units) for one in self.certifiers]
        self._tree = _Tree([cells.log_k() for cells in self._cells], self._n_units)
        self._upper = 1.0
        self._certified_at: int | None = None
        self._look()

    @property
    def audits(self) -> int:
        """Audits so far, of all strata."""
        return sum(one.audits for one in self.certifiers)

    @property
    def wrong(self) -> int:
        """Those that were wrong."""
        return sum(one.wrong for one in self.certifiers)

    def add(self, stratum: int, wrong: bool) -> None:
        """Take the next audit.

        Raises
        ------
        InvalidInput
            There is no such stratum, or every item of it is audited.
        """
        checks.between(stratum, 0, len(self.certifiers) - 1, "stratum", integer=True)
        one = self.certifiers[stratum]
        if one.audits >= one.n_items:
            raise InvalidInput(f"All {one.n_items:,} items of stratum {stratum} are audited.")
        self._cells[stratum].add(bool(wrong), one.wrong, one.audits)
        one.add(wrong)
        self._tree.set(stratum, self._cells[stratum].log_k())
        self._look()

    def certificate(self) -> Certificate:
        """Say what the audits show of all strata together.

        The estimate is that of the audits as they are, which are not even if some strata were
        audited more than others; see `estimate`.
        """
        known = (self.wrong + self.n_items - self.audits) / max(1, self.n_items)
        upper = min(self._upper, known)
        least = self.wrong / max(1, self.n_items)
        return Certificate(
            self.claim,
            self.n_items,
            self.audits,
            self.wrong,
            min(upper, least),
            max(upper, least),
            self._certified_at,
            0.0 if self._certified_at is not None else self._to_go(),
        )

    @property
    def estimate(self) -> float:
        """Share of wrong items, each stratum counted by its size; NaN if one is not audited."""
        parts = [
            one.n_items * (one.wrong / one.audits if one.audits else math.nan)
            for one in self.certifiers
            if one.n_items
        ]
        return sum(parts) / self.n_items if parts else math.nan

    @property
    def log_wealth(self) -> float:
        """Logarithm of the least successful bet against the claim's contrary, now."""
        return float(self._least()[self._needed(self._count)])

    def _least(self) -> FloatArray:
        """Of all ways to share out so many units or more, the least successful bet."""
        return _of_so_many_or_more(self._tree.root)

    def _needed(self, count: float) -> int:
        """Units that are shared out at least if `count` items are: all but one are full ones."""
        strata = len(self.certifiers)
        return max(0, math.ceil((count + strata) / self._unit) - strata)

    def _look(self) -> None:
        """Write down what holds now."""
        least = self._least()
        enough = -math.log(self.claim.alpha)
        refuted = int(np.argmax(least >= enough)) if (least >= enough).any() else None
        if refuted is not None and refuted > 0:
            strata = len(self.certifiers)
            found = (refuted + strata - 1) * self._unit - strata  # one more would need them
            self._upper = min(self._upper, max(0, found) / max(1, self.n_items))
        at_most = allowed(self.n_items, self.claim)
        needed = self._needed(self._count)
        shown = needed > 0 and refuted is not None and refuted <= needed
        known = self.wrong + self.n_items - self.audits <= at_most
        if self._certified_at is None and (known or (shown and self.wrong <= at_most)):
            self._certified_at = self.audits

    def _to_go(self) -> float:
        lacking = -math.log(self.claim.alpha) - self.log_wealth
        return outlook(self.wrong, self.audits, self.n_items, self.claim.error, lacking)


class _Cells:
    """Bets that a stratum has fewer wrong items than so many units, from 0 to `n_units`."""

    def __init__(self, n_items: int, unit: int, n_units: int) -> None:
        n_cells = min(n_units, n_items // unit)
        self._counts = np.arange(1, n_cells + 1, dtype=np.float64) * unit
        self._doubt = Doubt(self._counts, n_items)
        self._log_k = np.zeros(n_cells)
        self._unit, self._wrong, self._last = unit, 0, n_units

    def add(self, wrong: bool, seen: int, drawn: int) -> None:
        """Bet on the next audit wherever the doubt is not known to be right."""
        open_ones = self._counts > seen
        self._log_k += np.where(open_ones, self._doubt.factors(wrong, seen, drawn), 0.0)
        self._wrong = seen + wrong

    def log_k(self) -> FloatArray:
        """Logarithm of the wealth of each, infinite where there are more wrong ones for sure."""
        cells = np.append(0.0, self._log_k)
        ends = (np.arange(len(cells)) + 1) * self._unit - 1  # the last has no end
        ends[-1:] = np.iinfo(np.int64).max if len(cells) > self._last else ends[-1:]
        return np.where(ends < self._wrong, np.inf, cells)


class _Tree:
    """The least successful bet of all strata together, kept as they change one by one."""

    def __init__(self, leaves: Sequence[FloatArray], n_units: int) -> None:
        self._n_units = n_units
        self._n = 1 << max(0, len(leaves) - 1).bit_length()
        nothing = np.append(0.0, np.full(n_units, np.inf))
        self._nodes = [nothing] * (2 * self._n)
        for place, leaf in enumerate(leaves):
            self._nodes[self._n + place] = self._padded(leaf)
        for node in range(self._n - 1, 0, -1):
            self._join(node)

    @property
    def root(self) -> FloatArray:
        """For each number of units, the last of which stands for more as well."""
        return self._nodes[1]

    def set(self, place: int, leaf: FloatArray) -> None:
        """Change one stratum."""
        node = self._n + place
        self._nodes[node] = self._padded(leaf)
        while node > 1:
            node //= 2
            self._join(node)

    def _join(self, node: int) -> None:
        self._nodes[node] = _shared_out(self._nodes[2 * node], self._nodes[2 * node + 1])

    def _padded(self, leaf: FloatArray) -> FloatArray:
        return np.append(leaf, np.full(self._n_units + 1 - len(leaf), np.inf))


def _shared_out(one: FloatArray, other: FloatArray) -> FloatArray:
    """Min-plus convolution of two arrays of the same length; the end stands for more as well."""
    n = len(one)
    before = np.append(np.full(n - 1, np.inf), one)
    ways = np.lib.stride_tricks.sliding_window_view(before, n) + other[::-1]
    least = ways.min(axis=1)
    least[-1] = (_of_so_many_or_more(one)[::-1] + other).min()
    return np.asarray(least)


def _of_so_many_or_more(least: FloatArray) -> FloatArray:
    return np.asarray(np.minimum.accumulate(least[::-1])[::-1])
