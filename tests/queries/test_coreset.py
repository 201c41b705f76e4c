import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.queries import CoreSet
from fewclicks.queries.coreset import Centred, farthest_items, greedy, representatives


def naive(X, answered, n):
    """k-centre greedy as it is written: every distance again for every pick."""
    centres, picked = list(answered), []
    for _ in range(n):
        gaps = np.linalg.norm(X[:, None] - X[centres], axis=2).min(axis=1)
        picked.append(int(gaps.argmax()))
        centres.append(picked[-1])
    return picked


def asked(n, *ids):
    y = np.full(n, -1)
    y[list(ids)] = 0
    return y


def test_along_a_line_by_hand():
    X = np.array([[0.0], [1.0], [2.0], [7.0], [10.0]])
    # 10 is farthest from 0; then 2 (2 from 0) lies behind 7 (3 from 10); then 2; then 1
    assert CoreSet().pick(None, X, 4, y=asked(5, 0)).tolist() == [4, 3, 2, 1]


def test_in_the_plane_the_corner_opposite_comes_first():
    X = np.array([[0, 0], [0, 3], [4, 0], [4, 3], [1, 1]], np.float32)
    assert CoreSet().pick(None, X, 3, y=asked(5, 0)).tolist() == [3, 1, 2]


@pytest.mark.parametrize("contenders", [1, 7, 16_384])
@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40))
def test_it_picks_what_the_algorithm_as_written_picks(contenders, seed, n):
    X = np.random.default_rng(seed).normal(size=(90, 4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fewclicks.queries.coreset.CONTENDERS", contenders)
        patch.setattr("fewclicks.settings.BLOCK_ROWS", 32)
        picked = CoreSet().pick(None, X, n, y=asked(90, 3, 50), random_state=seed)
    assert picked.tolist() == naive(X, [3, 50], n)


def test_far_from_the_origin_it_still_tells_rows_apart():
    X = np.random.default_rng(0).normal(size=(200, 8)) + 3000
    assert CoreSet().pick(None, X, 30, y=asked(200, 0)).tolist() == naive(X, [0], 30)


def test_without_an_answer_the_first_is_drawn_and_ties_are_seeded():
    X = np.zeros((50, 2))
    orders = {tuple(CoreSet().pick(None, X, 6, random_state=seed)) for seed in range(8)}
    assert len(orders) == 8
    X[:, 0] = np.arange(50)
    first, second = CoreSet().pick(None, X, 2, random_state=3)
    assert second == (49 if first < 25 else 0)


def test_excluded_items_are_no_centres():
    X = np.array([[0.0], [1.0], [2.0], [7.0], [10.0]])
    exclude = np.array([False, False, False, False, True])
    assert CoreSet().pick(None, X, 2, y=asked(5, 0), exclude=exclude).tolist() == [3, 2]


def test_a_memory_map_with_nan_is_refused_with_the_row(tmp_path):
    X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    X[29, 1] = np.nan
    np.save(tmp_path / "rows.npy", X)
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    with pytest.raises(InvalidInput, match="NaN"):
        CoreSet().pick(None, rows, 3, y=asked(40, 0))


def test_farthest_items_by_hand():
    gaps = np.array([3, 9, 1, 4], np.float32)
    ids, bound = farthest_items(gaps, np.array([3, 2, 1, 0]), 2)
    assert ids.tolist() == [3, 1]
    assert bound == 3
    ids, bound = farthest_items(gaps, np.array([2, 0]), 2)
    assert ids.tolist() == [2, 0]
    assert bound == -1


def test_greedy_ends_where_another_item_may_be_farther():
    rows = np.array([[0], [5], [6], [20]], np.float32)
    gaps = np.array([400, 225, 200, 100], np.float32)
    assert greedy(rows, gaps, 90, 4) == [0, 3]  # 36 and 25 are left
    assert greedy(rows, gaps, 30, 4) == [0, 3, 2]
    assert greedy(rows, gaps, 500, 4) == [0]
    assert greedy(rows, gaps, -1, 9) == [0, 3, 2, 1]


def to_nearest(rows, others):
    return np.linalg.norm(rows[:, None] - others, axis=2).min(axis=1)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), most=st.integers(1, 30))
def test_representatives_are_the_k_centres_of_the_answers(seed, most):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(80, 3)).astype(np.float32)
    ids = rng.permutation(80)[:40]
    found = representatives(Centred(X, np.zeros(3, np.float32)), np.sort(ids), most)
    first = int(np.flatnonzero((found[0] == X).all(axis=1))[0])
    rest = X[ids]
    slow = naive(rest, [int(np.flatnonzero(ids == first)[0])], most - 1)
    np.testing.assert_array_equal(found, np.concatenate([X[[first]], rest[slow]]))


def test_few_answers_represent_themselves():
    X = np.arange(12, dtype=np.float32).reshape(6, 2)
    found = representatives(Centred(X, np.zeros(2, np.float32)), np.array([1, 4]), 2)
    np.testing.assert_array_equal(found, X[[1, 4]])


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_picks_are_as_far_as_the_farthest_but_for_the_radius_of_representatives(seed):
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(300, 3)) + 5 * rng.integers(0, 3, (300, 1))).astype(np.float32)
    answered = np.sort(rng.permutation(300)[:150])
    found = representatives(Centred(X, np.zeros(3, np.float32)), answered, 20)
    radius = to_nearest(X[answered], found).max()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fewclicks.queries.coreset.MOST_CENTRES", 20)
        picked = CoreSet().pick(None, X, 12, y=asked(300, *answered), random_state=seed)
    known = list(answered)
    for item in picked:
        gaps = to_nearest(X, X[known])
        assert gaps[item] >= gaps.max() - radius - 1e-4
        known.append(item)


def test_the_pool_is_measured_against_no_more_centres_than_allowed(monkeypatch):
    from fewclicks.queries import coreset

    products, measure = [], coreset.squared_to_nearest

    def counted(rows, centres):
        products.append(len(rows) * len(centres))
        return measure(rows, centres)

    monkeypatch.setattr(coreset, "squared_to_nearest", counted)
    monkeypatch.setattr(coreset, "MOST_CENTRES", 10)
    X = np.random.default_rng(0).normal(size=(2000, 4))
    CoreSet().pick(None, X, 5, y=asked(2000, *range(1000)))
    # 1,000 answers against 10 representatives, then 1,000 open items against them and 5 picks
    assert sum(products) <= 1000 * 10 + 1000 * 15
