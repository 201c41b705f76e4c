import argparse
import json
import time

import pytest

from benchmarks import compare, contest
from benchmarks.curves import Point

DESCRIBED = {
    "features": "deskew-hog", "kind": "glyphs", "n_items": 1000, "d": 64, "n_classes": 3,
    "seconds": 1.0,
}  # fmt: skip
ASKED = argparse.Namespace(dataset="sample", budget=50)


def point(answers, right, met):
    return Point(answers, right, tuple(met), answers / 10, 2.0, 300.0)


def row(name, seed, rights, why="", met=(1, 2, 7)):
    points = [point(n, right, met) for n, right in zip((10, 25, 50), rights, strict=False)]
    return compare.row(ASKED, name, seed, points, why, DESCRIBED)


@pytest.fixture
def task(tmp_path):
    return contest.Task(
        "random", tmp_path, tmp_path / "home", tmp_path / "curve.jsonl", 0, 50, 25, 8
    )


def test_a_row_tells_what_was_reached():
    one = row("fewclicks", 0, [0.2, 0.6, 0.8])
    assert one["right"] == 0.8
    assert one["area"] == pytest.approx((15 * 0.4 + 25 * 0.7) / 40)
    assert (one["classes"], one["all_met_at"]) == (3, 7)
    stopped = row("random", 0, [0.2, 0.6], "stopped after 20 min at 25 answers", met=(1,))
    assert (stopped["right"], stopped["area"], stopped["all_met_at"]) == (None, None, None)
    assert stopped["answers"] == 25
    assert row("modal-margin", 0, [], "not installed")["answers"] is None


def test_the_table_gives_means_and_says_who_is_left_out():
    rows = [
        row("fewclicks", 0, [0.2, 0.6, 0.8]), row("fewclicks", 1, [0.2, 0.8, 0.9]),
        row("random", 0, [0.2, 0.6], "stopped after 20 min at 25 answers"),
        row("random", 1, [0.2]),
        row("modal-margin", 0, [], "not installed"), row("modal-margin", 1, [], "not installed"),
    ]  # fmt: skip
    lines = compare.tables(rows, "sample", DESCRIBED).splitlines()
    assert "mean of 2 seeds" in lines[0]
    assert "| contender | 10 | 25 | 50 | area | note |" in lines
    assert "| fewclicks | 20.00 | 70.00 ± 14.14 | 85.00 ± 7.07 | 65.31 ± 9.28 |  |" in lines
    # seed 1 of random ended by itself after 10 answers and keeps what it had
    assert "| random | 20.00 | 40.00 ± 28.28 |  |  | stopped after 20 min at 25 answers |" in lines
    assert "| modal-margin |  |  |  |  | not installed |" in lines
    assert "- `modal-margin`: smallest margin" in lines


def test_the_default_workflow_is_held_against_all_others_where_it_is_weakest():
    rows = [
        row("fewclicks", 0, [0.2, 0.6, 0.8]),
        row("random", 0, [0.1, 0.7, 0.8]),
        row("threshold", 0, [0.15, 0.5], "stopped after 1 min at 25 answers"),
        row("modal-margin", 0, [], "not installed"),
    ]
    found = {target.name: target for target in compare.targets(rows)}
    assert set(found) == {
        "fewclicks less random, points, least (at 25)",
        "fewclicks less threshold, points, least (at 10)",
    }
    worst = found["fewclicks less random, points, least (at 25)"]
    assert worst.value == pytest.approx(-10)
    assert not worst.holds
    assert found["fewclicks less threshold, points, least (at 10)"].holds


def writes(*lines, in_time=True):
    def apart(call, arguments, seconds):
        with open(arguments[0].written, "a") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        return in_time

    return apart


def test_what_takes_too_long_keeps_what_it_has_reached(task, monkeypatch):
    monkeypatch.setattr(compare, "apart", writes(point(10, 0.5, [1]).to_dict(), in_time=False))
    points, why = compare.contend(task, 20, resume=False)
    assert points == [point(10, 0.5, [1])]
    assert why == "stopped after 20 min at 10 answers"
    assert compare.contend(task, 20, resume=True) == (points, why)  # and is not tried again


def test_a_process_that_dies_is_told_from_one_that_is_slow(task, monkeypatch):
    monkeypatch.setattr(compare, "apart", writes())
    assert compare.contend(task, 20, resume=False) == ([], "its process has died")


def test_a_curve_that_was_begun_is_begun_anew(task, monkeypatch):
    task.written.write_text(json.dumps(point(10, 0.1, [1]).to_dict()) + "\n")
    monkeypatch.setattr(compare, "apart", writes(point(10, 0.5, [1]).to_dict(), {"ended": ""}))
    points, why = compare.contend(task, 20, resume=True)
    assert ([p.right for p in points], why) == ([0.5], "")
    task.written.write_text("")
    again, _ = compare.contend(task, 20, resume=False)
    assert again == points


def test_a_process_is_ended_at_its_limit():
    assert not compare.apart(time.sleep, (60,), 0.2)
    assert compare.apart(time.sleep, (0,), 60)


def test_a_process_that_must_not_fail_says_so():
    with pytest.raises(RuntimeError, match="int has failed"):
        compare.apart(int, ("x",), None)
