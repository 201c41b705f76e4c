"""What the server says of places on its machine, and of what a project can be made with."""

from __future__ import annotations

from typing import Literal

from fewclicks.server.messages import Told, WorkflowTold


class PlaceTold(Told):
    """A folder, a project, or a file that may hold images."""

    name: str
    path: str
    kind: Literal["folder", "project", "file"]


class PlaceList(Told):
    """What lies in a folder of the server's machine, folders first; hidden things are left out."""

    path: str
    parent: str | None
    is_project: bool
    places: list[PlaceTold]
    n_images: int
    """Images that lie right in it."""
    n_left_out: int


class Unreadable(Told):
    """An image that cannot be read."""

    name: str
    reason: str
    remedy: str


class PreviewTold(Told):
    """A first look at a source."""

    source: str
    kind: str
    """What it is, such as folder or zip."""
    n_images: int
    """As far as it was listed in two seconds."""
    complete: bool
    thumbnails: list[str]
    """Some of the images, as data URLs."""
    failures: list[Unreadable]
    n_labels: int
    """Different labels it says itself that its images have; only simulations look at these."""
    n_groups: int
    takes_groups: bool
    """Whether images in the same folder may be said to belong together."""
    project: str
    """Where a project of it would lie."""


class Choice(Told):
    """Something to choose, and a sentence on it."""

    name: str
    summary: str


class EntranceTold(Told):
    """What a project can be begun with."""

    version: str
    annotator: str
    folder: str
    """Where to look first."""
    features: list[Choice]
    """`auto`, which chooses by the kind of images, is not among them."""
    workflows: list[WorkflowTold]


class Entered(Told):
    """The project that is now served at the same address."""

    folder: str
