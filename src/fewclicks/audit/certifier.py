"""A certificate that follows audits as they come."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fewclicks.audit.anytime import lowest, within
from fewclicks.audit.certificate import Certificate, outlook
from fewclicks.audit.claims import Claims
from fewclicks.betting import Doubt
from fewclicks.errors import InvalidInput


class Certifier:
    """Audits as they come: every bound after each, in time that does not grow with their number.

    The same as `certify` and the functions beside it say of all audits so far.

    Parameters
    ----------
    n_items : int
        Labels that the audits are drawn from.
    errors : sequence of float
        Shares that may be claimed; settled before the audits.
    alpha : float, default 0.05
        Of each claim and bound.

    Attributes
    ----------
    audits, wrong : int
        So far.

    Examples
    --------
    >>> certifier = Certifier(60000, errors=[0.01])
    >>> for _ in range(343):
    ...     certifier.add(False)
    >>> certifier.certificate(0.01).certified_at
    343
    """

    def __init__(self, n_items: int, errors: Sequence[float] = (), alpha: float = 0.05) -> None:
        self._claims = Claims(n_items, errors, alpha)
        self.n_items = n_items
        self.alpha = alpha
        self.audits = self.wrong = 0
        counts = self._claims.counts
        self._doubts = tuple(Doubt(counts, n_items, fewer) for fewer in (True, False))
        self._log_k = [np.zeros(len(counts)) for _ in self._doubts]
        self._crossed = [np.zeros(len(counts), np.bool_) for _ in self._doubts]
        self._note()

    def add(self, wrong: bool) -> None:
        """Take the next audit.

        Raises
        ------
        InvalidInput
            Every label is audited.
        """
        if self.audits >= self.n_items:
            raise InvalidInput(f"All {self.n_items:,} items are audited.", "Audit each item once.")
        for log_k, crossed, doubt in zip(self._log_k, self._crossed, self._doubts, strict=True):
            log_k += doubt.factors(bool(wrong), self.wrong, self.audits)
            crossed |= log_k >= -math.log(self.alpha)
        self.audits += 1
        self.wrong += bool(wrong)
        self._note()

    @property
    def upper(self) -> float:
        """As `error_upper`."""
        return self._claims.upper(self._crossed[0], self.wrong, self.audits)

    @property
    def lower(self) -> float:
        """As `error_lower`."""
        found = lowest(self._claims.grid, self._crossed[1])
        return within(found, self.wrong, self.audits, self.n_items)

    def certificate(self, error: float) -> Certificate:
        """Say what the audits show of one of `errors`.

        Raises
        ------
        InvalidInput
            It is none of them.
        """
        claim, certified = self._claims.claim(error), self._claims.proved_at(error)
        return Certificate(
            claim,
            self.n_items,
            self.audits,
            self.wrong,
            self.lower,
            self.upper,
            certified,
            0.0 if certified is not None else self._to_go(error),
        )

    def _to_go(self, error: float) -> float:
        lacking = -math.log(self.alpha) - float(self._log_k[0][self._claims.place(error)])
        return outlook(self.wrong, self.audits, self.n_items, error, lacking)

    def _note(self) -> None:
        self._claims.note(self._crossed[0], self.wrong, self.audits)
