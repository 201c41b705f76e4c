"""Table 3 of the Plud paper: as many images drawn at random, by whole groups, or spread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from experiments.plud_data import Data
from fewclicks.items import group_order, spread_order
from fewclicks.models import CalibratedLinear
from fewclicks.records import NO_CLASS, IntArray

SHARES = (0.05, 0.1, 0.2)
"""Of the images that are not for testing."""

SAMPLINGS: dict[str, Callable[[IntArray, np.random.Generator], IntArray]] = {
    "random images": lambda groups, rng: rng.permutation(len(groups)),
    "whole groups (paper)": group_order,
    "spread over groups (ours)": spread_order,
}


def samplings(data: Data, seed: int) -> Iterator[dict[str, Any]]:
    """Test accuracy of a classifier taught the same number of images by each sampling."""
    truths = np.array(data.project.store.items.truths(), dtype=object).astype(str)
    _, classes = np.unique(truths, return_inverse=True)
    rows = data.project.collection().wide
    train = np.flatnonzero(~data.test)
    for share in SHARES:
        n = int(share * len(train))
        for name, order_of in SAMPLINGS.items():
            order = order_of(data.groups[train], np.random.default_rng([seed, n]))
            taught = np.full(len(classes), NO_CLASS)
            taught[train[order[:n]]] = classes[train[order[:n]]]
            model = CalibratedLinear(random_state=seed).fit(rows, taught)
            right = model.predict(np.asarray(rows[data.test])) == classes[data.test]
            yield {
                "data": data.name, "share %": 100 * share, "sampling": name, "seed": seed,
                "images": n,
                "groups": len(np.unique(data.groups[train[order[:n]]])),
                "classes": len(np.unique(taught)) - 1,
                "test %": 100 * float(right.mean()),
            }  # fmt: skip


def gaps(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How many points each sampling is ahead of random images, at every share of the images."""
    means: dict[tuple[str, float], dict[str, float]] = {}
    for row in rows:
        means.setdefault((row["data"], row["share %"]), {})[row["sampling"]] = row["test %"]
    return [
        {"data": name, "share %": n, "sampling": sampling, "ahead": value - found["random images"]}
        for (name, n), found in means.items()
        for sampling, value in found.items()
        if sampling != "random images"
    ]
