"""The demo, whole."""

from __future__ import annotations

import pytest


@pytest.mark.slow
def test_the_demo_labels_the_sample_and_leaves_a_clean_project(fewclicks, tmp_path):
    told = fewclicks("demo", "--no-serve", "--folder", tmp_path / "demo", "--budget", "60")
    assert told.code == 0
    assert "10,000 new items" in told.out
    assert "60 for 10,000 items" in told.out
    assert "manual labelling rate  0.600%" in told.out
    accuracy = float(told.out.partition("accuracy               ")[2].partition("%")[0])
    assert accuracy > 90
    assert "the most confusing tenth" in told.out
    assert f"fewclicks label {tmp_path / 'demo'}" in told.err
    status = fewclicks("status", tmp_path / "demo", "--json").document
    assert status["answers"]["total"] == 0
    assert status["classes"] == []
    again = fewclicks("demo", "--no-serve", "--folder", tmp_path / "demo", "--budget", "10")
    assert "0 new items, 10,000 in" in again.out
