"""Everything without a mouse."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def focus(page):
    return page.evaluate("document.activeElement.id || document.activeElement.className")


def test_a_cluster_is_labelled_by_keys_alone(served, page, person):
    n = person.size()
    person.press("ArrowRight", "ArrowRight", "m", "ArrowDown", "m", "Home", "m")
    assert person.misfits() == 3
    person.name_it("bar")
    person.saved()
    assert served.ask("progress")["labelled"]["cluster"] == n - 3
    assert "grid" in focus(page)


def test_the_current_image_is_announced(page, person):
    person.press("ArrowRight")
    grid = page.locator(".grid")
    current = grid.get_attribute("aria-activedescendant")
    assert current == "cell-1"
    assert page.locator(f"#{current}").get_attribute("aria-label") == "Image 2"
    person.press("End")
    last = grid.get_attribute("aria-activedescendant")
    assert last == f"cell-{person.size() - 1}"
    assert page.locator(f"#{last}").is_visible()


def test_letters_belong_to_the_class_box_while_it_has_the_focus(served, page, person):
    person.press("c")
    page.keyboard.type("sxnz")
    assert page.input_value("#cluster-class") == "sxnz"
    person.press("Escape")
    assert page.input_value("#cluster-class") == ""
    assert "grid" in focus(page)
    assert served.answers() == 0


def test_the_start_of_a_name_finds_the_class(served, page, person):
    person.name_it("upright bar")
    person.name_it("dash")
    person.press("/")
    page.keyboard.type("upr")
    options = page.locator("#view-clusters .options li")
    assert options.all_inner_texts()[-1].endswith("Create “upr”")
    person.press("Enter")
    assert person.said().endswith("labelled upright bar.")
    served.wait(lambda: served.answers() == 3)
    assert set(served.classes()) == {"upright bar", "dash"}


def test_a_name_within_another_is_one_of_its_own_unless_the_other_is_chosen(served, page, person):
    person.name_it("upright bar")
    person.name_it("bar")
    assert person.said().endswith("labelled bar.")
    person.press("/")
    page.keyboard.type("right")
    person.press("ArrowDown", "Enter")
    assert person.said().endswith("labelled upright bar.")
    served.wait(lambda: served.answers() == 3)
    assert set(served.classes()) == {"upright bar", "bar"}


def test_arrows_choose_in_the_class_box(page, person):
    person.name_it("bar")
    person.name_it("dash")
    person.press("/", "ArrowDown", "ArrowDown")
    box = page.locator("#cluster-class")
    active = box.get_attribute("aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    assert page.input_value("#cluster-class") == "dash"


def test_space_opens_the_loupe_and_closes_it(page, person):
    person.press("ArrowRight", " ")
    assert page.locator(".loupe p").inner_text().startswith("2 of ")
    person.press("ArrowRight")
    assert page.locator(".loupe p").inner_text().startswith("3 of ")
    person.press(" ")
    assert page.locator(".loupe").is_hidden()


def test_question_mark_opens_the_help_and_escape_closes_it(served, page, person):
    person.press("?")
    page.wait_for_selector("dialog[open]:has-text('Help and keys')")
    person.press("n")
    person.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    assert served.answers() == 0


def test_single_keys_can_be_turned_off(served, page, person):
    person.press("?")
    page.click("dialog[open] .check")
    person.press("Escape")
    first = person.shown()
    person.press("s", "n", "x")
    assert person.shown() == first
    assert served.answers() == 0


def test_tabs_move_by_arrows(page):
    page.focus("#tab-clusters")
    page.keyboard.press("ArrowRight")
    assert page.locator("#tab-plane").get_attribute("aria-selected") == "true"
    assert page.locator("#view-plane").is_visible()
    assert focus(page) == "tab-plane"


def test_enter_on_a_button_presses_the_button_only(served, page, person):
    first = person.shown()
    page.focus(".verdicts button:has-text('Skip')")
    page.keyboard.press("Enter")
    assert person.shown() != first
    person.saved()
    assert served.answers() == 0


def test_a_key_held_down_answers_once(served, page, person):
    person.name_it("bar")
    person.press("1")
    for _ in range(5):
        page.keyboard.down("Enter")
    page.keyboard.up("Enter")
    person.saved()
    assert served.answers() == 2


def test_letters_of_another_alphabet_command_too(served, page, person):
    first = person.shown()
    page.evaluate(
        "() => document.querySelector('.grid').dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'ы', code: 'KeyS', bubbles: true, cancelable: true}))"
    )
    assert person.shown() != first
    assert "Skipped" in person.said()


def test_a_project_without_a_map_has_no_tab_for_it(page):
    tabs = page.locator(".tabs [role=tab]").evaluate_all("tabs => tabs.map(tab => tab.id)")
    names = ("clusters", "plane", "items", "review", "upload", "classes", "progress", "history")
    assert tabs == [f"tab-{name}" for name in names]


def test_more_like_this_from_a_single_image_and_from_many(served, page, person):
    person.go("items")
    page.wait_for_selector("#view-items .subject[src]")
    asked = served.ask("questions?kind=item")["questions"][0]["item"]
    person.press("Shift+S")
    page.wait_for_selector("#view-clusters:not([hidden])")
    page.wait_for_selector(f".words .reason:has-text('most like item {asked}')")
    assert person.size() == 200


def test_of_many_classes_those_used_last_come_first(served, page, person):
    for number in range(14):
        served.ask("classes", {"client_id": f"class-{number}", "name": f"class {number:02}"})
    page.reload()
    page.wait_for_selector("#cell-0 img[src]")
    names = page.locator("#cluster-class-list .name")
    assert names.first.inner_text() == "class 00"
    person.name_it("class 09")
    person.name_it("class 05")
    page.wait_for_function(
        "() => document.querySelector('#cluster-class-list .name').innerText === 'class 05'"
    )
    assert names.all_inner_texts()[:4] == ["class 05", "class 09", "class 00", "class 01"]
    page.click("#cluster-class")
    page.keyboard.type("class")
    assert names.all_inner_texts()[:2] == ["class 05", "class 09"]
