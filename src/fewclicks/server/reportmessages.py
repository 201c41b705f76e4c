"""What the server says of how right the labels are, and of the work behind them."""

from __future__ import annotations

from fewclicks.server.messages import Estimate, Labelled, Told


class RoundReport(Told):
    """One finished round."""

    round: int
    answers: int
    """Standing then."""
    doubt: float | None
    """Mean entropy of the model's belief, in [0, 1]; null where no model believes."""
    changed: int | None
    """Labels that are others than after the round before."""
    accuracy: Estimate | None
    """By the blind answers there were then; null without any."""


class ClassReport(Told):
    """What is labelled as one class."""

    id: int
    labelled: Labelled
    precision: Estimate | None
    """Of the checked items with this label, those that are it; null without any."""


class Confusion(Told):
    """Checked items that people said were one class, and that are labelled as one; or as none."""

    said: int
    labelled: int | None
    n: int


class Contributor(Told):
    """What one person gave."""

    name: str
    answers: int
    actions: int
    seconds: float


class Moment(Told):
    """How far the answering was at a time."""

    at: str
    answers: int
    seconds: float


class Calibration(Told):
    """How the confidence of what a model labelled is set right."""

    temperature: float
    """Below 1 where the model is timid."""
    n: int
    """Blind answers behind it; 0 where there are too few."""


class Report(Told):
    """How right the labels are, as far as blind answers tell, and what they cost."""

    accuracy: Estimate | None
    calibration: Calibration
    curve: list[RoundReport]
    classes: list[ClassReport]
    confusions: list[Confusion]
    """The commonest first; those where both are the same class are right."""
    annotators: list[Contributor]
    course: list[Moment]
