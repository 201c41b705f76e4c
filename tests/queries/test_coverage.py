import numpy as np
import pytest
import scipy.sparse as sp

from fewclicks.queries.coverage import (
    Medoids,
    by_service,
    farthest,
    hops_from,
    medoids,
    unseen_share,
)


def clouds(sizes, seed=0):
    rng = np.random.default_rng(seed)
    which = np.repeat(np.arange(len(sizes)), sizes)
    X = rng.normal(size=(len(which), 3)) * 0.1
    X[:, 0] += 10 * which
    return X.astype(np.float32), which


def path(n):
    return sp.csr_matrix(np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1))


def mask(n, *ids):
    return np.isin(np.arange(n), ids)


def test_one_medoid_per_cloud():
    X, which = clouds([20, 60, 40])
    picked = medoids(X, 3, random_state=1)
    assert which[picked].tolist() == [1, 2, 0]
    for item in picked:
        members = X[which == which[item]]
        nearest = np.linalg.norm(members - members.mean(axis=0), axis=1).min()
        assert np.linalg.norm(X[item] - members.mean(axis=0)) == pytest.approx(nearest, rel=1e-4)


def test_of_two_large_clouds_side_by_side_the_second_waits():
    X, which = clouds([80, 50, 20])
    X[which == 1, 0] -= 8  # 2 from the first, 20 from the last
    assert which[medoids(X, 3, random_state=1)].tolist() == [0, 2, 1]


def test_answered_clouds_are_passed_over():
    X, which = clouds([20, 60, 40])
    answered = mask(120, 25)
    picked = medoids(X, 2, exclude=answered, answered=answered, random_state=1)
    assert set(which[picked]) == {0, 2}


def by_hand(X, candidates, served):
    """The same, working everything out in every step."""
    distance = np.linalg.norm(X[:, None].astype(float) - X[candidates][None], axis=2)
    nearest = np.full(len(X), distance.max(initial=0))
    for item in served:
        nearest = np.minimum(nearest, np.linalg.norm(X - X[item], axis=1))
    left, order = list(range(len(candidates))), []
    while left:
        gains = [np.maximum(nearest - distance[:, at], 0).sum() for at in left]
        best = left.pop(int(np.argmax(gains)))
        order.append(int(candidates[best]))
        nearest = np.minimum(nearest, distance[:, best])
    return order


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_service_is_the_greedy_one(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(80, 4)).astype(np.float32)
    candidates, served = np.split(rng.permutation(80)[: 25 + 3 * seed], [25])
    assert by_service(X, candidates, served).tolist() == by_hand(X, candidates, served)


def test_a_sample_of_the_items_and_answers_stands_for_all(monkeypatch):
    X, which = clouds([600, 900, 300])
    for most in ("MOST_SERVED", "MOST_ANSWERS"):
        monkeypatch.setattr(f"fewclicks.queries.coverage.{most}", 40)
    order = by_service(X, np.array([10, 700, 1600]), np.array([], int))
    assert which[order].tolist()[0] == 1
    order = by_service(X, np.array([10, 700, 1600]), np.arange(600, 1500))
    assert which[order].tolist() == [0, 2, 1]


def test_of_items_that_serve_alike_the_first_comes_first():
    X = np.zeros((5, 2), np.float32)
    assert by_service(X, np.array([3, 1, 4]), np.array([], int)).tolist() == [3, 1, 4]
    assert by_service(X, np.array([], int), np.array([2])).tolist() == []


@pytest.mark.parametrize("n", [0, 1, 7, 40, 100])
def test_as_many_as_asked_while_there_are_items(n):
    X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    excluded = mask(40, *range(10))
    picked = medoids(X, n, exclude=excluded, answered=excluded)
    assert len(set(picked.tolist())) == len(picked) == min(n, 30)
    assert not excluded[picked].any()


def test_duplicates_do_not_leave_it_short():
    X = np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)
    assert len(set(medoids(X, 9).tolist())) == 9


def test_rows_on_disk_give_the_same_medoids(tmp_path, monkeypatch):
    X = clouds([30, 50, 70])[0].astype(np.float16)
    in_memory = medoids(X, 12, random_state=5)
    np.save(tmp_path / "rows.npy", X)
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    monkeypatch.setattr("fewclicks.settings.BLOCK_ROWS", 32)
    assert medoids(rows, 12, random_state=5).tolist() == in_memory.tolist()
    assert medoids(rows, 12, random_state=6).tolist() != in_memory.tolist()


def test_as_a_strategy_it_is_the_function():
    X, which = clouds([20, 60, 40])
    y = np.where(mask(120, 25, 110), which, -1)
    answered = y >= 0
    picked = Medoids().pick(None, X, 5, y=y, random_state=4)
    assert (
        picked.tolist()
        == medoids(X, 5, exclude=answered, answered=answered, random_state=4).tolist()
    )


def test_hops_along_a_path():
    assert hops_from(path(5), mask(5, 1)).tolist() == [1, 0, 1, 2, 3]
    assert hops_from(path(5), mask(5, 0, 4)).tolist() == [0, 1, 2, 1, 0]


def test_unreached_items_are_farther_than_any_other():
    graph = sp.block_diag([path(3), path(2)]).tocsr()
    assert hops_from(graph, mask(5, 0)).tolist() == [0, 1, 2, 3, 3]
    assert hops_from(graph, np.zeros(5, bool)).tolist() == [0] * 5


def test_the_farthest_area_is_asked():
    assert farthest(path(12), mask(12, 0), 1, smoothing=0).tolist() == [11]
    assert farthest(path(12), mask(12, 0), 1)[0] >= 10
    both = farthest(path(12), mask(12, 5), 2, smoothing=0, exclude=mask(12, 5))
    assert both.tolist() == [11, 0]


def test_good_and_turing_by_hand():
    assert unseen_share(np.array([])) == 1
    assert unseen_share(np.array([4, 4, 7, 9])) == 0.5
    assert unseen_share(np.array([4, 4, 7, 7])) == 0
