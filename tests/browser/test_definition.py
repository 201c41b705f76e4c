"""What a class means shows where it is chosen, as WCAG 1.4.13 wants it."""

from __future__ import annotations

import json
import urllib.request

import pytest

from .conftest import TOKEN

pytestmark = pytest.mark.browser


@pytest.fixture
def person(served, person):
    """Somebody at the clusters who has named one “bar”, which has a meaning, and one “dash"."""
    for name in ("bar", "dash"):
        person.name_it(name)
    served.wait(lambda: served.answers() == 2)
    path = f"{served.address}/api/classes/{served.classes()['bar']['id']}"
    change = {"client_id": "means", "description": "Upright.", "examples": [0, 3]}
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    asked = urllib.request.Request(path, json.dumps(change).encode(), headers, method="PATCH")
    urllib.request.urlopen(asked, timeout=60).close()
    person.page.reload()
    person.page.wait_for_selector("#cell-0 img[src]")
    return person


def shown(page):
    return page.locator("#definition")


def option(page, name):
    return page.locator(f"#cluster-class-list li:has(.name:text-is('{name}'))")


def test_the_pointer_shows_it_and_may_rest_on_it(page, person):
    assert not shown(page).is_visible()
    option(page, "bar").hover()
    shown(page).wait_for()
    assert "Upright." in shown(page).inner_text()
    assert shown(page).locator("img[src]").count() == 2
    shown(page).hover()
    page.wait_for_timeout(700)
    assert shown(page).is_visible(), "it can be pointed at"
    page.locator("#cell-20").hover()
    shown(page).wait_for(state="hidden")


def test_it_stays_until_it_is_dismissed(page, person):
    option(page, "bar").hover()
    shown(page).wait_for()
    page.wait_for_timeout(3000)
    assert shown(page).is_visible()
    person.press("Escape")
    assert not shown(page).is_visible()
    page.wait_for_timeout(700)
    assert not shown(page).is_visible(), "dismissed, though the pointer rests there"


def test_escape_dismisses_it_before_anything_else(page, person):
    person.press("/")
    person.keys.type("ba")
    shown(page).wait_for()
    person.press("Escape")
    assert not shown(page).is_visible()
    assert page.input_value("#cluster-class") == "ba"
    person.press("Escape")
    assert page.input_value("#cluster-class") == ""


def test_the_arrow_keys_show_it_and_it_is_read_out(page, person):
    box = page.locator("#cluster-class")
    person.press("/", "ArrowDown")
    shown(page).wait_for()
    assert box.get_attribute("aria-describedby") == "definition"
    assert shown(page).get_attribute("role") == "tooltip"
    person.press("ArrowDown")
    shown(page).wait_for(state="hidden")
    assert box.get_attribute("aria-describedby") is None


def test_a_class_without_a_meaning_shows_none(page, person):
    option(page, "dash").hover()
    page.wait_for_timeout(700)
    assert not shown(page).is_visible()


def test_it_lies_within_the_window(page, person):
    option(page, "bar").hover()
    shown(page).wait_for()
    inside = page.evaluate(
        "() => { const b = document.getElementById('definition').getBoundingClientRect();"
        " return b.left >= 0 && b.top >= 0 && b.right <= innerWidth && b.bottom <= innerHeight }"
    )
    assert inside


def test_the_buttons_of_a_confusing_item_show_it_to_the_keyboard(page, person, served):
    person.go("items")
    guess = page.locator(f"button.guess[data-defines='{served.classes()['bar']['id']}']")
    for _ in range(30):  # until one comes that may be a bar
        if guess.count():
            break
        person.press("s")
        page.wait_for_timeout(100)
    person.press("Tab")
    for _ in range(12):
        if guess.evaluate("found => found === document.activeElement"):
            break
        person.press("Tab")
    shown(page).wait_for()
    assert guess.get_attribute("aria-describedby") == "definition"
    person.press("Tab")
    shown(page).wait_for(state="hidden")
