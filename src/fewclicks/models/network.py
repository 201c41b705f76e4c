"""Convolutional networks with scikit-learn manners."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self, cast

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from torch import nn

from fewclicks import checks, devices
from fewclicks.devices import device_of
from fewclicks.models import architectures, tensors, weightfiles
from fewclicks.models.architectures import Architecture, Recipe
from fewclicks.models.augment import GLYPHS, GUIDED_GLYPHS, GUIDED_PHOTOS, PHOTOS
from fewclicks.models.balance import BALANCES
from fewclicks.models.lessons import Answers, accuracy_on, answers_of, fingerprint_of, split
from fewclicks.models.tensors import Augment, Pixels, checked, generator, seeded
from fewclicks.models.training import Course, Lesson, Training
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray, IntArray

AUGMENTS: dict[str, Augment] = {
    "glyphs": GLYPHS,
    "guided_glyphs": GUIDED_GLYPHS,
    "photos": PHOTOS,
    "guided_photos": GUIDED_PHOTOS,
}


class Network(BaseEstimator):
    """A network that learns classes from the pixels of answered images.

    Training is the same bit by bit for the same data, parameters, machine and number of threads
    on a CPU; nearly so on a GPU. torch's own random state is left as it was.

    Parameters
    ----------
    architecture : {"small", "embedding", "guided_mnist", "guided_cifar10"} or callable
        "small", the default, is ours, made for a CPU, and "embedding" the same with an embedding
        of 96 numbers; the others are those of the guided paper (Stabinger and Rodríguez-Sánchez,
        section 3). A callable is called with (n_channels, side, n_classes) and
        gives a module that ends in a linear layer.
    epochs : int, optional
        Passes over the training rows. Few rows are passed more often, until `min_steps`.
    batch_size : int, optional
        Rows per step of the optimiser.
    learning_rate : float, optional
        Of Adam.
    augment : {"glyphs", "guided_glyphs", "photos", "guided_photos"} or callable, optional
        New views of every batch, such as an `Augmentation`: called with a float tensor (n, c, h,
        w) in [0, 1] and a torch.Generator on its device.
    balance : {"none", "weights", "undersample", "sampling"}, default "none"
        What to do about classes of unequal size; see `models.balance`.
    validation : float, optional
        Share of the answers held out, of every class alike, if `fit` is given no validation set.
        Classes with one answer, and all if fewer than 20 would be held out, are learnt from.
    patience : int, optional
        Epochs without a better validation accuracy after which training stops; 0 for never.
    min_steps : int, optional
        Steps of the optimiser at least, however few rows there are (unless patience ends first).
    device : str, default "auto"
        "cuda", "mps" or "cpu"; "auto" takes the first of them that is there. Where the device
        has instructions for it, all but the last layer computes in bfloat16 if torch deems it safe.
    random_state : int, default 0
        Draws initial weights, dropout, held-out answers, order and augmentation.
    warm_start : bool, default False
        Go on from the weights of the fit before; a class that appears gets a new row in the head.
    checkpoint : path, optional
        File written after an epoch, every few seconds. A fit of the same data and parameters that
        was killed goes on from there, to the same result; it is removed at the end.

    None for `epochs`, `batch_size`, `learning_rate`, `validation`, `patience` and `min_steps`
    takes what suits the architecture, `architectures.Recipe`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,), int64
        Class ids that have answers, ascending.
    module_ : torch.nn.Module
        The network with its best weights.
    image_shape_ : tuple (n_channels, side)
    losses_, accuracies_ : list of float
        Mean training loss and, with a validation set, its accuracy, after each epoch.
    best_epoch_ : int
        The epoch whose weights were kept, from 1: the best on the validation set, else the last.
    finished_ : bool
        False if training was stopped from outside, or diverged.
    """

    together: ClassVar[int] = tensors.PREDICT_ROWS
    """Images that go through it together when it is asked."""

    classes_: IntArray
    module_: nn.Module
    image_shape_: tuple[int, int]
    losses_: list[float]
    accuracies_: list[float]
    best_epoch_: int
    finished_: bool

    def __init__(
        self,
        architecture: str | Architecture = "small",
        *,
        epochs: int | None = None,
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
        self.architecture = architecture
        self.epochs = epochs
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

    def fit(
        self,
        images: Any,
        y: Any,
        *,
        sample_weight: Any = None,
        validation: tuple[Any, Any] | None = None,
        report: Report = silent,
    ) -> Self:
        """Learn from the answered images.

        If it is stopped, by Ctrl-C, by `report` or because it diverges, the network keeps the best
        weights of the epochs that were complete and the exception goes on; before the end of the
        first epoch, or if nothing was learnt, it stays as it was.

        Parameters
        ----------
        images : uint8 array or memory map of shape (n, side, side) or (n, side, side, 3)
            Only answered images are read.
        y : array-like of shape (n,)
            Class ids; NO_CLASS (−1) for unanswered images.
        sample_weight : array-like of shape (n,), optional
            How much each answer counts, at least 0; only their proportions matter.
        validation : tuple (images, y), optional
            Decides which epoch is best, and when to stop; answers of classes that are not among
            `y` count as mistakes.
        report : callable, optional
            Called as report("training", steps done, steps in all); may raise to stop.

        Raises
        ------
        InvalidInput
            Images are not of this form, lengths differ, no image is answered, or a parameter is
            out of range.
        FewclicksError
            Training diverged: the loss or a weight is no longer a number, or the loss blew up and
            nothing was learnt in the end.
        DiskFull, ReadOnlyProject
            The checkpoint could not be written.
        """
        recipe = self._recipe()
        answers = answers_of(checked(images), y, sample_weight)
        held = None if validation is None else answers.validated_by(*validation)
        device = device_of(self.device)
        if held is None:
            answers, held = split(answers, recipe.validation, self.random_state)
        answers = answers.balanced(self.balance, self.random_state)
        with seeded(device, self.random_state):
            module = devices.placed(self._new(answers), device)
        if self.warm_start and hasattr(self, "module_"):
            self._inherit(module, answers)
        self._learn(module, answers, held, recipe, report)
        return self

    def predict_proba(self, images: Any) -> FloatArray:
        """Return shares of belief, shape (n, n_classes), float32; rows sum to 1.

        Images are read in blocks. Shares are a softmax: they order images well, but are too sure
        of themselves to be taken for tested probabilities.

        Raises
        ------
        InvalidInput
            The images are not of the size and colours of those in `fit`.
        """
        return self._foretold(images, lambda batch: self._logits(batch).softmax(1))

    def predict(self, images: Any) -> IntArray:
        """Return the likeliest class id of every image; on a tie the smaller."""
        best = self.predict_proba(images).argmax(axis=1)
        return cast(IntArray, self.classes_[best])

    def predict_augmented(self, images: Any, random_state: int = 0) -> FloatArray:
        """Return `predict_proba` of one new random view of every image.

        Views are drawn by the network's own `augment`; without one, the images are taken as they
        are.
        """
        check_is_fitted(self)
        checks.between(random_state, 0, 2**63 - 1, "random_state", integer=True)
        augment = self._augment()
        if augment is None:
            return self.predict_proba(images)
        views = generator(self._device(), random_state)
        return self._foretold(images, lambda b: self._logits(augment(b, views)).softmax(1))

    def transform(self, images: Any) -> FloatArray:
        """Return what goes into the last layer, the embedding; shape (n, d), float32.

        Where the device computes in bfloat16, values have its two to three digits.
        """
        return self._foretold(images, lambda b: architectures.embedded(self.module_, b))

    def judge(self, embedding: FloatArray) -> FloatArray:
        """Return the `predict_proba` of images from their `transform`, at next to no cost."""
        check_is_fitted(self)
        head = architectures.head_of(self.module_)
        with torch.inference_mode():
            rows = torch.from_numpy(embedding).to(self._device())
            return cast(FloatArray, head(rows).softmax(1).cpu().numpy())

    def save(self, path: str | Path) -> None:
        """Write the fitted network to a file.

        Raises
        ------
        DiskFull, ReadOnlyProject
            It could not be written; what was there before stays.
        """
        check_is_fitted(self)
        weightfiles.save(self, Path(path))

    @classmethod
    def load(cls, path: str | Path, **parameters: Any) -> Self:
        """Read a network that `save` wrote, onto the device that its `device` names.

        Parameters
        ----------
        path : path
        **parameters
            Replace those of the file; callables that no file can hold (an architecture, an
            augmentation of your own) must be given here.

        Raises
        ------
        NotFound
            There is no such file.
        InvalidInput
            It is damaged, not of this class, or lacks a callable.
        """
        return weightfiles.load(cls, Path(path), parameters)

    def _recipe(self) -> Recipe:
        """Return how to train, after checking the parameters."""
        checks.one_of(self.balance, BALANCES, "balance")
        self._augment()
        return self._asked(architectures.recipe_of(self.architecture))

    def _asked(self, recipe: Recipe, fewest_epochs: int = 1) -> Recipe:
        """Return a recipe with those parameters replaced that were given."""
        checks.between(self.random_state, 0, 2**63 - 1, "random_state", integer=True)
        limits: dict[str, tuple[float, float, bool]] = {
            "epochs": (fewest_epochs, np.inf, True),
            "batch_size": (1, np.inf, True),
            "learning_rate": (1e-9, 1e9, False),
            "validation": (0, 0.9, False),
            "patience": (0, np.inf, True),
            "min_steps": (0, np.inf, True),
        }
        for name, (low, high, integer) in limits.items():
            value = getattr(self, name)
            if value is not None:
                checks.between(value, low, high, name, integer=integer)
                recipe = replace(recipe, **{name: value})
        return recipe

    def _augment(self) -> Augment | None:
        """Return what draws new views of images."""
        if isinstance(self.augment, str):
            return AUGMENTS[checks.one_of(self.augment, AUGMENTS, "augment")]
        return self.augment

    def _new(self, answers: Answers) -> nn.Module:
        """Return a network with new weights for such images and classes."""
        n_channels, side = tensors.form(answers.images)
        return self.build(n_channels, side, len(answers.classes))

    def build(self, n_channels: int, side: int, n_classes: int, *, fresh: bool = True) -> nn.Module:
        """Return the untrained layers; unless `fresh`, weights may be any: they get replaced."""
        return architectures.build(self.architecture, n_channels, side, n_classes)

    def _inherit(self, module: nn.Module, answers: Answers) -> None:
        """Take over the weights of the fit before."""
        tensors.same_form(answers.images, self.image_shape_)
        _, new, old = np.intersect1d(answers.classes, self.classes_, return_indices=True)
        columns = dict(zip(old.tolist(), new.tolist(), strict=True))
        architectures.inherit(module, self.module_, columns)

    def _learn(
        self,
        module: nn.Module,
        answers: Answers,
        held: Answers | None,
        recipe: Recipe,
        report: Report,
    ) -> None:
        """Train, and keep the best weights whatever ends it."""
        self._run(self._training(module, answers, held, recipe), answers, report)

    def _training(
        self,
        module: nn.Module,
        answers: Answers,
        held: Answers | None,
        recipe: Recipe,
        groups: list[dict[str, Any]] | None = None,
    ) -> Training:
        """Prepare training of all layers on the pixels."""
        device = next(module.parameters()).device
        checkpoint = None if self.checkpoint is None else Path(self.checkpoint)
        made_from = ""
        if checkpoint is not None:
            how = recipe, self._augment(), device, devices.multiplies_bfloat16(device)
            made_from = fingerprint_of(self, module, answers, held, how)
        lesson = Lesson(
            inputs=Pixels(answers.images, answers.rows, device),
            codes=answers.codes,
            weights=answers.weights,
            recipe=recipe,
            random_state=self.random_state,
            augment=self._augment(),
            balanced=self.balance == "sampling",
            accuracy=None if held is None else accuracy_on(module, held, answers.classes),
            made_from=made_from,
        )
        return Training(module, lesson, groups=groups, checkpoint=checkpoint)

    def _run(
        self, training: Training, answers: Answers, report: Report, whole: nn.Module | None = None
    ) -> None:
        """Train to the end or to where it is stopped; keep the best weights of either.

        `whole` is the network of which only a part is trained.
        """
        try:
            training.run(report)
        finally:
            course = training.course
            if course.best:
                training.module.load_state_dict(course.best)
                self._keep(whole or training.module, answers, course)
        self.finished_ = True
        training.forget()

    def _keep(self, module: nn.Module, answers: Answers, course: Course) -> None:
        """Be fitted."""
        self.module_ = module.eval()
        self.classes_ = answers.classes
        self.image_shape_ = tensors.form(answers.images)
        self.losses_, self.accuracies_ = course.losses, course.accuracies
        self.best_epoch_ = course.best_epoch
        self.finished_ = False

    def _logits(self, batch: torch.Tensor) -> torch.Tensor:
        return architectures.logits(self.module_, batch)

    def _device(self) -> torch.device:
        return next(self.module_.parameters()).device

    def _foretold(self, images: Any, forward: Any) -> FloatArray:
        """Send images through the network after checking that they are of its form."""
        check_is_fitted(self)
        images = checked(images)
        tensors.same_form(images, self.image_shape_)
        return tensors.foretold(forward, images, self._device(), self.together)
