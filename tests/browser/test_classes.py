"""Classes are renamed, coloured, merged and deleted without losing a label."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def person(served, person):
    """Somebody at the classes: two clusters are bars, one is dashes."""
    for name in ("bar", "bar", "dash"):
        person.name_it(name)
    served.wait(lambda: served.answers() == 3)
    person.go("classes")
    person.page.wait_for_selector(".class-list li:nth-child(2)")
    return person


def row(page, name):
    return page.locator(f'.class-list li:has(input[value="{name}"])')


def test_rename_in_place(served, page, person):
    before = served.classes()["bar"]
    field = page.get_by_label("Name of bar")
    field.fill("upright")
    field.press("Enter")
    served.wait(lambda: "upright" in served.classes())
    assert served.classes()["upright"] == {**before, "name": "upright"}


def test_escape_leaves_the_name_as_it_was(served, page, person):
    field = page.get_by_label("Name of bar")
    field.fill("nonsense")
    field.press("Escape")
    person.saved()
    assert set(served.classes()) == {"bar", "dash"}
    assert field.input_value() == "bar"


def test_colour_and_key(served, page, person):
    page.get_by_label("Colour of bar").fill("#123456")
    served.wait(lambda: served.classes()["bar"]["color"] == "#123456")
    page.get_by_label("Key of bar").select_option("9")
    served.wait(lambda: served.classes()["bar"]["key"] == "9")
    person.go("clusters")
    person.press("9")
    assert page.input_value("#cluster-class") == "bar"


def test_merge_and_undo(served, page, person):
    before = served.classes()
    page.get_by_label("Merge dash into another class").click()
    page.get_by_label("Everything labelled dash becomes").select_option("bar")
    page.click(".confirm .primary")
    served.wait(lambda: set(served.classes()) == {"bar"})
    assert served.classes()["bar"]["n_labels"] == sum(c["n_labels"] for c in before.values())
    page.wait_for_selector(".class-list li:only-child")
    person.press("z")
    served.wait(lambda: served.classes() == before)
    page.wait_for_selector(".class-list li:nth-child(2)")


def test_delete_asks_first_and_can_be_undone(served, page, person):
    before = served.classes()
    page.get_by_label("Delete dash").click()
    assert "Its answer is withdrawn" in page.inner_text(".confirm")
    assert served.classes() == before
    page.click(".confirm .primary")
    served.wait(lambda: set(served.classes()) == {"bar"})
    person.press("z")
    served.wait(lambda: served.classes() == before)


def test_a_question_in_place_can_be_left(served, page, person):
    page.get_by_label("Delete dash").click()
    page.keyboard.press("Escape")
    assert page.locator(".confirm").count() == 0
    assert set(served.classes()) == {"bar", "dash"}


def test_add(served, page, person):
    page.get_by_label("New class").fill("box")
    page.keyboard.press("Enter")
    served.wait(lambda: "box" in served.classes())
    page.wait_for_selector(".class-list li:nth-child(3)")


def test_a_name_that_is_taken_is_refused_with_a_reason(served, page, person):
    page.get_by_label("New class").fill("Bar")
    page.keyboard.press("Enter")
    toast = page.wait_for_selector(".toast.trouble")
    assert "bar" in toast.inner_text().lower()
    assert set(served.classes()) == {"bar", "dash"}
