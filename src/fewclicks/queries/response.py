"""Response distribution entropy: how confusing an item is however it is turned.

Stabinger and Rodríguez-Sánchez, "Guided Labeling using Convolutional Neural Networks", sections
3.2 and 3.4, after Park and others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from fewclicks import checks
from fewclicks.queries.strategy import ByScore, scored
from fewclicks.records import FloatArray
from fewclicks.rows import spans


def response_distribution_entropy(proba: FloatArray) -> FloatArray:
    """Score how spread the belief is, in bits: −Σ u log₂ u (equation 1).

    Parameters
    ----------
    proba : ndarray of shape (n_items, n_classes)
        Shares of belief; rows sum to 1. Not checked here.

    Returns
    -------
    ndarray of shape (n_items,)
        From 0, certainty, to log₂ n_classes, equal belief in all. Higher is more worth asking.

    Examples
    --------
    >>> shares = np.array([[0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25], [0, 1, 0, 0]])
    >>> response_distribution_entropy(shares).tolist()
    [1.0, 2.0, 0.0]
    """
    logs = np.log2(np.where(proba > 0, proba, 1))
    return cast(FloatArray, np.abs((proba * logs).sum(axis=1)))


@dataclass(frozen=True, slots=True)
class MeanRDE(ByScore):
    """Ask what confuses the model in view after view (Algorithm 1).

    The score of an item is the mean over `k` random views of it of their response distribution
    entropy, in bits. A network makes the views by its own augmentation (`predict_augmented`); the
    plain shares stand for those of a model that has no such method, or come as an array. Only sums
    are held, and each block of items is read once for all its views.

    Parameters
    ----------
    k : int, default 8
        Views of each item, at least 1; the paper names no number. The cost is k predictions of
        the pool, also where the model has no augmentation and all views are alike.
    """

    name: ClassVar[str] = "mean_rde"

    k: int = 8

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """Return the mean entropies in bits, shape (n_items,); higher is more.

        Parameters as in `Strategy`.

        Raises
        ------
        InvalidInput
            As `scored`, or `k` is no number of views.
        """
        checks.between(self.k, 1, np.inf, "k", integer=True)
        if not hasattr(model, "predict_augmented"):
            return scored(model, X, response_distribution_entropy)
        entropies = np.zeros(len(X), dtype=np.float64)
        for block in spans(len(X)):
            items = X[block]
            for seed in np.random.SeedSequence((random_state, block.start)).generate_state(self.k):
                proba = np.asarray(model.predict_augmented(items, random_state=int(seed)))
                checks.same_length(proba, items, ("the shares of a view", "its block of X"))
                checks.finite(proba, f"the model's shares of views from item {block.start} on")
                entropies[block] += response_distribution_entropy(proba)
        return entropies / self.k
