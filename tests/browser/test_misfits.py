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


def test_misfits_get_a_class_of_their_own_at_once(served, page, person):
    question = first(served)
    wanted = members(served, question["id"])[1:3]
    person.cell(1).click()
    person.cell(2).click()
    person.press("Shift+N")  # no class is chosen yet
    page.wait_for_selector(".toast:has-text('Choose or type a class first')")
    page.fill("#cluster-class", "dash")
    assert page.inner_text(".counter button:has-text('They are')") == "They are dash"
    page.click("text=They are dash")
    served.wait(lambda: served.answers() == 2)
    assert page.locator(".cell.named").count() == 2
    assert "2 named" in page.inner_text(".counter [role=status]")
    person.name_it("bar")
    served.wait(lambda: served.answers() == 3)
    classes = served.classes()
    for item in wanted:
        assert served.ask(f"items/{item}")["label"]["class_id"] == classes["dash"]["id"]
    asked = {one["item"] for one in served.ask("questions?kind=item&limit=200")["questions"]}
    assert not asked & set(wanted)
    assert classes["bar"]["n_labels"] == question["size"] - 2


def test_naming_misfits_is_undone_and_outlives_a_reload(served, page, person):
    person.cell(1).click()
    page.fill("#cluster-class", "dash")
    page.press("#cluster-class", "Escape")
    page.fill("#cluster-class", "dash")
    page.click("text=They are dash")
    person.saved()
    page.reload()
    page.wait_for_selector(".cell.named")
    assert person.misfits() == 1
    page.locator(".last button:visible").click()
    served.wait(lambda: served.answers() == 0)
    page.wait_for_function("() => document.querySelectorAll('.cell.named').length === 0")
    assert person.misfits() == 1
    assert page.inner_text(".counter [role=status]") == "1 misfit"


def test_outliers_have_a_dot_and_are_marked_together(served, page, person):
    question = first(served)["id"]
    items = members(served, question)
    far = [items[4], items[7], items[9]]

    def told(route):
        reply = route.fetch()
        route.fulfill(response=reply, json={**reply.json(), "outliers": far})

    page.route(f"**/api/questions/{question}", told)
    page.reload()
    page.wait_for_selector(".cell.outlier")
    assert [cell.get_attribute("id") for cell in page.locator(".cell.outlier").all()] == [
        "cell-4", "cell-7", "cell-9",
    ]  # fmt: skip
    assert "far from the others" in person.cell(4).get_attribute("aria-label")
    person.cell(7).click()
    assert page.inner_text(".counter button:has-text('outlier')") == "Mark 2 outliers"
    person.press("Shift+O")
    assert person.misfits() == 3
    person.press("z")
    assert person.misfits() == 1
