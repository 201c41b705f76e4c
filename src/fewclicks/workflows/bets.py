"""What answers prove of all labels and of each class, taken up one after the other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fewclicks.audit.certificate import Certificate, Claim
from fewclicks.audit.certifier import Certifier
from fewclicks.audit.grids import certify_grids, grid_error_upper
from fewclicks.audit.weighted import WeightedCertifier
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.store.auditpages import PageRow
from fewclicks.workflows.auditpages import missed_of
from fewclicks.workflows.frozen import Frozen


@dataclass(frozen=True, slots=True)
class Weighing:
    """Sum and smallest of the weights that items are drawn by."""

    total: float
    least: float


def weighing_of(weights: FloatArray | None) -> Weighing | None:
    """What bounds need to know of these weights; None for even draws, and where there are none."""
    if weights is None or not len(weights):
        return None
    return Weighing(float(weights.sum()), float(weights.min()))


@dataclass(frozen=True, slots=True)
class ClassStanding:
    """What the items drawn tell of one class: of the `n_tested` labelled so, `audits` were drawn.

    `upper` bounds the share of these labels that is wrong, with the certificate's confidence for
    this class taken alone, allowing for what was missed of the planted ones on its own pages.
    `weighing` is that of its labels, None where all were as likely to be drawn.
    """

    class_id: int
    n_items: int
    n_tested: int
    audits: int
    wrong: int
    upper: float
    weighing: Weighing | None = None

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON-able data."""
        return {name: value for name, value in asdict(self).items() if name != "weighing"}


class Bets:
    """Bounds of all labels and of each class, which take up one answer after the other.

    Several threads may ask at once.

    Parameters
    ----------
    frozen : Frozen
        The labels.
    heirs : ndarray of shape (n_class_ids,)
        The class that each class id stands for now.
    error, alpha : float
        The claim about the labels that can be wrong.
    """

    def __init__(self, frozen: Frozen, heirs: IntArray, error: float, alpha: float) -> None:
        self._error, self._alpha, self._heirs = error, alpha, heirs
        self._weights = frozen.weights
        self._now = np.append(heirs, NO_CLASS)[frozen.class_ids]
        self._n_items = np.bincount(self._now[self._now != NO_CLASS], minlength=len(heirs))
        self._tested = self._now[frozen.order]
        self._n_tested = np.bincount(self._tested[self._tested != NO_CLASS], minlength=len(heirs))
        self._n_all = len(frozen.order)
        self._whole = Running(self._n_all, alpha, [error], weighing_of(self._weights))
        self._classes: dict[int, Running] = {}
        self._lock = threading.Lock()

    def of_all(self, wrong: BoolArray, pages: Sequence[PageRow] = ()) -> Certificate:
        """What the answers prove of the claim, allowing for what was missed on pages."""
        if len(pages):
            claim, missed = Claim(self._error, self._alpha), np.array(missed_of(pages), np.bool_)
            return certify_grids(wrong, self._n_all, missed, claim)
        with self._lock:
            return self._whole.after(wrong, self._weights).certificate(self._error)

    def of_classes(
        self, items: Sequence[int], wrong: BoolArray, pages: Sequence[PageRow] = ()
    ) -> tuple[ClassStanding, ...]:
        """What they tell of each class that has labels, and what was planted on its own pages."""
        drawn = self._now[list(items)]
        shown = self._heirs[[page.class_id for page in pages]]
        found = []
        with self._lock:
            for class_id in np.flatnonzero(self._n_items).tolist():
                own = [page for page, its in zip(pages, shown, strict=True) if its == class_id]
                found.append(self._of_class(class_id, wrong, drawn == class_id, own))
        return tuple(found)

    def _of_class(
        self, class_id: int, wrong: BoolArray, is_own: BoolArray, pages: Sequence[PageRow]
    ) -> ClassStanding:
        n_items, n_tested = int(self._n_items[class_id]), int(self._n_tested[class_id])
        mine, weights = wrong[is_own], self._weights
        bets = self._classes.get(class_id)
        if bets is None:
            weighing = None
            if weights is not None:
                weighing = weighing_of(weights[self._tested == class_id])
            bets = self._classes[class_id] = Running(n_tested, self._alpha, (), weighing)
        if pages:
            upper = grid_error_upper(mine, n_tested, missed_of(pages), self._alpha)
        else:
            own = None if weights is None else weights[: len(wrong)][is_own]
            upper = bets.after(mine, own).upper
        n_wrong = int(np.count_nonzero(mine))
        return ClassStanding(class_id, n_items, n_tested, len(mine), n_wrong, upper, bets.weighing)


class Running:
    """A certifier that is told the answers again and again, and takes only what is new."""

    def __init__(
        self,
        n_items: int,
        alpha: float,
        errors: Sequence[float] = (),
        weighing: Weighing | None = None,
    ) -> None:
        self.weighing = weighing
        self._made = (n_items, errors, alpha)
        self._begin()

    def _begin(self) -> None:
        n_items, errors, alpha = self._made
        self._told = np.empty(0, np.bool_)
        self._certifier: Certifier | WeightedCertifier
        if self.weighing is None:
            self._certifier = Certifier(n_items, errors, alpha)
        else:
            total, least = self.weighing.total, self.weighing.least
            self._certifier = WeightedCertifier(n_items, total, least, errors, alpha)

    def after(
        self, wrong: BoolArray, weights: FloatArray | None = None
    ) -> Certifier | WeightedCertifier:
        """The certifier after these answers, from the first on; `weights` of what they are about.

        More weights than answers may come.
        """
        if not np.array_equal(self._told, wrong[: len(self._told)]):  # one was changed, or less
            self._begin()
        for at in range(len(self._told), len(wrong)):
            if isinstance(self._certifier, WeightedCertifier):
                assert weights is not None
                self._certifier.add(bool(wrong[at]), float(weights[at]))
            else:
                self._certifier.add(bool(wrong[at]))
        self._told = wrong.copy()
        return self._certifier
