"""Uploads: kept, filed or asked about."""

from __future__ import annotations

import io
import shutil

import numpy as np
import pytest
from PIL import Image

from fewclicks.errors import InvalidInput, UnreadableImage
from fewclicks.project import Project
from fewclicks.records import MODEL, PERSON, Reply
from fewclicks.workflows import uploading
from fewclicks.workflows.uploading import safe_name

KINDS = ("bar", "dash", "box")


def glyph(kind, at=1, seed=0):
    """A PNG file of a bar, a dash or a box."""
    image = np.random.default_rng(seed).integers(0, 20, (16, 16)).astype(np.uint8)
    if kind == "bar":
        image[2 + at : 13, 7 + at : 9 + at] = 250
    elif kind == "dash":
        image[7 + at : 9 + at, 2:14] = 250
    else:
        image[3 + at : 11 + at, 3:11] = 250
    return image


def png(image):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Folder of a project with thirty answers and a round."""
    home = tmp_path_factory.mktemp("uploading")
    images = [glyph(KINDS[n % 3], n % 4 % 3, n) for n in range(90)]
    np.save(home / "glyphs.npy", images)
    with Project.create(home / "p", home / "glyphs.npy", n_codewords=4) as made:
        made.prepare()
        for item in range(30):
            made.answer("ana", Reply("class", KINDS[item % 3]), item=item)
        made.round()
    return home / "p"


@pytest.fixture
def project(template, tmp_path):
    with Project.open(shutil.copytree(template, tmp_path / "p")) as opened:
        yield opened


NEW = png(glyph("bar", seed=1000))
NOISE = png(np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8))


def test_a_sure_upload_is_filed(project):
    done = project.upload(NEW, "bar.png", threshold=0.9)
    assert (done.item, done.known, done.filed, done.question) == (90, False, True, None)
    assert done.prediction.class_name == "bar"
    assert project.n_items == 91
    assert project.original(90) == (NEW, "image/png")
    assert (project.folder / "uploads" / "bar.png").read_bytes() == NEW
    assert not project.prepared
    project.prepare()
    labels = project.labels()
    assert labels.sources[90] == MODEL
    assert project.store.classes.names()[labels.class_ids[90, 0]] == "bar"


def test_an_unsure_upload_is_asked_about_whatever_rounds_come(project):
    done = project.upload(NOISE, "what.png")
    assert not done.filed
    question = project.store.questions.page("item", 1)[0]
    assert (question.id, question.item) == (done.question, 90)
    assert question.reason == "Uploaded as what.png: it is unlike everything in the project."
    project.prepare()
    assert project.store.questions.page("item", 1)[0].id == done.question
    project.answer("ana", Reply("class", "noise"), question_id=done.question)
    assert project.labels().sources[90] == PERSON
    assert "noise" in project.store.classes.names().values()
    project.store.events.undo("ana")
    assert project.store.questions.page("item", 1)[0].id == done.question


def test_the_threshold_decides(project):
    assert project.upload(NEW, "a.png", threshold=0).filed
    asked = project.upload(png(glyph("box", seed=77)), "b.png", threshold=1)
    assert not asked.filed
    assert "the likeliest class, box, has a confidence of 9" in (
        project.store.questions.get(asked.question).reason
    )
    with pytest.raises(InvalidInput, match="threshold"):
        project.upload(NEW, "a.png", threshold=1.5)


def test_the_same_image_again_is_the_same_item(project):
    first = project.upload(NOISE, "a.png")
    again = project.upload(NOISE, "b.png")
    assert (again.item, again.known, again.question) == (first.item, True, first.question)
    assert project.n_items == 91
    project.answer("ana", Reply("class", "noise"), question_id=first.question)
    told = project.upload(NOISE, "c.png")
    assert (told.filed, told.prediction.class_name, told.prediction.confidence) == (
        True, "noise", 1.0,
    )  # fmt: skip


def test_an_image_brought_again_keeps_its_open_question(project):
    first = project.upload(NOISE, "a.png")
    project.prepare()  # it is an item like its neighbours now, and its own neighbour
    project.round()
    again = project.upload(NOISE, "b.png", threshold=0)
    assert (again.filed, again.question) == (False, first.question)


def test_listed_uploads_are_judged_once_until_something_is_answered(project, monkeypatch):
    project.upload(NEW, "a.png")
    asked = project.upload(NOISE, "b.png").question
    predictor = project.predictor()
    monkeypatch.setattr(
        type(predictor), "guesses", lambda self, images: pytest.fail("they were judged again")
    )
    listed = listed_now(project)
    assert [one.item for one in listed] == [91, 90]
    assert listed[1].prediction.class_name == "bar"
    monkeypatch.undo()
    project.answer("ana", Reply("class", "noise"), question_id=asked)
    assert project.predictor() is not predictor
    assert listed_now(project)[0].prediction.class_name == "noise"
    assert list(project.predictor().remembered) == [90]  # what a person has named needs no judge


def listed_now(project):
    store, thumbnails = project.store, project.thumbnails
    return uploading.latest_uploads(store, thumbnails, project.predictor(), project.labels(), 10)


def test_another_image_of_the_same_name_gets_another(project):
    project.upload(NEW, "a.png")
    project.upload(NOISE, "a.png")
    assert sorted(path.name for path in (project.folder / "uploads").iterdir()) == [
        "a-2.png", "a.png",
    ]  # fmt: skip
    assert project.original(91) == (NOISE, "image/png")


def test_an_upload_cut_off_before_its_row_is_taken_up(project):
    folder = uploading.uploads_folder(project.store)
    folder.mkdir()
    (folder / "a.png").write_bytes(NEW)
    assert project.upload(NEW, "a.png").item == 90
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("data", [b"", b"no image", NEW[:40]])
def test_what_cannot_be_read_changes_nothing(project, data):
    with pytest.raises(UnreadableImage, match=r"x\.png"):
        project.upload(data, "x.png")
    assert project.n_items == 90
    assert not (project.folder / "uploads").exists()


def test_the_first_upload_of_an_empty_project(tmp_path):
    with Project.create(tmp_path / "p") as project:
        done = project.upload(NEW, "a.png")
        assert (done.item, done.filed) == (0, False)
        project.prepare()
        project.answer("ana", Reply("class", "bar"), question_id=done.question)
        assert project.labels().sources.tolist() == [PERSON]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("IMG 1(2).jpg", "IMG 1(2).jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\cat.PNG", "cat.PNG"),
        ("a/b:c*?.png", "b_c__.png"),
        ("", "image"),
        ("...", "image"),
        (".png", "png"),
        ("x" * 300 + ".jpeg", "x" * 90 + ".jpeg"),
        ("猫.png", "猫.png"),
        ("a\0b.png", "a_b.png"),
        ("no.suffix is this", "no.suffix is this"),
    ],
)
def test_names_are_made_harmless(name, safe):
    assert safe_name(name) == safe


def test_a_few_uploads_leave_the_clusters_and_their_questions_as_they_are(project):
    before = [row.id for row in project.store.questions.page("cluster", 50)]
    partition = project.collection().partition
    for seed in range(9):
        project.upload(png(glyph("box", seed=500 + seed)), "x.png", threshold=0)
        assert project.awaits_uploads
    project.prepare()
    assert not project.awaits_uploads
    assert project.collection().partition == partition
    assert [row.id for row in project.store.questions.page("cluster", 50)] == before
    assert (project.labels().sources[90:] == MODEL).all()
    with Project.open(project.folder) as again:
        assert again.collection().partition == partition
        assert again.collection().n_items == 99


def test_many_uploads_are_clustered_with_all(project):
    partition = project.collection().partition
    for seed in range(10):
        project.upload(png(glyph("box", seed=500 + seed)), "x.png", threshold=0)
    project.prepare()
    assert project.collection().partition != partition


def test_other_new_items_are_prepared_and_join_the_clusters(project, tmp_path):
    partition = project.collection().partition
    project.upload(NEW, "x.png")
    np.save(tmp_path / "more.npy", [glyph("bar", seed=3000)])
    project.add(tmp_path / "more.npy")
    assert not project.awaits_uploads
    project.prepare()
    assert project.collection().partition == partition
    assert sorted(project.collection().portraits.order) == list(range(project.n_items))


def test_features_from_a_file_take_no_uploads(tmp_path):
    np.save(tmp_path / "glyphs.npy", [glyph("bar", seed=n) for n in range(30)])
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(30, 4)))
    with Project.create(
        tmp_path / "q", tmp_path / "glyphs.npy", features=str(tmp_path / "rows.npy")
    ) as project:
        with pytest.raises(InvalidInput, match="must be computed from the images"):
            project.upload(NEW, "x.png")
        assert project.n_items == 30


def test_a_project_that_was_moved_keeps_its_uploads(project, tmp_path):
    project.upload(NEW, "x.png")
    project.close()
    with Project.open(shutil.move(project.folder, tmp_path / "elsewhere")) as moved:
        assert moved.original(90) == (NEW, "image/png")
        assert moved.upload(NOISE, "y.png").item == 91
        assert moved.awaits_uploads
        assert len(moved.store.items.sources()) == 2
