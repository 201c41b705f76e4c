"""Every view as axe sees it, which looks for what shuts people out (WCAG 2.2, A and AA)."""

from __future__ import annotations

from importlib import resources

import pytest

from .conftest import Person, serving
from .test_batch import suggesting as suggesting
from .test_entrance import entrance as entrance
from .test_entrance import photos as photos
from .test_mistakes import mistaken as mistaken
from .test_mistakes import to_mistakes
from .test_plane import laid_out as laid_out
from .test_review import served as served

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

pytestmark = pytest.mark.browser

AXE = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text()
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
VIEWS = ("clusters", "plane", "items", "review", "upload", "classes", "progress", "history")


def violations(page):
    """What axe finds wrong, each with the first element it is about."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]
    return [(one["id"], one["nodes"][0]["target"], one["help"]) for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(served, visit, scheme):
    page = visit(served.url, color_scheme=scheme, viewport={"width": 1280, "height": 800})
    person = Person(page)
    found = {}
    for view in VIEWS:
        person.go(view)
        page.wait_for_timeout(400)
        found[view] = violations(page)
    assert {view: wrong for view, wrong in found.items() if wrong} == {}
    person.go("classes")
    page.locator(".more").first.click()
    page.wait_for_selector(".offered img[src]")
    page.wait_for_timeout(400)
    assert violations(page) == []
    page.locator(".offered button").first.click()
    page.wait_for_selector("[aria-label^='Examples of'] img[src]")
    person.go("clusters")
    person.press("/", "ArrowDown")
    page.wait_for_selector("#definition:not([hidden])")
    page.wait_for_timeout(400)
    assert violations(page) == []
    person.press("Escape", "Escape")
    person.go("items")
    page.wait_for_selector("#view-items .subject[src]")
    person.press("Shift+B")
    page.wait_for_selector("#view-items .card img[src]")
    assert violations(page) == []
    person.press("?")
    page.wait_for_selector("dialog[open]")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_report(served_worked, visit, scheme):
    page = visit(served_worked.url, color_scheme=scheme, viewport={"width": 1280, "height": 800})
    Person(page).go("progress")
    page.wait_for_selector(".plot.curve .scatterlayer")
    for details in page.locator(".chart summary").all():
        details.click()
    assert violations(page) == []


def test_axe_finds_nothing_where_projects_begin(entrance, chromium):
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(entrance)
        page.click(".place:has-text('photos')")
        page.wait_for_selector(".pictures img")
        page.click("summary")
        assert violations(page) == []
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_among_suspected_mistakes(mistaken, visit, scheme):
    with serving(mistaken) as running:
        page = visit(running.url, color_scheme=scheme)
        to_mistakes(Person(page))
        assert violations(page) == []


def test_axe_finds_nothing_on_the_map(laid_out, visit):
    with serving(laid_out[0]) as running:
        page = visit(running.url)
        person = Person(page)
        person.go("plane")
        page.wait_for_selector(".plane-legend li")
        person.press(*["+"] * 12, " ")
        page.wait_for_selector(".plane-shown img[src]")
        assert violations(page) == []
