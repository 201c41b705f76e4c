"""How much the members of a committee disagree about each item.

Each function takes shares of shape (n_members, n_items, n_classes), whose last axis sums to 1, and
gives scores of shape (n_items,) in [0, 1]: 0 where all members say the same. Higher is more worth
asking. With a single class every score is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.queries.strategy import ByScore
from fewclicks.queries.uncertainty import entropy
from fewclicks.records import FloatArray
from fewclicks.rows import spans


def vote_entropy(probas: FloatArray) -> FloatArray:
    """Score how split the members' votes are: −Σ V/m log V/m / log min(m, c).

    V counts the members that hold a class likeliest (Engelson and Dagan 1996). There
    are few different scores, so ties are many: with 5 members and 3 classes no more than 5.

    Examples
    --------
    >>> sure, torn = [0.9, 0.1], [0.4, 0.6]
    >>> vote_entropy(np.array([[sure, sure], [sure, torn]])).round(3).tolist()
    [0.0, 1.0]
    """
    n_members, n_items, n_classes = probas.shape
    if n_classes == 1:
        return np.zeros(n_items)
    shares = np.zeros((n_items, n_classes))
    for votes in probas.argmax(axis=2):
        shares[np.arange(n_items), votes] += 1 / n_members
    scale = np.log(n_classes) / np.log(min(n_members, n_classes))
    return cast(FloatArray, entropy(shares) * scale)


def consensus_kl(probas: FloatArray) -> FloatArray:
    """Score how far members are from their mean: mean of KL(p ‖ p̄) / log min(m, c).

    Kullback-Leibler divergence to the mean (McCallum and Nigam 1998). Members that are
    all equally unsure do not disagree: their score is 0.

    Examples
    --------
    >>> sure, other, torn = [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]
    >>> consensus_kl(np.array([[sure, torn, sure], [sure, torn, other]])).round(3).tolist()
    [0.0, 0.0, 1.0]
    """
    n_members, n_items, n_classes = probas.shape
    if n_classes == 1:
        return np.zeros(n_items)
    scale = np.log(n_classes) / np.log(min(n_members, n_classes))
    own = np.mean([entropy(proba) for proba in probas], axis=0)
    return cast(FloatArray, np.maximum(entropy(probas.mean(axis=0)) - own, 0) * scale)


def consensus_entropy(probas: FloatArray) -> FloatArray:
    """Score how spread the members' mean belief is: `uncertainty.entropy` of p̄.

    Members that disagree score high, and so do members that are all unsure.

    Examples
    --------
    >>> consensus_entropy(np.array([[[1.0, 0.0]], [[0.0, 1.0]]])).tolist()
    [1.0]
    """
    return entropy(probas.mean(axis=0))


@dataclass(frozen=True, slots=True)
class VoteEntropy(ByScore):
    """Ask where the committee's votes are split (Engelson and Dagan 1996)."""

    name: ClassVar[str] = "vote_entropy"

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """See `vote_entropy`; `model` as in `voted`."""
        return voted(model, X, vote_entropy)


@dataclass(frozen=True, slots=True)
class ConsensusKL(ByScore):
    """Ask where members are far from their mean (McCallum and Nigam 1998)."""

    name: ClassVar[str] = "consensus_kl"

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """See `consensus_kl`; `model` as in `voted`."""
        return voted(model, X, consensus_kl)


@dataclass(frozen=True, slots=True)
class ConsensusEntropy(ByScore):
    """Ask where the committee as a whole is unsure."""

    name: ClassVar[str] = "consensus_entropy"

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """See `consensus_entropy`; `model` as in `voted`."""
        return voted(model, X, consensus_entropy)


def voted(model: Any, X: Any, score: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Score every item by its committee's shares, a block at a time; shape (n_items,).

    Parameters
    ----------
    model : committee or ndarray of shape (n_members, n_items, n_classes)
        Anything with `member_probas(X)`, such as `models.Committee`; or its shares themselves.
    X : array-like of shape (n_items, ...)
    score : callable
        From shares of shape (n_members, n, n_classes) to scores of shape (n,).

    Raises
    ------
    InvalidInput
        It is no committee, its shares do not fit the items, or they are not finite.
    """
    if isinstance(model, np.ndarray) and model.ndim == 3:
        checks.same_length(model[0], X, ("each member's shares", "X"))
    elif not hasattr(model, "member_probas"):
        raise InvalidInput(
            f"This strategy needs a committee but got {_kind(model)}.",
            "Give models.Committee(model).fit(X, y), or anything with member_probas, or an array "
            "of shape (n_members, n_items, n_classes).",
        )
    scores = np.empty(len(X), dtype=np.float64)
    for block in spans(len(X)):
        probas = model[:, block] if isinstance(model, np.ndarray) else model.member_probas(X[block])
        checks.finite(np.swapaxes(probas, 0, 1), f"the members' shares from item {block.start} on")
        scores[block] = score(probas)
    return scores


def _kind(model: Any) -> str:
    if isinstance(model, np.ndarray):
        return f"an array of shape {model.shape}"
    return "None" if model is None else type(model).__name__
