import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.features.canvas import blocks, pictures, squares


def test_images_of_the_right_size_are_only_scaled():
    images = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
    assert np.array_equal(squares(images, 4), images.astype(np.float32) / 255)


def test_colours_become_brightness_by_bt601():
    pure = np.eye(3, dtype=np.uint8)[None] * 255  # one image of 1 × 3: red, green, blue
    image = np.zeros((1, 3, 3, 3), dtype=np.uint8)
    image[0, 0] = pure[0]
    assert squares(image, 3)[0, 0].tolist() == pytest.approx([0.299, 0.587, 0.114])


def test_grey_images_can_be_turned_into_rgb():
    image = np.full((1, 2, 2), 51, dtype=np.uint8)
    assert squares(image, 2, grey=False).tolist() == np.full((1, 2, 2, 3), 0.2, "f4").tolist()


def test_padding_keeps_the_aspect_and_centres():
    wide = np.full((2, 4), 255, dtype=np.uint8)
    assert squares([wide], 4)[0].tolist() == [[0] * 4, [1] * 4, [1] * 4, [0] * 4]
    assert squares([wide], 8)[0].sum() == pytest.approx(8 * 4)


def test_stretching_fills_the_canvas():
    wide = np.full((2, 4), 255, dtype=np.uint8)
    assert (squares([wide], 4, fit="stretch") == 1).all()


def test_padding_stays_dark_when_dark_ink_is_inverted():
    paper = np.full((2, 4), 255, dtype=np.uint8)
    paper[0, 0] = 0
    canvas = squares([paper], 4, invert=True)[0]
    assert canvas[1, 0] == 1
    assert canvas.sum() == 1


def test_making_smaller_averages():
    checkers = np.indices((64, 64)).sum(axis=0) % 2 * 255
    small = squares([checkers.astype(np.uint8)], 8)
    assert np.abs(small - 0.5).max() < 0.02


def test_a_batch_may_mix_sizes_and_colours():
    batch = [np.zeros((5, 9), np.uint8), np.zeros((9, 5, 3), np.uint8), np.zeros((1, 1), np.uint8)]
    assert squares(batch, 6).shape == (3, 6, 6)
    assert squares(batch, 6, grey=False).shape == (3, 6, 6, 3)


@given(height=st.integers(1, 40), width=st.integers(1, 40), side=st.integers(1, 32))
def test_a_canvas_is_square_within_0_and_1_and_a_full_image_touches_two_edges(height, width, side):
    canvas = squares([np.full((height, width), 255, np.uint8)], side)[0]
    assert canvas.shape == (side, side)
    assert set(np.unique(canvas)) <= {0.0, 1.0}
    assert canvas.any(axis=0).all() or canvas.any(axis=1).all()


def test_the_list_and_the_array_of_the_same_images_agree():
    images = np.random.default_rng(0).integers(0, 256, (5, 7, 7, 3), dtype=np.uint8)
    for side in (7, 12):
        assert np.allclose(squares(images, side), squares(list(images), side), atol=1e-6)


@pytest.mark.parametrize(
    "batch",
    [np.zeros((2, 5), np.uint8), np.zeros((2, 5, 5, 4), np.uint8), np.zeros((2, 0, 5), np.uint8)],
)
def test_arrays_of_a_wrong_shape_are_refused(batch):
    with pytest.raises(InvalidInput, match="must have shape"):
        pictures(batch)


def test_pixels_must_be_bytes():
    with pytest.raises(InvalidInput, match="uint8"):
        pictures(np.zeros((2, 5, 5)))


def test_a_wrong_image_in_a_list_is_named():
    with pytest.raises(InvalidInput, match="Image 1 must be"):
        squares([np.zeros((5, 5), np.uint8), np.zeros((5, 5))], 5)


def test_blocks_cover_the_batch_once():
    found = [(where.start, len(part)) for where, part in blocks(list(range(10)), 4)]
    assert found == [(0, 4), (4, 4), (8, 2)]
