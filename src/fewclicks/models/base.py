"""What every model is."""

from __future__ import annotations

from typing import Any, Protocol, Self, runtime_checkable

from fewclicks.records import FloatArray, IntArray


@runtime_checkable
class Transductive(Protocol):
    """Learns from all items at once, answered or not, and knows only these items.

    `fit(where, y)` takes what joins the items (a graph) and `y` of shape (n_items,): class ids,
    NO_CLASS (−1) where there is no answer. `classes_` holds the answered class ids, ascending,
    and is the order of the columns of `predict_proba`, whose rows sum to 1.
    """

    classes_: IntArray

    def fit(self, where: Any, y: Any) -> Self:
        """Learn afresh."""
        ...

    def predict_proba(self) -> FloatArray:
        """Return shares of belief, shape (n_items, n_classes)."""
        ...

    def predict(self) -> IntArray:
        """Return the likeliest class id of every item."""
        ...


@runtime_checkable
class Inductive(Protocol):
    """Learns from answered rows and speaks of any row.

    `y`, `classes_` and the columns of `predict_proba` are as for `Transductive`.
    """

    classes_: IntArray

    def fit(self, X: Any, y: Any) -> Self:
        """Learn afresh from the rows of `X` whose `y` is not NO_CLASS."""
        ...

    def predict_proba(self, X: Any) -> FloatArray:
        """Return probabilities, shape (len(X), n_classes)."""
        ...

    def predict(self, X: Any) -> IntArray:
        """Return the likeliest class id of every row."""
        ...
