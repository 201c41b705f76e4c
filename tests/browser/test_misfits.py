"""What becomes of misfits, clusters that are joined, and the whole window for one image."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def members(served, question):
    return served.ask(f"questions/{question}")["members"]


def first(served):
    return served.ask("questions?kind=cluster")["questions"][0]


def test_all_after_one_are_marked_at_once(page, person):
    n = person.size()
    person.press("ArrowRight", "ArrowRight", "Shift+M")
    assert person.misfits() == n - 2
    person.press("z")
    assert person.misfits() == 0
    person.cell(3).hover()
    person.press("Shift+M")  # the one under the pointer, not the current one
    assert person.misfits() == n - 3


def test_marks_are_inverted(page, person):
    n = person.size()
    person.cell(0).click()
    person.cell(2).click()
    person.press("Shift+I")
    assert person.misfits() == n - 2
    assert person.cell(0).get_attribute("aria-selected") == "false"
    person.press("z")
    assert person.misfits() == 2


def test_misfits_are_asked_about_as_a_cluster_of_their_own(served, page, person):
    wanted = members(served, first(served)["id"])[1:4]
    for rank in (1, 2, 3):
        person.cell(rank).click()
    page.click("text=as one cluster")
    person.name_it("bar")
    person.saved()
    asked = first(served)
    assert members(served, asked["id"]) == sorted(wanted)
    assert asked["reason"] == "You clicked them out of a cluster of bar."
    assert served.ask("progress")["open"]["items"] == served.ask("questions?kind=item")["open"]
    assert not set(wanted) & {q["item"] for q in served.ask("questions?kind=item")["questions"]}
    page.locator(".rail .coming").first.click()  # it is the next
    person.until(lambda: person.size() == 3)
    person.press("z", "z")
    person.until(lambda: person.misfits() == 3)
    assert page.locator(".counter .toggle").get_attribute("aria-pressed") == "true"
    served.wait(lambda: served.answers() == 0)


def test_the_wish_for_a_cluster_of_misfits_outlives_a_reload(page, person):
    person.cell(1).click()
    assert not page.is_visible(".counter .toggle")
    person.cell(2).click()
    person.press("Shift+G")
    page.reload()
    page.wait_for_selector(".clusters .cell img[src]")
    assert person.misfits() == 2
    assert page.locator(".counter .toggle").get_attribute("aria-pressed") == "true"


def test_two_clusters_are_joined_and_parted_again(served, page, person):
    one, other = served.ask("questions?kind=cluster")["questions"][:2]
    person.cell(0).click()
    page.locator(".rail li").first.hover()
    page.locator(".rail .icon-button").first.click()
    both = one["size"] + other["size"]
    person.until(lambda: person.size() == both)
    assert person.misfits() == 1  # marks come along
    asked = served.ask("questions?kind=cluster")
    assert asked["questions"][0]["size"] == both
    assert {q["id"] for q in asked["questions"]}.isdisjoint({one["id"], other["id"]})
    person.press("z")  # what was marked before it was joined is another matter
    person.until(lambda: person.size() != both)
    served.wait(lambda: served.ask("questions?kind=cluster")["open"] == asked["open"] + 1)


def test_a_double_click_shows_the_original_in_the_whole_window(page, person):
    person.cell(2).dblclick()
    page.wait_for_selector(".loupe.whole:not([hidden])")
    box = page.locator(".loupe").bounding_box()
    assert box["width"] > 1200
    assert person.misfits() == 0
    page.click(".loupe")
    assert not page.is_visible(".loupe")
    person.cell(2).dblclick()
    person.press("Escape")
    assert not page.is_visible(".loupe")


def test_undoing_a_mark_on_another_cluster_leaves_this_one_alone(page, person):
    person.cell(0).click()
    before = person.size()
    page.locator(".rail .coming").first.click()
    person.until(lambda: person.misfits() == 0)
    person.press("z")
    assert person.misfits() == 0
    person.name_it("bar")  # which brings the first one back
    person.until(lambda: person.size() == before and person.misfits() == 0)
