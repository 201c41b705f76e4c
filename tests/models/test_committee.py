import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks.errors import InvalidInput
from fewclicks.models import CalibratedLinear, Committee, Inductive
from fewclicks.models.committee import bootstrap


def clouds(n=300, classes=3, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % classes
    X = rng.normal(size=(n, 5))
    X[:, 0] += 5 * truth
    return X.astype(np.float32), truth


@pytest.fixture(scope="module")
def taught():
    """Rows, their truth, and 30 answers."""
    X, truth = clouds()
    return X, truth, np.where(np.arange(300) < 30, truth, -1)


@parametrize_with_checks(
    [
        Committee(CalibratedLinear(n_folds=2), n_members=2),
        Committee([CalibratedLinear(n_folds=2), GaussianNB()], by="models"),
    ]
)
def test_scikit_learn_manners(estimator, check):
    check(estimator)


def test_is_what_the_floor_above_expects(taught):
    X, _, y = taught
    assert isinstance(Committee().fit(X, y), Inductive)


def test_the_mean_of_its_members_is_what_it_believes(taught):
    X, truth, y = taught
    committee = Committee(n_members=4).fit(X, y)
    probas = committee.member_probas(X)
    assert probas.shape == (4, 300, 3)
    assert len(np.unique(probas[:, 0], axis=0)) == 4
    np.testing.assert_allclose(probas.sum(axis=2), 1, atol=1e-6)
    np.testing.assert_allclose(committee.predict_proba(X), probas.mean(axis=0), atol=1e-6)
    assert (committee.predict(X) == truth).mean() > 0.85


def test_a_member_is_the_model_that_learns_its_bootstrap(taught):
    X, _, y = taught
    committee = Committee(CalibratedLinear(C=0.5), n_members=2, random_state=3).fit(X, y)
    rng = np.random.default_rng(3)
    seed = rng.integers(2**31, size=2)[0]
    drawn = bootstrap(y[:30], rng)
    alone = CalibratedLinear(C=0.5, random_state=int(seed)).fit(X[:30][drawn], y[:30][drawn])
    np.testing.assert_array_equal(committee.member_probas(X)[0], alone.predict_proba(X))


def test_different_models(taught):
    X, _, y = taught
    committee = Committee([CalibratedLinear(), GaussianNB()], by="models").fit(X, y)
    expected = GaussianNB().fit(X[:30], y[:30]).predict_proba(X)
    np.testing.assert_allclose(committee.member_probas(X)[1], expected, atol=1e-5)


def test_seeds_are_their_members_own(taught):
    X, _, y = taught
    committee = Committee(by="seeds", n_members=3).fit(X, y)
    assert len({member.random_state for member in committee.members_}) == 3
    with pytest.raises(InvalidInput, match="GaussianNB has no random_state"):
        Committee(GaussianNB(), by="seeds").fit(X, y)


def test_a_class_that_a_member_has_not_met_has_share_0(taught):
    X, _, y = taught

    class Forgetful(GaussianNB):
        def fit(self, X, y):
            return super().fit(X[y != 4], y[y != 4])

    committee = Committee([GaussianNB(), Forgetful()], by="models")
    committee.fit(X, np.where(y < 0, -1, 2 * y))
    probas = committee.member_probas(X)
    assert committee.classes_.tolist() == [0, 2, 4]
    assert (probas[1, :, 2] == 0).all()
    np.testing.assert_allclose(probas.sum(axis=2), 1, atol=1e-6)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=40), st.integers(0, 9))
def test_a_bootstrap_keeps_every_class(answers, seed):
    answers = np.array(answers)
    drawn = bootstrap(answers, np.random.default_rng(seed))
    assert len(drawn) == len(answers)
    assert (np.unique(answers[drawn]) == np.unique(answers)).all()


def test_a_bootstrap_leaves_about_a_third_out():
    drawn = bootstrap(np.arange(3000) % 3, np.random.default_rng(0))
    assert len(np.unique(drawn)) / 3000 == pytest.approx(1 - np.exp(-1), abs=0.03)


def test_one_class_and_one_answer(taught):
    X, _, _ = taught
    y = np.full(300, -1)
    y[5] = 3
    assert (Committee().fit(X, y).predict_proba(X) == 1).all()


def test_images_pass_to_members_that_take_images(taught):
    class Brightness(GaussianNB):
        def fit(self, X, y):
            return super().fit(X.mean(axis=(1, 2))[:, None], y)

        def predict_proba(self, X):
            return super().predict_proba(X.mean(axis=(1, 2))[:, None])

    images = np.repeat(np.arange(40, dtype=np.uint8), 64).reshape(40, 8, 8)
    y = np.repeat([0, 1], 20)
    assert (Committee(Brightness()).fit(images, y).predict(images) == y).mean() > 0.9


def test_half_precision_on_disk(taught, tmp_path):
    X, truth, y = taught
    np.save(tmp_path / "rows.npy", X.astype(np.float16))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert (Committee().fit(rows, y).predict(rows) == truth).mean() > 0.85


def test_it_is_cloned_kept_piped_and_searched(taught):
    X, truth, y = taught
    committee = Committee(n_members=2).fit(X, y)
    again = pickle.loads(pickle.dumps(committee))
    np.testing.assert_array_equal(again.predict_proba(X), committee.predict_proba(X))
    same = clone(committee).fit(X, y)
    np.testing.assert_array_equal(same.predict_proba(X), committee.predict_proba(X))
    piped = make_pipeline(StandardScaler(), Committee()).fit(X, y)
    assert (piped.predict(X) == truth).mean() > 0.85
    grid = {"n_members": [2, 3], "members__C": [0.1]}
    search = GridSearchCV(Committee(CalibratedLinear(n_folds=2)), grid, cv=2, scoring="accuracy")
    assert search.fit(X, truth).best_score_ > 0.85


@pytest.mark.parametrize(
    ("options", "y", "said"),
    [
        ({}, [-1] * 4, "at least one answer"),
        ({}, [0, 1], "X has 4 rows but y has 2"),
        ({"n_members": 1}, [0, 1, 0, 1], "n_members must be"),
        ({"by": "vote"}, [0, 1, 0, 1], "by must be one of bagging, seeds, models"),
        ({"by": "models"}, [0, 1, 0, 1], "members must be a list"),
    ],
)
def test_what_cannot_be_is_refused(options, y, said):
    with pytest.raises(InvalidInput, match=said):
        Committee(**options).fit(np.eye(4), y)


def test_rows_must_be_as_wide_as_those_learned_from(taught):
    X, _, y = taught
    with pytest.raises(InvalidInput, match="expecting 5 features"):
        Committee().fit(X, y).predict_proba(X[:, :4])
