"""The rates of confusion area analysis, as the tables of its paper report them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from fewclicks import checks
from fewclicks.records import IntArray


@dataclass(frozen=True, slots=True)
class ConfusionRates:
    """One column of the tables of the confusion-area paper (symbols: its Table 3).

    Attributes
    ----------
    n_items : int
        M, all items.
    n_codewords : int
        N, clusters named by a person.
    errors : int
        E, items whose cluster's class is not their own.
    confusing : int
        K, items found confusing and answered one by one.
    caught : int
        C = |K ∩ E|, confusing items whose cluster's class was wrong.
    """

    n_items: int
    n_codewords: int
    errors: int
    confusing: int
    caught: int

    @property
    def hit_rate(self) -> float:
        """c % of the paper as a share, C / K, in [0, 1]; 0 if nothing was confusing."""
        return self.caught / self.confusing if self.confusing else 0.0

    @property
    def answers(self) -> int:
        """P = N + K: clusters named and items answered by a person."""
        return self.n_codewords + self.confusing

    @property
    def rate(self) -> float:
        """p % of the paper as a share, P / M: the manual labelling rate."""
        return self.answers / self.n_items

    @property
    def right(self) -> int:
        """Q = M − (E − C): items whose label is right once the confusing ones are corrected."""
        return self.n_items - (self.errors - self.caught)

    @property
    def accuracy(self) -> float:
        """q % of the paper as a share, Q / M, in [0, 1]."""
        return self.right / self.n_items


def confusion_rates(
    truth: Any, cluster_labels: Any, confusing: Any, n_codewords: int
) -> ConfusionRates:
    """Count what naming clusters and then answering the confusing items achieves.

    Parameters
    ----------
    truth : array of shape (n_items,)
        The right class of each item.
    cluster_labels : array of shape (n_items,)
        The class given to the cluster of each item, before corrections.
    confusing : array of shape (n_items,), bool
        Which items a person answered one by one, rightly.
    n_codewords : int
        Clusters named.

    Raises
    ------
    InvalidInput
        If the arrays differ in length.
    """
    truth, given, asked = np.asarray(truth), np.asarray(cluster_labels), np.asarray(confusing)
    checks.same_length(given, truth, ("cluster_labels", "truth"))
    checks.same_length(asked, truth, ("confusing", "truth"))
    wrong = given != truth
    return ConfusionRates(
        n_items=len(truth),
        n_codewords=n_codewords,
        errors=int(wrong.sum()),
        confusing=int(asked.sum()),
        caught=int((wrong & asked).sum()),
    )


def majority_classes(truth: Any, clusters: Any, n_clusters: int) -> IntArray:
    """Return the commonest class of each cluster, (n_clusters,): what naming it at best gives.

    Parameters
    ----------
    truth : int array of shape (n_items,)
        The right class of each item, not negative.
    clusters : int array of shape (n_items,)
        The cluster of each item, in 0…n_clusters−1.
    n_clusters : int

    Returns
    -------
    ndarray of shape (n_clusters,), int64
        Ties and empty clusters get the lowest class id.
    """
    truth, clusters = np.asarray(truth), checks.item_ids(clusters, n_clusters)
    checks.same_length(truth, clusters, ("truth", "clusters"))
    counts = np.zeros((n_clusters, int(truth.max(initial=0)) + 1), dtype=np.int64)
    np.add.at(counts, (clusters, truth), 1)
    return cast(IntArray, counts.argmax(axis=1))
