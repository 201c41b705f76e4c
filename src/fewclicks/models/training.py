"""The loop that trains a network: epochs, early stopping, checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from fewclicks import tensorfiles
from fewclicks.errors import FewclicksError
from fewclicks.models.architectures import Recipe, logits
from fewclicks.models.balance import balanced_order
from fewclicks.models.divergence import (
    BLOWN_UP,
    finite,
    learnt_nothing,
    peak_of,
    prior_loss,
    row_masses,
)
from fewclicks.models.tensors import Augment, Inputs, generator, seed_of, seeded
from fewclicks.progress import Report

REPORT_STEPS = 16
"""Steps of the optimiser between two reports: under a second, and too few to slow them."""

CHECKPOINT_SECONDS = 5.0
"""Between two checkpoints at least: the epochs of few answers are shorter than writing one."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a network is to learn, and how.

    Attributes
    ----------
    inputs : Inputs
        The training rows.
    codes : ndarray of shape (n,), int64
        Row of the head that is right for each.
    weights : ndarray of shape (n,), float32
        How much each row counts; their mean is 1.
    recipe : Recipe
    random_state : int
        Orders rows, draws augmentations and dropout.
    augment : callable, optional
        New views of every batch.
    balanced : bool
        Whether classes come equally often.
    accuracy : callable, optional
        Gives the validation accuracy, in [0, 1], of the module as it is now.
    made_from : str
        Fingerprint of all this; a checkpoint of another lesson is not used.
    """

    inputs: Inputs
    codes: np.ndarray[Any, Any]
    weights: np.ndarray[Any, Any]
    recipe: Recipe
    random_state: int = 0
    augment: Augment | None = None
    balanced: bool = False
    accuracy: Callable[[], float] | None = None
    made_from: str = ""

    @property
    def steps_per_epoch(self) -> int:
        """Steps of the optimiser in one pass."""
        return math.ceil(len(self.inputs) / self.recipe.batch_size)

    @property
    def epochs(self) -> int:
        """Passes: those of the recipe, or as many as its smallest number of steps takes."""
        return max(self.recipe.epochs, math.ceil(self.recipe.min_steps / self.steps_per_epoch))


@dataclass(slots=True)
class Course:
    """How training went so far.

    Attributes
    ----------
    epoch : int
        Epochs that are complete.
    losses, accuracies : list of float
        Mean training loss, and validation accuracy if there is a validation set, per epoch.
    best_epoch : int
        The epoch whose weights `best` holds, counted from 1; 0 before the first.
    best : dict
        Weights: of the highest validation accuracy, the earliest on a tie; without a validation
        set of the last epoch.
    start, peak : float
        Loss of the first step, when nothing was learnt, and the highest, as `peak_of` gives it.
    """

    epoch: int = 0
    losses: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    best_epoch: int = 0
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    start: float = 0.0
    peak: float = 0.0

    def note(self, losses: torch.Tensor, batch_size: int) -> None:
        """Take note of the losses of an epoch's steps, shape (n_steps,)."""
        if not self.epoch:
            self.start = float(losses[0])
        self.peak = max(self.peak, peak_of(losses, batch_size))

    def record(self, module: nn.Module, loss: float, accuracy: float | None) -> None:
        """Take note of one more epoch."""
        self.epoch += 1
        self.losses.append(loss)
        if accuracy is not None:
            self.accuracies.append(accuracy)
        if not self.stale():
            self.best_epoch = self.epoch
            self.best = {name: value.clone() for name, value in module.state_dict().items()}

    def stale(self) -> int:
        """Return the epochs since validation accuracy was first as high as it ever was."""
        return self.epoch - 1 - int(np.argmax(self.accuracies)) if self.accuracies else 0


class Training:
    """One network on its way through a lesson.

    Parameters
    ----------
    module : Module
        Trained in place, on the device of its weights.
    lesson : Lesson
    groups : list of dict, optional
        Parameters and "share" of the learning rate, for rates that differ between layers; all
        that need gradients at the full rate by default.
    checkpoint : Path, optional
        Written after an epoch, at most every `CHECKPOINT_SECONDS`; if it is there and of the same
        lesson, training goes on from it.
    """

    def __init__(
        self,
        module: nn.Module,
        lesson: Lesson,
        *,
        groups: list[dict[str, Any]] | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        self.module, self.lesson, self.checkpoint = module, lesson, checkpoint
        self.course = Course()
        self._saved = -math.inf
        self._device = next(module.parameters()).device
        self._codes = torch.from_numpy(lesson.codes).to(self._device)
        self._weights = torch.from_numpy(lesson.weights).to(self._device)
        groups = groups or [{"params": [p for p in module.parameters() if p.requires_grad]}]
        self._shares = [group.get("share", 1.0) for group in groups]
        self._optimiser = torch.optim.Adam(
            [{"params": group["params"]} for group in groups], lr=lesson.recipe.learning_rate
        )

    def run(self, report: Report) -> None:
        """Train to the end; the module then has the best weights.

        Raises
        ------
        FewclicksError
            Training diverged: the loss or a weight is no longer a number, or the loss blew up and
            nothing was learnt in the end; then `course.best` is empty.
        """
        self._resume()
        while self.course.epoch < self.lesson.epochs and not self._exhausted():
            with seeded(self._device, self.lesson.random_state, self.course.epoch):
                loss = self._epoch(report)
            self.module.eval()
            accuracy = self.lesson.accuracy
            self.course.record(self.module, loss, accuracy() if accuracy else None)
            self._save()
        self.module.load_state_dict(self.course.best)
        self._refuse_nothing()

    def forget(self) -> None:
        """Remove the checkpoint, whose work is done."""
        if self.checkpoint is not None:
            self.checkpoint.unlink(missing_ok=True)

    def _exhausted(self) -> bool:
        """Tell whether patience is at its end."""
        patience = self.lesson.recipe.patience
        return 0 < patience <= self.course.stale()

    def _epoch(self, report: Report) -> float:
        """Pass once over the training rows; return the mean loss."""
        self.module.train()
        done = self.course.epoch * self.lesson.steps_per_epoch
        total = self.lesson.epochs * self.lesson.steps_per_epoch
        views = generator(self._device, self.lesson.random_state, self.course.epoch, 1)
        losses = []
        for step, positions in enumerate(self._batches(), start=done):
            if step % REPORT_STEPS == 0:
                report("training", step, total)
            self._set_rate((step + 1) / total)
            losses.append(self._step(positions, views))
        steps = torch.stack(losses)
        mean = float(steps.mean())
        if not math.isfinite(mean):
            raise self._diverged(f"the loss was {mean} in epoch {self.course.epoch + 1}")
        if not finite(self.module):
            raise self._diverged(f"weights are no numbers after epoch {self.course.epoch + 1}")
        self.course.note(steps, self.lesson.recipe.batch_size)
        report("training", done + len(losses), total)
        return mean

    def _batches(self) -> Iterator[torch.Tensor]:
        """Yield this epoch's rows in random order, in batches of nearly equal size.

        A single row comes twice, since batch normalisation of one row is undefined.
        """
        rng = np.random.default_rng(seed_of(self.lesson.random_state, self.course.epoch, 2))
        n = len(self.lesson.inputs)
        codes = self.lesson.codes
        order = balanced_order(codes, rng) if self.lesson.balanced else rng.permutation(n)
        for part in np.array_split(order, self.lesson.steps_per_epoch):
            yield torch.from_numpy(np.resize(part, max(len(part), 2)))

    def _step(self, positions: torch.Tensor, views: torch.Generator) -> torch.Tensor:
        """Learn from one batch; return its loss without waiting for it."""
        batch = self.lesson.inputs.take(positions)
        if self.lesson.augment is not None:
            batch = self.lesson.augment(batch, views)
        where = positions.to(self._device)
        losses = nn.functional.cross_entropy(
            logits(self.module, batch), self._codes[where], reduction="none"
        )
        loss = (losses * self._weights[where]).mean()
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        return loss.detach()

    def _set_rate(self, part: float) -> None:
        """Set the learning rate for the step that ends when `part` of all steps is done."""
        rate = self.lesson.recipe.learning_rate
        if self.lesson.recipe.one_cycle:
            rate *= one_cycle(part)
        for group, share in zip(self._optimiser.param_groups, self._shares, strict=True):
            group["lr"] = rate * share

    def _refuse_nothing(self) -> None:
        """Raise if the loss once blew up and the best weights only guess the lesson's own rows.

        Where it never blew up, nothing is said: where images tell nothing about their classes, or
        steps are few or small, an honest network ends by guessing too.
        """
        lesson, course = self.lesson, self.course
        masses = row_masses(lesson.codes, lesson.weights, lesson.balanced)
        prior = prior_loss(lesson.codes, masses)
        if prior <= 0 or course.peak <= BLOWN_UP * max(prior, course.start):
            return
        if learnt_nothing(self.module, lesson.inputs, lesson.codes, masses, lesson.random_state):
            course.best = {}
            self.forget()
            raise self._diverged(
                f"the loss rose from {course.start:.2f} to {course.peak:.3g}, and in the end "
                "nothing was learnt,"
            )

    def _diverged(self, how: str) -> FewclicksError:
        rate = self.lesson.recipe.learning_rate
        return FewclicksError(
            f"Training diverged: {how} at learning rate {rate:g}.",
            f"Give a lower learning_rate, for example {rate / 10:g}.",
        )

    def _resume(self) -> None:
        """Go on from the checkpoint if there is one of this lesson."""
        if self.checkpoint is None:
            return
        stored = tensorfiles.read(self.checkpoint, self.lesson.made_from)
        if stored is not None:
            self.course = Course(**stored["course"])
            self.module.load_state_dict(stored["module"])
            self._optimiser.load_state_dict(stored["optimiser"])

    def _save(self) -> None:
        """Write the checkpoint if the last is not too new."""
        if self.checkpoint is None or time.monotonic() - self._saved < CHECKPOINT_SECONDS:
            return
        course = {name: getattr(self.course, name) for name in Course.__slots__}
        states = {
            "course": course,
            "module": self.module.state_dict(),
            "optimiser": self._optimiser.state_dict(),
        }
        tensorfiles.write(self.checkpoint, self.lesson.made_from, states)
        self._saved = time.monotonic()


def one_cycle(part: float) -> float:
    """Return the share of the peak learning rate when `part` of the steps, in (0, 1], is done.

    From 1/25 up to 1 over the first quarter, then down to nearly 0, along half cosines.

    Examples
    --------
    >>> [round(one_cycle(part), 3) for part in (0.0, 0.25, 0.625, 1.0)]
    [0.04, 1.0, 0.5, 0.0]
    """
    if part < 0.25:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * part / 0.25)) / 2
    return (1 + math.cos(math.pi * (part - 0.25) / 0.75)) / 2
