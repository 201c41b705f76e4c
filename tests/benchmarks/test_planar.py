import numpy as np
import pytest

from benchmarks import planar

pytest.importorskip("openTSNE")


def test_agreement_by_hand():
    """Two heaps of 12 on the plane: whole classes in one, mixed in the other."""
    places = np.repeat([[0.0, 0.0], [1.0, 1.0]], 12, axis=0)
    places += np.random.default_rng(0).normal(0, 0.01, places.shape)
    classes = np.array([0] * 12 + [1, 2] * 6)
    places = places.astype(np.float32)
    assert planar.agreement(classes, places, np.arange(12)) == 100
    assert planar.agreement(classes, places, np.arange(12, 24)) < 60


def test_a_quick_run_puts_the_layout_ahead(monkeypatch):
    monkeypatch.setattr(planar, "lacking", lambda packages: packages)  # others have no say here
    rows, targets = planar.measure(planar.DIGITS, None, quick=True)
    assert [row["way"] for row in rows] == ["components", "layout"]
    assert all(target.holds for target in targets)


def test_many_rows_lie_on_disk(monkeypatch):
    monkeypatch.setattr(planar, "DIGITS", 100)
    monkeypatch.setattr(planar, "JUDGED", 50)
    rows, _ = planar.measure(400, None, quick=False)
    assert rows[0]["n"] == 400
    assert rows[0]["agreement"] > 50
