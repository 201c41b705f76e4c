"""What is asked of the server about certificates, and what it says of them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from fewclicks.server.messages import AnswerCounts, Told
from fewclicks.server.requests import Id, Write

MOST_ON_PAGE = 200


class CertifyRequest(Write):
    """Begin to test a claim."""

    error: Annotated[float, Field(gt=0, lt=1)] = 0.01
    """Share of the labels that is wrong at most."""
    confidence: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    draw: Literal["evenly", "suspected", "classes"] = "evenly"
    """How often which labels are drawn: all as often; a fifth of the draws by how unsure labels
    are; or half of them spread evenly over the classes."""


class PageRequest(Write):
    """A page was looked through."""

    class_id: Id
    items: list[Id] = Field(min_length=1, max_length=MOST_ON_PAGE)
    """All that were shown, as they came."""
    wrong: list[Id] = Field(default=[], max_length=MOST_ON_PAGE)
    """Those of them that are not of the class."""
    seconds: float = Field(default=0, ge=0, le=1e6, allow_inf_nan=False)
    actions: int = Field(default=0, ge=0, le=1_000_000)


class PageTold(Told):
    """Images that are shown as one class; some are known to be none of it."""

    class_id: int
    items: list[int]


class Claim(Told):
    """At most a share `error` of the labels is wrong."""

    error: float
    confidence: float


class FinishTold(Told):
    """What people would have to name for the claim to hold."""

    first_unsure: float
    """The uncertainty from which on they would: 1 − (share of the class − share of the next)."""
    n_people: int
    """Labels as unsure as that, besides those drawn,"""
    left: int
    """and those of them that no person has named for the item alone."""
    fewest: int
    """Labels that people would have to name after endlessly many blind answers,"""
    n_audits: int
    """of which there are so many so far."""
    is_due: bool
    """Whether another blind answer saves less than it costs."""
    holds: bool
    """Whether none is left."""


class ClassCertified(Told):
    """What the items drawn tell of the labels of one class."""

    class_id: int
    n_items: int
    n_tested: int
    """Of these, those whose label no person gave for the item alone."""
    audits: int
    wrong: int
    upper: float
    """Share of those tested that is wrong at most, with the claim's confidence for this class."""


class CertificateTold(Told):
    """How a certificate stands; shares are of all its labels."""

    id: int
    state: Literal["open", "naming", "ended"]
    """Until it has ended the labels are kept as they are; “naming” while people name the least sure
    of them."""
    claim: Claim
    n_items: int
    n_tested: int
    audits: int
    """Blind answers that count: those before the first item drawn that has none."""
    wrong: int
    unsure: int
    """Of those wrong, items that the person could not name."""
    waiting: int
    changed: int
    """Labels that have changed since it began, other than by a person's word on the item alone."""
    planted: int
    """Items on pages that were known to be of another class,"""
    missed: int
    """and of these, those that nobody noticed."""
    noticed: int
    """Items noticed on pages that wait to be asked about singly; what comes after them does not
    count before."""
    repeated: int
    """Items that people were asked about again,"""
    same: int
    """and those of which they then said the same."""
    revised: int
    """Answers that count before which another was given and taken back."""
    merged: int
    """Classes of its labels and answers that were merged with others, or deleted, since."""
    may_look_through: bool
    """Whether pages may be looked through: from the first answer on, or not at all."""
    claims: int
    """Certificates begun until this one, it among them."""
    looked_through: int
    """Pages,"""
    taken_back: int
    """and of these, those that were taken back again."""
    draw: Literal["evenly", "suspected", "classes"]
    holds: bool
    estimate: float | None
    """Null before the first answer."""
    upper: float
    upper_now: float
    """Of the labels as they are now: each that has changed may be wrong."""
    to_go: float | None
    """Further answers to be expected; null if more labels seem to be wrong than claimed."""
    sentence: str
    caveat: str
    finish: FinishTold | None
    """Null where none has to be named, where too few blind answers tell which, once pages were
    looked through, and where labels are not drawn evenly."""
    classes: list[ClassCertified]


class CertificateReply(Told):
    """The newest certificate, null where there is none; and what the answers were given for."""

    certificate: CertificateTold | None
    answers: AnswerCounts
