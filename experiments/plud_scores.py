"""What the Plud paper reports of a classifier: accuracy, F, and both rates of every class."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from fewclicks.records import BoolArray, Labels

MEAN = "AP, AR: mean of the classes"


def said_and_true(
    labels: Labels, names: dict[int, str], truths: Any, test: BoolArray, top: int = 1
) -> tuple[Any, Any]:
    """Names of the classes said of the test items, and of their true ones.

    With `top` 3, an item whose true class is among its three likeliest counts as said rightly; the
    paper does not tell its rule.
    """
    true = np.array(truths, dtype=object)[test].astype(str)
    lookup = np.array([names.get(i, "") for i in range(-1, max(names, default=0) + 1)], dtype=str)
    best = lookup[labels.class_ids[test, :top] + 1]
    found = (best == true[:, None]).any(axis=1)
    return np.where(found, true, best[:, 0]), true


def accuracies(
    labels: Labels, names: dict[int, str], truths: Any, test: BoolArray
) -> dict[str, float]:
    """Accuracy and macro F on the test items, in %, of the likeliest class and of three."""
    figures = {}
    for top in (1, 3):
        said, true = said_and_true(labels, names, truths, test, top)
        _, _, f, _ = rates(said, true)
        figures[f"test % top {top}"] = 100 * float(np.mean(said == true))
        figures[f"F top {top}"] = 100 * float(f.mean())
    return figures


def by_class(labels: Labels, names: dict[int, str], truths: Any, test: BoolArray) -> list[Any]:
    """Table 1: precision and recall of every class, in %, top 1 and top 3, and their means."""
    of_class: dict[str, dict[str, Any]] = {}
    for top in (1, 3):
        said, true = said_and_true(labels, names, truths, test, top)
        precision, recall, _, n = rates(said, true)
        for row in zip(np.unique(true), n, precision, recall, strict=True):
            entry = of_class.setdefault(row[0], {"class": row[0], "test images": int(row[1])})
            entry[f"precision top {top}"] = 100 * float(row[2])
            entry[f"recall top {top}"] = 100 * float(row[3])
    rows = list(of_class.values())
    columns = [column for column in rows[0] if "top" in column]
    mean = {column: float(np.mean([row[column] for row in rows])) for column in columns}
    total = sum(row["test images"] for row in rows)
    return [*rows, {"class": MEAN, "test images": total, **mean}]


def rates(said: Any, true: Any) -> tuple[Any, Any, Any, Any]:
    """Precision, recall, F and number of each true class; 0 where nothing was said to be it."""
    found: tuple[Any, Any, Any, Any] = precision_recall_fscore_support(
        true, said, labels=np.unique(true), zero_division=0
    )
    return found
