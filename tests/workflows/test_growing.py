"""Items that come singly join what is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.neighbours import knn_graph
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.growing import Grown, extended


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(1, 6), st.integers(1, 12), st.integers(0, 9999))
def test_neighbours_are_those_of_a_search_among_all(n, m, k, seed):
    X = np.random.default_rng(seed).normal(size=(n + m, 3)).astype(np.float32)
    found, whole = extended(knn_graph(X[:n], k), X, k), knn_graph(X, k)
    np.testing.assert_array_equal(found.indices, whole.indices)
    np.testing.assert_array_equal(found.distances, whole.distances)


def test_a_line_by_hand():
    X = np.array([[0.0], [1.0], [3.0], [1.5]], np.float32)
    found = extended(knn_graph(X[:3], 1), X, 1)
    assert found.indices.ravel().tolist() == [1, 3, 3, 1]
    assert found.distances.ravel().tolist() == [1, 0.5, 1.5, 0.5]


def test_duplicates_of_a_newcomer_do_not_make_it_its_own_neighbour():
    X = np.zeros((30, 2), np.float32)
    found = extended(knn_graph(X[:28], 5), X, 5)
    assert not (found.indices == np.arange(30)[:, None]).any()


@pytest.mark.parametrize("clusterer", ["kmeans", "som"])
def test_clusters_stay_and_take_in_the_newcomers(clusterer):
    X = np.random.default_rng(0).normal(size=(210, 4)).astype(np.float32)
    first = Collection(X[:200], n_codewords=12, clusterer=clusterer)
    grown = Grown(X, first)
    assert grown.partition == first.partition
    assert grown.n_codewords == first.n_codewords
    np.testing.assert_array_equal(grown.codebook, first.codebook)
    assert sorted(grown.portraits.order.tolist()) == list(range(210))
    for cluster in range(first.portraits.n_clusters):
        members = grown.portraits.members(cluster)
        np.testing.assert_array_equal(members[members < 200], first.portraits.members(cluster))
        for item in members[members >= 200]:
            distances = np.linalg.norm(first.codebook - X[item], axis=1)
            assert distances.argmin() == cluster
    assert grown.graph.shape == (210, 210)
    assert (grown.map is None) == (clusterer == "kmeans")


def test_newcomers_belong_to_no_group_unless_told():
    X = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    groups = np.arange(50) // 2
    first = Collection(X[:50], n_codewords=4, groups=groups, near_duplicates=True)
    assert Grown(X, first).groups.tolist() == [*groups, *[-1] * 10]
    told = Grown(X, first, groups=np.append(groups, np.zeros(10, np.int64)))
    assert told.groups[50:].tolist() == [0] * 10
    assert told.near_duplicates
    assert told.units is None
