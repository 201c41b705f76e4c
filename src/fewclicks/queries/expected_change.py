"""How much an answer is expected to change a model, whatever it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from fewclicks import checks
from fewclicks.queries.scaling import SCALES, Scale, Scaling
from fewclicks.queries.strategy import ByScore, feature_rows, shares
from fewclicks.records import FloatArray
from fewclicks.rows import spans


def expected_gradient_length(proba: FloatArray, rows: FloatArray) -> FloatArray:
    """Score how long the gradient of a linear head's loss is expected to be.

    With logits Wx + b and p = softmax(Wx + b), the loss −log p_c of answer c has the gradient
    (p − e_c)xᵀ for W and p − e_c for b. Its length (Frobenius) is ‖p − e_c‖·√(‖x‖² + 1), where
    ‖p − e_c‖² = ‖p‖² − 2p_c + 1; its mean under the model's belief is

        Σ_c p_c ‖p − e_c‖ · √(‖x‖² + 1)

    (Settles, Craven and Ray 2008; Settles 2009, section 3.3).

    Parameters
    ----------
    proba : ndarray of shape (n_items, n_classes)
        Class shares; rows sum to 1.
    rows : ndarray of shape (n_items, d)
        What the head is linear in.

    Returns
    -------
    ndarray of shape (n_items,)
        At least 0, where the model is certain; higher is more worth asking.

    Examples
    --------
    >>> expected_gradient_length(np.array([[0.5, 0.5], [1, 0]]), np.zeros((2, 3))).round(3).tolist()
    [0.707, 0.0]
    """
    squared = np.square(proba).sum(axis=1, keepdims=True)
    lengths = np.sqrt(np.maximum(squared - 2 * proba + 1, 0))  # (n_items, n_classes)
    reach = np.sqrt(np.einsum("ij,ij->i", rows, rows) + 1)
    return cast(FloatArray, np.einsum("ij,ij->i", proba, lengths) * reach)


@dataclass(frozen=True, slots=True)
class ExpectedGradientLength(ByScore):
    """Ask where an answer is expected to move a linear head most (Settles, Craven and Ray 2008).

    Favours rows far from the origin: prefer it where they are of like length.

    Parameters
    ----------
    scaling : {"common", "columns", "none"}, default "common"
        What rows are divided by first, having been centred: what the head sees. The first two are
        those of CalibratedLinear; "none" is for the embedding of a network.
    """

    scaling: Scale = "common"
    name: ClassVar[str] = "expected_gradient_length"

    def __post_init__(self) -> None:
        checks.one_of(self.scaling, SCALES, "scaling")

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """See `expected_gradient_length`."""
        rows = feature_rows(model, X, features)
        scaled = Scaling.of(rows, self.scaling)
        scores = np.empty(len(rows))
        for block in spans(len(rows)):
            proba = shares(model, X, block)
            scores[block] = expected_gradient_length(proba, scaled(rows[block]))
            checks.finite(scores[block], f"features from row {block.start} on")
        return scores
