import itertools
import math

import numpy as np
import pytest
from sklearn.decomposition import PCA

from fewclicks import settings
from fewclicks.clusters import som_training
from fewclicks.clusters.som import SelfOrganizingMap
from fewclicks.clusters.som_grid import NEIGHBOURHOODS, TOPOLOGIES, Grid
from fewclicks.clusters.som_training import Plan, Schedule, batch_step, first_codebook, start_from
from fewclicks.errors import InvalidInput
from fewclicks.progress import silent


def plan(grid, neighbourhood="gaussian", radius=(2.0, 0.6), decay="exponential", n_epochs=5):
    return Plan(grid, neighbourhood, Schedule(*radius, decay), n_epochs)


def ones(rows):
    return np.ones(len(rows), dtype=np.float32)


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(90, 3)).astype(np.float32)


def test_one_step_of_a_map_of_three_by_hand():
    rows = np.array([[0.0], [1.0], [5.0], [9.0]], dtype=np.float32)
    codebook = np.array([[0.0], [5.0], [10.0]], dtype=np.float32)
    h = math.exp(-0.5)
    h2 = math.exp(-2)
    moved = batch_step(rows, ones(rows), codebook, plan(Grid((1, 3))), radius=1.0)
    by_hand = [
        (1 + 5 * h + 9 * h2) / (2 + h + h2),
        (1 * h + 5 + 9 * h) / (2 * h + 1 + h),
        (1 * h2 + 5 * h + 9) / (2 * h2 + h + 1),
    ]
    assert moved.ravel().tolist() == pytest.approx(by_hand)


def slow_step(rows, weights, codebook, grid, neighbourhood, radius):
    moved = codebook.astype(float).copy()
    best = [min(range(len(codebook)), key=lambda u: ((x - codebook[u]) ** 2).sum()) for x in rows]
    for unit in range(len(codebook)):
        above, below = 0.0, 0.0
        for x, weight, winner in zip(rows, weights, best, strict=True):
            away = float(grid.distances(np.array(winner), np.array(unit)))
            near = float(away <= radius + 1e-9)
            h = near if neighbourhood == "bubble" else math.exp(-(away**2) / (2 * radius**2))
            above, below = above + weight * h * x, below + weight * h
        if below > 0:
            moved[unit] = above / below
    return moved


@pytest.mark.parametrize("neighbourhood", NEIGHBOURHOODS)
@pytest.mark.parametrize("toroidal", [False, True])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_batch_map_agrees_with_plain_loops(rows, topology, toroidal, neighbourhood):
    shape = (4, 3)
    grid = Grid(shape, topology, toroidal)
    weights = np.random.default_rng(1).uniform(0.5, 2, len(rows)).astype(np.float32)
    found = SelfOrganizingMap(
        shape, topology, toroidal, neighbourhood, n_epochs=4, radius=(1.5, 1), random_state=0
    ).fit(rows, sample_weight=weights)
    start = start_from(rows, weights, grid.n_units, np.random.RandomState(0))
    slow = first_codebook(rows, grid, "pca", start).astype(float)
    for epoch in range(4):
        radius = 1.5 ** (1 - epoch / 3)
        slow = slow_step(rows.astype(float), weights, slow, grid, neighbourhood, radius)
    assert np.allclose(found.codebook_, slow, atol=1e-4)


def test_a_unit_that_no_row_reaches_stays():
    rows = np.zeros((4, 1), dtype=np.float32)
    codebook = np.array([[0.0], [7.0], [9.0]], dtype=np.float32)
    moved = batch_step(rows, ones(rows), codebook, plan(Grid((1, 3)), "bubble"), radius=1.0)
    assert moved.ravel().tolist() == [0, 0, 9]


def test_schedules_by_hand():
    assert [Schedule(8, 2, "linear").at(t) for t in (0, 0.5, 1)] == [8, 5, 2]
    assert [Schedule(8, 2).at(t) for t in (0, 0.5, 1)] == pytest.approx([8, 4, 2])
    radii = plan(Grid((1, 3)), radius=(4, 1), n_epochs=3)
    assert [radii.radius_of(epoch) for epoch in range(3)] == pytest.approx([4, 2, 1])
    assert plan(Grid((1, 3)), radius=(4, 1), n_epochs=1).radius_of(0) == 4


def test_the_first_map_spans_the_first_two_components(rows):
    stretched = rows * np.array([1, 5, 3], dtype=np.float32) + 10
    start = start_from(stretched, ones(rows), 12, np.random.RandomState(0))
    codebook = first_codebook(stretched, Grid((3, 4)), "pca", start)
    fitted = PCA(2).fit(stretched)
    assert np.allclose(codebook.mean(axis=0), fitted.mean_, atol=1e-4)
    offsets = codebook - fitted.mean_
    assert np.allclose(offsets @ fitted.components_.T @ fitted.components_, offsets, atol=1e-3)
    assert np.linalg.matrix_rank(offsets, tol=0.1) == 2
    along = np.abs(offsets @ fitted.components_.T)  # columns, the longer side, along the first
    deviations = np.sqrt(fitted.explained_variance_ * 89 / 90)
    assert np.allclose(along.max(axis=0), math.sqrt(3) * deviations, rtol=1e-3)
    assert np.allclose(along[:4, 1], along[0, 1], rtol=1e-3)


def test_components_of_rows_wider_than_many_agree_with_scikit_learns():
    wide = np.random.default_rng(0).normal(size=(20, 50)).astype(np.float32)
    wide[:, :2] *= 9
    start = start_from(wide, ones(wide), 4, np.random.RandomState(0))
    fitted = PCA(2).fit(wide)
    assert np.allclose(np.abs(start.axes[:2] @ fitted.components_.T), np.eye(2), atol=1e-3)
    assert np.allclose(start.axes @ start.axes.T, np.eye(len(start.axes)), atol=1e-4)


def test_a_random_start_takes_rows_again_where_they_are_few(rows):
    start = start_from(rows[:5], ones(rows[:5]), 12, np.random.RandomState(0))
    codebook = first_codebook(rows[:5], Grid((3, 4)), "random", start)
    assert {tuple(c) for c in codebook.tolist()} == {tuple(x) for x in rows[:5].tolist()}


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_online_and_batch_both_unfold_on_a_square(topology):
    square = np.random.default_rng(0).uniform(size=(600, 2)).astype(np.float32)
    batch, online = (
        SelfOrganizingMap((7, 7), topology, training=training, n_epochs=n, random_state=0).fit(
            square
        )
        for training, n in (("batch", 20), ("online", 6))
    )
    assert batch.topographic_error(square) < 0.05
    assert online.topographic_error(square) < 0.05
    assert online.quantisation_error(square) == pytest.approx(
        batch.quantisation_error(square), rel=0.1
    )


def test_one_row_shown_by_hand():
    codebook = np.array([[0.0], [4.0]], dtype=np.float32)
    moved = som_training.train_online(
        np.array([[1.0]], dtype=np.float32),
        np.ones(1, dtype=np.float32),
        codebook,
        plan(Grid((1, 2)), radius=(1, 1), n_epochs=1),
        Schedule(0.5, 0.01),
        np.random.RandomState(0),
        silent,
    )
    h = math.exp(-0.5)
    assert moved.ravel().tolist() == pytest.approx([0.5, 4 - 0.5 * h * 3])


def test_weights_count_as_repetitions(rows):
    times = np.random.default_rng(2).integers(0, 4, len(rows))
    often = np.repeat(rows, times, axis=0)
    weighted = SelfOrganizingMap((4, 4), random_state=0).fit(rows, sample_weight=times)
    repeated = SelfOrganizingMap((4, 4), random_state=0).fit(often)
    assert np.allclose(weighted.codebook_, repeated.codebook_, atol=1e-4)
    assert weighted.distortion_ == pytest.approx(repeated.distortion_, rel=1e-4)


def test_a_weight_shown_online_is_as_many_showings_in_a_row():
    one = np.array([[1.0]], dtype=np.float32)
    codebook = np.array([[0.0], [4.0]], dtype=np.float32)
    fixed = plan(Grid((1, 2)), radius=(1, 1), n_epochs=1)

    def shown(rows, weights):
        return som_training.train_online(
            rows, np.array(weights, dtype=np.float32), codebook, fixed,
            Schedule(0.3, 0.3), np.random.RandomState(0), silent,
        )  # fmt: skip

    assert np.allclose(shown(one, [3]), shown(np.repeat(one, 3, axis=0), [1, 1, 1]))


def wide_rows(n=6000, d=90):
    random = np.random.default_rng(3)
    planes = random.normal(size=(8, d)) * np.linspace(4, 1, 8)[:, None]
    return (random.normal(size=(n, 8)) @ planes + random.normal(size=(n, d))).astype(np.float32)


def test_a_sketch_reaches_the_error_of_the_whole_rows():
    rows = wide_rows()
    sketched, whole = (
        SelfOrganizingMap((8, 8), sketch=sketch, random_state=0).fit(rows)
        for sketch in (True, False)
    )
    assert not np.array_equal(sketched.codebook_, whole.codebook_)
    assert sketched.quantisation_error(rows) < 1.01 * whole.quantisation_error(rows)


def test_a_sketch_leaves_nothing_out_of_few_narrow_rows(rows):
    sketched, whole = (
        SelfOrganizingMap((4, 5), sketch=sketch, random_state=0).fit(rows)
        for sketch in (True, False)
    )
    assert np.allclose(sketched.codebook_, whole.codebook_, atol=1e-4)


def test_sketches_grow_as_the_radius_falls():
    sizes = [som_training._sketch_rows(1600, radius, 10**9) for radius in (20, 10, 2, 1, 0.6)]
    assert all(a <= b for a, b in itertools.pairwise(sizes))
    assert sizes[0] == som_training.FEWEST_ROWS
    assert sizes[-1] == pytest.approx(128 * 1600 / (2 * math.pi * 0.36), abs=1)
    assert som_training._sketch_rows(1600, 0.6, 5000) == 5000


def test_blocks_do_not_matter(monkeypatch):
    rows = wide_rows(n=5000)
    whole = SelfOrganizingMap((5, 5), random_state=0).fit(rows)
    monkeypatch.setattr(settings, "BLOCK_ROWS", 701)
    parts = SelfOrganizingMap((5, 5), random_state=0).fit(rows)
    assert np.allclose(whole.codebook_, parts.codebook_, atol=1e-2)


def test_units_on_the_axes_share_the_rows_out_as_they_do_in_full():
    rows = wide_rows(n=300)
    start = start_from(rows, ones(rows), 9, np.random.RandomState(0))
    points = start.project(rows[:9])
    in_full = ((rows[:, None] - start.lift(points)) ** 2).sum(axis=2).argmin(axis=1)
    assert np.array_equal(som_training._labels_on_axes(rows, points, start), in_full)


def test_nan_beyond_the_sample_names_the_row(tmp_path):
    rows = wide_rows()
    start = start_from(rows, ones(rows), 9, np.random.RandomState(0))
    unseen = sorted(set(range(len(rows))) - set(start.ids.tolist()))[0]
    rows[unseen, 5] = np.nan
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with pytest.raises(InvalidInput, match=f"the first of them row {unseen}"):
        SelfOrganizingMap((3, 3), random_state=0).fit(mapped)
