"""The models that workflows train in rounds, and what each of them looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fewclicks import checks
from fewclicks.extras import lacking
from fewclicks.features.pretrained import HUBS
from fewclicks.models import CalibratedLinear, GraphPropagation
from fewclicks.models.balance import BALANCES
from fewclicks.pretraining import LITE_SIDES
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.workflows.base import State

Kind = Literal["auto", "network", "finetuned", "linear", "graph"]
KINDS = ("auto", "network", "finetuned", "linear", "graph")


@dataclass(frozen=True, slots=True)
class Learnt:
    """A fitted model, the rows it speaks of, and what it believes of every item.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Class ids of the columns of `proba`.
    model : Inductive or ndarray
        What a query strategy is given beside `rows`: a model with `predict_proba(rows)`, or
        `proba` itself.
    rows : ndarray of shape (n_items, ...)
        Images for a network, else features.
    proba : ndarray of shape (n_items, n_classes), float32
        Shares of belief; rows sum to 1.
    who : str
        What has learnt, in words.
    """

    classes: IntArray
    model: Any
    rows: Any
    proba: FloatArray
    who: str

    @property
    def best(self) -> IntArray:
        """The likeliest class id of every item."""
        best: IntArray = self.classes[self.proba.argmax(axis=1)]
        return best

    @property
    def saved(self) -> Any:
        """The model, if it can be kept on disk."""
        return self.model if hasattr(self.model, "save") else None


ARCHITECTURES = ("small", "embedding", "guided_mnist", "guided_cifar10")
"""Networks by name; these choices are told here to be checked where torch is not installed."""

AUGMENTS = ("glyphs", "guided_glyphs", "photos", "guided_photos", "none")

LOWEST: dict[str, tuple[float, bool]] = {
    "epochs": (1, True),
    "min_steps": (0, True),
    "learning_rate": (1e-9, False),
    "patience": (0, True),
}
"""Smallest value of each number that a network may be given, and whether it must be whole."""


def check_learning(workflow: Any) -> None:
    """Refuse a model and parameters of a network that cannot be, before anything is asked.

    Raises
    ------
    InvalidInput
        With the parameter, what it must be, and what it is.
    """
    checks.one_of(workflow.model, KINDS, "model")
    checks.one_of(workflow.architecture, ARCHITECTURES, "architecture")
    checks.one_of(workflow.balance, BALANCES, "balance")
    if workflow.augment is not None:
        checks.one_of(workflow.augment, AUGMENTS, "augment")
    checks.device(workflow.device)
    check_backbone(workflow.backbone)
    for name, (lowest, whole) in LOWEST.items():
        if getattr(workflow, name) is not None:
            checks.between(getattr(workflow, name), lowest, np.inf, name, integer=whole)


def check_backbone(name: str) -> None:
    """Refuse what is no name of a pretrained network, whether or not it is there.

    Raises
    ------
    InvalidInput
        With the names that there are.
    """
    if not name.startswith(HUBS):
        checks.one_of(name, (*LITE_SIDES, *(f"{hub}NAME" for hub in HUBS)), "backbone")


def network_options(workflow: Any) -> dict[str, Any]:
    """Return the parameters of a workflow that are those of its network."""
    names = (
        "architecture",
        "backbone",
        "balance",
        "augment",
        "epochs",
        "min_steps",
        "learning_rate",
        "patience",
        "device",
    )
    return {name: getattr(workflow, name) for name in names}


def learn(
    state: State,
    y: IntArray,
    kind: Kind = "auto",
    *,
    network: Mapping[str, Any] | None = None,
    validation: BoolArray | None = None,
) -> Learnt:
    """Train a model from nothing on what is known, and let it speak of every item.

    Parameters
    ----------
    y : ndarray of shape (n_items,)
        Class ids to learn from; NO_CLASS elsewhere.
    kind : {"auto", "network", "finetuned", "linear", "graph"}, default "auto"
        "network" looks at the images and needs the extra torch; so does "finetuned", a pretrained
        network with a new head, all of which learns if `epochs` is above 0; "linear" looks at the
        features; "graph" spreads the answers over the graph of neighbours; "auto" takes the
        network if torch is installed, else the linear model.
    network : dict, optional
        Parameters of `models.Network`, and the `backbone` of `models.FineTuned`; None values are
        left at their defaults. Images are varied as their kind allows unless `augment` says
        otherwise.
    validation : ndarray of shape (n_items,), bool, optional
        Answered items, not among `y`, whose accuracy decides when a network has learnt enough.

    Raises
    ------
    InvalidInput
        `y` holds no class, or a parameter is out of range.
    MissingExtra
        A network was asked for and torch is not installed.
    """
    checks.one_of(kind, KINDS, "model")
    if kind in ("network", "finetuned") or (kind == "auto" and not lacking(["torch"])):
        return _learn_network(state, y, kind, dict(network or {}), validation)
    if kind == "graph":
        spread = GraphPropagation().fit(state.collection.graph, y)
        proba = spread.predict_proba()
        return Learnt(spread.classes_, proba, state.features, proba, "the graph of neighbours")
    rows = state.collection.wide
    model = CalibratedLinear(random_state=state.seed).fit(rows, y)
    proba = model.predict_proba(rows)
    return Learnt(model.classes_, model, rows, proba, "the linear model")


def _learn_network(
    state: State, y: IntArray, kind: Kind, options: dict[str, Any], validation: BoolArray | None
) -> Learnt:
    from fewclicks.models import FineTuned, Network

    tuned = kind == "finetuned"
    pictures = state.collection.photos if tuned else state.pictures
    chosen = {"augment": pictures.kind, **{k: v for k, v in options.items() if v is not None}}
    chosen.pop("architecture" if tuned else "backbone", None)
    if chosen["augment"] == "none":
        chosen["augment"] = None
    seed = int(state.rng.integers(2**31))
    made = FineTuned if tuned else Network
    model = made(**chosen, random_state=seed, checkpoint=state.checkpoint)
    kept = None
    if validation is not None and validation.any():
        where = np.flatnonzero(validation & (state.taught() != NO_CLASS))
        kept = (pictures.images[where], state.taught()[where]) if len(where) else None
    model.fit(pictures.images, y, validation=kept, report=state.report)
    proba = model.predict_proba(pictures.images)
    who = "the pretrained network" if tuned else "the network"
    return Learnt(model.classes_, model, pictures.images, proba, who)
