from itertools import pairwise

import pytest

from benchmarks import curve_plot
from benchmarks.contenders import CONTENDERS


def row(name, seed, curve):
    return {"contender": name, "seed": seed, "n_items": 1000, "curve": curve}


ROWS = [
    row("fewclicks", 0, {"10": 0.9, "25": 1.0}), row("fewclicks", 1, {"10": 0.8, "25": 0.99}),
    row("random", 0, {"10": 0.5}), row("random", 1, {"10": 0.7}),
    row("modal-margin", 0, {}),
]  # fmt: skip


def traces():
    drawn = curve_plot.figure(ROWS, "sample")
    return drawn, {trace.name: trace for trace in drawn.data if trace.name}


def test_the_share_wrong_is_drawn_for_all_that_have_a_curve():
    drawn, named = traces()
    assert set(named) == {"fewclicks", "random"}
    assert named["random"].y == pytest.approx([40])
    assert named["fewclicks"].y == pytest.approx([15, 0.5])
    bands = [trace for trace in drawn.data if trace.fill == "toself"]
    assert len(bands) == 1  # ours
    assert sorted(bands[0].y) == pytest.approx([0.05, 1, 10, 20])  # none wrong: half an item
    assert named["random"].error_y.array == pytest.approx([10])
    assert named["random"].error_y.arrayminus == pytest.approx([10])
    assert drawn.data[-1].name is None  # names at the right come last
    texts = {note.text for note in drawn.layout.annotations}
    assert texts == {"<b>fewclicks</b>", "random (to 10)"}


def test_ours_stand_out_and_no_two_look_alike():
    styles = curve_plot.style(list(CONTENDERS))
    assert styles["fewclicks"].width == max(one.width for one in styles.values())
    looks = {(one.colour, one.dash, one.width) for one in styles.values()}
    assert len(looks) == len(CONTENDERS)


def test_names_are_moved_apart_and_stay_in_order_and_on_the_figure():
    heights = curve_plot.placed({"a": 0.0, "b": 0.01, "c": 1.0, "d": 1.0}, (0.0, 1.0))
    step = curve_plot.LINE / (curve_plot.HEIGHT - 76 - 62)
    assert heights["a"] == 0
    assert heights["b"] == pytest.approx(step)
    assert heights["d"] == 1
    assert heights["c"] == pytest.approx(1 - step)


def test_too_many_names_share_what_room_there_is():
    heights = curve_plot.placed({str(i): 0.5 for i in range(200)}, (0.0, 1.0))
    values = sorted(heights.values())
    assert values[0] >= -1e-9
    assert values[-1] <= 1
    assert min(b - a for a, b in pairwise(values)) == pytest.approx(1 / 199)


def test_nothing_to_draw_is_drawn():
    assert not traces()[0].layout.title.text.startswith("None")
    assert curve_plot.figure([row("modal-margin", 0, {})], "sample").layout.annotations == ()


def test_numbers_below_the_axis_leave_each_other_room():
    assert curve_plot._marks([10, 25, 50, 100, 150, 200, 300]) == [10, 25, 50, 100, 150, 200, 300]
    assert curve_plot._marks([10, 100, 1000, 1500, 2000, 2140]) == [10, 100, 1000, 1500, 2140]
    assert curve_plot._marks([7]) == [7]
