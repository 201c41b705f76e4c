"""Claims that audits may prove, and after how many of them each was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fewclicks import checks
from fewclicks.audit.anytime import error_grid, grid_counts, highest, within
from fewclicks.audit.certificate import Claim, allowed
from fewclicks.betting import check_alpha, checked, least_count
from fewclicks.records import BoolArray, FloatArray


class Claims:
    """What one may claim of a collection, and the shares that are bet against for it.

    Parameters
    ----------
    n_items : int
        Labels that the audits are drawn from.
    errors : sequence of float
        Shares that may be claimed; settled before the audits.
    alpha : float
        Of each claim and bound.

    Attributes
    ----------
    grid, counts : ndarray of shape (n_shares,)
        The shares that are bet against, and the numbers of wrong items that they stand for.
    """

    def __init__(self, n_items: int, errors: Sequence[float], alpha: float) -> None:
        checked([], n_items)
        check_alpha(alpha)
        self._n_items = n_items
        self._claims = {error: Claim(error, alpha) for error in errors}
        self._proved: dict[float, int] = {}
        self.grid: FloatArray = error_grid(n_items, list(errors))
        self.counts: FloatArray = grid_counts(self.grid, n_items)

    def claim(self, error: float) -> Claim:
        """The claim of this share.

        Raises
        ------
        InvalidInput
            It is none of `errors`.
        """
        checks.one_of(str(error), [str(known) for known in self._claims], "error")
        return self._claims[error]

    def proved_at(self, error: float) -> int | None:
        """The audits after which the claim of this share first held; None if it has not."""
        return self._proved.get(error)

    def place(self, error: float) -> int:
        """Where in the grid the share stands that is bet against for this claim."""
        share = least_count(error, self._n_items) / self._n_items
        return int(np.argmin(np.abs(self.grid - share)))

    def note(self, crossed: BoolArray, wrong: int, audits: int) -> None:
        """Write down which claims hold after so many audits, `wrong` of them wrong.

        `crossed` tells which shares of the grid have been bet against with success.
        """
        possible = wrong + self._n_items - audits
        for error, claim in self._claims.items():
            if error in self._proved:
                continue
            at_most = allowed(self._n_items, claim)
            shown = self._n_items and crossed[self.place(error)] and wrong <= at_most
            if shown or possible <= at_most:
                self._proved[error] = audits

    def upper(self, crossed: BoolArray, wrong: int, audits: int) -> float:
        """The share of wrong items that is not exceeded after so many audits."""
        found = highest(self.grid, crossed, self._n_items)
        return within(found, wrong, audits, self._n_items)
