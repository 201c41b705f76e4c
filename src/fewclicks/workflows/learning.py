"""The models that workflows train in rounds, and what each of them looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from fewclicks import checks
from fewclicks.models import CalibratedLinear
from fewclicks.records import NO_CLASS, BoolArray, FloatArray, IntArray
from fewclicks.workflows.base import State

Kind = Literal["auto", "network", "linear"]
KINDS = ("auto", "network", "linear")


@dataclass(frozen=True, slots=True)
class Learnt:
    """A fitted model, the rows it speaks of, and what it believes of every item.

    Attributes
    ----------
    model : Inductive
        With `classes_` and `predict_proba(rows)`.
    rows : ndarray of shape (n_items, ...)
        Images for a network, features for a linear model.
    proba : ndarray of shape (n_items, n_classes), float32
        Shares of belief; rows sum to 1.
    """

    model: Any
    rows: Any
    proba: FloatArray

    @property
    def best(self) -> IntArray:
        """The likeliest class id of every item."""
        best: IntArray = self.model.classes_[self.proba.argmax(axis=1)]
        return best

    @property
    def saved(self) -> Any:
        """The model, if it can be kept on disk."""
        return self.model if hasattr(self.model, "save") else None


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
    kind : {"auto", "network", "linear"}, default "auto"
        "network" looks at the images and needs the extra torch; "linear" at the features; "auto"
        takes the network if torch is installed.
    network : dict, optional
        Parameters of `models.Network`; None values are left at their defaults. Images are varied
        as their kind allows unless `augment` says otherwise.
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
    if kind == "network" or (kind == "auto" and find_spec("torch") is not None):
        return _learn_network(state, y, dict(network or {}), validation)
    model = CalibratedLinear(random_state=state.seed).fit(state.features, y)
    return Learnt(model, state.features, model.predict_proba(state.features))


def _learn_network(
    state: State, y: IntArray, options: dict[str, Any], validation: BoolArray | None
) -> Learnt:
    from fewclicks.models import Network

    pictures = state.pictures
    chosen = {"augment": pictures.kind, **{k: v for k, v in options.items() if v is not None}}
    if chosen["augment"] == "none":
        chosen["augment"] = None
    model = Network(**chosen, random_state=int(state.rng.integers(2**31)))
    kept = None
    if validation is not None and validation.any():
        where = np.flatnonzero(validation & (state.taught() != NO_CLASS))
        kept = (pictures.images[where], state.taught()[where]) if len(where) else None
    model.fit(pictures.images, y, validation=kept, report=state.report)
    return Learnt(model, pictures.images, model.predict_proba(pictures.images))
