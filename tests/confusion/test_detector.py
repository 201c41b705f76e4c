import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.mixture import GaussianMixture
from sklearn.utils.estimator_checks import parametrize_with_checks

from fewclicks.confusion import ConfusingDataDetector
from fewclicks.errors import InvalidInput
from fewclicks.neighbours import knn_graph

CODEBOOK = np.array([[0.0, 0.0], [10.0, 0.0], [100.0, 0.0]])
ROWS = np.array([[0, 0], [4, 0], [5, 0], [8, 0], [100, 4], [100, 0]], dtype=float)
# distance to the nearest and second codeword: 0/10 4/6 5/5 2/8 4/90.1 0/90


def slow_scores(rows, codebook, method, squared):
    """Algorithm 1, one item at a time."""
    power = 2 if squared else 1
    distances = [sorted((np.linalg.norm(x - c), i) for i, c in enumerate(codebook)) for x in rows]
    if method == 1:
        ratios = [(d[0][0] / d[1][0]) ** power if d[1][0] else 1.0 for d in distances]
        return np.array(ratios)
    farthest = {
        c: max(d[0][0] for d in distances if d[0][1] == c)
        for c in range(len(codebook))
        if any(d[0][1] == c for d in distances)
    }
    limits = [farthest[d[0][1]] for d in distances]
    return np.array(
        [(d[0][0] / m) ** power if m else 0.0 for d, m in zip(distances, limits, strict=True)]
    )


@parametrize_with_checks(
    [
        ConfusingDataDetector(),
        ConfusingDataDetector(method=1, budget=3),
        ConfusingDataDetector(method="neighbours"),
    ]
)
def test_scikit_learn_manners(estimator, check):
    check(estimator)


def test_method_1_by_hand():
    found = ConfusingDataDetector(CODEBOOK, method=1, threshold=0.4).fit(ROWS)
    expected = [0, (4 / 6) ** 2, 1, (2 / 8) ** 2, 16 / (90**2 + 16), 0]
    assert np.allclose(found.scores_, expected, atol=1e-6)
    assert found.ranking_.tolist() == [2, 1, 3, 4, 0, 5]
    assert np.flatnonzero(found.confusing_).tolist() == [1, 2]
    assert found.reasons() == [
        "Between two clusters: its distance to cluster 0 is 100% of that to cluster 1.",
        "Between two clusters: its distance to cluster 0 is 67% of that to cluster 1.",
    ]


def test_method_2_by_hand():
    found = ConfusingDataDetector(CODEBOOK, method=2, threshold=0.6).fit(ROWS)
    assert np.allclose(found.scores_, [0, 0.64, 1, 1, 1, 0], atol=1e-6)
    # three are the farthest of their clusters, at 5, 4 and 2
    assert found.ranking_.tolist() == [2, 4, 3, 1, 0, 5]
    assert np.flatnonzero(found.confusing_).tolist() == [1, 2, 3, 4]
    assert found.reasons([2, 1]) == [
        "At the edge: no item of cluster 0 is farther from its centre.",
        "Near the edge of cluster 0: 80% as far from its centre as the farthest item.",
    ]


@pytest.mark.parametrize("method", [1, 2])
def test_squaring_changes_scores_and_not_the_ranking(method):
    squared = ConfusingDataDetector(CODEBOOK, method=method).fit(ROWS)
    plain = ConfusingDataDetector(CODEBOOK, method=method, squared=False).fit(ROWS)
    assert np.allclose(plain.scores_**2, squared.scores_, atol=1e-6)
    assert plain.ranking_.tolist() == squared.ranking_.tolist()
    assert plain.reasons(range(6)) == squared.reasons(range(6))


@settings(max_examples=50)
@given(
    n=st.integers(1, 40),
    k=st.integers(2, 6),
    seed=st.integers(0, 1000),
    method=st.sampled_from([1, 2]),
    squared=st.booleans(),
)
def test_scores_agree_with_a_slow_version(n, k, seed, method, squared):
    random = np.random.default_rng(seed)
    rows, codebook = random.normal(size=(n, 3)), random.normal(size=(k, 3))
    found = ConfusingDataDetector(codebook, method=method, squared=squared).fit(rows)
    assert np.allclose(found.scores_, slow_scores(rows, codebook, method, squared), atol=1e-5)
    assert (found.scores_ >= 0).all()
    assert (found.scores_ <= 1).all()
    assert (np.diff(found.scores_[found.ranking_]) <= 0).all()
    assert sorted(found.ranking_.tolist()) == list(range(n))


def test_the_threshold_of_the_paper_holds_when_nothing_is_asked_for():
    found = ConfusingDataDetector(CODEBOOK).fit(ROWS)
    assert np.array_equal(found.confusing_, found.scores_ >= 0.99)


def test_a_budget_takes_the_first_of_the_ranking_and_never_more_than_the_threshold_allows():
    take = ConfusingDataDetector(CODEBOOK, budget=2).fit(ROWS)
    assert sorted(np.flatnonzero(take.confusing_).tolist()) == sorted(take.ranking_[:2].tolist())
    both = ConfusingDataDetector(CODEBOOK, threshold=0.99, budget=5).fit(ROWS)
    assert both.confusing_.sum() == 3
    assert ConfusingDataDetector(CODEBOOK, budget=99).fit(ROWS).confusing_.all()
    assert not ConfusingDataDetector(CODEBOOK, budget=0).fit(ROWS).confusing_.any()


def test_going_round_the_clusters_gives_each_its_turn():
    rows = np.array([[1.0, 0], [2, 0], [3, 0], [9.0, 0], [99.9, 0]])
    found = ConfusingDataDetector(CODEBOOK, method=1, per_cluster=True).fit(rows)
    turns = found.nearest_[found.ranking_, 0].tolist()
    assert turns == [0, 1, 2, 0, 0]
    assert found.ranking_.tolist() == [2, 3, 4, 1, 0]


def test_items_on_a_codeword_are_never_confusing_and_a_tie_of_zeros_is_a_dead_heat():
    twice = np.array([[0.0, 0.0], [0.0, 0.0]])
    on_it = np.zeros((3, 2))
    assert ConfusingDataDetector(twice, method=2).fit(on_it).scores_.tolist() == [0, 0, 0]
    assert ConfusingDataDetector(twice, method=1).fit(on_it).scores_.tolist() == [1, 1, 1]


def test_under_one_codeword_nothing_lies_between_two():
    found = ConfusingDataDetector(CODEBOOK[:1], method=2).fit(ROWS)
    assert found.nearest_[:, 1].tolist() == [-1] * 6
    assert not ConfusingDataDetector(CODEBOOK[:1], method=1).fit(ROWS).scores_.any()


def test_a_fitted_quantiser_is_a_codebook_too():
    class Fitted:
        codebook_ = CODEBOOK

    by_object = ConfusingDataDetector(Fitted()).fit(ROWS)
    assert np.array_equal(by_object.scores_, ConfusingDataDetector(CODEBOOK).fit(ROWS).scores_)


def test_blocks_memory_maps_and_half_precision_do_not_matter(tmp_path, monkeypatch):
    rows = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float16)
    np.save(tmp_path / "rows.npy", rows)
    whole = ConfusingDataDetector(rows[:9]).fit(rows)
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 13)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    parts = ConfusingDataDetector(rows[:9]).fit(mapped)
    assert np.allclose(whole.scores_, parts.scores_, atol=1e-6)
    assert np.array_equal(whole.nearest_, parts.nearest_)


def test_far_from_the_origin_distances_keep_their_digits():
    offset = 1e4  # the search alone would lose 0.01 among squares of 1e8
    codebook = np.array([[offset], [2 * offset]])
    found = ConfusingDataDetector(codebook, method=2, squared=False).fit(
        np.array([[offset], [offset + 1], [offset + 4]])
    )
    assert found.scores_.tolist() == [0, 0.25, 1]


@pytest.mark.parametrize(
    "wrong", [{"method": 3}, {"threshold": 1.5}, {"budget": -1}, {"budget": 1.5}]
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        ConfusingDataDetector(CODEBOOK, **wrong).fit(ROWS)


def test_the_codebook_must_fit_the_rows():
    with pytest.raises(InvalidInput, match="codebook must have 2 columns"):
        ConfusingDataDetector(CODEBOOK[:, :1]).fit(ROWS)


def test_reasons_need_known_items():
    found = clone(ConfusingDataDetector(CODEBOOK)).fit(ROWS)
    with pytest.raises(InvalidInput, match="6 came"):
        found.reasons([6])


def in_two_heaps():
    """Twelve items in two heaps; items 0 and 6 are labelled as the other heap."""
    rows = np.concatenate([np.arange(6), 100 + np.arange(6)])[:, None].astype(float)
    labels = np.repeat([0, 1], 6)
    labels[[0, 6]] = [1, 0]
    return rows, labels


def test_neighbours_find_what_is_labelled_otherwise_than_its_like():
    rows, labels = in_two_heaps()
    found = ConfusingDataDetector([[2.5], [102.5]], method="neighbours", n_neighbours=3)
    found.fit(rows, labels)
    assert np.flatnonzero(found.confusing_).tolist() == [0, 6]
    assert sorted(found.ranking_[:2].tolist()) == [0, 6]
    assert found.scores_[[0, 6]].tolist() == [1, 1]
    assert found.scores_[5] == 0
    assert found.reasons([0]) == [
        "Among others: 100% of what is most like it is labelled otherwise."
    ]


def test_neighbours_given_are_those_used():
    rows, labels = in_two_heaps()
    known = knn_graph(rows, 3)
    codebook = [[2.5], [102.5]]
    own = ConfusingDataDetector(codebook, method="neighbours", n_neighbours=3).fit(rows, labels)
    given = ConfusingDataDetector(codebook, method="neighbours").fit(rows, labels, neighbours=known)
    assert np.array_equal(own.scores_, given.scores_)


def test_without_labels_neighbours_in_other_clusters_count():
    rows = np.arange(8.0)[:, None]
    found = ConfusingDataDetector([[1.5], [5.5]], method="neighbours", n_neighbours=2).fit(rows)
    assert np.flatnonzero(found.scores_).tolist() == [3, 4]  # 0…3 | 4…7


@pytest.mark.parametrize("given", [{"y": [0, 1]}, {"neighbours": knn_graph(np.eye(3), 1)}])
def test_labels_and_neighbours_must_be_those_of_the_rows(given):
    with pytest.raises(InvalidInput, match="rows"):
        ConfusingDataDetector(CODEBOOK, method="neighbours").fit(ROWS, **given)


def test_a_clusterer_is_fitted_to_the_rows_and_stays_as_it_was():
    rows = np.random.default_rng(0).normal(size=(60, 2))
    clusterer = KMeans(5, n_init=1, random_state=0)
    by_clusterer = ConfusingDataDetector(clusterer).fit(rows)
    assert not hasattr(clusterer, "cluster_centers_")
    by_centroids = ConfusingDataDetector(clusterer.fit(rows).cluster_centers_).fit(rows)
    assert np.array_equal(by_clusterer.scores_, by_centroids.scores_)
    assert np.array_equal(ConfusingDataDetector(clusterer).fit(rows).scores_, by_centroids.scores_)


@pytest.mark.parametrize(
    "clusterer",
    [AgglomerativeClustering(3).fit(ROWS), GaussianMixture(3, random_state=0).fit(ROWS)],
    ids=["labels", "predict"],
)
def test_any_fitted_clusterer_gives_the_means_of_its_clusters(clusterer):
    clusters = clusterer.fit_predict(ROWS)
    means = [ROWS[clusters == c].mean(axis=0) for c in range(3)]
    by_clusterer = ConfusingDataDetector(clusterer).fit(ROWS)
    assert np.allclose(by_clusterer.scores_, ConfusingDataDetector(means).fit(ROWS).scores_)


def test_what_dbscan_calls_noise_is_no_cluster():
    rows = np.array([[0.0], [1.0], [2.0], [50.0], [100.0], [101.0]])
    found = ConfusingDataDetector(DBSCAN(eps=2, min_samples=2)).fit(rows)
    assert found.nearest_[:, 0].tolist() == [0, 0, 0, 0, 1, 1]
    assert found.distances_[3].tolist() == [49, 50.5]


def test_an_item_without_a_label_is_said_to_have_none():
    rows, labels = in_two_heaps()
    labels[5] = -1
    found = ConfusingDataDetector([[2.5], [102.5]], method="neighbours").fit(rows, labels)
    assert found.reasons([5]) == ["Nobody has said yet what it is, nor its cluster."]


@pytest.mark.parametrize("y", [np.zeros((12, 1), int), ["a"] * 12, [0.5] * 12])
def test_labels_must_be_one_whole_number_per_item(y):
    rows, _ = in_two_heaps()
    with pytest.raises(InvalidInput, match="one class id per item"):
        ConfusingDataDetector([[2.5], [102.5]], method="neighbours").fit(rows, y)
