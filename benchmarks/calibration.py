"""How far confidences are from how often labels are right."""

from __future__ import annotations

from typing import Any

import numpy as np

import fewclicks as fc
from fewclicks.records import MODEL, BoolArray, FloatArray
from fewclicks.workflows.rounds import labels_path, load_labels


def calibration_error(confidence: FloatArray, wrong: BoolArray, n_bins: int = 15) -> float:
    """Expected calibration error in points: of Guo et al. (2017, section 2), in 15 equal bins."""
    if not len(wrong):
        return float("nan")
    at = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    sure = np.bincount(at, confidence, n_bins)
    right = np.bincount(at, ~wrong, n_bins)
    return 100 * float(np.abs(sure - right).sum()) / len(wrong)


def believed(project: fc.Project) -> FloatArray:
    """How sure the last round's model was of each label, before blind answers set it right."""
    latest = project.store.rounds.latest()
    labels = None if latest is None else load_labels(labels_path(project.store, latest.id))
    assert labels is not None
    return np.asarray(labels.confidences[:, 0], np.float64)


def calibration_row(project: fc.Project) -> dict[str, Any]:
    """The error of the confidence in a model's labels, in points, and before blind answers."""
    labels, names = project.labels(), project.store.classes.names()
    truths = project.store.items.truths()
    said = [names.get(label) for label in labels.class_ids[:, 0].tolist()]
    wrong = np.array([name != truth for name, truth in zip(said, truths, strict=True)])
    by_model = labels.sources == MODEL
    confidence = labels.confidences[by_model, 0].astype(np.float64)
    return {
        "blind_answers": project.report()["calibration"]["n"],
        "believed_off": calibration_error(believed(project)[by_model], wrong[by_model]),
        "confidence_off": calibration_error(confidence, wrong[by_model]),
    }
