import numpy as np

from fewclicks.queries.batch import ByBatch, Pool


class FirstOnes(ByBatch):
    """Takes the open items in the order of their numbers."""

    name = "first_ones"

    def choose(self, pool, n, random_state):
        assert 1 <= n <= pool.open.sum()
        self.pool = pool
        return np.flatnonzero(pool.open)[:n]


def test_it_is_given_what_was_checked():
    strategy = FirstOnes()
    y = np.array([-1, 2, -1, -1])
    exclude = np.array([True, False, False, False])
    picked = strategy.pick(None, np.zeros((4, 2)), 9, y=y, exclude=exclude, features=np.eye(4))
    assert picked.tolist() == [2, 3]
    assert strategy.pool.answered.tolist() == [False, True, False, False]
    assert strategy.pool.rows.shape == (4, 4)


def test_it_is_not_asked_for_nothing():
    assert FirstOnes().pick(None, np.zeros((4, 2)), 0).tolist() == []
    assert FirstOnes().pick(None, np.zeros((4, 2)), 3, y=np.zeros(4)).tolist() == []


def test_a_batch_is_filled_with_open_items():
    X, y = np.zeros((6, 2)), np.full(6, -1)
    pool = Pool(None, X, X, y, np.array([True, True, False, True, True, False]))
    filled = pool.filled(np.array([3]), 3, np.random.default_rng(0))
    assert filled[0] == 3
    assert set(filled[1:]) < {0, 1, 4}
    assert len(set(filled)) == 3
