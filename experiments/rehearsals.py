"""Runs of a workflow on a public data set, through the same project as users have."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fewclicks as fc
from fewclicks.simulate import Run, SimulatedRound
from fewclicks.workflows import Workflow

OnRound = Callable[[fc.Project, SimulatedRound], None]


@contextmanager
def project_of(source: Path, **choices: Any) -> Iterator[fc.Project]:
    """A prepared project of a source, thrown away afterwards; its own labels are the truth."""
    with (
        tempfile.TemporaryDirectory(prefix="fewclicks-") as folder,
        fc.Project.create(Path(folder) / "project", source, **choices) as project,
    ):
        project.prepare()
        yield project


def rehearse(
    project: fc.Project,
    workflow: Workflow,
    *,
    budget: int,
    seed: int,
    on_round: OnRound | None = None,
) -> Run:
    """Let an annotator who knows the truth answer; the project stays clean.

    `on_round` is called with the rehearsal and the row of each round, as soon as it is known.
    """
    annotator = fc.KnownLabels(project.store.items.truths(), random_state=seed)
    with (
        tempfile.TemporaryDirectory(prefix="fewclicks-") as folder,
        project.rehearse(Path(folder) / "rehearsal") as rehearsal,
    ):
        return fc.simulate(
            rehearsal,
            annotator,
            budget=budget,
            workflow=workflow,
            seed=seed,
            on_round=None if on_round is None else lambda row: on_round(rehearsal, row),
        )
