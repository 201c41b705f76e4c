"""Images that the project makes: items with a question each, and no part of the collection."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
from PIL import Image

from fewclicks.answers.annotator import KnownLabels
from fewclicks.errors import Conflict, InvalidInput
from fewclicks.project import Project
from fewclicks.records import MODEL, PERSON, Reply
from fewclicks.simulate import simulate
from fewclicks.workflows import Guided
from fewclicks.workflows.synthesising import REASON


@pytest.fixture(scope="module")
def template(prepared, tmp_path_factory):
    """Folder of the 150 glyphs of which 30 are answered, and a round was run."""
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("synthesising") / "p")
    with Project.open(folder) as made:
        truths = made.store.items.truths()
        for item in range(30):
            made.answer("ana", Reply("class", truths[item]), item=item)
        made.round()
    return folder


@pytest.fixture
def project(template, tmp_path):
    with Project.open(shutil.copytree(template, tmp_path / "p")) as opened:
        yield opened


def truths_of(project):
    return project.store.items.truths()


def test_images_are_made_between_items_of_different_classes_and_asked_about(project):
    classes = project.labels().class_ids[:, 0].copy()
    made = project.synthesise(6)
    assert [one.item for one in made] == [150, 151, 152, 153, 154, 155]
    used = [parent for one in made for parent in one.parents]
    assert len(set(used)) == 12
    assert all(classes[a] != classes[b] for a, b in (one.parents for one in made))
    queue = project.store.questions.page("item", 6)
    assert [row.item for row in queue] == [one.item for one in made]
    assert [row.id for row in queue] == [one.question for one in made]
    assert {row.reason for row in queue} == {REASON}
    assert project.store.items.row(150).split == "synthesised"


def test_an_image_lies_between_its_parents(project):
    one = project.synthesise(1)[0]
    path = project.folder / "synthesised" / f"{one.parents[0]}-{one.parents[1]}.png"
    pixels = np.asarray(Image.open(path), float)
    first, second = (np.asarray(p, float) for p in project.thumbnails.pixels(one.parents))
    line = (second - first).ravel()
    position = (pixels - first).ravel() @ line / (line @ line)
    assert 0 < position < 1
    assert np.abs(pixels - (first + position * (second - first))).max() <= 1
    content, kind = project.original(one.item)
    assert (content, kind) == (path.read_bytes(), "image/png")


def test_images_of_dark_ink_are_shown_dark(tmp_path):
    images = np.full((60, 16, 16), 250, np.uint8)
    images += np.random.default_rng(0).integers(0, 5, images.shape, dtype=np.uint8)
    images[::2, 6:8, 2:14] = 10
    images[1::2, 2:14, 6:8] = 10
    np.save(tmp_path / "ink.npy", images)
    with Project.create(tmp_path / "p", tmp_path / "ink.npy", n_codewords=4) as project:
        project.prepare()
        for item in range(20):
            project.answer("ana", Reply("class", "dash" if item % 2 == 0 else "bar"), item=item)
        project.round()
        made = project.synthesise(2)
        pixels = project.thumbnails.pixels([one.item for one in made])
        assert all(np.median(image) > 240 for image in pixels)


def test_again_makes_others(project):
    first, second = project.synthesise(3), project.synthesise(3)
    used = [parent for one in (*first, *second) for parent in one.parents]
    assert len(set(used)) == 12
    assert max(used) < 150


def test_an_answer_teaches_and_not_sure_counts_as_unreadable(project):
    assert project.status()["synthesised"] is None
    made = project.synthesise(4)
    told = project.status()
    assert told["synthesised"] == {"made": 4, "answered": 0, "named": 0, "readable": None}
    project.answer("ana", Reply("class", "blob"), question_id=made[0].question)
    project.answer("ana", Reply("unsure"), question_id=made[1].question)
    told = project.status()
    assert told["synthesised"] == {"made": 4, "answered": 2, "named": 1, "readable": 0.5}
    assert project.labels().sources[[150, 151]].tolist() == [PERSON, PERSON]
    project.prepare()
    project.round()
    assert "blob" in project.store.classes.names().values()
    assert project.labels().sources[152] == MODEL


def test_counts_leave_them_out(project):
    before = project.status()
    for one in project.synthesise(5):
        project.answer("ana", Reply("class", "ring"), question_id=one.question)
    after = project.status()
    assert after["n_items"] == before["n_items"] == 150
    assert after["labelled"] == before["labelled"]
    assert after["classes"] == before["classes"]
    assert after["answers"]["total"] == before["answers"]["total"] + 5


def test_exports_leave_them_out(project, tmp_path):
    for one in project.synthesise(3):
        project.answer("ana", Reply("class", "ring"), question_id=one.question)
    project.prepare()
    assert project.export(tmp_path / "out.csv").rows == 150
    with open(tmp_path / "out.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["item"]) for row in rows] == list(range(150))
    project.export(tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*/*"))) == 150


def test_later_items_are_exported_under_their_own_ids(project, tmp_path):
    project.synthesise(2)
    rng = np.random.default_rng(5)
    np.save(tmp_path / "more.npy", rng.integers(0, 256, (3, 28, 28), dtype=np.uint8))
    project.add(tmp_path / "more.npy")
    project.prepare()
    project.export(tmp_path / "out.csv")
    with open(tmp_path / "out.csv", newline="") as file:
        ids = [int(row["item"]) for row in csv.DictReader(file)]
    assert ids == [*range(150), 152, 153, 154]
    assert project.status()["n_items"] == 153


def test_workflows_and_simulations_leave_them_alone(project, tmp_path):
    project.synthesise(8)
    project.prepare()
    truths = truths_of(project)
    with project.rehearse(tmp_path / "stage") as stage:
        workflow = Guided(n_start=40, model="linear", strategy="margin")
        run = simulate(stage, KnownLabels(truths), budget=400, workflow=workflow)
        assert run.answers == 150
        assert run.accuracy == 1
        with pytest.raises(Conflict, match="rehearsal"):
            stage.synthesise(2)
    asked = {q.item for q in project.round().questions}
    assert not asked & set(range(150, 158))
    assert project.store.questions.page("item", 1)[0].item == 150  # their own questions stay


def test_a_few_leave_the_clusters_as_they_are(project):
    partition = project.collection().partition
    project.synthesise(5)
    assert project.awaits_uploads
    project.prepare()
    assert project.collection().partition == partition


def test_a_question_that_was_not_reached_is_asked_the_next_time(project, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(type(project.store.questions), "ask_items", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            project.synthesise(2)
    assert project.n_items == 152
    made = project.synthesise(2)
    assert [one.item for one in made] == [150, 151, 152, 153]


def test_one_class_is_not_enough(prepared, tmp_path):
    with Project.open(shutil.copytree(prepared, tmp_path / "q")) as project:
        for reply in (None, Reply("class", "bar")):
            if reply is not None:
                project.answer("ana", reply, item=0)
            with pytest.raises(InvalidInput, match="items of two classes"):
                project.synthesise(3)
        assert project.n_items == 150
        assert not (project.folder / "synthesised").exists()


@pytest.mark.parametrize("n", [0, 2.5])
def test_a_number_that_is_none_is_refused(project, n):
    with pytest.raises(InvalidInput, match="n must"):
        project.synthesise(n)


def test_a_network_may_be_the_judge(project):
    pytest.importorskip("torch")
    workflow, truths = Guided(n_start=20, min_steps=30, strategy="margin"), truths_of(project)
    for question in project.round(workflow=workflow).questions:
        project.answer("ana", Reply("class", truths[question.item]), item=question.item)
    project.round(workflow=workflow)
    assert project.predictor().by == "network"
    assert project.synthesise(3)
