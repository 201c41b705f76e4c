"""The collections of the Plud experiment: images in groups, some groups kept for testing."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import fewclicks as fc
from benchmarks import sources
from fewclicks.items import group_split
from fewclicks.records import BoolArray, IntArray

DATASETS = ("traffic_signs", "clothing")
NOISE = "noise"
TEST = 0.25
"""Share of the images whose groups are for testing."""

N_NOISE, NOISE_SIDE = 240, 48
TINTS = ((120, 60, 60), (60, 120, 60), (60, 60, 120), (100, 100, 60))
SCATTER = 22


@dataclass(frozen=True, slots=True)
class Data:
    """A prepared project, and which of its items are for testing.

    Attributes
    ----------
    groups : ndarray of shape (n_items,)
    test : ndarray of shape (n_items,), bool
        Whole groups.
    """

    name: str
    project: fc.Project
    groups: IntArray
    test: BoolArray


@contextmanager
def data_of(
    name: str, backbone: str, data_dir: Path | None, folder: Path, seed: int
) -> Iterator[Data]:
    """Import a collection and describe it by a backbone, once; the seed draws the test groups."""
    home = folder / f"{name}-{backbone}".replace("/", "-").replace(":", "-")
    if not home.exists():
        source = source_of(name, data_dir, folder)
        fc.Project.create(home, features=backbone, **source).close()
    with fc.Project.open(home) as project:
        if not project.prepared:
            project.prepare()
        groups = project.store.items.groups()
        test = group_split(groups, TEST, np.random.default_rng(seed))
        yield Data(name, project, groups, test)


def source_of(name: str, data_dir: Path | None, folder: Path) -> dict[str, Any]:
    """Where a collection lies, as `Project.create` takes it, with a group for every image."""
    if name == NOISE:
        return {"source": noise(folder)}
    if name == "clothing":
        return {"source": with_senders(sources.labelled_photos(data_dir, folder))}
    return sources.source_of(name, data_dir, folder)


def with_senders(listed: Path) -> Path:
    """Add the person who sent each photo to the list of labelled photos, as its group."""
    with open(listed.with_name("labels.csv"), newline="") as file:
        senders = {row["image"]: row["sender_id"] for row in csv.DictReader(file)}
    with open(listed, newline="") as file:
        rows = [{**row, "group": senders[row["path"]]} for row in csv.DictReader(file)]
    return written(listed.with_name("by-sender.csv"), rows)


def noise(folder: Path) -> Path:
    """Write small photos of noise in four colours, in groups of eight; return their list."""
    rng, rows = np.random.default_rng(0), []
    (folder / NOISE).mkdir(exist_ok=True)
    for number in range(N_NOISE):
        colour = number % 4
        tint = rng.normal(TINTS[colour], SCATTER)
        pixels = rng.integers(0, 60, (NOISE_SIDE, NOISE_SIDE, 3)) + np.clip(tint, 0, 190)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / NOISE / f"{number:03d}.png")
        rows.append({"path": f"{number:03d}.png", "label": f"c{colour}", "group": number // 8})
    return written(folder / NOISE / "list.csv", rows)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write rows as CSV."""
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path
