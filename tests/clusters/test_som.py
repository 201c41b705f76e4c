import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks.clusters.som import SelfOrganizingMap
from fewclicks.errors import InvalidInput


def failing_by_nature(estimator):
    why = {
        "batch": "codewords are in single precision and the check wants seven digits; "
        "test_weights_count_as_repetitions holds to four",
        "online": "repeated rows are shown apart from each other, a weighted one at once",
    }
    return {"check_sample_weight_equivalence_on_dense_data": why[estimator.training]}


@parametrize_with_checks(
    [
        SelfOrganizingMap((1, 2), n_epochs=5, random_state=0),
        SelfOrganizingMap(
            (1, 2), "hexagonal", training="online", init="random", n_epochs=2, random_state=0
        ),
    ],
    expected_failed_checks=failing_by_nature,
)
def test_scikit_learn_manners(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def rows():
    random = np.random.default_rng(0)
    centres = random.normal(size=(6, 5)) * 10
    return (centres[random.integers(0, 6, 600)] + random.normal(size=(600, 5))).astype("f4")


@pytest.fixture(scope="module")
def fitted(rows):
    return SelfOrganizingMap((4, 5), random_state=0).fit(rows)


def test_what_is_learnt(fitted, rows):
    distances = np.linalg.norm(rows[:, None].astype(float) - fitted.codebook_, axis=2)
    assert fitted.codebook_.shape == (20, 5)
    assert fitted.codebook_.dtype == np.float32
    assert fitted.labels_.dtype == np.int32
    assert np.array_equal(fitted.labels_, distances.argmin(axis=1))
    assert np.array_equal(fitted.labels_, fitted.predict(rows))
    assert np.allclose(fitted.transform(rows), distances, atol=1e-2)
    assert fitted.distortion_ == pytest.approx((distances.min(axis=1) ** 2).mean(), rel=1e-4)
    assert fitted.quantisation_error(rows) == pytest.approx(distances.min(axis=1).mean(), rel=1e-4)
    assert fitted.score(rows) == -fitted.quantisation_error(rows)
    assert fitted.grid_[:6].tolist() == [[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [0, 1]]
    assert (fitted.shape_, fitted.n_iter_) == ((4, 5), 20)


def test_the_views_have_the_shape_of_the_map(fitted, rows):
    assert fitted.u_matrix().shape == (4, 5)
    assert fitted.hit_map().sum() == 600
    assert fitted.hit_map(rows[:7]).sum() == 7
    assert fitted.component_planes().shape == (5, 4, 5)
    assert fitted.component_planes()[2, 1, 3] == fitted.codebook_[8, 2]


def test_like_lies_beside_like(fitted, rows):
    assert fitted.topographic_error(rows) < 0.1
    first, second = fitted.map_.neighbours().T
    beside = np.linalg.norm(fitted.codebook_[first] - fitted.codebook_[second], axis=1).mean()
    anyhow = np.linalg.norm(fitted.codebook_[:, None] - fitted.codebook_, axis=2).mean()
    assert beside < 0.7 * anyhow


@pytest.mark.parametrize("training", ["batch", "online"])
@pytest.mark.parametrize("init", ["pca", "random"])
def test_the_same_seed_gives_the_same_map(rows, training, init):
    def learn(seed):
        made = SelfOrganizingMap(
            (3, 3), init=init, training=training, n_epochs=2, random_state=seed
        )
        return made.fit(rows[:200]).codebook_

    assert np.array_equal(learn(3), learn(3))
    if (training, init) != ("batch", "pca"):
        assert not np.array_equal(learn(3), learn(4))


def test_a_number_of_units_gives_the_most_square_map(rows):
    assert SelfOrganizingMap(12, n_epochs=1).fit(rows).shape_ == (3, 4)


def test_half_precision_and_memory_maps_do_not_matter(rows, tmp_path, monkeypatch):
    half = rows.astype(np.float16)
    whole = SelfOrganizingMap((3, 4), random_state=0).fit(half.astype(np.float32))
    np.save(tmp_path / "rows.npy", half)
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 37)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    parts = SelfOrganizingMap((3, 4), random_state=0).fit(mapped)
    assert np.allclose(whole.codebook_, parts.codebook_, atol=1e-3)
    assert np.array_equal(whole.predict(mapped), whole.labels_)
    online = SelfOrganizingMap((3, 4), training="online", n_epochs=1, random_state=0)
    assert np.array_equal(
        online.fit(mapped).codebook_, online.fit(half.astype(np.float32)).codebook_
    )


@pytest.mark.parametrize("training", ["batch", "online"])
@pytest.mark.parametrize("init", ["pca", "random"])
def test_rows_all_alike_draw_every_unit_to_them(training, init):
    alike = np.full((8, 3), 2.5, dtype=np.float32)
    fitted = SelfOrganizingMap((3, 3), init=init, training=training, random_state=0).fit(alike)
    assert np.allclose(fitted.codebook_, 2.5, atol=1e-5)
    assert fitted.distortion_ == pytest.approx(0, abs=1e-9)
    assert fitted.u_matrix().max() < 1e-4


def test_more_units_than_rows_lie_between_the_rows():
    few = np.array([[0.0], [1.0], [10.0]], dtype=np.float32)
    fitted = SelfOrganizingMap((1, 9), random_state=0).fit(few)
    along = fitted.codebook_.ravel()
    assert (np.diff(along) >= 0).all() or (np.diff(along) <= 0).all()
    assert along.min() >= 0
    assert along.max() <= 10
    assert fitted.distortion_ < 0.1
    assert (fitted.hit_map() == 0).sum() >= 6


def test_one_row_and_one_unit_will_do():
    fitted = SelfOrganizingMap((1, 1)).fit([[1.0, 2.0]])
    assert fitted.codebook_.tolist() == [[1, 2]]
    assert fitted.topographic_error([[5.0, 5.0]]) == 0


def test_rows_of_weight_nought_move_nothing(rows):
    weights = np.ones(len(rows))
    weights[:100] = 0
    far = rows.copy()
    far[:100] += 1000
    moved, left_out = (
        SelfOrganizingMap((3, 3), random_state=0).fit(*given)
        for given in ((far, None, weights), (rows[100:],))
    )
    assert np.allclose(moved.codebook_, left_out.codebook_, atol=1e-4)
    assert len(moved.labels_) == len(rows)


def test_progress_is_told_and_may_stop_the_work(rows):
    for training in ("batch", "online"):
        heard = []
        SelfOrganizingMap((2, 2), n_epochs=3, training=training).fit(
            rows[:50], report=lambda *words, heard=heard: heard.append(words)
        )
        assert heard == [("clusters", i, 3) for i in (1, 2, 3)]

    def stop(step, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SelfOrganizingMap((2, 2)).fit(rows, report=stop)


def test_it_survives_pickling_and_cloning(fitted, rows):
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict(rows), fitted.labels_)
    assert np.array_equal(again.u_matrix(), fitted.u_matrix())
    assert clone(fitted).get_params() == fitted.get_params()


def test_columns_are_named_for_pipelines(rows):
    made = make_pipeline(StandardScaler(), SelfOrganizingMap((2, 3), n_epochs=2)).fit(rows)
    assert made.transform(rows).shape == (600, 6)
    assert made.get_feature_names_out()[5] == "selforganizingmap5"
    assert made.set_output(transform="default").predict(rows).shape == (600,)


def test_set_output_names_the_columns(rows, tables):
    made = SelfOrganizingMap((1, 2), n_epochs=1).set_output(transform=tables).fit(rows)
    table = made.transform(rows)
    assert table["columns"].tolist() == ["selforganizingmap0", "selforganizingmap1"]
    assert table["rows"].shape == (600, 2)


def test_a_grid_search_prefers_the_lower_quantisation_error(rows):
    search = GridSearchCV(
        SelfOrganizingMap(n_epochs=4, random_state=0), {"shape": [(1, 2), (4, 4)]}, cv=2
    ).fit(rows)
    assert search.best_params_ == {"shape": (4, 4)}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"shape": (0, 3)}, "Each side of shape"),
        ({"shape": (3,)}, "rows and columns"),
        ({"shape": 0}, "number of units"),
        ({"topology": "round"}, "topology must be one of rectangular, hexagonal"),
        ({"neighbourhood": "hat"}, "neighbourhood must be one of"),
        ({"init": "zeros"}, "init must be one of"),
        ({"training": "both"}, "training must be one of"),
        ({"decay": "never"}, "decay must be one of"),
        ({"n_epochs": 0}, "n_epochs must be between"),
        ({"radius": (3, 0)}, "radius must be a first and a last value above 0 but"),
        ({"learning_rate": (2, 0.1)}, "learning_rate must be .* at most 1 but"),
        ({"topology": "hexagonal", "toroidal": True, "shape": (3, 4)}, "even number of rows"),
    ],
)
def test_parameters_must_fit(wrong, message):
    with pytest.raises(InvalidInput, match=message):
        SelfOrganizingMap(**wrong).fit(np.ones((9, 2)))


@pytest.mark.parametrize("weights", [[1, 1], [1, -1, 1], [1, np.nan, 1], [0, 0, 0]])
def test_weights_must_fit(weights):
    with pytest.raises(InvalidInput, match="sample_weight"):
        SelfOrganizingMap((1, 1)).fit(np.ones((3, 2)), sample_weight=weights)


def test_a_memory_map_with_nan_names_the_row(tmp_path):
    rows = np.ones((9, 2))
    rows[4, 1] = np.nan
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with pytest.raises(InvalidInput, match="the first of them row 4"):
        SelfOrganizingMap((2, 2)).fit(mapped)


def test_digits_come_out_in_order(data_dir):
    import gzip

    with gzip.open(data_dir / "mnist" / "train-images-idx3-ubyte.gz") as file:
        file.read(16)
        pixels = np.frombuffer(file.read(6000 * 784), np.uint8).reshape(6000, 784)
    digits = pixels.astype(np.float32) / 255
    fitted = SelfOrganizingMap((12, 12), random_state=0).fit(digits)
    assert fitted.quantisation_error(digits) < 5.9  # 5.62 when written, 6.9 of its two components
    assert fitted.topographic_error(digits) < 0.15
