"""Fixtures shared by all tests."""

from __future__ import annotations

import shutil
from itertools import combinations
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from sklearn.utils import _set_output

from fewclicks import settings
from fewclicks.project import Project
from fewclicks.workflows import refining

# shared machines are too uneven for a time limit per example
hypothesis.settings.register_profile("fewclicks", deadline=None)
hypothesis.settings.load_profile("fewclicks")


@pytest.fixture(autouse=True)
def short_lessons(monkeypatch) -> None:
    """Networks that refine the neighbours learn for a second, not for a minute."""
    monkeypatch.setattr(refining, "STEPS", 10)


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder with the public data sets; the test is skipped where it is absent."""
    folder = settings.data_dir()
    if folder is None or not folder.is_dir():
        pytest.skip("FEWCLICKS_DATA does not name a folder with the public data sets")
    return folder


@pytest.fixture(scope="session")
def shapes(tmp_path_factory) -> Path:
    """An .npz of 150 noisy glyphs in three classes: a bar, a ring and a cross."""
    rng = np.random.default_rng(0)
    drawn = np.zeros((3, 28, 28))
    drawn[0, 4:24, 12:16] = 200
    drawn[1, 6:22, 6:22] = 200
    drawn[1, 10:18, 10:18] = 0
    drawn[2, 12:16, 4:24] = drawn[2, 4:24, 12:16] = 200
    codes = np.arange(150) % 3
    moved = [np.roll(drawn[c], rng.integers(-2, 3, 2), (0, 1)) for c in codes]
    noisy = np.clip(np.stack(moved) + rng.normal(0, 20, (150, 28, 28)), 0, 255)
    path = tmp_path_factory.mktemp("shapes") / "shapes.npz"
    names = np.array(["bar", "ring", "cross"])
    np.savez(path, X=noisy.astype(np.uint8), y=names[codes])
    return path


@pytest.fixture(scope="session")
def prepared(shapes, tmp_path_factory) -> Path:
    """The folder of a prepared project of the 150 glyphs, to be copied."""
    folder = tmp_path_factory.mktemp("prepared") / "shapes"
    with Project.create(folder, shapes, n_codewords=8) as made:
        made.prepare()
    return folder


@pytest.fixture
def project(prepared, tmp_path):
    """A prepared project of the 150 glyphs with its own folder."""
    shutil.copytree(prepared, tmp_path / "shapes")
    with Project.open(tmp_path / "shapes") as opened:
        yield opened


@pytest.fixture
def tables():
    """The name of a container of rows and columns, since pandas and polars are not needed."""

    class Tables:
        container_lib = "tables"

        def create_container(self, X_output, X_original, columns, inplace=True):
            return {"rows": X_output, "columns": columns()}

    _set_output.ADAPTERS_MANAGER.register(Tables())
    yield Tables.container_lib
    _set_output.ADAPTERS_MANAGER.adapters.pop(Tables.container_lib)
    _set_output.ADAPTERS_MANAGER.supported_outputs.discard(Tables.container_lib)


@pytest.fixture(scope="session")
def orders():
    """Every order in which a small collection can be drawn, one a row; all are as likely."""

    def drawn(n_items, n_wrong):
        rows = np.zeros((0, n_items), bool)
        for places in combinations(range(n_items), n_wrong):
            row = np.zeros((1, n_items), bool)
            row[0, list(places)] = True
            rows = np.concatenate([rows, row])
        return rows

    return drawn
