"""What is chosen when a project is made: checked once, then kept with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args

from fewclicks import checks
from fewclicks.answers.consensus import Rule
from fewclicks.clusters.registry import CLUSTERERS
from fewclicks.errors import Conflict
from fewclicks.queries.stopping import make_criterion
from fewclicks.store import Store
from fewclicks.workflows import make_workflow
from fewclicks.workflows.describing import check_choice, placed_choice

ENDING = ".fewclicks"
"""What the project of `photos/` is called: `photos.fewclicks`, beside it."""

CHOICES: dict[str, Any] = {
    "feature_options": {},
    "clusterer": "kmeans",
    "stop": None,
    "second_share": 0.0,
    "again_share": 0.0,
    "consensus": "auto",
}
"""What projects that are older than a choice have chosen."""


def checked_choices(
    *,
    features: str,
    feature_options: dict[str, Any] | None,
    clusterer: str,
    workflow: str,
    workflow_options: dict[str, Any] | None,
    stop: dict[str, Any] | None,
    second_share: float,
    again_share: float,
    consensus: str,
    **others: Any,
) -> dict[str, Any]:
    """Return the choices as a project keeps them; see `Project.create`.

    Raises
    ------
    InvalidInput
        Something of this name does not exist, or has no such parameter.
    MissingExtra
        The features need an extra that is not installed.
    """
    check_choice(features, feature_options or {})
    checks.one_of(clusterer, CLUSTERERS, "clusterer")
    make_workflow(workflow, workflow_options or {})
    if stop is not None:
        make_criterion(**stop)
    return {
        "features": placed_choice(features),
        "feature_options": feature_options or {},
        "clusterer": clusterer,
        "workflow": workflow,
        "workflow_options": workflow_options or {},
        "stop": stop,
        **checked_consultation(second_share, again_share, consensus),
        **others,
    }


def checked_consultation(
    second_share: float, again_share: float, consensus: str
) -> dict[str, float | str]:
    """Return what is chosen for several people as a project keeps it; see `Project.create`.

    Raises
    ------
    InvalidInput
        A share is outside [0, 1], or there is no such consensus.
    """
    checks.between(second_share, 0, 1, "second_share")
    checks.between(again_share, 0, 1, "again_share")
    checks.one_of(consensus, get_args(Rule), "consensus")
    shares = {"second_share": float(second_share), "again_share": float(again_share)}
    return {**shares, "consensus": consensus}


def choices(store: Store) -> dict[str, Any]:
    """Return the choices made when the project was created, and since."""
    return {**CHOICES, **store.describe()["options"]}


def project_beside(source: str) -> Path:
    """Return where the project of a source lies: beside it, its name with `.fewclicks` added.

    For a URL, or where the folder that holds the source cannot be written, it is the current
    folder.

    Raises
    ------
    Conflict
        It would lie inside the images it is made of.
    """
    here = Path.cwd()
    remote = "://" in source and not os.path.lexists(source)
    path = here / Path(source).name if remote else Path(source).resolve()
    beside = path.with_name(f"{path.name or 'images'}{ENDING}")
    if beside.exists() or os.access(beside.parent, os.W_OK):
        return beside
    if here.is_relative_to(path):
        raise Conflict(
            f"{beside.parent} cannot be written, and {path} is where the images are.",
            "Change to another folder and run it there.",
        )
    return here / beside.name
