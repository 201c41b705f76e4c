"""What the server says of images that are brought: predictions and uploads."""

from __future__ import annotations

from typing import Literal

from fewclicks.server.messages import Guess, LabelTold, Told


class PredictionTold(Told):
    """What the project believes of an image now."""

    name: str
    guesses: list[Guess]
    """Up to three, best first; the confidence of a new image is about how often such a guess is
    right, or less."""
    familiar: bool
    """Whether it is as near to an item as items are to each other."""
    item: int | None
    """The item that has this very content."""
    by: Literal["neighbours", "network", "nothing"]
    """What judged: the nearest items; the workflow's network, which is no surer of a class than
    they are; or nothing while no class is known."""


class UploadTold(Told):
    """An image that was brought, and what became of it."""

    item: int
    known: bool
    """Whether the same image was an item before."""
    question_id: int | None
    """The open question about it; null where nobody needs to be asked."""
    label: LabelTold
    """What is recorded, which the prediction is not: none until a round has labelled it or a person
    has answered, and none still where the workflow leaves it unlabelled."""
    prediction: PredictionTold


class UploadList(Told):
    """Uploads, newest first."""

    uploads: list[UploadTold]
