import csv
import json
import shutil

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image

from fewclicks.errors import Conflict, InvalidInput, NotFound, ProjectError, SourceError
from fewclicks.project import Project
from fewclicks.records import CLUSTER, MODEL, NOBODY, PERSON, Reply
from fewclicks.store import schema


def cluster_row(project):
    return project.store.questions.page("cluster", limit=1)[0]


def test_creating_twice_in_one_folder_is_refused(project, shapes):
    with pytest.raises(Conflict, match="holds a project already"):
        Project.create(project.folder, shapes)


def test_a_folder_with_other_files_is_refused(tmp_path, shapes):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(Conflict, match="not empty"):
        Project.create(tmp_path, shapes)
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_a_failed_first_import_leaves_the_name_free(tmp_path, shapes):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError):
        Project.create(tmp_path / "p", tmp_path / "empty")
    Project.create(tmp_path / "p", shapes).close()


def test_opening_nothing_says_how_to_make_a_project(tmp_path):
    with pytest.raises(NotFound, match="fewclicks new"):
        Project.open(tmp_path / "gone")


def test_unknown_choices_are_refused_before_anything_is_made(tmp_path, shapes):
    for choice in ({"workflow": "magic"}, {"workflow_options": {"n_startt": 3}}):
        with pytest.raises(InvalidInput):
            Project.create(tmp_path / "p", shapes, **choice)
    assert not (tmp_path / "p").exists()


def test_unknown_features_list_the_known_ones(tmp_path, shapes):
    with pytest.raises(InvalidInput, match="deskew-hog"):
        Project.create(tmp_path / "p", shapes, features="magic")
    assert not (tmp_path / "p").exists()


def test_an_empty_project_cannot_be_prepared(tmp_path):
    with Project.create(tmp_path / "p") as project, pytest.raises(InvalidInput, match="no items"):
        project.prepare()


def test_glyphs_get_deskewed_gradients(project):
    assert project.feature_set["kind"] == "glyphs"
    assert project.feature_set["name"] == "deskew-hog"
    assert not project.feature_set["dark_ink"]


def test_own_features_are_used_as_they_are(tmp_path, shapes):
    rows = np.random.default_rng(0).normal(size=(150, 5)).astype(np.float32)
    np.save(tmp_path / "rows.npy", rows)
    with Project.create(tmp_path / "p", shapes, features=str(tmp_path / "rows.npy")) as project:
        project.prepare()
        np.testing.assert_array_equal(project.collection().features, rows)


def test_preparing_again_computes_nothing_anew(project):
    path = project.folder / "features" / "deskew-hog" / "rows.bin"
    before = path.stat().st_mtime_ns
    with Project.open(project.folder) as again:
        again.prepare()
    assert path.stat().st_mtime_ns == before


def test_a_lost_file_is_computed_again(project):
    shutil.rmtree(project.folder / "clusters")
    shutil.rmtree(project.folder / "features")
    with Project.open(project.folder) as again:
        assert len(again.collection().features) == 150
        assert again.collection().portraits.sizes().sum() == 150


def test_more_images_keep_ids_and_answers(project, tmp_path):
    project.answer("ana", Reply("class", "bar"), item=3)
    extra = tmp_path / "extra.npy"
    np.save(extra, np.random.default_rng(1).integers(0, 256, (5, 28, 28), dtype=np.uint8))
    assert project.add(extra).n_new == 5
    assert not project.prepared
    assert project.labels().sources[3] == PERSON
    assert len(project.labels().sources) == 155
    project.prepare()
    assert project.prepared
    assert len(project.collection().features) == 155
    project.round()
    assert (project.labels().sources[[i for i in range(155) if i != 3]] == MODEL).all()


def test_adding_much_closes_the_cluster_questions_that_are_out_of_date(project, tmp_path):
    old = cluster_row(project).id
    rng = np.random.default_rng(1)
    np.save(tmp_path / "x.npy", rng.integers(0, 256, (20, 28, 28), dtype=np.uint8))
    project.add(tmp_path / "x.npy")
    project.prepare()
    assert project.store.questions.get(old).state == "closed"
    members = np.concatenate([row.members for row in project.store.questions.page("cluster", 100)])
    assert sorted(members.tolist()) == list(range(170))


def test_a_cluster_answer_labels_all_but_the_misfits(project):
    row = cluster_row(project)
    misfits = tuple(int(i) for i in row.members[-2:])
    project.answer("ana", Reply("class", "bar", misfits), question_id=row.id)
    sources = project.labels().sources
    assert (sources[row.members[:-2]] == CLUSTER).all()
    assert (sources[list(misfits)] == NOBODY).all()
    queued = {q.item for q in project.store.questions.page("item", 100)}
    assert set(misfits) <= queued


def test_a_mixed_cluster_is_split_and_undo_joins_it(project):
    row = cluster_row(project)
    answer = project.answer("ana", Reply("mixed"), question_id=row.id)
    parts = [project.store.questions.get(number).members for number in answer.split]
    assert len(parts) >= 2
    assert sorted(np.concatenate(parts).tolist()) == sorted(row.members.tolist())
    project.store.events.undo("ana")
    assert project.store.questions.get(row.id).state == "open"
    assert {project.store.questions.get(n).state for n in answer.split} == {"closed"}


def test_repeating_a_client_id_answers_once(project):
    first = project.answer("ana", Reply("class", "bar"), item=1, client_id="x")
    second = project.answer("ana", Reply("class", "bar"), item=1, client_id="x")
    assert first == second
    assert project.status()["answers"]["total"] == 1


def test_an_item_that_is_not_there_cannot_be_answered(project):
    with pytest.raises(InvalidInput, match="0…149"):
        project.answer("ana", Reply("class", "bar"), item=150)


def test_a_round_is_needed_only_when_there_is_something_new(project):
    assert not project.needs_round()  # the preparation has run the first
    summary = project.round()
    assert not project.needs_round()
    for question in summary.questions:
        project.answer("ana", Reply("class", "bar"), question_id=question.id)
    assert project.needs_round()


def test_a_few_named_clusters_are_worth_a_round(project):
    project.round()
    rows = project.store.questions.page("cluster", 100)
    for row in rows[:5]:
        assert not project.needs_round()
        project.answer("ana", Reply("class", "bar"), question_id=row.id)
    assert project.needs_round()


def test_a_merge_shows_in_the_labels_at_once(project):
    project.answer("ana", Reply("class", "bar"), item=0)
    project.answer("ana", Reply("class", "rod"), item=3)
    bar, rod = (row.id for row in project.store.classes.all())
    project.store.classes.merge("ana", rod, bar)
    assert project.labels().class_ids[[0, 3], 0].tolist() == [bar, bar]
    project.store.events.undo("ana")
    assert project.labels().class_ids[[0, 3], 0].tolist() == [bar, rod]


def test_status_can_be_sent_as_json_and_adds_up(project):
    project.answer("ana", Reply("class", "bar", seconds=1.5, actions=2), item=0)
    project.round()
    status = json.loads(json.dumps(project.status()))
    assert sum(status["labelled"].values()) == 150
    counts = {"learn": 1, "review": 0, "audit": 0, "second": 0, "again": 0, "total": 1}
    assert status["answers"] == counts
    assert (status["actions"], status["seconds"]) == (2, 1.5)
    assert status["rate"] == 1 / 150
    assert sum(row["n"] for row in status["classes"]) == 150


def test_what_is_withheld_does_not_count_as_labelled(project):
    project.answer("ana", Reply("unsure"), item=0)
    row = cluster_row(project)
    project.answer("ana", Reply("none"), question_id=row.id)
    assert project.status()["labelled"] == dict(none=150, person=0, cluster=0, group=0, model=0)


def test_an_export_says_who_decided_each_label(project, tmp_path):
    project.answer("ana", Reply("class", "bar"), item=0)
    project.answer("ana", Reply("unsure"), item=1)
    project.round()
    project.export(tmp_path / "labels.csv")
    with open(tmp_path / "labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 150
    assert (rows[0]["class"], rows[0]["source"], rows[0]["annotator"]) == ("bar", "person", "ana")
    assert rows[0]["answered_at"].startswith("20")
    assert (rows[1]["class"], rows[1]["source"]) == ("", "person")
    assert (rows[2]["source"], rows[2]["annotator"], rows[2]["round"]) == ("model", "", "2")
    assert 0 < float(rows[2]["confidence"]) <= 1


def test_an_export_by_folders_holds_one_file_per_labelled_item(project, tmp_path):
    project.answer("ana", Reply("class", "bar"), item=0)
    project.answer("ana", Reply("class", "a/b"), item=1)
    done = project.export(tmp_path / "out")
    assert done.rows == 2
    folders = [p.name for p in (tmp_path / "out").iterdir() if p.is_dir()]
    assert sorted(folders) == ["a_b", "bar"]


def test_a_rehearsal_leaves_the_project_as_it_is(project, tmp_path):
    project.answer("ana", Reply("class", "bar"), item=0)
    with project.rehearse(tmp_path / "rehearsal") as rehearsal:
        assert rehearsal.status()["answers"]["total"] == 0
        rehearsal.answer("bob", Reply("class", "ring"), item=1)
        rehearsal.round()
    assert [row.name for row in project.store.classes.all()] == ["bar"]
    assert project.status()["answers"]["total"] == 1
    assert project.status()["round"] == 1


def test_a_rehearsal_needs_a_folder_of_its_own(project):
    with pytest.raises(Conflict, match="not empty"):
        project.rehearse(project.folder)


def test_the_original_of_an_array_item_has_no_file(project):
    assert project.original(0) is None


def test_lost_thumbnails_are_made_again_from_the_originals(project):
    before = project.thumbnails.read_many(range(150))
    for pack in (project.folder / "thumbnails").glob("*.pack"):
        pack.write_bytes(pack.read_bytes()[:100])
    with Project.open(project.folder) as again:
        again.prepare()
        assert again.thumbnails.read_many(range(150)) == before


def test_a_lost_thumbnail_without_its_original_says_what_to_put_back(tmp_path):
    (tmp_path / "photos").mkdir()
    photo = tmp_path / "photos" / "a.png"
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(photo)
    with Project.create(tmp_path / "p", tmp_path / "photos") as project:
        shutil.rmtree(tmp_path / "p" / "thumbnails")
        Image.fromarray(np.ones((8, 8), np.uint8)).save(photo)
        with pytest.raises(ProjectError, match="has changed"):
            project.prepare()
        photo.unlink()
        with pytest.raises(ProjectError, match="Put the original back"):
            project.prepare()


def test_a_lost_labels_file_is_made_again_before_an_export(project, tmp_path):
    project.answer("ana", Reply("class", "bar"), item=0)
    project.round()
    for path in (project.folder / "labels").iterdir():
        path.unlink()
    with Project.open(project.folder) as again:
        assert again.needs_round()
        again.export(tmp_path / "labels.csv")
        assert not again.needs_round()
    with open(tmp_path / "labels.csv", newline="") as file:
        assert {row["source"] for row in csv.DictReader(file)} == {"person", "model"}


def test_added_items_are_labelled_when_they_are_prepared(project, tmp_path):
    project.answer("ana", Reply("class", "bar"), item=0)
    project.round()
    np.save(tmp_path / "x.npy", np.zeros((2, 28, 28), np.uint8))
    project.add(tmp_path / "x.npy")
    assert project.needs_round()
    project.prepare()
    assert not project.needs_round()
    assert (project.labels().sources[-2:] == MODEL).all()


def test_clusters_named_before_are_not_asked_again(project, tmp_path):
    for row in project.store.questions.page("cluster", 100)[:7]:
        project.answer("ana", Reply("class", "bar"), question_id=row.id)
    np.save(tmp_path / "x.npy", np.zeros((2, 28, 28), np.uint8))
    project.add(tmp_path / "x.npy")
    project.prepare()
    sources = project.store.answers.sheet(project.n_items).sources
    for row in project.store.questions.page("cluster", 100):
        assert (sources[row.members] == NOBODY).any()


def test_what_is_said_of_an_item_holds_for_its_copies(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 8, 8), dtype=np.uint8)
    np.save(tmp_path / "x.npy", images[[0, 1, 2, 3, 4, 5, 0, 0]])
    with Project.create(tmp_path / "p", tmp_path / "x.npy") as project:
        project.answer("ana", Reply("class", "bar"), item=0)
        project.answer("ana", Reply("class", "ring"), item=7)
        names = project.store.classes.names()
        labels = project.labels()
        assert [names[int(labels.class_ids[i, 0])] for i in (0, 6, 7)] == ["bar", "bar", "ring"]
        assert project.status()["answers"]["total"] == 2


def test_a_project_older_than_a_choice_has_the_usual_one(project):
    options = project.store.describe()["options"]
    with project.store.database.write() as connection:
        table = schema.project
        kept = {k: v for k, v in options.items() if k not in ("clusterer", "feature_options")}
        connection.execute(sa.update(table).values(options=kept))
    assert "clusterer" not in project.store.describe()["options"]
    assert (project.options["clusterer"], project.options["feature_options"]) == ("kmeans", {})
    project.prepare()
    assert project.collection().portraits.n_clusters == 8
