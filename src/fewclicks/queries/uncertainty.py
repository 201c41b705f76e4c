"""How unsure a model is of each item, from its class shares alone.

Each function takes shares of shape (n_items, n_classes) whose rows sum to 1 and gives scores of
shape (n_items,) in [0, 1]: 0 is certainty, 1 is equal belief in all classes (in the best two, for
`margin`). Higher is more worth asking. With a single class every score is 0. For two classes the
three order items alike (Settles 2009, section 3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from fewclicks.queries.strategy import ByScore, scored
from fewclicks.records import FloatArray


def least_confidence(proba: FloatArray) -> FloatArray:
    """Score how little is believed of the likeliest class: (1 − max u)·c/(c − 1).

    Examples
    --------
    >>> least_confidence(np.array([[0.5, 0.5], [0.9, 0.1], [0.0, 1.0]])).round(3).tolist()
    [1.0, 0.2, 0.0]
    """
    n_classes = proba.shape[1]
    if n_classes == 1:
        return np.zeros(len(proba))
    return cast(FloatArray, (1 - proba.max(axis=1)) * (n_classes / (n_classes - 1)))


def margin(proba: FloatArray) -> FloatArray:
    """Score how nearly the two likeliest classes tie: 1 − (u₁ − u₂).

    Examples
    --------
    >>> margin(np.array([[0.5, 0.5], [0.9, 0.1], [0.0, 1.0]])).round(3).tolist()
    [1.0, 0.2, 0.0]
    """
    if proba.shape[1] == 1:
        return np.zeros(len(proba))
    best_two = np.partition(proba, -2, axis=1)[:, -2:]
    return cast(FloatArray, 1 - (best_two[:, 1] - best_two[:, 0]))


def entropy(proba: FloatArray) -> FloatArray:
    """Score how spread the belief is: −Σ u log u / log c.

    Examples
    --------
    >>> entropy(np.array([[0.5, 0.5], [0.9, 0.1], [0.0, 1.0]])).round(3).tolist()
    [1.0, 0.469, 0.0]
    """
    n_classes = proba.shape[1]
    if n_classes == 1:
        return np.zeros(len(proba))
    logs = np.log(np.where(proba > 0, proba, 1))
    return cast(FloatArray, np.abs((proba * logs).sum(axis=1)) / np.log(n_classes))


@dataclass(frozen=True, slots=True)
class LeastConfidence(ByScore):
    """Ask where little is believed of the likeliest class (Lewis and Gale 1994)."""

    name: ClassVar[str] = "least_confidence"

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """See `least_confidence`."""
        return scored(model, X, least_confidence)


@dataclass(frozen=True, slots=True)
class Margin(ByScore):
    """Ask where the two likeliest classes nearly tie (Scheffer, Decomain and Wrobel 2001)."""

    name: ClassVar[str] = "margin"

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """See `margin`."""
        return scored(model, X, margin)


@dataclass(frozen=True, slots=True)
class Entropy(ByScore):
    """Ask where the belief is spread over many classes (Settles 2009, section 3.1)."""

    name: ClassVar[str] = "entropy"

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """See `entropy`."""
        return scored(model, X, entropy)


@dataclass(frozen=True, slots=True)
class Random(ByScore):
    """Ask at random: what every other strategy is measured against; needs no model."""

    name: ClassVar[str] = "random"

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """Return uniform random numbers in [0, 1)."""
        return np.random.default_rng(random_state).random(len(X))
