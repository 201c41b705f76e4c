"""The public data sets as sources of projects, and how many answers each is usually given."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common, data
from fewclicks.items import sample

BUDGETS = {
    "mnist": 300,
    "mnist_tail": 400,
    "letters": 2140,
    "cifar10": 500,
    "clothing": 540,
    "traffic_signs": 390,
    "fashion_mnist": 600,
    "sample": 100,
}
"""Answers with the workflow `fewclicks`, if no budget is given."""


def source_of(dataset: str, data_dir: Path | None, folder: Path) -> dict[str, Any]:
    """Where a data set's images and its true labels lie, as `Project.create` takes them."""
    if dataset == "sample":
        images, labels = sample.path()
        return {"source": images, "labels": str(labels)}
    if dataset in ("mnist", "fashion_mnist"):
        where = data_dir if dataset == "mnist" else _with_fashion(data_dir)
        images = common.require_data(where, dataset.replace("_", "-"), "train-images-idx3-ubyte.gz")
        return {"source": images, "labels": str(images.with_name("train-labels-idx1-ubyte.gz"))}
    if dataset == "mnist_tail":
        return {"source": digits_of_unequal_classes(data_dir, folder)}
    if dataset == "clothing":
        return {"source": labelled_photos(data_dir, folder)}
    files = {
        "letters": "letters_az28.npz",
        "cifar10": "train.parquet",
        "traffic_signs": "tracks.parquet",
    }
    return {"source": common.require_data(data_dir, dataset, files[dataset])}


DEBIAN = Path("/usr/share/datasets")
"""Where Debian's package `dataset-fashion-mnist` puts its files."""


def _with_fashion(data_dir: Path | None) -> Path | None:
    """The folder that holds `fashion-mnist`: the one given, or else Debian's."""
    given = data_dir is not None and (data_dir / "fashion-mnist").exists()
    return data_dir if given else DEBIAN


TAIL = 500
"""How many times as many items the commonest class of a long tail has as the rarest."""


def digits_of_unequal_classes(data_dir: Path | None, folder: Path) -> Path:
    """Write digits of MNIST of which each class is 500 ** (1 / 9) times as rare as the one before.

    Which digit is how rare, and which of it are taken, is drawn once and for all.
    """
    images, digits = data.mnist(data_dir)
    rng = np.random.default_rng(0)
    kept = np.sort(np.concatenate(long_tail(digits, rng)))
    path = folder / "digits.npz"
    np.savez(path, X=images[kept], y=digits[kept])
    return path


def long_tail(classes: Any, rng: np.random.Generator) -> list[Any]:
    """Draw items of every class, the commonest drawn class as many as there are of the rarest."""
    met, counts = np.unique(classes, return_counts=True)
    wanted = counts.min() * float(TAIL) ** -np.linspace(0, 1, len(met))
    return [
        rng.choice(np.flatnonzero(classes == which), max(1, round(n)), replace=False)
        for which, n in zip(rng.permutation(met), wanted, strict=True)
    ]


def labelled_photos(data_dir: Path | None, folder: Path) -> Path:
    """Unpack the photos of clothes; return a list of those that somebody has labelled."""
    with zipfile.ZipFile(common.require_data(data_dir, "clothing", "clothing.zip")) as archive:
        archive.extractall(folder)
    base = folder / "clothing"
    with open(base / "labels.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (base / row["image"]).exists()]
    listed = base / "labelled.csv"
    with open(listed, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label"])
        writer.writerows([row["image"], row["label"]] for row in rows)
    return listed
