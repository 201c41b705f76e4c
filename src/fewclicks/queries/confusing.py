"""Asking by the scores of a detector of confusing items, which needs no model."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.queries.strategy import ByScore, answers, feature_rows
from fewclicks.records import NO_CLASS, FloatArray


@dataclass(frozen=True, slots=True)
class Confusing(ByScore):
    """Ask the items that a detector finds most confusing.

    Where the model has `predict`, it tells the classes of the items without an answer, so that a
    detector that compares labels (method "neighbours") has one of each item.

    Parameters
    ----------
    detector : estimator
        Anything with `fit(X, y)` and then `scores_` of shape (n_items,), where higher is more
        confusing, such as `confusion.ConfusingDataDetector`. A copy of it is fitted to the
        features of all items; `y` are class ids, NO_CLASS where there is none.
    """

    detector: Any
    name: ClassVar[str] = "confusing"

    def score(
        self, model: Any, X: Any, *, y: Any = None, features: Any = None, random_state: int = 0
    ) -> FloatArray:
        """Return the detector's scores.

        Raises
        ------
        InvalidInput
            The detector has no `scores_` after `fit`, or not one finite number per item; or it
            refuses the features.
        """
        rows = feature_rows(model, X, features)
        fitted = copy(self.detector).fit(rows, labels(model, X, y))
        if not hasattr(fitted, "scores_"):
            raise InvalidInput(
                f"{type(fitted).__name__} has no scores_ after fit.",
                "Give a detector such as confusion.ConfusingDataDetector.",
            )
        scores = np.asarray(fitted.scores_, dtype=np.float64)
        checks.same_length(scores, rows, ("the detector's scores", "X"))
        checks.finite(scores, "the detector's scores")
        return cast(FloatArray, scores)


def labels(model: Any, X: Any, y: Any) -> Any:
    """Return the answers, and elsewhere what the model predicts; None if neither tells anything."""
    known = answers(y, len(X))
    if hasattr(model, "predict"):
        return np.where(known == NO_CLASS, model.predict(X), known)
    return None if y is None else known
