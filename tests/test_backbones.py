import sys
import warnings
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from fewclicks import backbones  # noqa: E402
from fewclicks.errors import InvalidInput, NotFound  # noqa: E402
from fewclicks.features import Encoder, pretrained  # noqa: E402

IMAGES = np.random.default_rng(0).random((11, 16, 16, 3)).astype(np.float32)


class Small(nn.Module):
    """Five maps of a convolution."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.seeing = nn.Conv2d(3, 5, 3)

    def forward(self, batch):
        return self.seeing(batch)


class Classifies(Small):
    """The same with a classifier of the name given."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        setattr(self, name, nn.Linear(5, 1000))

    def forward(self, batch):
        return getattr(self, self.name)(super().forward(batch).mean((2, 3)))


@pytest.fixture
def hub(monkeypatch):
    """Put a package of that name where it is imported."""

    def put(name, **content):
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name.partition(".")[0], ModuleType(name.partition(".")[0]))
        monkeypatch.setitem(sys.modules, name, module)

    return put


def rows_of(known, **options):
    return backbones.Embedding(known, **options)(IMAGES)


@pytest.mark.parametrize("classifier", ["fc", "heads", "head"])
def test_a_network_of_torchvision_is_shown_what_it_was_trained_on(hub, classifier):
    how = SimpleNamespace(crop_size=[299], mean=[0.1, 0.2, 0.3], std=[1, 2, 3])
    weights = SimpleNamespace(DEFAULT=SimpleNamespace(transforms=lambda: how))
    hub(
        "torchvision.models",
        get_model=lambda name, weights: Classifies(classifier),
        get_model_weights=lambda name: weights,
    )
    known = backbones.found("torchvision:inception_v3", None, None, True)
    assert (known.side, known.scaling) == (299, ((0.1, 0.2, 0.3), (1, 2, 3)))
    assert rows_of(known).shape == (11, 5)
    assert backbones.found("torchvision:inception_v3", None, 64, True).side == 64


def test_a_network_of_torchvision_without_a_known_end_is_told(hub):
    how = SimpleNamespace(crop_size=[224], mean=[0] * 3, std=[1] * 3)
    weights = SimpleNamespace(DEFAULT=SimpleNamespace(transforms=lambda: how))
    hub(
        "torchvision.models",
        get_model=lambda name, weights: Small(),
        get_model_weights=lambda name: weights,
    )
    with pytest.raises(InvalidInput, match="must have layers named features, fc, heads or head"):
        backbones.found("torchvision:odd", None, None, True)


def test_a_network_of_timm_tells_its_licence(hub):
    network = Small()
    network.pretrained_cfg = {
        "input_size": (3, 128, 128), "mean": (0.5,) * 3, "std": (0.25,) * 3, "license": "mit",
    }  # fmt: skip
    hub("timm", create_model=lambda name, pretrained, num_classes: network)
    known = backbones.found("timm:resnet50", None, None, True)
    assert (known.side, known.scaling, known.licence) == (128, ((0.5,) * 3, (0.25,) * 3), "mit")


class Answer(nn.Module):
    def __init__(self, **given):
        super().__init__()
        self.given = given

    def forward(self, pixel_values):
        return SimpleNamespace(**{k: v(pixel_values) for k, v in self.given.items()})


class BesideTexts(nn.Module):
    def __init__(self, wrap=lambda rows: rows):
        super().__init__()
        self.wrap = wrap

    def get_image_features(self, pixel_values):
        return self.wrap(pixel_values.mean((2, 3)))


@pytest.mark.parametrize(
    "network",
    [
        Answer(pooler_output=lambda b: b.mean((2, 3), keepdim=True)),
        Answer(last_hidden_state=lambda b: b.flatten(2).transpose(1, 2)),
        BesideTexts(),
        BesideTexts(lambda rows: SimpleNamespace(pooler_output=rows)),
    ],
    ids=["pooled", "tokens", "clip", "clip of version 5"],
)
def test_a_network_of_transformers_says_what_is_in_the_whole_image(hub, network):
    how = SimpleNamespace(crop_size={"height": 16}, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    config = SimpleNamespace(from_pretrained=lambda name: "config")
    hub(
        "transformers",
        AutoModel=SimpleNamespace(
            from_pretrained=lambda name: network, from_config=lambda config: network
        ),
        AutoConfig=config,
        AutoImageProcessor=SimpleNamespace(from_pretrained=lambda name: how),
    )
    known = backbones.found("transformers:facebook/dinov2-small", None, None, True)
    assert (known.side, known.scaling) == (16, ((0.5,) * 3, (0.5,) * 3))
    assert np.allclose(rows_of(known), IMAGES.mean((1, 2)), atol=1e-6)
    how.crop_size, how.size = None, {"shortest_edge": 32}
    assert backbones.found("transformers:facebook/dinov2-small", None, None, False).side == 32


def test_a_network_of_open_clip_is_its_image_encoder(hub):
    visual = Small()
    visual.image_size, visual.image_mean, visual.image_std = (48, 48), (0.4,) * 3, (0.2,) * 3
    asked = []

    def create_model(architecture, pretrained):
        asked.append((architecture, pretrained))
        return SimpleNamespace(visual=visual)

    hub("open_clip", create_model=create_model)
    known = backbones.found("open_clip:ViT-B-32/laion2b", None, None, True)
    assert (known.side, known.scaling) == (48, ((0.4,) * 3, (0.2,) * 3))
    assert asked == [("ViT-B-32", "laion2b")]
    backbones.found("open_clip:hf-hub:org/name", None, None, True)
    assert asked[-1] == ("hf-hub:org/name", None)
    with pytest.raises(InvalidInput, match="must name its weights, open_clip:NAME/TAG"):
        backbones.found("open_clip:ViT-B-32", None, None, True)


def test_a_hub_that_cannot_be_reached_says_how_to_work_offline(hub):
    def unreachable(name, **more):
        raise ConnectionError("no route to host")

    hub("timm", create_model=unreachable)
    with pytest.raises(NotFound, match=r"no route to host. .*Offline.*onnx:PATH"):
        backbones.found("timm:resnet50", None, None, True)


def test_a_name_that_a_hub_does_not_know_is_told(hub):
    def unknown(name, **more):
        raise RuntimeError("Unknown model (resnet5)")

    hub("timm", create_model=unknown)
    with pytest.raises(InvalidInput, match=r"timm:resnet5 is no network: Unknown model"):
        backbones.found("timm:resnet5", None, None, True)


def test_the_version_of_a_hub_is_part_of_what_its_rows_are_made_from(monkeypatch):
    monkeypatch.setattr(pretrained, "version", lambda name: {"open_clip_torch": "3.1"}[name])
    assert pretrained.fingerprint("open_clip:ViT-B-32/laion2b") == "open_clip 3.1"


def test_a_folder_of_transformers_counts_by_its_files(tmp_path, monkeypatch):
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "config.json").write_text("{}")
    (tmp_path / "net" / "model.safetensors").write_bytes(b"1")
    monkeypatch.chdir(tmp_path)
    assert pretrained.local("transformers:net") == f"transformers:{tmp_path / 'net'}"
    assert pretrained.local("transformers:facebook/dino") == "transformers:facebook/dino"
    before = pretrained.fingerprint("transformers:net")
    (tmp_path / "net" / "model.safetensors").write_bytes(b"22")
    assert pretrained.fingerprint("transformers:net") != before


@pytest.fixture
def compiled(tmp_path):
    path = tmp_path / "small.pt"
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        torch.jit.script(Small()).save(path)
    return path


def test_a_compiled_network_describes_photos(compiled):
    photos = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3)).astype(np.uint8)
    encoder = Encoder(f"torchscript:{compiled}", side=32, shapes=0, device="cpu")
    pretrained._found.cache_clear()
    rows = encoder.transform(photos)
    assert rows.shape == (3, 5)
    assert np.array_equal(encoder.transform(photos[:1]), rows[:1])
    before = encoder.identity()
    compiled.write_bytes(compiled.read_bytes() + b" ")
    assert encoder.identity() != before


class Tokens(nn.Module):
    def forward(self, batch):
        return batch.flatten(2).transpose(1, 2)


class Fails(nn.Module):
    def forward(self, batch):
        return batch.reshape(7, -1)


def test_tokens_are_averaged_and_what_fails_is_told(tmp_path):
    for module in (Tokens(), Fails()):
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            torch.jit.script(module).save(tmp_path / f"{type(module).__name__}.pt")
    tokens = Encoder(f"torchscript:{tmp_path}/Tokens.pt", side=32, device="cpu")
    assert tokens.about()["width"] == 3
    with pytest.raises(InvalidInput, match="must describe images of side 33 but fails"):
        Encoder(f"torchscript:{tmp_path}/Fails.pt", side=33, device="cpu").about()


def test_what_is_not_compiled_is_told(tmp_path):
    with pytest.raises(NotFound, match="There is no file"):
        Encoder(f"torchscript:{tmp_path / 'none.pt'}").check()
    (tmp_path / "text.pt").write_text("no network")
    with pytest.raises(InvalidInput, match=r"must hold a network that torch\.jit has saved"):
        Encoder(f"torchscript:{tmp_path / 'text.pt'}").about()


def test_a_row_is_the_same_in_any_batch():
    known = backbones.Known(Small(), 16, ((0,) * 3, (1,) * 3))
    embedding = backbones.Embedding(known)
    rows = embedding(IMAGES)
    assert np.array_equal(embedding(IMAGES[:3]), rows[:3])
    assert np.allclose(rows, rows_of(known, reduced=True), atol=0.05)


def test_a_device_that_is_not_there_is_told():
    if torch.cuda.is_available():
        pytest.skip("it is there")
    with pytest.raises(InvalidInput, match="device is 'cuda' but this machine has none"):
        backbones.Embedding(backbones.Known(Small(), 16, ((0,) * 3, (1,) * 3)), "cuda")
