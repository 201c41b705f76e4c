import numpy as np
import pytest

from benchmarks import scale_growth, scale_project, scale_rows


def test_rows_are_written_whole_and_lie_around_their_centres(tmp_path, monkeypatch):
    monkeypatch.setattr(scale_rows, "BLOCK", 300)
    monkeypatch.setattr(scale_rows, "CENTRES", 7)
    scale_rows.write_rows(tmp_path, 1000, 64, np.float16)
    rows = np.load(tmp_path / "rows.npy")
    classes = np.load(tmp_path / "classes.npy")
    assert (rows.shape, rows.dtype, classes.shape) == ((1000, 64), np.float16, (1000,))
    assert np.isfinite(rows).all()
    assert (rows != 0).any(axis=1).all()
    means = np.stack([rows[classes == c].mean(axis=0, dtype=float) for c in range(7)])
    nearest = np.square(rows[:, None].astype(float) - means).sum(axis=2).argmin(axis=1)
    assert (nearest == classes).mean() > 0.6  # by chance it would be 1 in 7


def test_blobs_hold_all_items_and_the_first_is_a_heap():
    sizes = scale_project.blob_sizes(1_150_000)
    assert sizes.sum() == 1_150_000
    assert sizes[0] == 100_000
    assert set(sizes[1:].tolist()) <= {500, 501}


def test_known_neighbours_are_others_of_the_same_blob(tmp_path):
    sizes = np.array([30, 20, 20])
    rows = np.random.default_rng(0).normal(size=(70, 4)).astype(np.float32)
    found = scale_project.known(sizes, rows, 5)
    blob = np.repeat(np.arange(3), sizes)
    assert (blob[found.indices] == blob[:, None]).all()
    assert (found.indices != np.arange(70)[:, None]).all()


def test_growth_compares_a_tenth_with_the_whole(monkeypatch):
    def measured(n):
        return [{"what": "step", "cpu_seconds": n / 10}], []

    def page(n):
        return [{"what": "page", "shown_ms": 8.0, "answer_p95_ms": 1.0, "bulk_ms": n / 1e3}], []

    monkeypatch.setattr(scale_growth, "STEPS", {"step": measured, "page": page})
    rows, targets = scale_growth.measure(1000)
    assert {row["what"]: row["ratio"] for row in rows} == {
        "step": 10, "page: shown": 1, "page: answer_p95": 1, "page: bulk": pytest.approx(10),
    }  # fmt: skip
    assert all(target.holds for target in targets)
