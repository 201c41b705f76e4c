"""The layout of a project: learnt once, kept, completed, and never trusted when it does not fit."""

from __future__ import annotations

import csv
import sys

import numpy as np
import pytest
from PIL import Image

import fewclicks as fc
from fewclicks import files, settings
from fewclicks.errors import InvalidInput, MissingExtra
from fewclicks.features import Layout
from fewclicks.neighbours import knn_graph
from fewclicks.workflows import placing

pytest.importorskip("openTSNE")


def glyphs(path, n, first=0):
    """Write `n` small images, each with a bar of its own height, and return where they are."""
    rng = np.random.default_rng(first)
    images = rng.integers(0, 20, (n, 12, 12)).astype(np.uint8)
    for image in images:
        image[2 : 4 + rng.integers(0, 7), 3 + rng.integers(0, 5)] = 250
    np.save(path, images)
    return path


@pytest.fixture
def fresh(tmp_path):
    with fc.Project.create(tmp_path / "p", glyphs(tmp_path / "a.npy", 60), n_codewords=4) as made:
        made.prepare()
        yield made


@pytest.fixture
def learnings(monkeypatch):
    """How many items each layout was learnt of, since the test began."""
    seen = []
    fit = Layout.fit

    def counted(self, X, *args, **options):
        seen.append(len(X))
        return fit(self, X, *args, **options)

    monkeypatch.setattr(Layout, "fit", counted)
    return seen


def kept(project):
    return project.folder / "clusters" / "layout.npz"


def test_it_is_made_when_first_asked_for_and_kept(project, learnings):
    assert project.layout_known() is None
    assert not kept(project).exists()
    places = project.layout()
    assert (places.shape, places.dtype) == ((150, 2), np.float32)
    assert ((places >= 0) & (places <= 1)).all()
    with fc.Project.open(project.folder) as again:
        assert np.array_equal(again.layout_known(), places)
        assert np.array_equal(again.layout(), places)
    assert learnings == [150]


def test_it_is_made_of_the_graph_there_is(project, monkeypatch):
    neighbours = project.collection().neighbours
    taken = []
    learnt = fc.features.layout.learnt

    def watched(rows, found, *rest):
        taken.append(found)
        return learnt(rows, found, *rest)

    monkeypatch.setattr(fc.features.layout, "learnt", watched)
    project.layout()
    assert np.array_equal(taken[0].indices, neighbours.indices)


def test_what_looks_alike_lies_together(project):
    near = knn_graph(project.layout(), 10).indices
    kinds = np.array(project.store.items.truths())
    assert np.mean(kinds[near] == kinds[:, None]) > 0.9


def test_items_that_come_later_are_placed_and_the_others_stay(fresh, tmp_path, learnings):
    before = fresh.layout()
    fresh.add(glyphs(tmp_path / "b.npy", 20, first=1))
    assert fresh.layout_known() is None  # there is nothing to compare with before it is prepared
    fresh.prepare()
    assert np.array_equal(fresh.layout_known(), before)
    after = fresh.layout()
    assert after.shape == (80, 2)
    assert np.array_equal(after[:60], before)
    assert np.array_equal(fresh.layout_known(), after)
    fresh.add(glyphs(tmp_path / "c.npy", 20, first=2))
    fresh.prepare()
    assert np.array_equal(fresh.layout()[:80], after)
    assert learnings == [60]


def test_it_does_not_matter_in_how_many_steps_items_come(fresh, tmp_path):
    fresh.layout()
    for name, first in (("b", 1), ("c", 2)):
        fresh.add(glyphs(tmp_path / f"{name}.npy", 20, first=first))
        fresh.prepare()
        stepwise = fresh.layout()
    with np.load(kept(fresh)) as stored:
        arrays = dict(stored)
    made_from = placing._made_from(fresh.collection(), 0)
    files.save(
        kept(fresh),
        made_from,
        {**{k: arrays[k] for k in ("learnt", "n_fitted")}, "places": stepwise[:60]},
    )
    assert np.array_equal(fresh.layout(), stepwise)


def test_it_is_learnt_anew_once_the_collection_has_doubled(fresh, tmp_path, learnings):
    fresh.layout()
    fresh.add(glyphs(tmp_path / "b.npy", 61, first=1))
    fresh.prepare()
    assert fresh.layout().shape == (121, 2)
    assert learnings == [60, 121]


def test_an_upload_is_placed_too(project, tmp_path, learnings):
    before = project.layout()
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 10:14] = 210
    Image.fromarray(image).save(tmp_path / "one.png")
    project.answer("ana", fc.Reply("class", "bar"), item=0)
    project.round()
    project.upload((tmp_path / "one.png").read_bytes(), "one.png")
    project.prepare()
    assert project.collection().n_items == 151
    assert np.array_equal(project.layout()[:150], before)
    assert learnings == [150]


def test_a_sample_is_learnt_where_there_are_many(fresh, tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "LAYOUT_LEARNT_FROM", 40)
    before = fresh.layout()
    with np.load(kept(fresh)) as stored:
        assert len(stored["learnt"]) == 40
    fresh.add(glyphs(tmp_path / "b.npy", 30, first=1))
    fresh.prepare()
    assert np.array_equal(fresh.layout()[:60], before)


@pytest.mark.parametrize("harm", ["stale", "damaged", "lost"])
def test_what_does_not_fit_is_made_again(project, learnings, harm):
    places = project.layout()
    if harm == "lost":
        kept(project).unlink()
    elif harm == "damaged":
        kept(project).write_bytes(kept(project).read_bytes()[:-200])
    else:
        with np.load(kept(project)) as stored:
            arrays = {k: stored[k] for k in ("places", "learnt", "n_fitted")}
        files.save(kept(project), "of other rows", {**arrays, "places": np.zeros((150, 2), "f4")})
    assert project.layout_known() is None
    assert np.array_equal(project.layout(), places)
    assert learnings == [150, 150]


def test_other_features_make_another_layout(project, learnings):
    project.layout()
    project.store.set_options(features="pixels")
    project.prepare()
    assert project.layout_known() is None
    project.layout()
    assert learnings == [150, 150]


def test_without_the_extra_it_says_what_to_install(project, monkeypatch):
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    with pytest.raises(MissingExtra, match=r"fewclicks\[layout\]"):
        project.layout()
    assert not kept(project).exists()


def test_an_export_has_the_places_if_asked(project, tmp_path):
    project.export(tmp_path / "labels.csv", layout=True)
    with open(tmp_path / "labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    found = np.array([[float(row["x"]), float(row["y"])] for row in rows])
    assert list(rows[0])[-2:] == ["x", "y"]
    assert np.allclose(found, project.layout(), atol=1e-6)
    project.export(tmp_path / "plain.csv")
    with open(tmp_path / "plain.csv", newline="") as file:
        assert "x" not in csv.DictReader(file).fieldnames


def test_class_folders_and_unknown_formats_are_refused_before_anything_is_learnt(
    project, tmp_path, learnings
):
    with pytest.raises(InvalidInput, match="Only a table has columns for the layout"):
        project.export(tmp_path / "folders", layout=True)
    with pytest.raises(InvalidInput, match="suffix"):
        project.export(tmp_path / "labels.xlsx", layout=True)
    assert learnings == []
