import csv

import numpy as np
import pytest
from PIL import Image

import fewclicks as fc
from fewclicks.records import GROUP
from fewclicks.workflows.collection import ALONE
from fewclicks.workflows.grouping import groups_of

N = 120
COPIED = 40
COLOURS = {"rose": (200, 40, 60), "fern": (40, 180, 60), "sky": (60, 80, 210)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photos of three colours, some of them saved again with their borders cut off."""
    home = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for item in range(N):
        name = list(COLOURS)[item % 3]
        (home / name).mkdir(exist_ok=True)
        patches = rng.normal(0, 60, (6, 6, 3)) + COLOURS[name]
        small = Image.fromarray(np.clip(patches, 0, 255).astype(np.uint8))
        image = small.resize((96, 96), Image.Resampling.BICUBIC)
        image.save(home / name / f"{item:03d}.png")
        if item < COPIED:
            image.crop((1, 1, 95, 95)).save(home / name / f"{item:03d}-again.jpg", quality=80)
    return home


@pytest.fixture
def project(folder, tmp_path):
    options = {"labels": "folders", "features": "colour-hog"}
    with fc.Project.create(tmp_path / "project", folder, **options) as project:
        project.prepare()
        yield project


def keys(project):
    return [project.store.items.row(item).key for item in range(project.n_items)]


def test_photos_saved_again_are_found(project):
    collection = project.collection()
    assert collection.near_duplicates
    assert collection.units is None
    stems = np.array([key.split("/")[-1][:3] for key in keys(project)])
    together = [set(stems[collection.groups == g]) for g in range(collection.groups.max() + 1)]
    assert all(len(found) == 1 for found in together)
    assert len(together) >= 0.9 * COPIED


def test_they_are_known_again_when_the_project_is_opened(project):
    groups = project.collection().groups
    with fc.Project.open(project.folder) as again:
        assert np.array_equal(again.collection().groups, groups)
        assert again.collection().near_duplicates


def test_an_answer_holds_for_them_and_the_export_says_whose_it_was(project, tmp_path):
    known = fc.KnownLabels(project.store.items.truths())
    run = fc.simulate(project, known, budget=70)
    labels = project.labels()
    shared = np.flatnonzero(labels.sources == GROUP)
    assert len(shared) > 10
    assert run.rounds[-1].accuracy > 0.95
    project.export(tmp_path / "labels.csv")
    with open(tmp_path / "labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(rows[item]["source"] == "group" for item in shared)
    assert all(rows[item]["annotator"] and rows[item]["answered_at"] for item in shared)


def test_none_are_looked_for_where_images_come_in_groups(project, folder, tmp_path):
    with open(tmp_path / "list.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "group"])
        for key in keys(project):
            writer.writerow([folder / key, key.split("/")[0], key.split("/")[0]])
    options = {"features": "colour-hog"}
    with fc.Project.create(tmp_path / "grouped", tmp_path / "list.csv", **options) as grouped:
        grouped.prepare()
        assert not grouped.collection().near_duplicates
        assert len(np.unique(grouped.collection().groups)) == 3


def test_nor_among_glyphs(tmp_path):
    rng = np.random.default_rng(0)
    glyphs = rng.integers(0, 256, (150, 28, 28), dtype=np.uint8)
    np.save(tmp_path / "glyphs.npy", np.concatenate([glyphs, glyphs[:20] // 2 + 60]))
    with fc.Project.create(tmp_path / "project", tmp_path / "glyphs.npy") as project:
        project.prepare()
        assert not project.collection().near_duplicates
        assert (project.collection().groups == ALONE).all()


def test_items_added_later_are_in_none_until_the_next_preparation(project):
    groups, found = groups_of(project.store, project.n_items + 3)
    assert found
    assert (groups[-3:] == ALONE).all()
