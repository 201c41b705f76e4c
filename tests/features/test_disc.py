import numpy as np
import pytest

from fewclicks.features import Fingerprint, Polar
from fewclicks.features.sectors import Circle

BOTH = pytest.mark.parametrize("kind", [Polar, Fingerprint])


@BOTH
def test_the_circle_is_the_largest_on_the_canvas_unless_told(kind):
    assert kind().circle() == Circle(28, 13.5, 13.5, 14.0)
    assert kind(side=9, centre="ink").circle() == Circle(9, 4.0, 4.0, 4.5)
    assert kind(side=9, centre=(1, 2.5), radius=3).circle() == Circle(9, 1.0, 2.5, 3.0)


@BOTH
def test_a_colour_image_is_three_planes(kind):
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28, 3), dtype=np.uint8)
    planes = [kind().transform(images[..., c]) for c in range(3)]
    assert np.allclose(kind(grey=False).transform(images), np.hstack(planes), atol=1e-6)
    brightness = np.tensordot([0.299, 0.587, 0.114], planes, axes=1)
    assert np.allclose(kind().transform(images), brightness, atol=1e-6)


@BOTH
def test_centred_on_the_ink_a_glyph_may_lie_anywhere(kind):
    images = np.zeros((3, 28, 28), np.uint8)
    glyph = np.random.default_rng(0).integers(1, 256, (9, 7))
    for image, (top, left) in zip(images, [(3, 4), (16, 4), (9, 18)], strict=True):
        image[top : top + 9, left : left + 7] = glyph
    rows = kind(centre="ink").transform(images)
    assert np.allclose(rows, rows[0], atol=1e-4)
    assert not np.allclose(kind().transform(images)[1], rows[0], atol=1e-2)


@BOTH
def test_dark_ink_is_the_same_glyph_inverted(kind):
    images = np.random.default_rng(0).integers(0, 256, (4, 20, 28), dtype=np.uint8)
    expected = kind(centre="ink").transform(images)
    assert np.allclose(kind(centre="ink", dark_ink=True).transform(255 - images), expected)


@BOTH
def test_images_of_any_size_are_padded_to_the_canvas(kind):
    tall = np.full((500, 30), 200, np.uint8)
    rows = kind().transform([np.full((1, 1), 255, np.uint8), tall])
    assert rows[0].max() == pytest.approx(1, abs=0.02)
    assert 0 < rows[1].sum() < rows[0].sum()
