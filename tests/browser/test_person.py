"""The scripted person of the experiment `mousavi_interface`, at real pages."""

import pytest

from experiments import mousavi_interface as experiment
from experiments.interface_data import draw
from experiments.interfaces import basic
from experiments.person import Person

pytestmark = pytest.mark.browser


class Knows:
    """An annotator who is told each item's class."""

    def __init__(self, truths):
        self.truths = truths

    def answer(self, question):
        return type("Said", (), {"class_name": self.truths[question.item]})


def squares(n):
    """As many different pictures, as data URLs."""
    shape = '<rect width="9" height="9" fill="%23{:06x}"/>'
    start = 'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    return [f"{start}{shape.format(1000 * number)}</svg>" for number in range(n)]


@pytest.fixture
def opened(chromium):
    """Open a window of a size; it is closed after the test."""
    contexts = []

    def opened(width, height):
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}))
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


def test_the_basic_interface_costs_what_is_worked_out_by_hand(opened):
    pictures = squares(6)
    truths = ["a", "bee", "a", "bee", "bee", "c"]
    page = opened(800, 600)
    shown = {picture: item for item, picture in enumerate(pictures)}
    person = Person(page, shown, Knows(truths))
    assert basic(person, pictures, 50) == truths
    assert person.actions == {"clicks": 6, "keys": len("a") + len("bee") + len("c") + 3}
    assert person.seconds["looking"] == pytest.approx(0.22 * (6 + 4 + 1))
    assert person.seconds["deciding"] == pytest.approx(3 * 1.35)
    assert person.seconds["clicking"] == pytest.approx(6 * 0.2)
    assert person.seconds["homing"] == pytest.approx(5 * 0.4)  # at the mouse to begin with
    assert person.seconds["scrolling"] == 0


def test_a_page_longer_than_the_window_is_looked_over_once_and_scrolled(opened):
    pictures = squares(60)
    page = opened(400, 300)
    shown = {picture: item for item, picture in enumerate(pictures)}
    person = Person(page, shown, Knows(["a"] * 60))
    assert basic(person, pictures, 60) == ["a"] * 60
    assert person.seconds["looking"] == pytest.approx(0.22 * 60)
    assert person.actions["clicks"] == 60
    assert person.seconds["scrolling"] == pytest.approx(0.2 * person.actions["notches"])
    assert person.actions["notches"] >= 5  # 12 rows of 64 px, of which a window shows about four


@pytest.mark.slow
def test_a_person_judges_every_digit_at_clusters_and_by_the_default(chromium, tmp_path):
    drawn = draw("sample", 64, 0, None, tmp_path)
    clusters = experiment.measure(chromium, drawn, "clusters", 0)
    assert clusters["right %"] == 100
    assert clusters["looking s"] == pytest.approx(0.22 * 64)
    n_misfits = clusters["judging s"] / 1.8
    assert n_misfits == pytest.approx(round(n_misfits))
    default = experiment.measure(chromium, drawn, "default", 0)
    assert default["right %"] == 100
    assert default["looking s"] == pytest.approx(0.22 * (64 - 50))  # 50 are typical
    assert default["judging s"] >= 50 * 1.8
