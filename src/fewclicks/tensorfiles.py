"""Files of tensors: written whole or not at all, read without running what is in them."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any, cast

import torch

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.files import replacing


def write(path: Path, made_from: str, content: dict[str, Any]) -> None:
    """Write tensors and plain values under `path`.

    Raises
    ------
    DiskFull, ReadOnlyProject
        It could not be written; what was there before stays.
    """
    with replacing(path) as temporary:
        torch.save({**content, "made_from": made_from}, temporary)


def read(path: Path, made_from: str) -> dict[str, Any] | None:
    """Read what `write` wrote; None if it is missing, damaged or made from something else."""
    try:
        content = loaded(path)
    except (NotFound, InvalidInput):
        return None
    return content if content.get("made_from") == made_from else None


def loaded(path: Path) -> dict[str, Any]:
    """Read a file of weights onto the CPU.

    Raises
    ------
    NotFound
        It is not there.
    InvalidInput
        It holds something else than tensors and plain values, or is damaged.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}.", "Check the path.")
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError,
        zipfile.BadZipFile,
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
    ) as error:
        raise InvalidInput(
            f"{path} must hold weights saved by torch but cannot be read.", "Save them again."
        ) from error
    if not isinstance(content, dict):
        raise InvalidInput(f"{path} must hold named weights but holds {type(content).__name__}.")
    return cast(dict[str, Any], content)
