"""Finishing a certificate: people name the least sure labels, and what is left holds the claim.

Where a claim is not proved, or would take many more blind answers, the blind answers that there are
also tell from which uncertainty on people must name the labels for it to hold (see
`fewclicks.labels.pac`). It may be looked at after every answer, as the claim itself: one chance α
of a false promise covers both, since what the bets on a claim win never grows if a right answer
becomes a wrong one, so that a claim about all labels is not proved without those about parts.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fewclicks.labels.pac import first_unsure
from fewclicks.records import BoolArray, IntArray
from fewclicks.store.certificates import CertificateRow
from fewclicks.workflows.frozen import Frozen


@dataclass(frozen=True, slots=True)
class Finish:
    """What people would have to name for the claim to hold.

    Attributes
    ----------
    first_unsure : float
        In [0, 1]: the uncertainty from which on people name labels.
    n_people : int
        Labels as unsure as that, besides those drawn.
    left : int
        Those of them that no person has named for the item alone.
    fewest : int
        Labels that people would have to name, were as many of all wrong as of those drawn: what
        `n_people` comes down to with ever more blind answers.
    n_audits : int
        Blind answers that it was found with.
    """

    first_unsure: float
    n_people: int
    left: int
    fewest: int
    n_audits: int

    @property
    def is_due(self) -> bool:
        """Whether another blind answer saves less than it costs.

        What is named beyond `fewest` falls as one over the root of the blind answers; the sum of
        both is least where it is twice as many as these.
        """
        return self.n_people - self.fewest <= 2 * self.n_audits

    @property
    def holds(self) -> bool:
        """Whether people have named all of them."""
        return self.left == 0

    def to_dict(self) -> dict[str, Any]:
        """The fields and properties as JSON-able data."""
        return {**asdict(self), "is_due": self.is_due, "holds": self.holds}


def finish_of(
    row: CertificateRow, frozen: Frozen, wrong: BoolArray, alone: BoolArray
) -> Finish | None:
    """See what people would have to name; None if all labels, or none.

    Parameters
    ----------
    row : CertificateRow
    frozen : Frozen
    wrong : ndarray of shape (n_audits,), bool
        Of the items drawn that have been answered, in order, whether the label is.
    alone : ndarray of shape (n_items,), bool
        Items of which a person, shown nothing else, has said what they are labelled as.
    """
    first = first_unsure_of(row, frozen, wrong)
    if not math.isfinite(first):
        return None
    people = people_of(frozen, len(wrong), first)
    left = np.count_nonzero(~alone[people])
    rest = frozen.uncertainty[len(wrong) :]
    fewest = np.count_nonzero(rest >= _first_unsure_likely(row, frozen, wrong))
    return Finish(first, len(people), int(left), int(fewest), len(wrong))


def first_unsure_of(row: CertificateRow, frozen: Frozen, wrong: BoolArray) -> float:
    """The uncertainty from which on people must name labels."""
    drawn = frozen.uncertainty[: len(wrong)].astype(np.float64)
    n = len(frozen.order)
    return first_unsure(drawn, wrong, n, row.error_of_tested, row.alpha, anytime=True)


def _first_unsure_likely(row: CertificateRow, frozen: Frozen, wrong: BoolArray) -> float:
    """The same, were as many of all wrong as of those drawn."""
    suspects = np.sort(frozen.uncertainty[: len(wrong)][wrong])
    allowed = math.floor(row.error_of_tested * len(wrong))
    return float(suspects[allowed]) if allowed < len(suspects) else math.inf


def people_of(frozen: Frozen, n_audits: int, first: float) -> IntArray:
    """The items as unsure as `first` that were not drawn, least sure first."""
    rest = frozen.uncertainty[n_audits:]
    unsure = np.flatnonzero(rest >= first)
    return frozen.order[n_audits:][unsure[np.argsort(-rest[unsure], kind="stable")]]
