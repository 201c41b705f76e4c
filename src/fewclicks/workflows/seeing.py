"""Items as a model that has learnt the classes sees them, to cluster what it is not sure of."""

from __future__ import annotations

from typing import cast

import numpy as np

from fewclicks.records import FloatArray, IntArray
from fewclicks.workflows.base import State
from fewclicks.workflows.learning import Learnt

FEATURES = 0.6
"""How much the features count beside the shares of belief, which scatter by 1: they part what no
class is known for. Of the 400 of 1,000 items that a linear model is least sure of after 300, 1,000
and 3,000 answers, in 50 clusters, so many percent are of the commonest class of their cluster
(three seeds, which differ by 1 to 3):

    features count    0.3         0.6         1.0         they alone
    traffic signs     45 65 82    46 64 82    43 60 79    39 36 37
    clothes           48 52 52    46 52 52    47 49 51    38 36 39
    letters           75 83 90    77 84 89    76 82 88    61 56 54
    digits            94 96 98    94 95 97    94 95 97    84 82 85
"""


def seen_by(state: State, learnt: Learnt | None, items: IntArray) -> FloatArray:
    """Return a row for each of these items, shape (len(items), d), float32.

    A network's embedding (Mousavi et al., section 2.3); for models on the features, the square
    roots of the shares of belief beside the features; before anything is known, these alone.
    """
    if learnt is not None and hasattr(learnt.model, "transform"):
        return cast(FloatArray, learnt.model.transform(learnt.rows[items]))
    rows = np.asarray(state.features[items], np.float32)
    if learnt is None or len(learnt.classes) < 2:
        return rows
    beliefs = np.sqrt(learnt.proba[items])
    return np.hstack([_scaled(beliefs), FEATURES * _scaled(rows)]).astype(np.float32)


def _scaled(rows: FloatArray) -> FloatArray:
    """Rows about their mean, at a mean squared distance of 1 from it."""
    centred = rows - rows.mean(axis=0)
    scatter = float(np.einsum("ij,ij->", centred, centred)) / max(1, len(rows))
    return cast(FloatArray, centred / np.sqrt(max(scatter, 1e-12)))
