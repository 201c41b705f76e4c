"""What the server says of several people: what each gave, and how far they agree."""

from __future__ import annotations

from typing import Literal

from fewclicks.server.messages import Told


class Agreement(Told):
    """How far people agree, with its 95 % interval; null where that cannot be told."""

    value: float
    low: float | None
    high: float | None


class Fleiss(Agreement):
    """Fleiss' kappa, of the items with as many answers as most have."""

    n_votes: int
    n: int


class Consistency(Told):
    """How often somebody said the same when asked again, with its 95 % interval."""

    same: int
    n: int
    share: float
    low: float
    high: float


class SaidOf(Told):
    """What somebody said of shared items that are labelled as one class; null is no class."""

    said: int | None
    labelled: int | None
    n: int


class PersonTold(Told):
    """What one person gave."""

    name: str
    answers: int
    actions: int
    seconds: float
    n_items: int
    """Items judged one by one, at first sight."""
    n_shared: int
    """Of these, judged by others, too."""
    agreement: Agreement | None
    """Share of others' answers about the same items that are the same."""
    right: float | None
    """Share of right answers by Dawid and Skene's model; null while too little is shared."""
    consistency: Consistency | None
    """Null if nothing was asked again."""
    confusions: list[SaidOf]
    """The commonest first."""


class Pair(Told):
    """Two people, and Cohen's kappa of them."""

    people: list[str]
    n: int
    """Items that both have judged."""
    kappa: Agreement | None


class People(Told):
    """Several people, as far as they have judged the same items one by one."""

    second_share: float
    again_share: float
    consensus: Literal["auto", "majority", "latest"]
    n_shared: int
    """Items that several people have judged,"""
    n_disputed: int
    """and of these, those they do not agree on."""
    agreement: Agreement | None
    """Share of pairs of answers that are the same."""
    alpha: Agreement | None
    """Krippendorff's, nominal."""
    fleiss: Fleiss | None
    weighed: bool
    """Whether labels go by who proves right; else by most answers, or the latest."""
    people: list[PersonTold]
    """Who gave most first."""
    pairs: list[Pair]
    """Who share most first."""
