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
