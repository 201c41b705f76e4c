"""Random images of a public data set as a project without labels, and who knows what they show."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks import data, sources


@dataclass(frozen=True, slots=True)
class Drawn:
    """A prepared project of some images, which knows nothing of their classes.

    Attributes
    ----------
    truths : list of str
        Class of each item: for annotators, and to measure against.
    """

    name: str
    project: Path
    truths: list[str]

    @property
    def kind(self) -> str:
        """What the page takes the images for: glyphs or photos."""
        with fc.Project.open(self.project) as project:
            return str(project.feature_set["kind"])


def draw(name: str, n: int | None, seed: int, data_dir: Path | None, folder: Path) -> Drawn:
    """Draw so many different images and prepare a project of them.

    Where all are taken, the seed is that of the project instead.
    """
    home = folder / f"{name}-{n}-{seed}"
    home.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    write = _photos if name == "clothing" else _digits
    source, truths = write(name, n, rng, data_dir, home)
    with fc.Project.create(home / "project", source, seed=0 if n else seed) as project:
        project.prepare()
    return Drawn(name, home / "project", truths)


def _digits(
    name: str, n: int | None, rng: Any, data_dir: Path | None, home: Path
) -> tuple[Path, list[str]]:
    images, digits = data.bundled() if name == "sample" else data.mnist(data_dir)
    kept = np.arange(len(images))
    if n is not None:
        kept = np.array(_different(rng.permutation(len(images)), lambda i: images[i].tobytes(), n))
    np.save(home / "digits.npy", images[kept])
    return home / "digits.npy", [str(digit) for digit in digits[kept]]


def _photos(
    name: str, n: int | None, rng: Any, data_dir: Path | None, home: Path
) -> tuple[Path, list[str]]:
    unpacked = home.parent / "photos"
    listed = unpacked / "clothing" / "labelled.csv"
    if not listed.exists():
        sources.labelled_photos(data_dir, unpacked)
    with open(listed, newline="") as file:
        rows = list(csv.DictReader(file))
    order = rng.permutation(len(rows))
    kept = _different(order, lambda i: (listed.parent / rows[i]["path"]).read_bytes(), n)
    path = listed.with_name(f"{home.name}.csv")
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path"])
        writer.writerows([rows[i]["path"]] for i in kept)
    return path, [rows[i]["label"] for i in kept]


def _different(order: Iterable[int], content: Any, n: int | None) -> list[int]:
    """The first `n` in this order whose content is that of none before."""
    found: dict[bytes, int] = {}
    for i in order:
        found.setdefault(content(i), int(i))
        if len(found) == n:
            break
    return list(found.values())
