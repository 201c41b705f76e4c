import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.utils import estimator_checks

from fewclicks.confusion import ConfusingDataDetector
from fewclicks.errors import InvalidInput

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


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimator_cloneable,
        estimator_checks.check_estimator_repr,
    ],
    ids=lambda check: check.__name__,
)
def test_scikit_learn_manners(check):
    check("ConfusingDataDetector", ConfusingDataDetector(method=1, budget=3))


def test_method_1_by_hand():
    found = ConfusingDataDetector(method=1, threshold=0.4).fit(ROWS, CODEBOOK)
    expected = [0, (4 / 6) ** 2, 1, (2 / 8) ** 2, 16 / (90**2 + 16), 0]
    assert np.allclose(found.scores_, expected, atol=1e-6)
    assert found.ranking_.tolist() == [2, 1, 3, 4, 0, 5]
    assert np.flatnonzero(found.confusing_).tolist() == [1, 2]
    assert found.reasons() == [
        "Between two clusters: its distance to cluster 0 is 100% of that to cluster 1.",
        "Between two clusters: its distance to cluster 0 is 67% of that to cluster 1.",
    ]


def test_method_2_by_hand():
    found = ConfusingDataDetector(method=2, threshold=0.6).fit(ROWS, CODEBOOK)
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
    squared = ConfusingDataDetector(method=method).fit(ROWS, CODEBOOK)
    plain = ConfusingDataDetector(method=method, squared=False).fit(ROWS, CODEBOOK)
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
    found = ConfusingDataDetector(method=method, squared=squared).fit(rows, codebook)
    assert np.allclose(found.scores_, slow_scores(rows, codebook, method, squared), atol=1e-5)
    assert (found.scores_ >= 0).all()
    assert (found.scores_ <= 1).all()
    assert (np.diff(found.scores_[found.ranking_]) <= 0).all()
    assert sorted(found.ranking_.tolist()) == list(range(n))


def test_the_threshold_of_the_paper_holds_when_nothing_is_asked_for():
    found = ConfusingDataDetector().fit(ROWS, CODEBOOK)
    assert np.array_equal(found.confusing_, found.scores_ >= 0.99)


def test_a_budget_takes_the_first_of_the_ranking_and_never_more_than_the_threshold_allows():
    take = ConfusingDataDetector(budget=2).fit(ROWS, CODEBOOK)
    assert sorted(np.flatnonzero(take.confusing_).tolist()) == sorted(take.ranking_[:2].tolist())
    both = ConfusingDataDetector(threshold=0.99, budget=5).fit(ROWS, CODEBOOK)
    assert both.confusing_.sum() == 3
    assert ConfusingDataDetector(budget=99).fit(ROWS, CODEBOOK).confusing_.all()
    assert not ConfusingDataDetector(budget=0).fit(ROWS, CODEBOOK).confusing_.any()


def test_going_round_the_clusters_gives_each_its_turn():
    rows = np.array([[1.0, 0], [2, 0], [3, 0], [9.0, 0], [99.9, 0]])
    found = ConfusingDataDetector(method=1, per_cluster=True).fit(rows, CODEBOOK)
    turns = found.nearest_[found.ranking_, 0].tolist()
    assert turns == [0, 1, 2, 0, 0]
    assert found.ranking_.tolist() == [2, 3, 4, 1, 0]


def test_items_on_a_codeword_are_never_confusing_and_a_tie_of_zeros_is_a_dead_heat():
    twice = np.array([[0.0, 0.0], [0.0, 0.0]])
    on_it = np.zeros((3, 2))
    assert ConfusingDataDetector(method=2).fit(on_it, twice).scores_.tolist() == [0, 0, 0]
    assert ConfusingDataDetector(method=1).fit(on_it, twice).scores_.tolist() == [1, 1, 1]


def test_one_codeword_is_enough_for_method_2_only():
    found = ConfusingDataDetector(method=2).fit(ROWS, CODEBOOK[:1])
    assert found.nearest_[:, 1].tolist() == [-1] * 6
    with pytest.raises(InvalidInput, match="at least 2 rows"):
        ConfusingDataDetector(method=1).fit(ROWS, CODEBOOK[:1])


def test_a_fitted_quantiser_is_a_codebook_too():
    class Fitted:
        codebook_ = CODEBOOK

    by_object = ConfusingDataDetector().fit(ROWS, Fitted())
    assert np.array_equal(by_object.scores_, ConfusingDataDetector().fit(ROWS, CODEBOOK).scores_)


def test_blocks_memory_maps_and_half_precision_do_not_matter(tmp_path, monkeypatch):
    rows = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float16)
    np.save(tmp_path / "rows.npy", rows)
    whole = ConfusingDataDetector().fit(rows, rows[:9])
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 13)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    parts = ConfusingDataDetector().fit(mapped, rows[:9])
    assert np.allclose(whole.scores_, parts.scores_, atol=1e-6)
    assert np.array_equal(whole.nearest_, parts.nearest_)


def test_far_from_the_origin_distances_keep_their_digits():
    offset = 1e4  # the search alone would lose 0.01 among squares of 1e8
    found = ConfusingDataDetector(method=2, squared=False).fit(
        np.array([[offset], [offset + 1], [offset + 4]]), np.array([[offset], [2 * offset]])
    )
    assert found.scores_.tolist() == [0, 0.25, 1]


@pytest.mark.parametrize(
    "wrong", [{"method": 3}, {"threshold": 1.5}, {"budget": -1}, {"budget": 1.5}]
)
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(InvalidInput, match=next(iter(wrong))):
        ConfusingDataDetector(**wrong).fit(ROWS, CODEBOOK)


def test_the_codebook_must_fit_the_rows():
    with pytest.raises(InvalidInput, match="codebook must have 2 columns"):
        ConfusingDataDetector().fit(ROWS, CODEBOOK[:, :1])


def test_reasons_need_known_items():
    found = clone(ConfusingDataDetector()).fit(ROWS, CODEBOOK)
    with pytest.raises(InvalidInput, match="6 came"):
        found.reasons([6])
