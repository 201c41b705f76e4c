"""Models: answers in, class shares for every item out.

Networks need the extra `torch`; their names are imported when first used, so that everything else
does without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fewclicks.extras import needed
from fewclicks.models.augment import (
    GLYPHS,
    GUIDED_GLYPHS,
    GUIDED_PHOTOS,
    PHOTOS,
    REFINING,
    Augmentation,
)
from fewclicks.models.balance import class_weights, sample_weights, undersampled
from fewclicks.models.base import Inductive, Transductive
from fewclicks.models.committee import Committee
from fewclicks.models.induction import NeighbourInduction
from fewclicks.models.linear import CalibratedLinear
from fewclicks.models.propagation import GraphPropagation

if TYPE_CHECKING:
    from fewclicks.models.finetune import FineTuned
    from fewclicks.models.network import Network

__all__ = [
    "GLYPHS",
    "GUIDED_GLYPHS",
    "GUIDED_PHOTOS",
    "PHOTOS",
    "REFINING",
    "Augmentation",
    "CalibratedLinear",
    "Committee",
    "FineTuned",
    "GraphPropagation",
    "Inductive",
    "NeighbourInduction",
    "Network",
    "Transductive",
    "class_weights",
    "sample_weights",
    "undersampled",
]

_TORCH = {
    "FineTuned": "finetune",
    "Network": "network",
}
"""The module of each name that needs torch."""


def __getattr__(name: str) -> Any:
    if name not in _TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    needed(["torch"], f"models.{name}", "torch")
    value = getattr(import_module(f"{__name__}.{_TORCH[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
