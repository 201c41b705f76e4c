"""The only code that knows the order of the steps."""

from __future__ import annotations

from typing import Any

from fewclicks import checks
from fewclicks.errors import InvalidInput
from fewclicks.queries.stopping import CRITERIA, Criterion
from fewclicks.workflows.base import State, Workflow
from fewclicks.workflows.confusion_area import ConfusionArea
from fewclicks.workflows.fewclicks import FewClicks

WORKFLOWS: dict[str, type[Any]] = {made.name: made for made in (FewClicks, ConfusionArea)}
"""Every workflow by name; the first is the default."""

__all__ = [
    "WORKFLOWS",
    "ConfusionArea",
    "FewClicks",
    "State",
    "Workflow",
    "make_criterion",
    "make_workflow",
]


def make_criterion(name: str, **options: Any) -> Criterion:
    """Make a stopping criterion by name with its parameters.

    Raises
    ------
    InvalidInput
        There is no such criterion, or it does not take these parameters.
    """
    checks.one_of(name, CRITERIA, "stop")
    try:
        criterion: Criterion = CRITERIA[name](**options)
    except TypeError as error:
        known = ", ".join(CRITERIA[name].__dataclass_fields__)
        raise InvalidInput(
            f"The criterion {name} has the parameters {known}, "
            f"but {', '.join(options) or 'none'} came."
        ) from error
    return criterion


def make_workflow(name: str, options: dict[str, Any] | None = None) -> Workflow:
    """Make a workflow by name with its parameters.

    Raises
    ------
    InvalidInput
        There is no such workflow, or it has no such parameter.
    """
    if name not in WORKFLOWS:
        raise InvalidInput(f"workflow must be one of {', '.join(WORKFLOWS)} but is {name!r}.")
    try:
        workflow: Workflow = WORKFLOWS[name](**(options or {}))
    except TypeError as error:
        known = ", ".join(WORKFLOWS[name].__dataclass_fields__)
        raise InvalidInput(
            f"The workflow {name} has the parameters {known}, but {', '.join(options or {})} came."
        ) from error
    return workflow
