"""Label a large image collection with few human answers, and know how accurate it is.

::

    import fewclicks as fc

    project = fc.Project.create("digits", "train-images-idx3-ubyte.gz")

Names are imported when first used, so that `import fewclicks` and the command line start at once.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fewclicks import (
        answers,
        audit,
        bounds,
        clusters,
        confusion,
        engine,
        errors,
        features,
        items,
        labels,
        models,
        queries,
        workflows,
    )
    from fewclicks.answers.annotator import Annotator, KnownLabels
    from fewclicks.answers.effort import EffortModel
    from fewclicks.errors import FewclicksError
    from fewclicks.project import Project
    from fewclicks.records import Labels, Question, Reply
    from fewclicks.simulate import Run, simulate

__version__ = "0.1.0"

__all__ = [
    "Annotator",
    "EffortModel",
    "FewclicksError",
    "KnownLabels",
    "Labels",
    "Project",
    "Question",
    "Reply",
    "Run",
    "__version__",
    "answers",
    "audit",
    "bounds",
    "clusters",
    "confusion",
    "engine",
    "errors",
    "features",
    "items",
    "labels",
    "models",
    "queries",
    "simulate",
    "workflows",
]

_HOMES = {
    "Annotator": "answers.annotator",
    "EffortModel": "answers.effort",
    "FewclicksError": "errors",
    "KnownLabels": "answers.annotator",
    "Labels": "records",
    "Project": "project",
    "Question": "records",
    "Reply": "records",
    "Run": "simulate",
    "simulate": "simulate",
}
"""The module that defines each public name which is not a module itself."""


class _Package(ModuleType):
    """Keeps `fewclicks.simulate` the function although a module has the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _HOMES and isinstance(value, ModuleType):
            return
        super().__setattr__(name, value)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif name in __all__:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


sys.modules[__name__].__class__ = _Package
