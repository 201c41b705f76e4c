"""Several people: each browser says who answers, and a second opinion goes to another one."""

from __future__ import annotations

import pytest

from fewclicks.project import Project

pytestmark = pytest.mark.browser

WINDOW = {"viewport": {"width": 1280, "height": 800}}


def call_oneself(page, name):
    """Say under Progress who answers in this browser, which opens the page anew."""
    page.click("#tab-progress")
    page.fill("#annotator", name)
    with page.expect_navigation():
        page.press("#annotator", "Enter")
    page.wait_for_selector("#tab-items")


def say_item(page, name):
    """Name the confusing item on the table; return its title."""
    page.click("#tab-items")
    page.wait_for_selector("#view-items .subject[src]")
    title = page.inner_text("#view-items .words h2")
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    return title


def test_a_browser_says_who_answers(served, visit):
    page = visit(served.url, **WINDOW)
    page.click("#tab-progress")
    page.wait_for_function("() => document.querySelector('#annotator')?.value === 'ana'")
    call_oneself(page, "Zoë 李")
    assert say_item(page, "bar") == "One image"
    served.wait(lambda: served.answers() == 1)
    assert served.ask("history")["events"][0]["annotator"] == "Zoë 李"
    page.click("#tab-progress")
    page.wait_for_selector(".people tbody tr:has-text('Zoë 李')")
    assert page.input_value("#annotator") == "Zoë 李"
    assert page.locator(".agreement > *").count() == 0  # there is nobody to agree with


def test_what_was_said_before_the_name_was_changed_keeps_its_name(served, visit):
    page = visit(served.url, **WINDOW)
    call_oneself(page, "bob")
    page.click("#tab-items")
    page.wait_for_selector("#view-items .subject[src]")
    page.context.set_offline(True)
    say_item(page, "bar")
    page.evaluate("() => localStorage.setItem('fewclicks.annotator', 'eve')")
    page.context.set_offline(False)
    served.wait(lambda: served.answers() == 1)
    assert served.ask("history")["events"][0]["annotator"] == "bob"


def test_a_second_opinion_goes_to_another_browser(served, visit, tmp_path):
    with Project.open(tmp_path / "all") as project:
        project.consult(second_share=1.0)
    first, second = visit(served.url, **WINDOW), visit(served.url, **WINDOW)
    call_oneself(second, "bob")
    assert say_item(first, "bar") == "One image"
    served.wait(lambda: served.answers() == 1)
    first.wait_for_timeout(300)
    assert first.inner_text("#view-items .words h2") == "One image"  # not asked of her again
    second.reload()
    assert say_item(second, "dash") == "A second opinion"
    served.wait(lambda: served.answers() == 2)
    second.click("#tab-progress")
    second.wait_for_selector(".agreement:has-text('1 image judged by more than one person')")
    assert "1 of them not alike" in second.inner_text(".agreement")
    assert second.locator(".people tr", has_text="bob").count() >= 2
    assert second.locator(".tile", has_text="1 as second opinions").count() == 1
    first.click("#tab-progress")
    first.wait_for_selector(".agreement:has-text('Cohen')")
