import numpy as np
import pytest
from PIL import Image

from fewclicks.project import Project
from fewclicks.workflows import pictures
from fewclicks.workflows.pictures import picture_items, small_pictures


def images_of(project, report=lambda *step: None):
    return picture_items(project.store, project.thumbnails, report)


def test_small_images_are_kept_as_they_are(project, shapes):
    made = images_of(project)
    assert isinstance(made.images.base, np.memmap)
    assert made.kind == "glyphs"
    assert np.array_equal(made.images, np.load(shapes)["X"])


def test_they_are_made_once_and_only_for_new_items(project, monkeypatch):
    images_of(project)
    steps = []
    monkeypatch.setattr(pictures, "picture_shard", lambda *a: pytest.fail("made again"))
    images_of(project, lambda *step: steps.append(step))
    assert steps == []


def test_dark_ink_becomes_light_on_dark_ground():
    drawn = np.full((8, 6), 250, np.uint8)
    drawn[3, 3] = 10
    form = {"side": 8, "grey": True, "invert": True}
    small = small_pictures(form, [drawn])[0]
    assert small[3, 4] == 245
    assert small[0, 0] == 0  # the padding is ground too
    assert small[0, 3] == 5


def test_large_colour_photos_become_small_squares(tmp_path):
    rng = np.random.default_rng(0)
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        noise = rng.integers(0, 255, (100, 160, 3), dtype=np.uint8)
        Image.fromarray(noise).save(folder / f"{number}.png")
    with Project.create(tmp_path / "p", folder) as project:
        made = images_of(project)
        assert made.images.shape == (3, 64, 64, 3)
        assert made.kind == "photos"
        assert (made.images[:, :11] == 0).all()  # 160 x 100 leaves bars above and below
        assert made.images[:, 20:40].any()
