import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import affine_transform

from fewclicks.features import HOG, ColourHOG, Projection, deskew
from fewclicks.features.alignment import MAX_SLANT, moments
from fewclicks.features.gradients import (
    cell_weights,
    colour_differences,
    orientation_histogram,
    unit_rows,
)
from fewclicks.neighbours import knn_graph


def slow_deskew(image):
    """METHODS 2.1, one image at a time through scipy."""
    y, x = np.indices(image.shape)
    mass = image.sum()
    middle = (np.array(image.shape) - 1) / 2
    mu = np.array([(image * y).sum(), (image * x).sum()]) / mass
    s_yy = (image * (y - mu[0]) ** 2).sum() / mass
    s_xy = (image * (x - mu[1]) * (y - mu[0])).sum() / mass
    slant = np.clip(s_xy / s_yy, -MAX_SLANT, MAX_SLANT)
    shear = np.array([[1, 0], [slant, 1]])
    return affine_transform(
        image, shear, offset=mu - shear @ middle, order=1, mode="grid-constant", cval=0.0
    )


def slow_histogram(image):
    """METHODS 2.1, one pixel at a time."""
    side = len(image)
    maps = np.zeros((8, side + 4, side + 4))
    for y in range(side):
        for x in range(side):
            gx = image[y, min(x + 1, side - 1)] - image[y, max(x - 1, 0)]
            gy = image[min(y + 1, side - 1), x] - image[max(y - 1, 0), x]
            turn = np.arctan2(gy, gx) % (2 * np.pi) / (2 * np.pi) * 8
            low = int(turn)
            maps[low % 8, y + 2, x + 2] += np.hypot(gx, gy) * (1 - (turn - low))
            maps[(low + 1) % 8, y + 2, x + 2] += np.hypot(gx, gy) * (turn - low)
    w = np.array([1, 2, 3, 4, 4, 3, 2, 1])
    window = np.outer(w, w) / np.outer(w, w).sum()
    starts = range(0, side - 3, 4)
    pooled = [
        [[(m[y : y + 8, x : x + 8] * window).sum() for x in starts] for y in starts] for m in maps
    ]
    return np.sqrt(np.array(pooled).ravel())


def some_glyphs(n, side=28, seed=0):
    """Blurred random strokes."""
    random = np.random.default_rng(seed)
    canvases = np.zeros((n, side, side), np.float32)
    for canvas in canvases:
        for _ in range(3):
            y, x = random.integers(4, side - 8, 2)
            canvas[y : y + 5, x : x + 2] = random.random()
    return canvases


def test_deskewing_agrees_with_a_slow_version():
    glyphs = some_glyphs(20)
    expected = [slow_deskew(glyph) for glyph in glyphs]
    assert np.allclose(deskew(glyphs), expected, atol=1e-4)


@pytest.mark.parametrize("side", [4, 13, 28])
def test_the_histogram_agrees_with_a_slow_version(side):
    canvases = np.random.default_rng(1).random((3, side, side), dtype=np.float32)
    expected = [slow_histogram(canvas) for canvas in canvases.astype(float)]
    assert np.allclose(orientation_histogram(canvases), expected, atol=1e-5)


def test_a_slanted_stroke_becomes_upright_and_centred():
    canvas = np.zeros((1, 9, 9), np.float32)
    canvas[0, range(1, 6), range(6, 1, -1)] = 1  # from (1, 6) to (5, 2): slant −1
    assert moments(canvas)[2] == pytest.approx(-1)
    upright = deskew(canvas)[0]
    assert upright[2:7, 4].tolist() == pytest.approx([1] * 5, abs=1e-5)
    assert upright.sum() == pytest.approx(5, abs=1e-4)


def test_a_blank_canvas_stays_and_a_flat_stroke_is_only_centred():
    blank = np.zeros((1, 8, 8), np.float32)
    assert np.array_equal(deskew(blank), blank)
    dash = np.zeros((1, 9, 9), np.float32)
    dash[0, 2, 1:4] = 1
    centred = np.zeros((1, 9, 9), np.float32)
    centred[0, 4, 3:6] = 1
    assert np.allclose(deskew(dash), centred, atol=1e-5)


@given(st.integers(0, 2**32 - 1))
def test_deskewed_pixels_stay_within_0_and_1_and_no_ink_is_made(seed):
    glyphs = some_glyphs(3, side=20, seed=seed)
    upright = deskew(glyphs)
    assert upright.min() >= 0
    assert upright.max() <= 1 + 1e-6
    # a shear keeps areas, so ink is only lost over the edge (or smeared by sampling)
    assert (upright.sum(axis=(1, 2)) <= 1.2 * glyphs.sum(axis=(1, 2))).all()


def test_a_glyph_of_28_pixels_gives_392_numbers():
    assert HOG().width() == 392
    assert cell_weights(28).shape == (7, 28)


def test_cells_weigh_1_inside_and_less_at_the_edge():
    sums = cell_weights(28).sum(axis=1)
    assert sums[1:-1] == pytest.approx(1)
    assert sums[0] == pytest.approx(1 - 3 / 20)  # weights 1 and 2 of 20 lie in the padding


def test_a_vertical_edge_points_right():
    canvas = np.zeros((1, 8, 8), np.float32)
    canvas[:, :, 4:] = 1
    by_angle = orientation_histogram(canvas).reshape(8, -1).sum(axis=1)
    assert by_angle[0] > 0
    assert by_angle[1:].tolist() == [0] * 7


def test_dark_ink_is_the_same_glyph_inverted():
    glyphs = (some_glyphs(4) * 255).astype(np.uint8)
    expected = HOG(deskew=True).transform(glyphs)
    assert np.allclose(HOG(deskew=True, dark_ink=True).transform(255 - glyphs), expected)


def test_tiles_hold_their_colour_without_brightness():
    photo = np.zeros((1, 4, 4, 3), np.float32)
    photo[:, :2, :2] = [1, 0, 0]
    photo[:, 2:, 2:] = 0.7  # grey, however bright, has no colour
    expected = np.zeros((2, 2, 2))
    expected[0, 0] = [1 - 0.299, -0.299]
    assert np.allclose(colour_differences(photo, 2)[0], expected.ravel(), atol=1e-6)


def test_tiles_may_differ_in_size():
    photo = np.ones((1, 5, 5, 3), np.float32) * np.array([0.5, 0.2, 0.1], np.float32)
    tiles = colour_differences(photo, 3).reshape(9, 2)
    assert np.allclose(tiles, tiles[0], atol=1e-6)


def test_unit_rows_leave_zeros():
    assert np.allclose(unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])), [[0.6, 0.8], [0, 0]])


def test_contrast_of_a_photo_does_not_count_but_its_colour_does():
    random = np.random.default_rng(0)
    photo = random.integers(0, 120, (1, 64, 64, 3), dtype=np.uint8)
    plain = ColourHOG(colour=0)
    assert np.allclose(plain.transform(photo), plain.transform(photo * 2), atol=1e-5)
    red = photo.copy()
    red[..., 0] += 100
    assert not np.allclose(ColourHOG().transform(photo), ColourHOG().transform(red), atol=0.05)


@pytest.mark.data
def test_nearest_neighbours_of_digits_agree_as_often_as_published(data_dir):
    """METHODS 2.1: 99.2 % on all 60,000; fewer items have farther neighbours."""
    with gzip.open(data_dir / "mnist" / "train-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + 10_000 * 784), np.uint8, offset=16)
    with gzip.open(data_dir / "mnist" / "train-labels-idx1-ubyte.gz") as file:
        truth = np.frombuffer(file.read(8 + 10_000), np.uint8, offset=8)
    rows = HOG(deskew=True).transform(images.reshape(-1, 28, 28))
    nearest = knn_graph(Projection(64).fit_transform(rows), k=1).indices[:, 0]
    assert (truth[nearest] == truth).mean() >= 0.98
