from dataclasses import replace

import numpy as np
import pytest

from fewclicks.errors import InvalidInput
from fewclicks.records import NO_CLASS
from fewclicks.workflows.base import State
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.learning import ARCHITECTURES, check_backbone, learn
from fewclicks.workflows.photos import Photos
from fewclicks.workflows.pictures import Pictures


@pytest.fixture
def answered(truth):
    return np.where(np.arange(150) < 30, truth, NO_CLASS)


def test_a_linear_model_speaks_of_the_features(state_of, answered, truth):
    learnt = learn(state_of(), answered, "linear")
    assert learnt.proba.shape == (150, 3)
    assert np.mean(learnt.best == truth) > 0.9
    assert (learnt.rows == state_of().collection.wide).all()
    assert learnt.saved is None


def test_answers_may_be_spread_over_the_graph(state_of, answered, truth):
    learnt = learn(state_of(), answered, "graph")
    assert np.mean(learnt.best == truth) > 0.9
    assert learnt.model is learnt.proba
    assert learnt.saved is None


def test_a_network_speaks_of_the_images(state_of, answered, truth, tmp_path):
    pytest.importorskip("torch")
    learnt = learn(state_of(), answered, "network", network={"min_steps": 60, "augment": "none"})
    assert learnt.rows.shape == (150, 28, 28)
    assert np.mean(learnt.best == truth) > 0.9
    learnt.saved.save(tmp_path / "model.pt")
    assert (tmp_path / "model.pt").exists()


def test_by_itself_it_takes_what_is_installed(state_of, answered, monkeypatch):
    monkeypatch.setattr("fewclicks.workflows.learning.lacking", lambda packages: packages)
    assert learn(state_of(), answered, "auto").saved is None


def test_a_collection_of_features_alone_has_no_images(answered, state_of):
    pytest.importorskip("torch")
    features = np.asarray(state_of().features)
    state = State(Collection(features), state_of().sheet, np.zeros(150, bool))
    with pytest.raises(InvalidInput, match="only features"):
        learn(state, answered, "network")


def test_an_unknown_kind_is_refused(state_of, answered):
    with pytest.raises(InvalidInput, match="auto, network, finetuned, linear, graph"):
        learn(state_of(), answered, "forest")


def test_the_architectures_are_those_of_the_models():
    architectures = pytest.importorskip("fewclicks.models.architectures")
    assert set(ARCHITECTURES) == set(architectures.ARCHITECTURES)


def test_a_linear_model_looks_at_all_columns_of_photos(state_of, answered):
    rows = np.random.default_rng(0).normal(size=(150, 3)).astype(np.float32)
    rows[:, 2] = answered  # which the first two columns do not tell
    collection = Collection(rows[:, :2], wide=rows)
    learnt = learn(replace(state_of(), collection=collection), answered, "linear")
    assert (learnt.best == answered)[answered >= 0].all()
    assert learnt.rows.shape == (150, 3)


def test_a_pretrained_network_learns_a_head_on_the_photos(state_of, answered, truth, project):
    pytest.importorskip("efficientnet_lite_pytorch")
    photos = state_of().collection.photos.images
    assert photos.shape == (150, 224, 224, 3)
    state = state_of()
    state.collection._make_photos = lambda: Pictures(Photos(project.thumbnails, 150, 32), "photos")
    learnt = learn(state, answered, "finetuned", network={"augment": "none", "architecture": "x"})
    assert learnt.who == "the pretrained network"
    assert np.mean(learnt.best == truth) > 0.7
    assert learnt.model.transform(learnt.rows[[3, 4]]).shape == (2, 128)


def test_photos_are_decoded_when_they_are_looked_at(project):
    photos = Photos(project.thumbnails, 150, 28)
    pixels = np.stack([p for p in project.thumbnails.pixels(range(150))])
    assert len(photos) == 150
    assert (photos[7][..., 0] == pixels[7]).all()
    for where in ([2, 149], slice(3, 9), np.arange(150) % 50 == 0):
        assert (photos[where] == pixels[where][..., None]).all()
    with pytest.raises(IndexError):
        photos[[150]]


def test_an_unknown_backbone_is_refused():
    check_backbone("torchvision:vgg16")
    with pytest.raises(InvalidInput, match=r"efficientnet_lite0.*torchvision:NAME"):
        check_backbone("vgg")
