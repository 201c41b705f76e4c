"""How a certificate stands: what its answers prove of the labels that it tells of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fewclicks.audit.certificate import Certificate
from fewclicks.records import NO_CLASS, BoolArray, IntArray
from fewclicks.store.certificates import (
    EVENLY,
    NAMING,
    OPEN,
    CertificateRow,
    Draw,
    DrawnRow,
)
from fewclicks.workflows.bets import ClassStanding
from fewclicks.workflows.finishing import Finish
from fewclicks.workflows.frozen import Frozen

DRAWN: dict[Draw, str] = {
    "evenly": "",
    "suspected": " The least sure labels were drawn more often, which the bounds allow for.",
    "classes": " Labels of rare classes were drawn more often, which the bounds allow for.",
}
"""What is said of the draw."""


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
        Answers that count before which another was given to the same item and taken back.
    merged : int
        Classes of its labels and answers that have been merged with others, or deleted, since.
    may_look_through : bool
        Whether pages may be looked through: from the first answer on, or not at all.
    claims : int
        Certificates that were begun until this one, it among them.
    looked_through, taken_back : int
        Pages, and those of them that were taken back again.
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
    claims: int = 1
    looked_through: int = 0
    taken_back: int = 0

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
        if self.looked_through and not self.certificate.planted:
            return f"Not proved yet: {claim}. How much is missed on pages is not known: look on."
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
            f"{DRAWN[self.row.draw]}{self._meddling}{self._others}"
        )

    @property
    def _others(self) -> str:
        """What was claimed before."""
        if self.claims == 1:
            return ""
        any_false = min(1.0, self.claims * self.row.alpha)
        return (
            f" It is claim number {self.claims:,} about labels of this project, each of which may "
            f"be proved though it is false: the chance that one of them is, is up to "
            f"{100 * any_false:.3g}%."
        )

    @property
    def _meddling(self) -> str:
        """What was changed while one could see how the proof stood."""
        found = ""
        if self.revised:
            found += f" Before {self.revised:,} of the answers another was given and taken back."
        if self.taken_back:
            found += f" Of the pages {self.taken_back:,} were taken back after a look at them."
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
            "claims": self.claims,
            "looked_through": self.looked_through,
            "taken_back": self.taken_back,
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
