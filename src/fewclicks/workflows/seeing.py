"""Items as a model that has learnt the classes sees them, to cluster what it is not sure of."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks.records import FloatArray, IntArray
from fewclicks.workflows.base import State
from fewclicks.workflows.learning import Learnt


def seen_by(state: State, learnt: Learnt | None, items: IntArray) -> FloatArray:
    """Return a row for each of these items, shape (len(items), d), float32.

    A network's embedding (Mousavi et al., section 2.3); for models on the features, these beside
    the shares of belief, whose logarithms are scaled to scatter as much; before anything is
    known, the features alone.
    """
    if learnt is not None and hasattr(learnt.model, "transform"):
        return cast(FloatArray, learnt.model.transform(learnt.rows[items]))
    rows = np.asarray(state.features[items], np.float32)
    if learnt is None or len(learnt.classes) < 2:
        return rows
    beliefs = np.log(np.maximum(learnt.proba[items], 1e-6))
    beliefs -= beliefs.mean(axis=1, keepdims=True)
    return np.hstack([_scaled(rows), _scaled(beliefs)]).astype(np.float32)


def _scaled(rows: FloatArray) -> FloatArray:
    """Rows about their mean, at a mean squared distance of 1 from it."""
    centred = rows - rows.mean(axis=0)
    scatter = float(np.einsum("ij,ij->", centred, centred)) / max(1, len(rows))
    return cast(FloatArray, centred / np.sqrt(max(scatter, 1e-12)))
