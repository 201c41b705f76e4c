"""Many confusing items at once: what is written under each is right, or is clicked."""

from __future__ import annotations

import shutil

import pytest

from fewclicks.project import Project
from fewclicks.records import Reply

from .conftest import Person, serving

pytestmark = pytest.mark.browser

NAMED = 12


@pytest.fixture(scope="session")
def suggesting(template, tmp_path_factory):
    """A project whose questions have suggestions: some are answered, and a round was run."""
    folder = shutil.copytree(template, tmp_path_factory.mktemp("suggesting") / "glyphs")
    with Project.open(folder) as project:
        for question in project.store.questions.page("item", limit=NAMED):
            kind = ("bar", "dash", "box")[question.item % 3]  # as `glyphs` draws them
            project.answer("ana", Reply("class", kind), question_id=question.id)
        project.round()
    return folder


@pytest.fixture
def served(suggesting, tmp_path):
    with serving(shutil.copytree(suggesting, tmp_path / "all")) as running:
        yield running


@pytest.fixture
def person(served, visit):
    """Somebody at the batch."""
    page = visit(served.url)
    someone = Person(page)
    someone.go("items")
    page.wait_for_selector("#view-items .subject[src]")
    someone.press("Shift+B")
    page.wait_for_selector(".card img[src]")
    return someone


def cards(person):
    return person.page.locator(".card")


def suggested(served):
    """The open questions that have a likely suggestion, by item."""
    found = served.ask("questions?kind=item&limit=200")["questions"]
    return {q["item"]: q for q in found if q["guesses"] and q["guesses"][0]["confidence"] >= 0.5}


def test_all_that_is_not_clicked_is_right_as_it_stands(served, person):
    before, n = suggested(served), cards(person).count()
    assert n == min(24, len(before))
    cards(person).nth(1).click()
    cards(person).nth(3).click()
    assert cards(person).nth(1).get_attribute("aria-selected") == "true"
    cards(person).nth(3).click()  # that one was right after all
    person.press("Enter")
    assert person.said() == f"{n - 1} images answered."
    served.wait(lambda: served.answers() == n - 1 + NAMED)
    after = suggested(served)
    done = set(before) - set(after)
    assert len(done) == n - 1
    for item in done:
        told = served.ask(f"items/{item}")["label"]
        assert (told["class_id"], told["source"]) == (
            before[item]["guesses"][0]["class_id"],
            "person",
        )


def test_what_was_wrong_is_asked_singly_and_not_dealt_again(served, person):
    kept = cards(person).first.locator("img").get_attribute("src")
    cards(person).first.click()
    person.press("Enter")
    person.saved()
    dealt = person.page.locator(".card img")
    assert kept not in [picture.get_attribute("src") for picture in dealt.all()]
    person.press("Shift+I", "Enter")
    person.page.wait_for_selector(".toast:has-text('one by one')")
    person.press("Shift+B")
    person.page.wait_for_selector("#view-items .subject[src]")


def test_a_range_and_all_that_follows_are_wrong_at_once(person):
    n = cards(person).count()
    cards(person).nth(2).click()
    cards(person).nth(5).click(modifiers=["Shift"])
    marked = person.page.locator(".card[aria-selected=true]")
    assert marked.count() == 4
    person.press("Shift+M")
    assert marked.count() == n - 2
    person.press("Shift+I")
    assert marked.count() == 2


def test_one_undo_takes_the_whole_batch_back(served, person):
    n = cards(person).count()
    person.press("Enter")
    served.wait(lambda: served.answers() == n + NAMED)
    person.press("z")
    served.wait(lambda: served.answers() == NAMED)
    person.until(lambda: cards(person).count() == n)
    person.press("Shift+Z")
    served.wait(lambda: served.answers() == n + NAMED)


def test_a_class_key_says_what_the_framed_one_is(served, person):
    card = cards(person).first
    other = next(c for c in served.classes().values() if c["name"] not in card.inner_text())
    item_before = suggested(served)
    person.press(other["key"])
    assert cards(person).first.inner_text().strip() == other["name"]
    assert "current" in cards(person).nth(1).get_attribute("class")
    person.press("u")
    assert cards(person).nth(1).inner_text().strip() == "not sure"
    person.press("n", "ArrowLeft", "m")  # none of the classes, and then wrong all the same
    assert cards(person).nth(2).get_attribute("aria-selected") == "true"
    person.press("m")
    assert cards(person).nth(2).inner_text().strip() == "none"
    person.press("Enter")
    person.saved()
    verdicts = [served.ask(f"items/{i}")["answers"] for i in item_before]
    told = [answers[-1]["verdict"] for answers in verdicts if answers]
    assert (told.count("unsure"), told.count("none")) == (1, 1)
    assert served.classes()[other["name"]]["n_answers"] >= 2


def test_a_new_class_is_typed_for_the_framed_one(served, person):
    person.press("ArrowRight", "ArrowRight")
    person.name_it("ring")
    assert cards(person).nth(2).inner_text().strip() == "ring"
    assert person.page.evaluate("document.activeElement.className").startswith("card-board")
    person.press("Enter")
    served.wait(lambda: served.classes().get("ring", {}).get("n_answers") == 1)


def test_the_batch_comes_back_after_a_reload(person):
    person.page.reload()
    person.page.wait_for_selector(".card img[src]")
    person.page.click(".batch >> text=One by one")
    person.page.wait_for_selector("#view-items .subject[src]")
    person.page.reload()
    person.page.wait_for_selector("#view-items .subject[src]")


def test_what_must_not_be_led_on_is_left_out(template, visit):
    with serving(template) as untouched:
        page = visit(untouched.url)
        someone = Person(page)
        someone.go("items")
        someone.press("Shift+B")
        assert page.is_visible("text=Nothing to look at side by side")
        page.click(".batch .empty button")
        page.wait_for_selector("#view-items .subject[src]")


def test_undo_brings_back_what_was_said_of_each(served, person):
    kept = cards(person).first.inner_text()
    other = next(c for c in served.classes().values() if c["name"] not in kept)
    person.press(other["key"])
    cards(person).nth(3).click()
    person.press("Enter")
    person.saved()
    person.press("z")
    person.until(lambda: cards(person).first.inner_text().strip() == other["name"])
    assert cards(person).nth(3).get_attribute("aria-selected") == "true"


def test_more_like_the_framed_one(person):
    person.press("ArrowRight", "Shift+S")
    person.page.wait_for_selector("#view-clusters:not([hidden])")
    person.page.wait_for_selector(".words .reason:has-text('most like item')")
