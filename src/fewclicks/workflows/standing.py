"""How a certificate stands: what its answers prove of the labels that it tells of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fewclicks.audit.certificate import Certificate, Claim
from fewclicks.audit.certifier import Certifier
from fewclicks.audit.grids import certify_grids, grid_error_upper
from fewclicks.audit.weighted import WeightedCertifier
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.store.certificates import (
    EVENLY,
    NAMING,
    OPEN,
    CertificateRow,
    Draw,
    DrawnRow,
    PageRow,
)
from fewclicks.workflows.auditpages import missed_of
from fewclicks.workflows.finishing import Finish
from fewclicks.workflows.frozen import Frozen

DRAWN: dict[Draw, str] = {
    "evenly": "",
    "suspected": " The least sure labels were drawn more often, which the bounds allow for.",
    "classes": " Labels of rare classes were drawn more often, which the bounds allow for.",
}
"""What is said of the draw."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """Sum and smallest of the weights that items are drawn by."""

    total: float
    least: float


def weighing_of(weights: FloatArray | None) -> Weighing | None:
    """What bounds need to know of these weights; None for even draws."""
    if weights is None:
        return None
    return Weighing(float(weights.sum()), float(weights.min(initial=np.inf)))


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


@dataclass(frozen=True, slots=True)
class Standing:
    """How a certificate stands.

    Attributes
    ----------
    row : CertificateRow
        The claim, and of which labels.
    certificate : Certificate
        What the answers prove of the labels that can be wrong.
    waiting : int
        Items drawn that wait for an answer, of which none before the first counts.
    unsure : int
        Of those that count as wrong, items that the person could not name.
    changed : int
        Labels that have changed since, other than by a person's word on the item alone.
    noticed : int
        Items that were noticed on pages and wait to be asked about singly; they hold up the count.
    classes : tuple of ClassStanding
    finish : Finish or None
        What people would have to name for the claim to hold, where that is some of the labels.
    repeated, same : int
        Items that people were asked about again, and those of which they then said the same.
    revised : int
        Answers that count which are others than the person gave first.
    merged : int
        Classes of its labels and answers that have been merged with others, or deleted, since.
    may_look_through : bool
        Whether pages may be looked through: from the first answer on, or not at all.
    """

    row: CertificateRow
    certificate: Certificate
    waiting: int
    unsure: int
    changed: int
    noticed: int
    classes: tuple[ClassStanding, ...]
    finish: Finish | None = None
    repeated: int = 0
    same: int = 0
    revised: int = 0
    merged: int = 0
    may_look_through: bool = False

    @property
    def holds(self) -> bool:
        """Whether the claim is proved, if need be of the labels with what people named since."""
        return self.certificate.holds or self.is_finished

    @property
    def is_finished(self) -> bool:
        """Whether people have named all labels that are too unsure for the claim."""
        return self.finish is not None and self.finish.holds

    def of_all(self, share: float) -> float:
        """The share of all labels that a share of those that can be wrong is."""
        return share * self.row.n_tested / self.row.n_items

    @property
    def upper(self) -> float:
        """Share of all labels that is wrong at most, with the claim's confidence."""
        upper = self.of_all(self.certificate.upper)
        return min(upper, self.row.error) if self.is_finished else upper

    @property
    def upper_now(self) -> float:
        """The same of these labels as they are now: every one changed since may be wrong.

        Labels that items got since are none of these.
        """
        return min(1.0, self.upper + self.changed / self.row.n_items)

    @property
    def sentence(self) -> str:
        """How far the proof is."""
        claim = f"at most {self.row.error:.2%} of {self.row.n_items:,} labels are wrong"
        if self.holds:
            found = f"Proved with confidence {self.row.confidence:.4g}: {claim}."
            return found if not self.changed else f"{found} {self.changed:,} have changed since."
        if self.finish is not None and self.row.state == NAMING:
            left = f"{self.finish.left:,} of the least sure are left to be named"
            return f"Not proved yet: {claim}. {left}; then it is."
        if not math.isfinite(self.certificate.to_go):
            found = f"Not proved: {claim}. More labels seem to be wrong than that."
            return f"{found}{self._instead}{self._evenly}"
        more = f"About {self.certificate.to_go:,.0f} more blind answers."
        return f"Not proved yet: {claim}. {more}{self._instead}"

    @property
    def _instead(self) -> str:
        """What would prove it sooner than blind answers."""
        if self.finish is None or self.finish.left >= self.certificate.to_go:
            return ""
        if self.finish.is_due:
            return f" It will be once the {self.finish.left:,} least sure are named."
        return (
            f" It would be once the {self.finish.left:,} least sure were named; after more blind "
            "answers fewer have to be."
        )

    @property
    def _evenly(self) -> str:
        """What could prove it with another draw."""
        if self.row.draw == EVENLY or self.row.state != OPEN:
            return ""
        return " Begin anew and draw evenly to learn which labels people could name instead."

    @property
    def caveat(self) -> str:
        """What is not promised, in words."""
        unsure = f" {self.unsure:,} that nobody could name count as wrong." if self.unsure else ""
        return (
            "What a person says is the reference: where people err, so does the proof. It is about "
            f"all labels together, not about each class.{self._consistency}{unsure}{self._missing}"
            f"{DRAWN[self.row.draw]}{self._meddling}"
        )

    @property
    def _meddling(self) -> str:
        """What was changed while one could see how the proof stood."""
        found = ""
        if self.revised:
            found += f" Of the answers {self.revised:,} are others than were given first."
        if self.merged:
            found += (
                f" Since it began {self.merged:,} of the classes were merged with others or "
                "deleted; labels count as right or wrong by the classes of now."
            )
        return found

    @property
    def _consistency(self) -> str:
        if not self.repeated:
            return " How often people contradict themselves has not been asked."
        return f" Asked again, people said the same of {self.same:,} of {self.repeated:,} items."

    @property
    def _missing(self) -> str:
        told = self.certificate
        if not told.planted:
            return ""
        return (
            f" Of {told.planted:,} wrong ones planted on pages {told.missed:,} were missed, which "
            "the bound allows for as long as other wrong ones are missed no more often."
        )

    def to_dict(self) -> dict[str, Any]:
        """The standing as JSON-able data; shares are of all labels, infinity is None."""
        told = self.certificate
        return {
            "id": self.row.id,
            "state": self.row.state,
            "claim": {"error": self.row.error, "confidence": self.row.confidence},
            "n_items": self.row.n_items,
            "n_tested": self.row.n_tested,
            "audits": told.audits,
            "wrong": told.wrong,
            "unsure": self.unsure,
            "waiting": self.waiting,
            "changed": self.changed,
            "planted": told.planted,
            "missed": told.missed,
            "noticed": self.noticed,
            "repeated": self.repeated,
            "same": self.same,
            "revised": self.revised,
            "merged": self.merged,
            "may_look_through": self.may_look_through,
            "draw": self.row.draw,
            "holds": self.holds,
            "estimate": self.of_all(told.estimate) if math.isfinite(told.estimate) else None,
            "upper": self.upper,
            "upper_now": self.upper_now,
            "to_go": told.to_go if math.isfinite(told.to_go) else None,
            "sentence": self.sentence,
            "caveat": self.caveat,
            "finish": None if self.finish is None else self.finish.to_dict(),
            "classes": [one.to_dict() for one in self.classes],
        }


class Bets:
    """Bounds of all labels and of each class, which take up one answer after the other.

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

    def of_all(self, wrong: BoolArray, missed: Sequence[bool] = ()) -> Certificate:
        """What the answers prove of the claim; `missed` as of `grid_error_upper`."""
        if len(missed):
            claim = Claim(self._error, self._alpha)
            return certify_grids(wrong, self._n_all, np.array(missed), claim)
        return self._whole.after(wrong, self._weights).certificate(self._error)

    def of_classes(
        self, items: Sequence[int], wrong: BoolArray, pages: Sequence[PageRow] = ()
    ) -> tuple[ClassStanding, ...]:
        """What they tell of each class that has labels, and what was planted on its own pages."""
        drawn = self._now[list(items)]
        shown = self._heirs[[page.class_id for page in pages]]
        found = []
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


def answered_first(drawn: list[DrawnRow]) -> list[DrawnRow]:
    """The answers that count: those before the first item drawn that has none."""
    ends = next((i for i, one in enumerate(drawn) if one.verdict is None), len(drawn))
    return drawn[:ends]


def revised(
    counted: list[DrawnRow], before: Sequence[tuple[int, str, int | None]], heirs: IntArray
) -> int:
    """How many of the answers are others than one that was taken back; see `said_before`."""
    said: dict[int, set[tuple[str, int]]] = {}
    for question, verdict, class_id in before:
        said.setdefault(question, set()).add((verdict, _heir(class_id, heirs)))
    return sum(
        bool(said.get(one.question, set()) - {(str(one.verdict), _heir(one.class_id, heirs))})
        for one in counted
    )


def merged(counted: list[DrawnRow], frozen: Frozen, heirs: IntArray) -> int:
    """How many of the classes that the labels and the answers name are others now."""
    labelled = frozen.class_ids[frozen.class_ids != NO_CLASS]
    said = [one.class_id for one in counted if one.class_id is not None]
    named = np.union1d(labelled, np.array(said, np.int64)).astype(np.int64)
    return int(np.count_nonzero(heirs[named] != named))


def _heir(class_id: int | None, heirs: IntArray) -> int:
    return NO_CLASS if class_id is None else int(heirs[class_id])


def outcomes(counted: list[DrawnRow], frozen: Frozen, heirs: IntArray) -> BoolArray:
    """Whether the label of each item drawn is wrong, in the classes there are now."""
    followed = np.append(heirs, NO_CLASS)  # of NO_CLASS the last
    said = np.array(
        [NO_CLASS if one.class_id is None else one.class_id for one in counted], np.int64
    )
    labelled = frozen.class_ids[[one.item for one in counted]] if counted else said
    now = followed[said]
    wrong: BoolArray = (now == NO_CLASS) | (now != followed[labelled])
    return wrong
