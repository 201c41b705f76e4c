"""The history tells what happened and undoes any of it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_any_answer_can_be_undone_not_only_the_last(served, page, person):
    first = person.shown()
    person.name_it("bar")
    person.name_it("dash")
    served.wait(lambda: served.answers() == 2)
    person.go("history")
    older = page.locator(".event-list li:has-text('bar') button").last
    older.click()
    served.wait(lambda: served.answers() == 1)
    page.wait_for_selector(".event-list li.undone:has-text('bar')")
    assert served.classes()["dash"]["n_answers"] == 1
    person.go("clusters")
    assert person.shown() == first


def test_long_histories_come_in_pages(served, page, person):
    for number in range(60):
        served.ask("classes", {"client_id": f"class-{number}", "name": f"class {number}"})
    person.go("history")
    page.wait_for_selector(".event-list li:nth-child(50)")
    assert page.locator(".event-list li").count() == 50
    page.click("text=Show older")
    page.wait_for_selector(".event-list li:nth-child(60)")
    assert page.locator("text=Show older").is_hidden()


def test_what_was_labelled_is_shown_and_asked_about_again(served, page, person):
    n, first = person.size(), person.shown()
    page.locator("#cell-1").click()
    person.name_it("bar")
    person.name_it("dash")
    served.wait(lambda: served.answers() == 2)
    person.go("history")
    row = page.locator(".event-list li", has_text="bar").last
    row.locator("button:has-text('Show')").click()
    page.wait_for_selector(f".told:has-text('{n - 1} images, as labelled now')")
    assert page.locator(".told .picture[alt='labelled bar']").count() == min(200, n - 1)
    page.click("text=Ask about them again")
    page.wait_for_selector("#view-clusters:not([hidden])")
    page.wait_for_selector(".words .reason:has-text('You asked about them again')")
    assert (person.size(), person.shown()) == (n - 1, first)
    person.name_it("box")
    served.wait(lambda: served.answers() == 3)
    labelled = {known["name"]: known["n_labels"] for known in served.ask("classes")["classes"]}
    assert (labelled["box"], labelled["bar"]) == (n - 1, 0)


def test_one_image_is_asked_about_again_alone(served, page, person):
    served.ask("answers", {"client_id": "a", "item": 7, "verdict": "class", "class_name": "bar"})
    person.go("history")
    page.click(".event-list li:has-text('bar') button:has-text('Show')")
    page.click("text=Ask about them again")
    page.wait_for_selector("#view-items:not([hidden], [aria-busy])")
    page.wait_for_selector(".reason:has-text('You asked about them again'):visible")
    page.keyboard.press("/")
    page.keyboard.type("dash")
    page.keyboard.press("Enter")
    served.wait(lambda: "dash" in served.classes())
    dash = served.classes()["dash"]["id"]
    served.wait(lambda: served.ask("items/7")["label"]["class_id"] == dash)
