import pytest

from experiments import mousavi_interface as experiment
from experiments.interface_data import _different
from experiments.person import Times


def test_pointing_is_fitts_law():
    assert Times().pointing(0, 50, 50) == pytest.approx(0.23)
    assert Times().pointing(300, 100, 200) == pytest.approx(0.23 + 2 * 0.166)


def test_what_is_drawn_is_different():
    assert _different([3, 1, 2, 0], lambda i: b"abba"[i : i + 1], 2) == [3, 1]
    assert _different([3, 1, 2, 0], lambda i: b"abba"[i : i + 1], None) == [3, 1]


def test_the_paper_and_ours_stand_side_by_side():
    growth = {row["interface"]: row["growth"] for row in experiment.paper_rows()}
    assert growth["basic"] == pytest.approx(3.28, abs=0.01)
    assert [row["300 images"] for row in experiment.paper_rows()] == ["43:52", "11:34"]

    def row(condition, images, minutes, seed=0):
        about = {"data": "d", "condition": condition, "images": images, "seed": seed}
        return {**about, "minutes": minutes, "right %": 100.0, "per 1,000": 9.0}

    times = {"basic": (5, 11), "clusters": (2, 4), "default": (1, 1.1)}
    rows = [row(c, n, both[n == 300]) for c, both in times.items() for n in (150, 300)]
    found = {"table 2": [*rows, row("default", 300, 0.9, seed=1)], "whole": []}
    averaged = experiment.report.average(found["table 2"], ("data", "images", "condition"))
    last = experiment.table_2(averaged)[-1]
    assert last["interface"] == "default"
    assert last["300 images"] == "1:00 ± 0:08"
    assert last["growth"] == pytest.approx(1)
    assert last["times as fast"] == pytest.approx(11)
    assert [target.holds for target in experiment.targets(found)] == [True, True]
    assert "| basic | 13:22 |" in experiment.tables(found)


def test_rows_are_kept_as_they_come_and_gone_on_with(tmp_path):
    about = {"data": "mnist", "images": 150, "condition": "basic", "seed": 3}
    first = experiment.Kept(tmp_path, resume=False)
    first.add("table 2", {**about, "minutes": 5.0})
    again = experiment.Kept(tmp_path, resume=True)
    assert again.rows == first.rows
    assert again.has("table 2", "mnist", 150, "basic", 3)
    assert not again.has("table 2", "mnist", 150, "basic", 4)
    assert not again.has("whole", "mnist", 150, "basic", 3)
    assert experiment.Kept(tmp_path, resume=False).rows["table 2"] == []
    assert experiment.Kept(tmp_path, resume=True).rows["table 2"] == []
