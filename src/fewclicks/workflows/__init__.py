"""The only code that knows the order of the steps."""

from __future__ import annotations

from typing import Any

from fewclicks.errors import InvalidInput
from fewclicks.workflows.base import State, Workflow
from fewclicks.workflows.collaborative import Collaborative
from fewclicks.workflows.confusion_area import ConfusionArea
from fewclicks.workflows.fewclicks import FewClicks
from fewclicks.workflows.guided import Guided
from fewclicks.workflows.stream import Stream
from fewclicks.workflows.threshold import Threshold

WORKFLOWS: dict[str, type[Any]] = {
    made.name: made for made in (FewClicks, ConfusionArea, Guided, Collaborative, Threshold, Stream)
}
"""Every workflow by name; the first is the default."""

WITH_OWN_CLUSTERS = frozenset({Collaborative.name})
"""Those that make clusters themselves, so that nobody is asked about the collection's."""

LARGEST_FIRST = frozenset({ConfusionArea.name})
"""Those that spread no name beyond its cluster, so that the largest tell most."""

__all__ = [
    "LARGEST_FIRST",
    "WITH_OWN_CLUSTERS",
    "WORKFLOWS",
    "Collaborative",
    "ConfusionArea",
    "FewClicks",
    "Guided",
    "State",
    "Stream",
    "Threshold",
    "Workflow",
    "make_workflow",
]


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
