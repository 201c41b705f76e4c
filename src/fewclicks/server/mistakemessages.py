"""What the server says of answers that are suspected."""

from __future__ import annotations

from typing import Literal

from fewclicks.server.messages import Neighbour, Told

MistakeKind = Literal["model", "neighbours", "duplicates", "earlier"]


class ReasonTold(Told):
    """One kind of evidence against an answer."""

    kind: MistakeKind
    score: float
    """In [0, 1]; 1 is the worst."""
    class_id: int
    """What speaks against the answer most, by this kind."""
    sentence: str


class MistakeTold(Told):
    """An answer that all else contradicts."""

    item: int
    name: str
    said: int
    """The class that the answer gave the item."""
    suspected: int
    """The class by its strongest reason."""
    score: float
    reasons: list[ReasonTold]
    """The strongest first."""
    annotator: str
    answered_at: str
    n_together: int
    """Items that the answer named at once; 1 for a look at the item alone."""
    witnesses: list[Neighbour]
    """Answered items that show why, with the class they have now."""


class MistakePage(Told):
    """The worst suspicions that stand, and how many there are."""

    mistakes: list[MistakeTold]
    n: int
    """All that stand, of every kind."""
    counts: dict[str, int]
    """How many each kind contradicts; one answer may be contradicted by several."""
    n_judged: int
    """Items that had been named when somebody last looked."""
    fresh: bool
    """Whether nothing has happened since somebody last looked."""
    note: str
    """What could not be looked for, and why."""
