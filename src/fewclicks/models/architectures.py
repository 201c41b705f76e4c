"""Networks by name: their layers, and how each is trained unless one says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import get_ident
from typing import Any, cast

import torch
from torch import nn

from fewclicks import checks
from fewclicks.devices import precision
from fewclicks.errors import InvalidInput

Architecture = Callable[[int, int, int], nn.Module]
"""Called as architecture(n_channels, side, n_classes); gives a module that takes a float tensor
(n, n_channels, side, side) in [0, 1] and gives logits (n, n_classes). Its last linear layer, the
head, gives the logits, and nothing comes after it; what goes into the head is the embedding."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a network is trained.

    Attributes
    ----------
    epochs : int
        Passes over the training rows, at most.
    min_steps : int
        Steps of the optimiser below which passes are added, so that few answers are learnt too.
    batch_size : int
        Rows per step.
    learning_rate : float
        Of Adam; its peak if `one_cycle`.
    one_cycle : bool
        The rate rises for the first quarter of the steps and falls to nothing until the last
        (Smith and Topin 2018), else it stays.
    patience : int
        Epochs without a better validation accuracy after which training stops; 0: never.
    validation : float
        Share of the answers held out for validation if no validation set is given.
    """

    epochs: int
    min_steps: int
    batch_size: int
    learning_rate: float
    one_cycle: bool
    patience: int
    validation: float


def small(n_channels: int, side: int, n_classes: int) -> nn.Module:
    """Build our own network for small images, made for speed on a CPU.

    Four convolutions, each followed by batch normalisation and ReLU: the first halves the image
    at once, the last two see a quarter of its side. The largest values in its four quarters go
    into the head. 68,266 weights for grey digits. Of four networks like it, the one that learnt
    most of 300 answers to digits, by no more than chance explains.
    """
    return nn.Sequential(
        *_normalised(n_channels, 32, 5, stride=2),
        *_normalised(32, 32, 3),
        nn.MaxPool2d(2),
        *_normalised(32, 64, 3),
        *_normalised(64, 64, 3),
        nn.AdaptiveMaxPool2d(2),
        nn.Flatten(),
        nn.Linear(4 * 64, n_classes),
    )


def embedding(n_channels: int, side: int, n_classes: int) -> nn.Module:
    """Build our network for `workflows.refining`: `small` with an embedding of 96 numbers.

    The largest values in the nine parts of the image go into it.
    """
    return nn.Sequential(
        *_normalised(n_channels, 32, 5, stride=2),
        *_normalised(32, 32, 3),
        nn.MaxPool2d(2),
        *_normalised(32, 64, 3),
        *_normalised(64, 64, 3),
        nn.AdaptiveMaxPool2d(3),
        nn.Flatten(),
        nn.Linear(9 * 64, 96, bias=False),
        nn.BatchNorm1d(96),
        nn.ReLU(inplace=True),
        nn.Dropout(0.3),
        nn.Linear(96, n_classes),
    )


def guided_mnist(n_channels: int, side: int, n_classes: int) -> nn.Module:
    """Build the guided paper's seven layers for MNIST (section 3), with Glorot's initialisation.

    Convolutions have no padding, as is usual in the libraries of its time: the paper is silent.
    """
    after = (side - 4) // 2
    layers = nn.Sequential(
        nn.Conv2d(n_channels, 64, 3),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(128 * after**2, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, n_classes),
    )
    return glorot(layers)


def guided_cifar10(n_channels: int, side: int, n_classes: int) -> nn.Module:
    """Build the guided paper's eleven layers for CIFAR-10 (section 3), Glorot's initialisation.

    The first convolution of each pair keeps the image's size, the second has no padding, as in
    the example of Keras that has these very layers: the paper is silent.
    """
    after = ((side - 2) // 2 - 2) // 2
    layers = nn.Sequential(
        *_pair(n_channels, 32),
        *_pair(32, 64),
        nn.Flatten(),
        nn.Linear(64 * after**2, 512),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(512, n_classes),
    )
    return glorot(layers)


_GUIDED = Recipe(
    epochs=1000,
    min_steps=0,
    batch_size=128,
    learning_rate=0.001,
    one_cycle=False,
    patience=100,
    validation=0.1,
)

_SMALL = Recipe(
    epochs=8,
    min_steps=600,
    batch_size=128,
    learning_rate=0.01,
    one_cycle=True,
    patience=0,
    validation=0.0,
)

ARCHITECTURES: dict[str, tuple[Architecture, Recipe, int]] = {
    "small": (small, _SMALL, 8),
    "embedding": (embedding, replace(_SMALL, learning_rate=0.004), 8),
    "guided_mnist": (guided_mnist, _GUIDED, 6),
    "guided_cifar10": (guided_cifar10, _GUIDED, 10),
}
"""Each architecture by name, its recipe, and the smallest side of an image it takes."""


def recipe_of(architecture: str | Architecture) -> Recipe:
    """Return how an architecture is trained; a callable as "small" is."""
    name = architecture if isinstance(architecture, str) else "small"
    return ARCHITECTURES[checks.one_of(name, ARCHITECTURES, "architecture")][1]


def build(
    architecture: str | Architecture, n_channels: int, side: int, n_classes: int
) -> nn.Module:
    """Build a network with new weights, drawn from torch's current random state.

    Raises
    ------
    InvalidInput
        The name is unknown, the images are too small for it, or what a callable gave has no
        linear head of `n_classes`.
    """
    if not isinstance(architecture, str):
        module = architecture(n_channels, side, n_classes)
        _check_head(module, n_classes)
        return module
    checks.one_of(architecture, ARCHITECTURES, "architecture")
    make, _, smallest = ARCHITECTURES[architecture]
    if side < smallest:
        raise InvalidInput(
            f"images must be at least {smallest} pixels wide for {architecture!r} but are {side}.",
            "Enlarge them, or give an architecture of your own.",
        )
    return make(n_channels, side, n_classes)


def glorot(module: nn.Module) -> nn.Module:
    """Draw all weights anew as Glorot and Bengio (2010, equation 16) do, biases 0; same module."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return module


def head_of(module: nn.Module) -> nn.Linear:
    """Return the last linear layer, which gives the logits.

    Raises
    ------
    InvalidInput
        There is no linear layer.
    """
    linear = [layer for layer in module.modules() if isinstance(layer, nn.Linear)]
    if not linear:
        raise InvalidInput(
            "A network must end in a linear layer but has none.",
            "Let its last layer be torch.nn.Linear with one output per class.",
        )
    return linear[-1]


def inherit(module: nn.Module, old: nn.Module, columns: dict[int, int]) -> None:
    """Give `module` the weights of `old`, and its head those rows that both know.

    Parameters
    ----------
    module, old : Module
        Of the same architecture but for the number of classes.
    columns : dict
        Row in the new head for each row of the old one that is kept.
    """
    head, old_head = head_of(module), head_of(old)
    rows = torch.tensor(list(columns.values()), dtype=torch.long)
    from_rows = torch.tensor(list(columns.keys()), dtype=torch.long)
    kept = {id(parameter) for parameter in head.parameters()}
    mine, theirs = module.state_dict(keep_vars=True), old.state_dict()
    with torch.no_grad():
        for name, value in mine.items():
            if id(value) not in kept:
                value.copy_(theirs[name])
        for new, before in zip(head.parameters(), old_head.parameters(), strict=True):
            new[rows] = before[from_rows].to(new.device)


def embedded(module: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """Return what goes into the head, shape (n, d) and float32, for a batch.

    What comes before the head may be computed in bfloat16, as `devices.precision` says. Several
    threads may ask at once.
    """
    caught: list[torch.Tensor] = []
    mine = get_ident()

    def catch(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        if get_ident() == mine:
            caught.append(inputs[0])

    handle = head_of(module).register_forward_pre_hook(catch)
    try:
        with precision(batch.device):
            module(batch)
    finally:
        handle.remove()
    return caught[-1].flatten(1).float()


def logits(module: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    """Return the logits of a batch, (n, n_classes); the head computes in single precision always.

    In bfloat16 logits would have two digits, and images that differ little would tie.
    """
    return cast(torch.Tensor, head_of(module)(embedded(module, batch)))


def _check_head(module: Any, n_classes: int) -> None:
    """Refuse what is no network, or one whose head does not fit the classes."""
    if not isinstance(module, nn.Module):
        raise InvalidInput(f"An architecture must give a torch.nn.Module but gave {module!r}.")
    outputs = head_of(module).out_features
    if outputs != n_classes:
        raise InvalidInput(
            f"The head must have {n_classes} outputs, one per class, but has {outputs}.",
            "Build it with the number of classes that the architecture is called with.",
        )


def _normalised(n_in: int, n_out: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    """Convolution that keeps the size (but for `stride`), batch normalisation, ReLU."""
    convolution = nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(n_out), nn.ReLU(inplace=True)]


def _pair(n_in: int, n_out: int) -> list[nn.Module]:
    """Two convolutions, pooling and dropout of the guided paper's network for CIFAR-10."""
    return [
        nn.Conv2d(n_in, n_out, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(n_out, n_out, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
    ]
