"""Views are fetched when the first is in sight: whoever is quicker, or offline, misses none."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

VIEWS = ("clusters", "plane", "items", "review", "upload", "classes", "progress", "history")
FETCHED = "() => performance.getEntriesByType('resource').map((entry) => entry.name)"

ALL_ARE_HERE = "() => !document.querySelector('main > [aria-busy]')"


def views_fetched(page):
    return {name for url in page.evaluate(FETCHED) for name in re.findall(r"views/(\w+)\.js", url)}


def test_the_first_view_waits_for_no_other(served, visit):
    page = visit(served.url, viewport={"width": 1280, "height": 800})
    early = views_fetched(page)
    assert page.locator("#view-history[aria-busy]").count() == 1
    assert {"clusters", "later"} <= early
    assert not early & {"plane", "queue", "review", "upload", "classes", "progress", "history"}


def test_a_moment_later_every_view_opens_without_the_server(served, visit):
    page = visit(served.url, viewport={"width": 1280, "height": 800})
    page.wait_for_function(ALL_ARE_HERE)
    assert {"plane", "queue", "review", "upload", "classes", "progress"} <= views_fetched(page)
    page.route("**/*", lambda route: route.abort())  # not even what the browser has kept
    for view in VIEWS[1:]:
        page.click(f"#tab-{view}")
        page.wait_for_selector(f"#view-{view}:not([hidden], [aria-busy]) > *", state="attached")
    assert page.locator(".toast:has-text('cannot be shown')").count() == 0


def test_a_view_that_cannot_be_fetched_says_so_and_is_had_again(served, visit):
    page = visit(served.url, viewport={"width": 1280, "height": 800})
    page.route("**/views/classes.js", lambda route: route.abort())
    page.reload()
    page.wait_for_selector(".clusters .cell img[src]")
    page.fill("#cluster-class", "bar")
    page.click("#tab-classes")
    page.wait_for_selector(".toast:has-text('This view cannot be shown')")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")  # what is no longer in sight is not answered
    page.unroute("**/views/classes.js")
    page.click(".toast button:has-text('Try again')")
    page.wait_for_selector("#view-classes .add")
    page.click("#tab-clusters")
    assert page.input_value("#cluster-class") == "bar"
    assert served.answers() == 0


def test_a_view_named_by_the_address_is_shown_first(served, visit):
    page = visit(served.url)
    page.goto(f"{served.address}/#history")
    page.reload()
    page.wait_for_selector("#view-history .event-list", state="attached")
    assert page.get_attribute("#tab-history", "aria-selected") == "true"
    page.keyboard.press("Shift+Tab")
    page.click("#tab-clusters")
    page.wait_for_selector(".clusters .cell img[src]")
