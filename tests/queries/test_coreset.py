import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.queries import CoreSet
from fewclicks.queries.coreset import farthest_items, greedy


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
