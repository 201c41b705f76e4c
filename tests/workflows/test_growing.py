"""Items that come later join what is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.neighbours import knn_graph
from fewclicks.project import Project
from fewclicks.records import Reply
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


def test_neighbours_of_a_grown_collection_are_kept_on_disk(tmp_path, monkeypatch):
    X = np.random.default_rng(0).normal(size=(210, 4)).astype(np.float32)
    first = Collection(X[:200], "first", n_codewords=12, folder=tmp_path)
    found = Grown(X, first, "all", folder=tmp_path).candidates
    monkeypatch.setattr("fewclicks.workflows.growing.extended", None)
    again = Grown(X, first, "all", folder=tmp_path).candidates
    assert (again.indices == found.indices).all()
    with pytest.raises(TypeError):
        _ = Grown(X, first, "others", folder=tmp_path).candidates


@pytest.fixture
def halves(shapes, tmp_path):
    """The 150 glyphs as two files: the first 140, and ten that come later."""
    glyphs = np.load(shapes)
    for name, part in (("first", slice(0, 140)), ("later", slice(140, 150))):
        np.savez(tmp_path / f"{name}.npz", X=glyphs["X"][part], y=glyphs["y"][part])
    return tmp_path / "first.npz", tmp_path / "later.npz"


def test_what_is_added_joins_the_clusters_and_is_all_that_is_asked_about(halves, tmp_path):
    first, later = halves
    with Project.create(tmp_path / "p", first, n_codewords=4) as project:
        project.prepare()
        before = project.collection()
        asked = {row.id: row for row in project.store.questions.page("cluster", 99)}
        largest = max(asked.values(), key=lambda row: row.n_members)
        project.answer("ana", Reply("class", "bar"), question_id=largest.id)
        project.add(later)
        project.prepare()
        after = project.collection()
        assert after.partition == before.partition
        assert (after.codebook == before.codebook).all()
        new = [row for row in project.store.questions.page("cluster", 99) if row.id not in asked]
        shown = [int(item) for row in new for item in row.members]
        cluster_of = np.empty(150, int)
        cluster_of[after.portraits.order] = np.repeat(np.arange(4), after.portraits.sizes())
        joined = np.bincount(cluster_of[140:], minlength=4)
        assert len(new) == (joined >= 2).sum()
        assert set(shown) <= set(range(140, 150))
        assert len(shown) == len(set(shown)) == joined[joined >= 2].sum()
        assert len(project.labels().sources) == 150
        project.prepare()  # asks nothing twice
        assert len(project.store.questions.page("cluster", 99)) == len(asked) - 1 + len(new)


def test_much_that_is_added_is_clustered_with_all(halves, tmp_path):
    first, later = halves
    with Project.create(tmp_path / "p", later) as project:
        project.prepare()
        before = project.collection().partition
        project.add(first)
        project.prepare()
        assert project.collection().partition != before
