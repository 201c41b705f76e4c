import numpy as np
import pytest

from benchmarks import clusterers


def test_what_clusters_cost_is_worked_out_by_hand(monkeypatch):
    class Fixed:
        labels_ = np.array([0, 0, 0, 2, 2, 2])  # one cluster is empty

        def fit(self, rows):
            return self

    class Recipe:
        @staticmethod
        def make(n, seed):
            return Fixed()

    monkeypatch.setitem(clusterers.CLUSTERERS, "fixed", Recipe)
    found = clusterers.cost(np.zeros((6, 2)), np.array([0, 0, 1, 1, 1, 1]), "fixed", 3, 0)
    assert found["clusters"] == 2
    assert found["purity %"] == pytest.approx(100 * 5 / 6)
    assert found["answers"] == 3
    assert found["minutes"] == pytest.approx((2 * 3 + 6 * 0.2 + 1.8) / 60)


def test_a_clusterer_that_costs_less_than_k_means_is_told():
    rows = [{"clusterer": "kmeans", "answers": 100}, {"clusterer": "som", "answers": 90}]
    [target] = clusterers.targets(rows)
    assert target.value == pytest.approx(0.9)
    assert not target.holds
