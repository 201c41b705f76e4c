"""Answers that all else contradicts: looked for, corrected, confirmed, and undone."""

from __future__ import annotations

import shutil

import pytest

from fewclicks.project import Project
from fewclicks.records import Reply, Statement

from .conftest import Person, serving

pytestmark = pytest.mark.browser

KINDS = ("bar", "dash", "box")
WRONG = (6, 30, 60, 91)


@pytest.fixture(scope="session")
def mistaken(template, tmp_path_factory):
    """The folder of a project in which 200 glyphs are named, four of them wrong, and looked at."""
    folder = shutil.copytree(template, tmp_path_factory.mktemp("mistaken") / "all")
    with Project.open(folder) as project:
        names = [KINDS[(i + (i in WRONG)) % 3] for i in range(200)]
        said = [Statement(Reply("class", name), item=i) for i, name in enumerate(names)]
        project.store.answers.add_many("ben", said)
        assert {one.item for one in project.mistakes()} == set(WRONG)
    return folder


@pytest.fixture
def served(mistaken, tmp_path):
    with serving(shutil.copytree(mistaken, tmp_path / "all")) as running:
        yield running


@pytest.fixture
def person(served, visit):
    """Somebody at the suspected mistakes."""
    page = visit(served.url)
    someone = Person(page)
    to_mistakes(someone)
    return someone


def to_mistakes(person):
    person.page.evaluate("() => localStorage.setItem('fewclicks.review.mode', 'labels')")
    person.go("review")
    person.page.click("#view-review button:visible:has-text('Suspected mistakes')")
    person.page.wait_for_selector(".mistakes .card img[src]")


def cards(person):
    return person.page.locator(".mistakes .card")


def label(served, item):
    return served.ask(f"items/{item}")["label"]["class_id"]


def test_each_is_shown_with_why_it_is_suspected(served, person):
    told = served.ask("mistakes")["mistakes"]
    assert cards(person).count() == len(told) == 4
    names = {known["id"]: known["name"] for known in served.ask("classes")["classes"]}
    shown = person.page.inner_text(".testimony")
    assert f"Called\n{names[told[0]['said']]}\nby ben" in shown
    assert f"May be\n{names[told[0]['suspected']]}" in shown
    assert all(reason["sentence"] in shown for reason in told[0]["reasons"])
    assert person.page.locator(".mistakes .neighbours li").count() == len(told[0]["witnesses"])
    accept = person.page.inner_text(".mistakes .accept span")
    assert accept == f"It is {names[told[0]['suspected']]}"
    person.press("ArrowRight")
    assert names[told[1]["said"]] in person.page.inner_text(".testimony")


def test_one_key_corrects_and_one_confirms(served, person):
    first, second = served.ask("mistakes")["mistakes"][:2]
    person.press("Enter", "x")
    person.until(lambda: cards(person).count() == 2)
    person.saved()
    assert label(served, first["item"]) == first["suspected"]
    assert label(served, second["item"]) == second["said"]
    answers = served.ask(f"items/{second['item']}")["answers"]
    assert [(a["annotator"], a["purpose"]) for a in answers] == [
        ("ben", "learn"),
        ("ana", "review"),
    ]
    left = {one["item"] for one in served.ask("mistakes")["mistakes"]}
    assert left == set(WRONG) - {first["item"], second["item"]}
    person.press("z")
    person.until(lambda: cards(person).count() == 3)
    served.wait(lambda: served.ask("mistakes")["n"] == 3)
    person.press("z")
    served.wait(lambda: served.ask("mistakes")["n"] == 4)
    assert cards(person).first.get_attribute("aria-selected") == "true"
    assert label(served, first["item"]) == first["said"]


def test_a_third_class_by_its_key(served, person):
    first = served.ask("mistakes")["mistakes"][0]
    third = next(
        c for c in served.classes().values() if c["id"] not in (first["said"], first["suspected"])
    )
    person.press(third["key"])
    person.saved()
    assert label(served, first["item"]) == third["id"]


@pytest.mark.parametrize(("key", "field"), [("Shift+A", "suspected"), ("Shift+X", "said")])
def test_all_that_is_shown_is_settled_by_one_step(served, person, key, field):
    told = served.ask("mistakes")["mistakes"]
    cards(person).nth(0).click()
    person.press(key)
    person.page.wait_for_selector("text=No answer is suspected")
    person.saved()
    assert [label(served, one["item"]) for one in told] == [one[field] for one in told]
    person.press("z")
    served.wait(lambda: served.ask("mistakes")["n"] == 4)
    assert cards(person).count() == 4


def test_kinds_are_chosen(served, person):
    counts = served.ask("mistakes")["counts"]
    rows = person.page.locator(".mistakes .rail .coming")
    assert rows.count() == 5
    rows.nth(2).click()
    person.until(lambda: cards(person).count() == counts["neighbours"])
    assert rows.nth(2).get_attribute("aria-pressed") == "true"
    assert rows.nth(3).is_disabled() == (counts["duplicates"] == 0)


def test_the_keyboard_goes_to_labels_and_back(served, person):
    person.press("Shift+B")
    person.page.wait_for_selector("#view-review button:visible:has-text('Suspected mistakes: 4')")
    person.press("Shift+B")
    person.page.wait_for_selector(".mistakes .card img[src]")


def test_the_page_has_them_looked_for(template, visit, tmp_path):
    folder = shutil.copytree(template, tmp_path / "all")
    with serving(folder, with_worker=True) as running:
        page = visit(running.url)
        someone = Person(page)
        held = []
        page.route("**/api/mistakes?*", lambda route: held.append(route))
        someone.go("review")
        someone.until(lambda: held)
        someone.press("Shift+B")
        held.pop().continue_()
        page.unroute("**/api/mistakes?*")
        page.wait_for_selector(".mistakes .empty >> text=Nothing has been answered yet")
        names = [KINDS[(i + (i == 6)) % 3] for i in range(120)]
        said = [{"item": i, "verdict": "class", "class_name": n} for i, n in enumerate(names)]
        running.ask("answers/many", {"answers": said, "client_id": "named-at-once"})
        page.click(".mistakes button:has-text('Look again')")
        page.wait_for_selector(".mistakes .card img[src]")
        assert running.ask("mistakes")["mistakes"][0]["item"] == 6
