import shutil

import pytest

from benchmarks.page import browsing
from experiments import mousavi_interface as experiment
from experiments.interface_data import _different, draw
from experiments.interfaces import basic
from experiments.person import Person, Times


class Knows:
    """An annotator who is told each item's class."""

    def __init__(self, truths):
        self.truths = truths

    def answer(self, question):
        return type("Said", (), {"class_name": self.truths[question.item]})


@pytest.fixture
def browser():
    """A browser for one test; Playwright leaves none open for those that come after."""
    if not shutil.which("chromium"):
        pytest.skip("no chromium on this machine; on Debian: apt-get install chromium")
    with browsing() as launched:
        yield launched


def squares(n):
    """As many different pictures, as data URLs."""
    shape = '<rect width="9" height="9" fill="%23{:06x}"/>'
    start = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    return [f"{start}{shape.format(1000 * number)}</svg>" for number in range(n)]


def test_pointing_is_fitts_law():
    assert Times().pointing(0, 50, 50) == pytest.approx(0.23)
    assert Times().pointing(300, 100, 200) == pytest.approx(0.23 + 2 * 0.166)


@pytest.mark.browser
def test_the_basic_interface_costs_what_is_worked_out_by_hand(browser):
    pictures = squares(6)
    truths = ["a", "bee", "a", "bee", "bee", "c"]
    page = browser.new_context(viewport={"width": 800, "height": 600}).new_page()
    shown = {picture: item for item, picture in enumerate(pictures)}
    person = Person(page, shown, Knows(truths))
    assert basic(person, pictures, 50) == truths
    assert person.actions == {"clicks": 6, "keys": len("a") + len("bee") + len("c") + 3}
    assert person.seconds["looking"] == pytest.approx(0.22 * (6 + 4 + 1))
    assert person.seconds["deciding"] == pytest.approx(3 * 1.35)
    assert person.seconds["clicking"] == pytest.approx(6 * 0.2)
    assert person.seconds["homing"] == pytest.approx(5 * 0.4)  # at the mouse to begin with
    assert person.seconds["scrolling"] == 0


@pytest.mark.browser
def test_a_page_longer_than_the_window_is_looked_over_once_and_scrolled(browser):
    pictures = squares(60)
    page = browser.new_context(viewport={"width": 400, "height": 300}).new_page()
    shown = {picture: item for item, picture in enumerate(pictures)}
    person = Person(page, shown, Knows(["a"] * 60))
    assert basic(person, pictures, 60) == ["a"] * 60
    assert person.seconds["looking"] == pytest.approx(0.22 * 60)
    assert person.actions["clicks"] == 60
    assert person.seconds["scrolling"] == pytest.approx(0.2 * person.actions["notches"])
    assert person.actions["notches"] >= 5  # 12 rows of 64 px, of which a window shows about four


@pytest.mark.browser
@pytest.mark.slow
def test_a_person_judges_every_digit_at_clusters_and_by_the_default(browser, tmp_path):
    drawn = draw("sample", 64, 0, None, tmp_path)
    clusters = experiment.measure(browser, drawn, "clusters", 0)
    assert clusters["right %"] == 100
    assert clusters["looking s"] == pytest.approx(0.22 * 64)
    n_misfits = clusters["judging s"] / 1.8
    assert n_misfits == pytest.approx(round(n_misfits))
    default = experiment.measure(browser, drawn, "default", 0)
    assert default["right %"] == 100
    assert default["looking s"] == pytest.approx(0.22 * (64 - 50))  # 50 are typical
    assert default["judging s"] >= 50 * 1.8


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
