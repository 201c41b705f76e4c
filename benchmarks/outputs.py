"""Labels as the default workflow gives them, with their truth, kept in a folder between runs."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks import common
from benchmarks.calibration import believed
from benchmarks.sources import source_of
from fewclicks.records import NO_CLASS, PERSON, BoolArray, FloatArray, IntArray


@dataclass(frozen=True, slots=True)
class Output:
    """The labels that no person gave one by one.

    Attributes
    ----------
    name : str
    n_answers : int
        Answers that it took.
    wrong : ndarray of shape (n,), bool
        Whether each label is.
    uncertainty : ndarray of shape (n,), float64
        1 − (share of the likeliest class − share of the next), in [0, 1].
    confidence : ndarray of shape (n,), float64
        In each label, as a project tells it.
    believed : ndarray of shape (n,), float64
        The same as the workflow believes it, before blind answers set it right.
    class_ids : ndarray of shape (n,), int64
        The class given to each.
    n_all : int
        Items of the collection, those answered one by one among them.
    """

    name: str
    n_answers: int
    wrong: BoolArray
    uncertainty: FloatArray
    confidence: FloatArray
    believed: FloatArray
    class_ids: IntArray
    n_all: int


def outputs(
    dataset: str, budgets: Sequence[int], core: bool, data_dir: Path | None, folder: Path
) -> list[Output]:
    """Labels of a data set after so many answers each, from the folder or made now."""
    paths = [folder / f"{dataset}-{'core' if core else 'full'}-{budget}.npz" for budget in budgets]
    if not all(path.exists() for path in paths):
        _make(dataset, budgets, core, data_dir, paths)
    return [_load(path) for path in paths]


def _make(
    dataset: str, budgets: Sequence[int], core: bool, data_dir: Path | None, paths: Sequence[Path]
) -> None:
    with tempfile.TemporaryDirectory(prefix="fewclicks-") as name:
        home = Path(name)
        project = fc.Project.create(
            home / "project",
            **source_of(dataset, data_dir, home),
            workflow_options={"refine": "never" if core else "auto"},
        )
        with project:
            project.prepare()
            for budget, path in zip(budgets, paths, strict=True):
                with project.rehearse(home / str(budget)) as rehearsal:
                    _label(rehearsal, budget, path)


def _label(project: fc.Project, budget: int, path: Path) -> None:
    truths = project.store.items.truths()
    annotator = fc.KnownLabels(truths, random_state=0)
    run = fc.simulate(project, annotator, budget=budget, seed=0)
    labels = project.labels()
    names = project.store.classes.names()
    said = [names.get(label) for label in labels.class_ids[:, 0].tolist()]
    wrong = np.array([name != truth for name, truth in zip(said, truths, strict=True)])
    shares = np.where(labels.class_ids == NO_CLASS, 0, labels.confidences).astype(np.float64)
    others = labels.sources != PERSON
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        n_answers=run.answers,
        wrong=wrong[others],
        uncertainty=(1 - (shares[:, 0] - shares[:, 1:2].sum(axis=1)))[others],
        confidence=shares[others, 0],
        believed=believed(project)[others],
        class_ids=labels.class_ids[others, 0].astype(np.int64),
        n_all=len(wrong),
    )
    common.console.print(f"{path.stem}: {wrong.mean():.2%} of all labels are wrong")


def _load(path: Path) -> Output:
    with np.load(path) as held:
        arrays: dict[str, Any] = dict(held)
    return Output(
        path.stem,
        int(arrays["n_answers"]),
        arrays["wrong"],
        arrays["uncertainty"],
        arrays["confidence"],
        arrays["believed"],
        arrays["class_ids"],
        int(arrays["n_all"]),
    )
