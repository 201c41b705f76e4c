import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from fewclicks.errors import InvalidInput
from fewclicks.models import GLYPHS, GUIDED_GLYPHS, GUIDED_PHOTOS, PHOTOS, Augmentation

torch = pytest.importorskip("torch", reason="needs the extra torch")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def bars(n, upright=False):
    """n images of 41 × 41 with one bar through the middle."""
    images = torch.zeros(n, 1, 41, 41)
    images[:, :, 18:23, 6:35] = 1
    return images.transpose(2, 3).contiguous() if upright else images


def leanings(images):
    """The angle of each bar to its axis in degrees, by its second moments."""
    place = torch.arange(41.0) - 20
    mass = images[:, 0]
    xx = (mass * place**2).sum((1, 2))
    yy = (mass * place[:, None] ** 2).sum((1, 2))
    xy = (mass * place * place[:, None]).sum((1, 2))
    return torch.rad2deg(torch.atan2(2 * xy, xx - yy) / 2)


def test_nothing_changes_when_every_range_is_zero():
    images = torch.rand(3, 2, 7, 9)
    shown = Augmentation()(images, seeded())
    assert torch.equal(shown, images)
    assert shown.data_ptr() != images.data_ptr()


def test_half_the_size_by_hand():
    image = torch.zeros(1, 1, 8, 8)
    image[0, 0, 2:6, 2:6] = 1
    half = torch.zeros(8, 8)
    half[3:5, 3:5] = 1  # a pixel of the result at ±0.5 shows ±1, at ±1.5 it shows ±3
    shown = Augmentation(scale=(0.5, 0.5))(image, seeded())
    torch.testing.assert_close(shown[0, 0], half)


def test_what_lies_outside_is_background():
    shown = Augmentation(scale=(0.5, 0.5))(torch.ones(1, 1, 8, 8), seeded())[0, 0]
    assert shown[2:6, 2:6].min() > 0.99
    shown[2:6, 2:6] = 0
    assert shown.max() < 0.01


def test_every_second_image_is_mirrored():
    images = torch.rand(400, 3, 6, 5)
    shown = Augmentation(mirror=True)(images, seeded())
    same = torch.isclose(shown, images, atol=1e-5).flatten(1).all(1)
    flipped = torch.isclose(shown, images.flip(3), atol=1e-5).flatten(1).all(1)
    assert (same ^ flipped).all()
    assert 150 < flipped.sum() < 250


def test_rotation_turns_by_at_most_its_range():
    angles = leanings(Augmentation(rotation_degrees=25)(bars(500), seeded()))
    assert 24 < angles.max() < 25.5
    assert -25.5 < angles.min() < -24
    assert abs(angles.mean()) < 2


@pytest.mark.parametrize("upright", [False, True])
def test_shear_leans_one_axis_and_leaves_the_other(upright):
    ranges = {"shear_x_degrees" if upright else "shear_y_degrees": 20}
    across = 3 if upright else 2  # pixels move along this axis only
    images = bars(300, upright)
    shown = Augmentation(**ranges)(images, seeded())
    torch.testing.assert_close(shown.sum(across), images.sum(across), atol=1e-3, rtol=0)
    angles = leanings(shown)
    angles = torch.where(angles.abs() > 45, angles - 90 * angles.sign(), angles)
    assert 18 < angles.abs().max() < 21
    assert len(torch.unique(angles.sign())) == 2


def test_scale_changes_areas_by_its_square():
    images = bars(300)
    areas = Augmentation(scale=(0.8, 1.2))(images, seeded()).sum((1, 2, 3)) / images[0].sum()
    assert areas.min() == pytest.approx(0.64, abs=0.03)
    assert areas.max() == pytest.approx(1.44, abs=0.03)


def test_translation_shifts_along_both_axes():
    images = torch.zeros(300, 1, 21, 31)
    images[:, :, 10, 15] = 1
    shown = Augmentation(translation_pixels=4)(images, seeded())[:, 0]
    down = (shown.sum(2) * (torch.arange(21.0) - 10)).sum(1)
    right = (shown.sum(1) * (torch.arange(31.0) - 15)).sum(1)
    for shift in (down, right):
        assert 3.8 < shift.max() <= 4.001
        assert -4.001 <= shift.min() < -3.8
    assert abs(np.corrcoef(down, right)[0, 1]) < 0.2


def displacements(alpha, sigma, n=400, side=40):
    """Where the pixels of an image that tells its own columns were taken from, less themselves."""
    ramp = torch.arange(float(side)).expand(n, 1, side, side)
    warp = Augmentation(elastic_alpha=alpha, elastic_sigma_pixels=sigma)
    return (warp(ramp.contiguous(), seeded()) - ramp)[:, 0, 8:-8, 8:-8].numpy()


@pytest.mark.parametrize(("alpha", "sigma"), [(34, 4), (10, 2.5)])
def test_elastic_displacements_are_those_of_noise_in_every_pixel(alpha, sigma):
    rng = np.random.default_rng(0)
    noise = rng.uniform(-1, 1, (400, 72, 72))
    exact = alpha * gaussian_filter(noise, (0, sigma, sigma), truncate=6)[:, 24:-24, 24:-24]
    ours = displacements(alpha, sigma)
    assert ours.std() == pytest.approx(exact.std(), rel=0.03)
    assert ours.std() == pytest.approx(0.163 * alpha / sigma, rel=0.03)
    for apart in (1, 4, 8):
        expected = np.exp(-(apart**2) / (4 * sigma**2))
        for axis in (1, 2):
            near, far = ours.take(range(24 - apart), axis), ours.take(range(apart, 24), axis)
            assert np.corrcoef(near.ravel(), far.ravel())[0, 1] == pytest.approx(expected, abs=0.05)


def test_elastic_displacements_are_as_large_at_the_edge():
    ramp = torch.arange(30.0).expand(2000, 1, 30, 30)
    warp = Augmentation(elastic_alpha=6, elastic_sigma_pixels=4)
    moved = (warp(ramp.contiguous(), seeded()) - ramp)[:, 0]
    assert moved[:, 15, 2].std() == pytest.approx(float(moved[:, 15, 15].std()), rel=0.1)


@pytest.mark.parametrize("augmentation", [GLYPHS, GUIDED_GLYPHS, PHOTOS, GUIDED_PHOTOS])
def test_the_mean_position_is_kept(augmentation):
    images = torch.zeros(3000, 1, 31, 31)
    images[:, :, 11:20, 11:20] = 1
    mean = augmentation(images, seeded()).mean(0)[0]
    place = torch.arange(31.0) - 15
    assert abs((mean.sum(0) * place).sum() / mean.sum()) < 0.2
    assert abs((mean.sum(1) * place).sum() / mean.sum()) < 0.2


def test_the_same_seed_shows_the_same_and_another_does_not():
    images = torch.rand(5, 1, 28, 28)
    one, same, other = (GLYPHS(images, seeded(seed)) for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_equal_images_of_a_batch_look_different_and_so_do_two_batches():
    images, generator = torch.rand(1, 1, 28, 28).expand(6, 1, 28, 28), seeded()
    shown = torch.cat([GLYPHS(images, generator), GLYPHS(images, generator)])
    gaps = torch.cdist(shown.flatten(1), shown.flatten(1)) + torch.eye(12) * 9
    assert gaps.min() > 0.1


def test_global_randomness_and_the_images_stay_as_they_were():
    images = torch.rand(4, 1, 28, 28)
    before, state = images.clone(), torch.get_rng_state()
    GLYPHS(images, seeded())
    assert torch.equal(images, before)
    assert torch.equal(torch.get_rng_state(), state)


def test_adding_a_range_draws_the_others_as_before():
    turned = leanings(Augmentation(rotation_degrees=20)(bars(50), seeded()))
    both = Augmentation(rotation_degrees=20, scale=(0.8, 1.2))(bars(50), seeded())
    torch.testing.assert_close(leanings(both), turned, atol=1.0, rtol=0)


@settings(max_examples=40)
@given(
    turn=st.floats(0, 180),
    scale=st.tuples(st.floats(0.05, 1), st.floats(1, 10)),
    leans=st.tuples(st.floats(0, 44), st.floats(0, 44)),
    alpha=st.floats(0, 500),
    sigma=st.floats(0.5, 20),
    size=st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 20), st.integers(1, 20)),
)
def test_views_keep_shape_type_and_range_of_values(turn, scale, leans, alpha, sigma, size):
    augmentation = Augmentation(
        rotation_degrees=turn,
        scale=scale,
        shear_x_degrees=leans[0],
        shear_y_degrees=leans[1],
        elastic_alpha=alpha,
        elastic_sigma_pixels=sigma,
        mirror=True,
    )
    images = torch.rand(size, generator=seeded())
    shown = augmentation(images, seeded())
    assert (shown.shape, shown.dtype) == (images.shape, images.dtype)
    assert shown.min() >= 0
    assert shown.max() <= images.max() + 1e-5


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floating_types_come_back_as_they_are(kind):
    images = torch.rand(2, 3, 32, 32)
    shown = PHOTOS(images.to(kind), seeded())
    assert shown.dtype == kind
    torch.testing.assert_close(shown.float(), PHOTOS(images, seeded()), atol=0.01, rtol=0.02)


def test_no_images_give_no_images():
    assert GLYPHS(torch.zeros(0, 1, 28, 28), seeded()).shape == (0, 1, 28, 28)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_the_generator_may_be_on_either_side():
    images = torch.rand(8, 1, 28, 28)
    shown = GLYPHS(images.cuda(), seeded())
    assert shown.is_cuda
    torch.testing.assert_close(shown.cpu(), GLYPHS(images, seeded()), atol=1e-3, rtol=0)
    there = (torch.Generator("cuda").manual_seed(1) for _ in range(2))
    one, same = (GLYPHS(images.cuda(), generator) for generator in there)
    assert torch.equal(one, same)


def test_it_can_be_compared_hashed_and_pickled():
    assert pickle.loads(pickle.dumps(GLYPHS)) == GLYPHS
    assert len({GLYPHS, GUIDED_GLYPHS, PHOTOS, GUIDED_PHOTOS}) == 4


@pytest.mark.parametrize(
    ("ranges", "told"),
    [
        ({"rotation_degrees": -1}, "rotation_degrees must be between 0 and 180"),
        ({"rotation_degrees": float("nan")}, "rotation_degrees"),
        ({"scale": (1.2, 0.8)}, "smaller factor"),
        ({"scale": (0, 1)}, "factor of scale must be between 0.01"),
        ({"scale": (1,)}, "smallest and the largest"),
        ({"scale": 1.2}, "smallest and the largest"),
        ({"shear_x_degrees": 45}, "shear_x_degrees must be between 0 and 44"),
        ({"shear_y_degrees": "20"}, "shear_y_degrees must be a number"),
        ({"elastic_alpha": -3}, "elastic_alpha"),
        ({"elastic_sigma_pixels": 0}, "elastic_sigma_pixels must be between 0.5"),
        ({"mirror": 1}, "mirror must be True or False"),
        ({"translation_pixels": -2}, "translation_pixels"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(ranges, told):
    with pytest.raises(InvalidInput, match=told):
        Augmentation(**ranges)


@pytest.mark.parametrize("batch", [torch.zeros(28, 28), torch.zeros(2, 1, 8, 8, dtype=torch.uint8)])
def test_what_is_no_batch_is_refused(batch):
    with pytest.raises(InvalidInput, match=r"floating tensor of shape \(n, c, h, w\)"):
        GLYPHS(batch, seeded())
