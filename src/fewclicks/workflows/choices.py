"""What is chosen when a project is made: checked once, then kept with it."""

from __future__ import annotations

from typing import Any

from fewclicks import checks
from fewclicks.clusters.registry import CLUSTERERS
from fewclicks.queries.stopping import make_criterion
from fewclicks.store import Store
from fewclicks.workflows import make_workflow
from fewclicks.workflows.describing import check_choice, placed_choice

CHOICES: dict[str, Any] = {"feature_options": {}, "clusterer": "kmeans", "stop": None}
"""What projects that are older than a choice have chosen."""


def checked_choices(
    *,
    features: str,
    feature_options: dict[str, Any] | None,
    clusterer: str,
    workflow: str,
    workflow_options: dict[str, Any] | None,
    stop: dict[str, Any] | None,
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
        **others,
    }


def choices(store: Store) -> dict[str, Any]:
    """Return the choices made when the project was created, and since."""
    return {**CHOICES, **store.describe()["options"]}
