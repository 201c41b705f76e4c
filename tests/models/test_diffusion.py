import numpy as np
import pytest
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from fewclicks.models.diffusion import harmonic, poisson, wnll_gain


def graph_of(weights):
    dense = np.array(weights, dtype=np.float32)
    return sp.csr_matrix(dense + dense.T)


def path(n):
    return sp.csr_matrix(np.diag(np.ones(n - 1, np.float32), 1) + np.diag(np.ones(n - 1), -1))


def random_graph(n=30, seed=0):
    rng = np.random.default_rng(seed)
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < 0.3), 1)
    weights[np.arange(n - 1), np.arange(1, n)] += 0.5
    return graph_of(weights)


def spread(by, graph, answered, codes, **options):
    answered, codes = np.array(answered), np.array(codes)
    parts = connected_components(graph, directed=False)[1]
    start = np.zeros((graph.shape[0], codes.max() + 1), np.float32)
    return by(graph, answered, codes, parts, start, tol=1e-8, **options)[0]


def test_belief_falls_evenly_along_a_path():
    values = spread(harmonic, path(5), [0, 4], [0, 1])
    np.testing.assert_allclose(values[:, 0], [1, 0.75, 0.5, 0.25, 0], atol=1e-6)
    np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-6)


def test_gain_strengthens_the_edges_at_answers():
    # 0 -g- 1 -1- 2 -g- 3: resistances 1/g, 1, 1/g, so item 1 keeps 1 - (1/g)/(2/g + 1)
    values = spread(harmonic, path(4), [0, 3], [0, 1], gain=4.0)
    np.testing.assert_allclose(values[1:3, 0], [1 - 0.25 / 1.5, 0.25 / 1.5], atol=1e-6)


def test_each_class_may_have_a_gain_of_its_own():
    # resistances 1/4, 1, 1
    values = spread(harmonic, path(4), [0, 3], [0, 1], gain=np.array([4.0, 1.0]))
    np.testing.assert_allclose(values[1:3, 0], [1 - 0.25 / 2.25, 1 / 2.25], atol=1e-6)


def test_the_gain_of_wnll_is_that_of_its_edge_weights():
    graph, answered, n = random_graph(), [0, 7], 30
    a = np.ones(n)
    a[answered] = n / 2
    weights = graph.toarray() * (a[:, None] + a[None])
    reweighed = spread(harmonic, sp.csr_matrix(weights), answered, [0, 1])
    by_gain = spread(harmonic, graph, answered, [0, 1], gain=wnll_gain(n, 2))
    np.testing.assert_allclose(by_gain, reweighed, atol=1e-5)


def test_harmonic_agrees_with_elimination():
    graph, answered, codes = random_graph(), np.array([2, 11, 20]), np.array([0, 1, 2])
    laplacian = np.diag(graph.toarray().sum(axis=0)) - graph.toarray()
    free = np.setdiff1d(np.arange(30), answered)
    right = -laplacian[np.ix_(free, answered)] @ np.eye(3)[codes]
    expected = np.linalg.solve(laplacian[np.ix_(free, free)], right)
    np.testing.assert_allclose(spread(harmonic, graph, answered, codes)[free], expected, atol=1e-5)


def test_poisson_agrees_with_the_pseudo_inverse():
    graph, answered, codes = random_graph(), np.array([2, 11, 20]), np.array([0, 0, 1])
    weights = graph.toarray().astype(np.float64)
    degree = weights.sum(axis=0)
    given = np.eye(2)[codes] / np.array([2, 2, 1])[:, None]
    sources = np.zeros((30, 2))
    sources[answered] = given - given.mean(axis=0)
    expected = np.linalg.pinv(np.diag(degree) - weights) @ sources
    expected -= degree @ expected / degree.sum()
    np.testing.assert_allclose(spread(poisson, graph, answered, codes), expected, atol=1e-5)


def test_poisson_weighs_classes_alike_however_often_they_are_answered():
    # a path answered twice at one end: the middle leans to neither by number alone
    values = spread(poisson, path(7), [0, 1, 6], [0, 0, 1])
    assert values[0].argmax() == 0
    assert values[5].argmax() == 1


@pytest.mark.parametrize("by", [harmonic, poisson])
def test_parts_without_an_answer_stay_at_zero(by):
    graph = sp.block_diag([path(4), path(3), sp.csr_matrix((1, 1))]).tocsr()
    values = spread(by, graph, [0, 3], [0, 1])
    assert (values[4:] == 0).all()
    assert np.isfinite(values).all()


def test_poisson_gives_a_part_of_one_class_that_class():
    graph = sp.block_diag([path(4), path(3)]).tocsr()
    values = spread(poisson, graph, [0, 3, 5], [0, 1, 1])
    np.testing.assert_array_equal(values[4:], [[0, 1]] * 3)


def test_poisson_with_answers_on_lone_items():
    graph = sp.block_diag([sp.csr_matrix((1, 1)), sp.csr_matrix((1, 1))]).tocsr()
    np.testing.assert_array_equal(spread(poisson, graph, [0, 1], [0, 1]), np.eye(2))
