import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.models import GraphPropagation, Transductive
from fewclicks.models.diffusion import wnll_gain
from fewclicks.models.propagation import METHODS
from fewclicks.neighbours import knn_graph, similarity_graph


def clouds(n=120, classes=3, gap=6.0, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % classes
    X = rng.normal(size=(n, 4))
    X[:, 0] += gap * truth
    return similarity_graph(knn_graph(X, k=6)), truth


def answers(truth, per_class=2, ids=(5, 17, 40)):
    y = np.full(len(truth), -1)
    for code, name in enumerate(ids):
        y[np.flatnonzero(truth == code)[:per_class]] = name
    return y


def path(n):
    return sp.csr_matrix(np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1))


def test_is_what_the_floor_above_expects():
    graph, truth = clouds()
    assert isinstance(GraphPropagation().fit(graph, answers(truth)), Transductive)


@pytest.mark.parametrize("method", METHODS)
def test_few_answers_name_separate_clouds(method):
    graph, truth = clouds()
    model = GraphPropagation(method).fit(graph, answers(truth))
    assert model.classes_.tolist() == [5, 17, 40]
    known = model.reached_
    assert (model.predict() == np.array([5, 17, 40])[truth])[known].mean() > 0.95


def test_shares_on_a_path_by_hand():
    model = GraphPropagation("laplace", tol=1e-8).fit(path(5), [7, -1, -1, -1, 2])
    np.testing.assert_allclose(model.predict_proba()[:, 1], [1, 0.75, 0.5, 0.25, 0], atol=1e-6)
    assert model.predict().tolist() == [7, 7, 2, 2, 2]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(METHODS),
    st.integers(1, 25),
    st.integers(0, 1000),
    st.floats(0.0, 0.3),
    st.floats(0.05, 1.0),
)
def test_rows_are_shares_whatever_the_graph(method, n, seed, density, answered):
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < density), 1)
    y = np.where(rng.random(n) < answered, rng.integers(0, 4, n), -1)
    y[rng.integers(n)] = 2
    model = GraphPropagation(method).fit(sp.csr_matrix(weights + weights.T), y)
    shares = model.predict_proba()
    assert shares.dtype == np.float32
    assert shares.shape == (n, len(np.unique(y[y >= 0])))
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(model.predict()[y >= 0], y[y >= 0])
    np.testing.assert_allclose(shares[~model.reached_], 1 / shares.shape[1])


def test_all_answered_and_a_single_class():
    model = GraphPropagation().fit(path(3), [4, 9, 4])
    assert model.predict().tolist() == [4, 9, 4]
    assert GraphPropagation().fit(path(3), [-1, 9, -1]).predict_proba().tolist() == [[1]] * 3


def test_auto_goes_from_wnll_to_laplace():
    graph, truth = clouds(600)
    gains = [
        GraphPropagation(switch_at=12).fit(graph, answers(truth, m)).gain_ for m in (1, 6, 12, 20)
    ]
    np.testing.assert_allclose(gains[0], wnll_gain(600, 3))
    np.testing.assert_allclose(gains[1], (12 / 6) ** 3)
    np.testing.assert_array_equal(gains[2:], 1)


def test_a_class_of_many_answers_pulls_less_with_each():
    graph, truth = clouds(600)
    y = answers(truth, 40)
    y[np.flatnonzero(y == 5)[10:]] = -1  # 10, 40 and 40 are left, 30 in the mean
    for balance, gains in (
        (0, [1, 1, 1]),
        (0.5, np.sqrt([3, 0.75, 0.75])),
        (1, [3, 0.75, 0.75]),
    ):
        fitted = GraphPropagation(balance=balance).fit(graph, y)
        np.testing.assert_allclose(fitted.gain_, gains)


def test_no_class_pulls_more_than_by_wnll():
    graph, truth = clouds(90)
    y = answers(truth, 20)
    y[np.flatnonzero(y == 40)[1:]] = -1
    fitted = GraphPropagation(balance=1).fit(graph, y)
    assert fitted.gain_.max() == fitted.gain_[2] == wnll_gain(90, 41)


def test_few_answers_of_a_class_hold_their_cloud_against_many_of_another():
    graph, truth = clouds(600, gap=2.5)
    y = answers(truth, 60)
    y[np.flatnonzero(y == 40)[4:]] = -1
    even, balanced = (GraphPropagation(balance=b).fit(graph, y).predict() for b in (0, 0.5))
    right = [(found == 40)[truth == 2].mean() for found in (even, balanced)]
    assert right[1] > right[0] + 0.05


def test_auto_past_the_switch_is_laplace():
    graph, truth = clouds()
    y = answers(truth, 15)
    auto, laplace = (GraphPropagation(m).fit(graph, y).predict_proba() for m in ("auto", "laplace"))
    np.testing.assert_array_equal(auto, laplace)


def test_a_warm_start_gives_the_same_in_fewer_steps():
    graph, truth = clouds(gap=2.0)
    y = answers(truth, 14)
    cold = GraphPropagation("laplace").fit(graph, y)
    warm = GraphPropagation("laplace", warm_start=True).fit(graph, answers(truth, 13, ids=(5, 17)))
    warm.fit(graph, y)
    np.testing.assert_allclose(warm.predict_proba(), cold.predict_proba(), atol=1e-3)
    warm.fit(graph, y)
    assert warm.n_iter_ < cold.n_iter_


def test_fit_starts_afresh():
    graph, truth = clouds(gap=2.0)
    model = GraphPropagation().fit(graph, answers(truth, 5))
    again = model.fit(graph, answers(truth, 2)).predict_proba()
    fresh = GraphPropagation().fit(graph, answers(truth, 2)).predict_proba()
    np.testing.assert_array_equal(again, fresh)


def test_parameters_survive_a_copy():
    assert GraphPropagation("wnll", tol=1e-4).get_params()["tol"] == 1e-4


@pytest.mark.parametrize(
    ("options", "y", "said"),
    [
        ({}, [-1, -1, -1], "at least one answer"),
        ({}, [1, -1], "2 entries"),
        ({"method": "magic"}, [1, -1, -1], "method must be one of"),
        ({"tol": 0}, [1, -1, -1], "tol must be"),
        ({"max_iter": 0}, [1, -1, -1], "max_iter must be"),
    ],
)
def test_what_cannot_be_is_refused(options, y, said):
    with pytest.raises(InvalidInput, match=said):
        GraphPropagation(**options).fit(path(3), y)
