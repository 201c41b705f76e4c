"""Fitted networks as files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch

from fewclicks.devices import device_of, placed
from fewclicks.errors import InvalidInput
from fewclicks.models.augment import Augmentation
from fewclicks.tensorfiles import loaded, write

if TYPE_CHECKING:
    from fewclicks.models.network import Network

FORMAT = "fewclicks network 1"
LEARNT = ("image_shape_", "losses_", "accuracies_", "best_epoch_", "finished_")

N = TypeVar("N", bound="Network")


def save(network: Network, path: Path) -> None:
    """Write a fitted network: its parameters, what it learnt, its weights."""
    parameters = {
        name: _plain(value)
        for name, value in network.get_params(deep=False).items()
        if name != "checkpoint"
    }
    lacking = [name for name, value in parameters.items() if value is _NOT_PLAIN]
    content = {
        "kind": type(network).__name__,
        "parameters": {n: v for n, v in parameters.items() if v is not _NOT_PLAIN},
        "lacking": lacking,
        "classes": network.classes_.tolist(),
        "learnt": {name: getattr(network, name) for name in LEARNT},
        "weights": network.module_.state_dict(),
    }
    write(path, FORMAT, content)


def load(kind: type[N], path: Path, given: dict[str, Any]) -> N:
    """Read what `save` wrote; see `Network.load`."""
    content = loaded(path)
    if content.get("made_from") != FORMAT or content["kind"] != kind.__name__:
        raise InvalidInput(
            f"{path} must hold a {kind.__name__} but does not.", "Load what its save() wrote."
        )
    lacking = sorted(set(content["lacking"]) - set(given))
    if lacking:
        raise InvalidInput(
            f"{path} could not hold {', '.join(lacking)}, which is no plain value.",
            f"Give it again: load(path, {lacking[0]}=...).",
        )
    network = kind(**{**{n: _own(v) for n, v in content["parameters"].items()}, **given})
    network.classes_ = np.array(content["classes"], dtype=np.int64)
    for name in LEARNT:
        setattr(network, name, content["learnt"][name])
    network.module_ = _module(network, content["weights"], path)
    return network


def _module(network: Network, weights: dict[str, Any], path: Path) -> torch.nn.Module:
    """Build the network's layers and give them the stored weights."""
    module = network.build(*network.image_shape_, len(network.classes_), fresh=False)
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        raise InvalidInput(
            f"The weights in {path} must fit the architecture but do not: {error}.",
            "Give the architecture that was saved.",
        ) from error
    return placed(module, device_of(network.device)).eval()


_NOT_PLAIN = object()
"""Stands for a value that a file cannot hold."""


def _plain(value: Any) -> Any:
    """Return a value as a file can hold it."""
    if isinstance(value, Augmentation):
        return {"Augmentation": asdict(value)}
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list) and all(_plain(part) is not _NOT_PLAIN for part in value):
        return type(value)(_plain(part) for part in value)
    return value if value is None or isinstance(value, bool | int | float | str) else _NOT_PLAIN


def _own(value: Any) -> Any:
    """Return a value as it was before `_plain`."""
    return Augmentation(**value["Augmentation"]) if isinstance(value, dict) else value
