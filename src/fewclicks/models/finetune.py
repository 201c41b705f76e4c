"""A pretrained backbone with a new head."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
import torch
from torch import nn

from fewclicks import backbones, checks
from fewclicks.backbones import Backbone
from fewclicks.devices import as_float, precision
from fewclicks.errors import InvalidInput
from fewclicks.models.architectures import Recipe
from fewclicks.models.balance import BALANCES
from fewclicks.models.lessons import Answers
from fewclicks.models.network import Network
from fewclicks.models.tensors import Augment, Rows, generator
from fewclicks.models.training import Lesson, Training
from fewclicks.progress import Report
from fewclicks.records import FloatArray
from fewclicks.rows import spans

RECIPE = Recipe(
    epochs=0,
    min_steps=0,
    batch_size=32,
    learning_rate=0.001,
    one_cycle=True,
    patience=0,
    validation=0.0,
)
"""How head and backbone are trained."""

HEAD_STEPS = 600
"""Steps of the optimiser that the head gets at least: each takes about a millisecond."""

EMBED_ROWS = 64
"""Images that go through a backbone together: at 224 pixels their maps take some 0.5 GB."""


class FineTuned(Network):
    """A network that others trained, with a new head for our classes.

    The backbone is frozen first: all images go through it once (and `copies` new views of each),
    and the head learns from what comes out, which takes seconds. If `epochs` is above 0, all
    layers are then trained together on the pixels, the backbone at `backbone_rate` times the
    learning rate. Batch normalisation in the backbone keeps its pretrained statistics.

    VGG16 with Dense(128) is the network of the A–Z letters document (Kumar 2022):
    `FineTuned("vgg16", weights=PATH)`.

    Parameters
    ----------
    backbone : {"efficientnet_lite0", "efficientnet_lite1", "efficientnet_lite2", "vgg16"}, \
"torchvision:NAME", "timm:NAME" or torch.nn.Module, default "efficientnet_lite0"
        Colour images of shape (n, 3, side, side) in, features (n, d) or maps (n, d, h, w) out,
        which are averaged over the image. Grey images become three equal channels.
    weights : path, optional
        A file of weights for the backbone, as torch.save writes a state_dict; needed for "vgg16".
    head : sequence of int, default (128,)
        Width of each hidden layer, with ReLU; () for a linear head.
    side : int, optional
        Images are resized to it; by default what the backbone was trained on, 32 for "vgg16" (the
        document's) and modules. Less is quicker and sees less.
    frozen_epochs : int, default 20
        Passes over the embedded images, at least 600 steps of the optimiser; 0 to leave out.
    copies : int, default 0
        New views of each image, by `augment`, that the head learns from besides the image itself.
    epochs : int, default 0
        Passes in which the backbone learns too.
    backbone_rate : float, default 0.1
        In [0, 1].
    batch_size, learning_rate, augment, balance, validation, patience, min_steps, device, \
random_state, warm_start, checkpoint
        As for `Network`. Patience and `min_steps` are for `epochs`, and so is the checkpoint.

    Attributes
    ----------
    classes_, module_, image_shape_, losses_, accuracies_, best_epoch_, finished_
        As for `Network`; losses and accuracies are of the last stage trained.
    """

    together: ClassVar[int] = EMBED_ROWS

    def __init__(
        self,
        backbone: Backbone = "efficientnet_lite0",
        *,
        weights: str | Path | None = None,
        head: Sequence[int] = (128,),
        side: int | None = None,
        frozen_epochs: int = 20,
        copies: int = 0,
        epochs: int = 0,
        backbone_rate: float = 0.1,
        batch_size: int | None = None,
        learning_rate: float | None = None,
        augment: str | Augment | None = None,
        balance: str = "none",
        validation: float | None = None,
        patience: int | None = None,
        min_steps: int | None = None,
        device: str = "auto",
        random_state: int = 0,
        warm_start: bool = False,
        checkpoint: str | Path | None = None,
    ) -> None:
        self.backbone = backbone
        self.weights = weights
        self.head = head
        self.side = side
        self.frozen_epochs = frozen_epochs
        self.copies = copies
        self.epochs = epochs
        self.backbone_rate = backbone_rate
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.augment = augment
        self.balance = balance
        self.validation = validation
        self.patience = patience
        self.min_steps = min_steps
        self.device = device
        self.random_state = random_state
        self.warm_start = warm_start
        self.checkpoint = checkpoint

    def build(self, n_channels: int, side: int, n_classes: int, *, fresh: bool = True) -> nn.Module:
        """Return the backbone with an untrained head; unless `fresh`, without its weights."""
        known = backbones.found(self.backbone, self.weights, self.side, fresh)
        return Transferred(known, self.head, n_classes)

    def _recipe(self) -> Recipe:
        checks.one_of(self.balance, BALANCES, "balance")
        if self._augment() is None and self.copies:
            raise InvalidInput(
                f"copies is {self.copies} but augment is None.", "Give augment to make copies by."
            )
        checks.between(self.frozen_epochs, 0, np.inf, "frozen_epochs", integer=True)
        checks.between(self.copies, 0, 1000, "copies", integer=True)
        checks.between(self.backbone_rate, 0, 1, "backbone_rate")
        for width in self.head:
            checks.between(width, 1, 1_000_000, "Each width of head", integer=True)
        if self.side is not None:
            checks.between(self.side, 1, 10_000, "side", integer=True)
        recipe = self._asked(RECIPE, fewest_epochs=0)
        if not self.frozen_epochs + recipe.epochs:
            raise InvalidInput("frozen_epochs and epochs are both 0.", "Give one of them.")
        return recipe

    def _learn(
        self,
        module: nn.Module,
        answers: Answers,
        held: Answers | None,
        recipe: Recipe,
        report: Report,
    ) -> None:
        module = cast(Transferred, module)
        if self.frozen_epochs:
            self._learn_head(module, answers, held, recipe, report)
        if recipe.epochs:
            module = deepcopy(module)  # what the head learnt stays if this is stopped at once
            self.finished_ = False
            groups: list[dict[str, Any]] = [
                {"params": list(module.backbone.parameters()), "share": self.backbone_rate},
                {"params": list(module.head.parameters())},
            ]
            self._run(self._training(module, answers, held, recipe, groups), answers, report)

    def _learn_head(
        self,
        module: Transferred,
        answers: Answers,
        held: Answers | None,
        recipe: Recipe,
        report: Report,
    ) -> None:
        """Train the head on embedded images, and keep it whatever ends that."""
        rows = self._embedded(module, answers, self.copies, report)
        lesson = Lesson(
            inputs=Rows(rows),
            codes=np.tile(answers.codes, self.copies + 1),
            weights=np.tile(answers.weights, self.copies + 1),
            recipe=replace(recipe, epochs=self.frozen_epochs, min_steps=HEAD_STEPS, patience=0),
            random_state=self.random_state,
            balanced=self.balance == "sampling",
            accuracy=None if held is None else self._accuracy(module, held, answers, report),
        )
        training = Training(module.head, lesson)
        self._run(training, answers, report, whole=module)

    def _accuracy(
        self, module: Transferred, held: Answers, answers: Answers, report: Report
    ) -> Any:
        """Return what gives the accuracy of the head on embedded validation images."""
        rows = self._embedded(module, held, 0, report)
        ids = held.classes[held.codes]

        def accuracy() -> float:
            with torch.inference_mode():
                best = module.head(rows).argmax(1).cpu().numpy()
            return float((answers.classes[best] == ids).mean())

        return accuracy

    def _embedded(
        self, module: Transferred, answers: Answers, copies: int, report: Report
    ) -> torch.Tensor:
        """Send images and new views of them through the backbone, (n · (1 + copies), d)."""
        device = next(module.parameters()).device
        augment, views = self._augment(), generator(device, self.random_state, 3)
        n, parts = len(answers.rows), []
        module.eval()
        with torch.no_grad():
            for copy in range(copies + 1):
                for block in spans(n, EMBED_ROWS):
                    report("embedding", copy * n + block.start, (copies + 1) * n)
                    batch = _pixels(answers, block).to(device)
                    if copy and augment is not None:
                        batch = augment(batch, views)
                    with precision(device):
                        parts.append(module.embed(batch).float())
        return torch.cat(parts)


class Transferred(nn.Module):
    """Backbone and head as one module.

    Parameters
    ----------
    known : Known
    widths : sequence of int
        Of the head's hidden layers.
    n_classes : int
    """

    mean: torch.Tensor
    deviation: torch.Tensor

    def __init__(self, known: backbones.Known, widths: Sequence[int], n_classes: int) -> None:
        super().__init__()
        self.backbone = known.module
        self.side = known.side
        mean, deviation = (torch.tensor(values)[:, None, None] for values in known.scaling)
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("deviation", deviation, persistent=False)
        self.head = _head([self._n_features(), *widths, n_classes])

    def forward(self, batch: torch.Tensor) -> torch.Tensor:
        """Return logits, (n, n_classes), of images (n, c, h, w) in [0, 1]."""
        return cast(torch.Tensor, self.head(self.embed(batch)))

    def embed(self, batch: torch.Tensor) -> torch.Tensor:
        """Return the backbone's features, (n, d)."""
        batch = batch.expand(-1, 3, -1, -1)
        if batch.shape[-1] != self.side:
            batch = nn.functional.interpolate(
                batch, (self.side, self.side), mode="bilinear", antialias=True
            )
        return backbones.pooled(self.backbone, batch, self.mean, self.deviation)

    def train(self, mode: bool = True) -> Transferred:
        """Switch to training, but leave batch normalisation of the backbone as it was learnt."""
        super().train(mode)
        for layer in self.backbone.modules():
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.eval()
        return self

    def _n_features(self) -> int:
        """Return the width of what the backbone gives, after trying it on one image."""
        self.eval()
        with torch.no_grad():
            tried = self.embed(torch.zeros(1, 3, self.side, self.side))
        if tried.ndim != 2:
            raise InvalidInput(
                f"A backbone must give features (n, d) or maps (n, d, h, w) but gave "
                f"{tuple(tried.shape)} for one image.",
                "Cut off what comes after.",
            )
        return tried.shape[1]


def _head(widths: Sequence[int]) -> nn.Sequential:
    """Build linear layers with ReLU between them."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(widths):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _pixels(answers: Answers, block: slice) -> torch.Tensor:
    """Return a block of answered images as floats."""
    images: FloatArray = np.ascontiguousarray(answers.images[answers.rows[block]])
    return as_float(torch.from_numpy(images))
