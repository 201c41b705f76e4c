"""Models: answers in, class shares for every item out."""

from __future__ import annotations

from fewclicks.models.base import Inductive, Transductive
from fewclicks.models.linear import CalibratedLinear
from fewclicks.models.propagation import GraphPropagation

__all__ = ["CalibratedLinear", "GraphPropagation", "Inductive", "Transductive"]
