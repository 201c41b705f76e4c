import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks import neighbours
from fewclicks.errors import InvalidInput
from fewclicks.neighbours import Neighbours, knn_graph, nearest_items, similarity_graph


def slowly(X, k):
    """All pairs, in double precision; ties to the smaller id."""
    X = np.asarray(X, np.float64)
    distance = np.sqrt(((X[:, None] - X[None]) ** 2).sum(-1))
    np.fill_diagonal(distance, np.inf)
    order = np.argsort(distance, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(distance, order, axis=1)


def points(n, d=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def test_neighbours_on_a_line_by_hand():
    found = knn_graph(np.array([[0.0], [1.0], [3.0], [7.0]]), k=2)
    assert found.indices.tolist() == [[1, 2], [0, 2], [1, 0], [2, 1]]
    assert found.distances.tolist() == [[1, 3], [1, 2], [2, 3], [4, 6]]


@pytest.mark.parametrize("exact", [True, False])
def test_agrees_with_comparing_all_pairs(exact):
    X = points(300)
    found = knn_graph(X, k=7, exact=exact)
    indices, distances = slowly(X, 7)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-5)


def test_half_precision_on_disk_in_many_blocks(tmp_path, monkeypatch):
    X = points(200).astype(np.float16)
    path = tmp_path / "rows.npy"
    np.save(path, X)
    monkeypatch.setattr(neighbours, "BASE_BYTES", 4 * 5 * 30)
    monkeypatch.setattr(neighbours, "REFINE_ROWS", 17)
    monkeypatch.setattr(neighbours.settings, "BLOCK_ROWS", 41)
    found = knn_graph(np.load(path, mmap_mode="r"), k=4)
    np.testing.assert_array_equal(found.indices, slowly(X, 4)[0])
    assert found.indices.dtype == np.int32
    assert found.distances.dtype == np.float32


@pytest.mark.parametrize("exact", [True, False])
def test_no_item_is_its_own_neighbour_among_many_duplicates(exact):
    X = np.repeat(points(4), 30, axis=0) + 100
    found = knn_graph(X, k=5, exact=exact)
    assert not (found.indices == np.arange(120)[:, None]).any()
    assert all(len(set(row)) == 5 for row in found.indices.tolist())
    assert (found.distances == 0).all()


def test_far_from_the_origin_distances_stay_right():
    X = points(50) + 3000
    _, distances = slowly(X, 3)
    found = knn_graph(X, k=3)
    np.testing.assert_allclose(found.distances[:, 0], distances[:, 0], rtol=1e-3)


def test_the_approximate_search_repeats():
    X = points(2000, 16)
    first, second = (knn_graph(X, exact=False, random_state=3) for _ in range(2))
    np.testing.assert_array_equal(first.indices, second.indices)


def test_nearly_all_true_neighbours_are_found_where_rows_are_wide():
    X = np.random.default_rng(0).normal(size=(4000, 100)).astype(np.float32)
    true, found = (knn_graph(X, 10, exact=exact).indices for exact in (True, False))
    recall = np.mean([np.isin(a, b).mean() for a, b in zip(true, found, strict=True)])
    assert recall > 0.99  # a search that looks at 40 candidates finds 0.967


def test_approximate_beyond_the_setting(monkeypatch):
    called = []
    monkeypatch.setattr(neighbours.settings, "EXACT_NEIGHBOURS_UP_TO", 50)
    original = neighbours._approximate
    monkeypatch.setattr(
        neighbours, "_approximate", lambda *args: called.append(1) or original(*args)
    )
    knn_graph(points(50))
    assert not called
    knn_graph(points(51))
    assert called


def test_fewer_neighbours_where_there_are_fewer_items():
    assert knn_graph(points(3), k=10).indices.shape == (3, 2)
    alone = knn_graph(points(1), k=10)
    assert alone.indices.shape == (1, 0)
    assert similarity_graph(alone).nnz == 0


def test_progress_ends_at_the_total():
    told = []
    knn_graph(points(60), report=lambda *args: told.append(args))
    assert told[-1] == ("neighbours", 60, 60)


@pytest.mark.parametrize("k", [0, -1, 2.5])
def test_k_must_be_a_count(k):
    with pytest.raises(InvalidInput, match="k must be"):
        knn_graph(points(5), k=k)


def test_similarity_by_hand():
    found = Neighbours(
        np.array([[1], [0], [1]], np.int32), np.array([[1.0], [1.0], [2.0]], np.float32)
    )
    far = np.exp(-4)
    expected = np.array([[0, far, 0], [far, 0, far / 2], [0, far / 2, 0]])
    np.testing.assert_allclose(similarity_graph(found).toarray(), expected, rtol=1e-6)


def test_duplicates_have_full_weight():
    graph = similarity_graph(knn_graph(np.zeros((4, 2)), k=3))
    np.testing.assert_array_equal(graph.toarray(), 1 - np.eye(4))


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 40), st.integers(1, 12), st.integers(0, 5), st.integers(0, 1000))
def test_the_graph_is_symmetric_with_bounded_weights(n, k, copies, seed):
    X = points(n, 3, seed)
    X[: min(copies, n)] = X[0]
    graph = similarity_graph(knn_graph(X, k=k))
    assert graph.dtype == np.float32
    assert abs(graph - graph.T).max() == 0
    assert (graph.diagonal() == 0).all()
    assert graph.data.min() >= np.exp(-4) / 2 * 0.999
    assert graph.data.max() <= 1


@pytest.mark.parametrize("exact", [True, False])
def test_items_nearest_rows_that_are_none(exact):
    X, rows = points(300), points(40, seed=1)
    found = nearest_items(X, rows, 5, exact=exact)
    distance = np.linalg.norm(rows[:, None] - X[None], axis=2)
    np.testing.assert_array_equal(found.indices, np.argsort(distance, axis=1)[:, :5])
    np.testing.assert_allclose(found.distances, np.sort(distance, axis=1)[:, :5], rtol=1e-5)


@pytest.mark.parametrize("exact", [True, False])
def test_searching_for_rows_that_are_no_items_tells_how_far_it_is(exact):
    told = []
    nearest_items(points(30), points(9), 2, exact=exact, report=lambda *step: told.append(step))
    assert {step for step, _, _ in told} == {"neighbours"}
    assert told[-1][1] == told[-1][2]


def test_rows_cut_off_by_heaps_of_copies_are_still_found():
    heap = np.zeros((500, 3), np.float32)
    found = nearest_items(heap, np.ones((4, 3), np.float32), 20, exact=False)
    assert (found.indices >= 0).all()
    assert all(len(set(row)) == 20 for row in found.indices.tolist())
