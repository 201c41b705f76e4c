"""Labels of images that are no items."""

from __future__ import annotations

import io
import pickle
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

from fewclicks.errors import InvalidInput, SourceError
from fewclicks.items.ingest import Failure
from fewclicks.project import Project
from fewclicks.records import Reply
from fewclicks.workflows import judging
from fewclicks.workflows.describing import describer
from fewclicks.workflows.judging import make_predictor
from fewclicks.workflows.predicting import Prediction
from fewclicks.workflows.rounds import model_path

KINDS = ("bar", "dash", "box")


def glyphs(n, seed=0):
    """Bars, dashes and boxes in turn, a little different each."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 20, (n, 16, 16)).astype(np.uint8)
    for number, image in enumerate(images):
        at = int(rng.integers(0, 3))
        if number % 3 == 0:
            image[2 + at : 13, 7 + at : 9 + at] = 250
        elif number % 3 == 1:
            image[7 + at : 9 + at, 2:14] = 250
        else:
            image[3 + at : 11 + at, 3:11] = 250
    return images


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Folders of a prepared project: before any answer, and after thirty and a round."""
    home = tmp_path_factory.mktemp("predicting")
    np.save(home / "glyphs.npy", glyphs(90))
    with Project.create(home / "new", home / "glyphs.npy", n_codewords=4) as made:
        made.prepare()
    with Project.open(shutil.copytree(home / "new", home / "taught")) as taught:
        for item in range(30):
            taught.answer("ana", Reply("class", KINDS[item % 3]), item=item)
        taught.round()
    return home


@pytest.fixture
def project(template, tmp_path):
    """A prepared project nobody has said anything in."""
    with Project.open(shutil.copytree(template / "new", tmp_path / "p")) as opened:
        yield opened


@pytest.fixture
def taught(template, tmp_path):
    """A project of thirty answers."""
    with Project.open(shutil.copytree(template / "taught", tmp_path / "taught")) as opened:
        yield opened


def names(predictions):
    return [told.class_name for told in predictions]


def test_new_images_get_the_classes_of_their_like(taught):
    told = taught.predict(list(glyphs(30, seed=1)))
    assert names(told) == 10 * list(KINDS)
    assert [one.name for one in told[:3]] == ["0", "1", "2"]
    for one in told:
        assert one.item is None
        assert one.familiar
        assert 0.8 < one.confidence == one.guesses[0].confidence <= 1
        assert sum(guess.confidence for guess in one.guesses) == pytest.approx(1, abs=1e-5)
        assert [g.confidence for g in one.guesses] == sorted(
            (g.confidence for g in one.guesses), reverse=True
        )


def test_an_item_is_known_by_its_content(taught, tmp_path):
    assert taught.predict(glyphs(90)[7])[0].item == 7
    path = tmp_path / "a.png"
    Image.fromarray(glyphs(90)[7]).save(path)
    assert taught.predict(path)[0].item is None  # the file is another content than the array


def test_answers_count_before_the_next_round(project):
    project.answer("ana", Reply("class", "bar"), item=0)
    before = project.predict(glyphs(1, seed=5)[0])[0]
    assert [guess.class_name for guess in before.guesses] == ["bar"]
    project.answer("ana", Reply("class", "dash"), item=1)
    assert len(project.predict(glyphs(1, seed=5)[0])[0].guesses) == 2


def test_without_any_class_nothing_is_guessed(project, tmp_path):
    told = project.predict(glyphs(1)[0])[0]
    assert (told.guesses, told.class_id, told.class_name, told.confidence) == ((), None, None, 0.0)
    with Project.create(tmp_path / "empty") as empty:
        assert empty.predict(glyphs(1)[0])[0].guesses == ()


def test_what_is_unlike_everything_is_not_guessed_with_confidence(taught):
    noise = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    told = taught.predict(noise)[0]
    assert not told.familiar
    assert told.confidence == pytest.approx(1 / 3, abs=0.01)


def test_files_and_folders_come_in_order_and_bad_ones_are_told(taught, tmp_path):
    folder = tmp_path / "new"
    (folder / "deep").mkdir(parents=True)
    Image.fromarray(glyphs(3)[0]).save(folder / "bar.png")
    Image.fromarray(glyphs(3)[1]).save(folder / "deep" / "dash.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    single = tmp_path / "box.png"
    Image.fromarray(glyphs(3)[2]).save(single)
    steps = []
    told = taught.predict(
        [single, tmp_path / "gone.png", folder, single.read_bytes(), b"text"],
        report=lambda *step: steps.append(step),
    )
    good = [one for one in told if isinstance(one, Prediction)]
    assert names(good) == ["box", "bar", "dash", "box"]
    assert [one.path for one in good] == [
        str(single), str(folder / "bar.png"), str(folder / "deep" / "dash.png"), None,
    ]  # fmt: skip
    assert good[3].read() == single.read_bytes() == good[0].read()
    bad = [one for one in told if isinstance(one, Failure)]
    assert [one.key for one in bad] == [str(tmp_path / "gone.png"), "broken.png", "4"]
    assert all(one.reason and one.remedy for one in bad)
    assert [step[1:] for step in steps] == [(2, 7), (5, 7), (7, 7)]


def test_a_place_that_is_no_source_is_an_error(taught, tmp_path):
    with pytest.raises(SourceError, match="nothing at"):
        taught.predict(tmp_path / "nowhere")


def test_features_from_a_file_cannot_describe_new_images(tmp_path):
    np.save(tmp_path / "glyphs.npy", glyphs(30))
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(30, 4)))
    with Project.create(
        tmp_path / "p", tmp_path / "glyphs.npy", features=str(tmp_path / "rows.npy")
    ) as project:
        project.prepare()
        project.answer("ana", Reply("class", "bar"), item=0)
        with pytest.raises(InvalidInput, match="must be computed from the images"):
            project.predict(glyphs(1)[0])


def test_a_project_that_is_not_prepared_says_so(tmp_path):
    np.save(tmp_path / "glyphs.npy", glyphs(30))
    with Project.create(tmp_path / "p", tmp_path / "glyphs.npy") as project:
        project.answer("ana", Reply("class", "bar"), item=0)
        with pytest.raises(InvalidInput, match="described yet"):
            project.predict(glyphs(1)[0])


@pytest.mark.parametrize("features", ["pixels", "deskew-hog", "fingerprint"])
def test_new_images_are_described_as_the_items_were(tmp_path, features):
    images = glyphs(60)
    np.save(tmp_path / "glyphs.npy", 255 - images)  # dark ink
    with Project.create(tmp_path / "p", tmp_path / "glyphs.npy", features=features) as project:
        project.prepare()
        rows = describer(project.store, project.thumbnails)(list(255 - images[:20]))
        np.testing.assert_allclose(rows, project.collection().features[:20], atol=1e-4)


def test_the_predictor_is_made_once_per_state(taught):
    first = taught.predictor()
    assert first.by == "neighbours"
    assert taught.predictor() is first
    taught.answer("ana", Reply("class", "bar"), item=60)
    assert taught.predictor() is not first


def test_a_named_cluster_is_one_piece_of_evidence(project):
    question = project.store.questions.page("cluster")[0]
    project.answer("ana", Reply("class", "bar"), question_id=question.id)
    spots = judging._one_per_answer(project.store, 90)
    assert len(spots) == 1
    assert spots[0] in question.members
    project.answer("ana", Reply("class", "dash"), item=int(question.members[0]))
    assert len(judging._one_per_answer(project.store, 90)) == 2


@pytest.fixture(scope="module")
def network_template(template):
    """Folder of a project whose last round left a small network, trained on thirty answers."""
    pytest.importorskip("torch", reason="a network needs the extra torch")
    from fewclicks.models import Network

    home = template / "network"
    with Project.open(shutil.copytree(template / "taught", home)) as made:
        pictures = made.collection().pictures
        network = Network(min_steps=40, augment="glyphs", device="cpu")
        network.fit(pictures.images, made.store.answers.sheet(90).class_ids)
        path = model_path(made.store, made.store.rounds.latest().id)
        path.parent.mkdir(exist_ok=True)
        network.save(path)
    return home


@pytest.fixture
def trained(network_template, tmp_path):
    with Project.open(shutil.copytree(network_template, tmp_path / "trained")) as opened:
        yield opened


def test_the_network_of_the_last_round_judges(trained):
    told = trained.predict(list(glyphs(30, seed=1)))
    assert trained.predictor().by == "network"
    assert trained.predictor().note == ""
    assert names(told) == 10 * list(KINDS)
    assert all(one.familiar and 0.8 < one.confidence <= 1 for one in told)


def test_noise_is_unfamiliar_to_the_network_too_and_is_not_filed(trained):
    noise = np.random.default_rng(0).integers(0, 256, (50, 16, 16), dtype=np.uint8)
    told = trained.predict(list(noise))
    assert trained.predictor().by == "network"
    assert not any(one.familiar or one.sure(0.5) for one in told)
    assert max(one.confidence for one in told) < 0.36
    stream = io.BytesIO()
    Image.fromarray(noise[0]).save(stream, "PNG")
    assert not trained.upload(stream.getvalue(), "noise.png", threshold=0.5).filed


def test_the_network_is_no_surer_than_the_nearest_items(trained):
    images = list(glyphs(30, seed=1))
    told = trained.predict(images)
    model_path(trained.store, trained.store.rounds.latest().id).unlink()
    trained.store.classes.create("ana", "new")  # another state, so another predictor
    near = trained.predict(images)
    assert trained.predictor().by == "neighbours"
    for one, other in zip(told, near, strict=True):
        limit = {guess.class_id: guess.confidence for guess in other.guesses}[one.class_id]
        assert one.confidence <= limit + 1e-6


def test_classes_merged_since_the_network_was_trained_are_followed(trained):
    before = trained.predict(glyphs(1)[0])[0]
    ids = {name: number for number, name in trained.store.classes.names().items()}
    bar, dash = ids["bar"], ids["dash"]
    trained.store.classes.merge("ana", bar, dash)
    merged = trained.predict(glyphs(1)[0])[0]
    assert trained.predictor().by == "network"
    assert (before.class_name, merged.class_name, len(merged.guesses)) == ("bar", "dash", 2)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_damaged_network_is_not_trusted_and_neighbours_judge(trained, kept):
    path = model_path(trained.store, trained.store.rounds.latest().id)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept if kept >= 1 else kept * len(content))])
    told = trained.predict(list(glyphs(6, seed=1)))
    assert names(told) == 2 * list(KINDS)
    assert trained.predictor().by == "neighbours"
    assert "cannot be read from its file" in trained.predictor().note


def test_without_torch_neighbours_judge_and_say_so(trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in ("fewclicks.models.network", "fewclicks.models"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    found = make_predictor(trained.store, trained.thumbnails, trained.labels(), 90)
    assert found.by == "neighbours"
    assert "torch" in found.note


def test_a_class_known_only_of_what_is_not_described_yet_guesses_nothing(project):
    stream = io.BytesIO()
    Image.fromarray(glyphs(1, seed=3)[0]).save(stream, "PNG")
    done = project.upload(stream.getvalue(), "bar.png")
    project.answer("ana", Reply("class", "bar"), question_id=done.question)
    assert project.predict(glyphs(1, seed=5)[0])[0].guesses == ()


def test_what_is_unfamiliar_is_never_sure_while_one_class_has_all_confidence(project):
    project.answer("ana", Reply("class", "bar"), item=0)
    noise = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    told = project.predict(noise)[0]
    assert (told.confidence, told.sure(0.9), told.sure(0)) == (1.0, False, True)


def test_an_item_is_judged_once_by_a_predictor(taught):
    predictor, fetched = taught.predictor(), []

    def pixels(items):
        fetched.append(list(items))
        return taught.thumbnails.pixels(items)

    first = predictor.guesses_of([5, 6], pixels)
    assert predictor.guesses_of([6, 7, 5], pixels)[::2] == first[::-1]
    assert fetched == [[5, 6], [7]]
    assert first == predictor.guesses(taught.thumbnails.pixels([5, 6]))


def test_a_predictor_remembers_so_many_items(taught, monkeypatch):
    monkeypatch.setattr(judging, "MOST_REMEMBERED", 2)
    predictor = taught.predictor()
    told = predictor.guesses_of([1, 2, 3], taught.thumbnails.pixels)
    assert [guesses[0].class_name for guesses, _ in told] == ["dash", "box", "bar"]
    assert list(predictor.remembered) == [2, 3]


@pytest.mark.parametrize("judge", ["neighbours", "network"])
def test_a_predictor_can_travel(request, judge, tmp_path):
    name = {"neighbours": "taught", "network": "trained"}[judge]
    project = request.getfixturevalue(name)
    predictor = project.predictor()
    sent = pickle.dumps(predictor, protocol=5)
    shutil.rmtree(project.folder / "features")  # nothing of the project is needed any more
    arrived = pickle.loads(sent)
    images = list(glyphs(12, seed=1))
    assert arrived.by == predictor.by == judge
    assert arrived.guesses(images) == predictor.guesses(images)
    assert arrived.version == predictor.version != (0, 0, 0)
