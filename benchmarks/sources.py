"""The public data sets as sources of projects, and how many answers each is usually given."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path
from typing import Any

from benchmarks import common
from fewclicks.items import sample

BUDGETS = {
    "mnist": 300,
    "letters": 2140,
    "cifar10": 500,
    "clothing": 540,
    "traffic_signs": 390,
    "sample": 100,
}
"""Answers with the workflow `fewclicks`, if no budget is given."""


def source_of(dataset: str, data_dir: Path | None, folder: Path) -> dict[str, Any]:
    """Where a data set's images and its true labels lie, as `Project.create` takes them."""
    if dataset == "sample":
        images, labels = sample.path()
        return {"source": images, "labels": str(labels)}
    if dataset == "mnist":
        images = common.require_data(data_dir, "mnist", "train-images-idx3-ubyte.gz")
        return {"source": images, "labels": str(images.with_name("train-labels-idx1-ubyte.gz"))}
    if dataset == "clothing":
        return {"source": labelled_photos(data_dir, folder)}
    files = {
        "letters": "letters_az28.npz",
        "cifar10": "train.parquet",
        "traffic_signs": "tracks.parquet",
    }
    return {"source": common.require_data(data_dir, dataset, files[dataset])}


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
