"""The main path of the cluster view: name it, mark what does not belong, go on."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def drag(page, first, last):
    start, end = first.bounding_box(), last.bounding_box()
    page.mouse.move(start["x"] + 4, start["y"] + 4)
    page.mouse.down()
    page.mouse.move(end["x"] + 20, end["y"] + 20, steps=4)
    page.mouse.up()


def test_a_new_name_becomes_a_class_and_labels_the_whole_cluster(served, person):
    n = person.size()
    person.name_it("bar")
    assert person.said() == f"{n} images labelled bar."
    person.saved()
    assert served.ask("progress")["labelled"]["cluster"] == n
    assert served.classes()["bar"]["key"] == "1"


def test_the_next_cluster_is_on_the_table_before_the_server_has_answered(served, page, person):
    page.route("**/api/answers", lambda route: None)  # never answered
    first = person.shown()
    person.name_it("bar")
    assert person.shown() != first
    assert served.answers() == 0


def test_a_number_key_chooses_the_class_that_has_it(served, page, person):
    person.name_it("bar")
    person.name_it("dash")
    person.press("1")
    assert page.input_value("#cluster-class") == "bar"
    person.press("Enter")
    served.wait(lambda: served.classes()["bar"]["n_answers"] == 2)
    assert served.classes()["dash"]["n_answers"] == 1


def test_enter_without_a_class_asks_for_one(served, page, person):
    person.press("Enter")
    page.wait_for_selector(".toast:has-text('Choose or type a class first')")
    assert page.evaluate("document.activeElement.id") == "cluster-class"
    assert served.answers() == 0


def test_click_marks_a_misfit_and_clicks_it_away(page, person):
    person.cell(3).click()
    assert person.misfits() == 1
    assert person.cell(3).get_attribute("aria-selected") == "true"
    person.cell(3).click()
    assert person.misfits() == 0


def test_shift_click_marks_a_range(page, person):
    person.cell(2).click()
    person.cell(6).click(modifiers=["Shift"])
    assert person.misfits() == 5


def test_a_dragged_rectangle_marks_and_unmarks(page, person):
    columns = page.evaluate(
        "() => [...document.querySelectorAll('.cell')]"
        ".filter(c => c.style.transform.endsWith(' 0px)')).length"
    )
    drag(page, person.cell(0), person.cell(columns + 1))
    assert person.misfits() == 4
    drag(page, person.cell(1), person.cell(columns + 1))
    assert person.misfits() == 2


def test_misfits_are_left_out_of_the_label(served, person):
    n = person.size()
    question = served.ask("questions?kind=cluster")["questions"][0]["id"]
    for rank in (0, 4, 5):
        person.cell(rank).click()
    person.name_it("bar")
    person.saved()
    assert served.ask("progress")["labelled"]["cluster"] == n - 3
    assert served.ask(f"questions/{question}")["answer"]["n_misfits"] == 3


def test_escape_clears_the_marks_and_undo_brings_them_back(person):
    person.cell(1).click()
    person.cell(2).click()
    person.press("Escape")
    assert person.misfits() == 0
    person.press("z")
    assert person.misfits() == 2
    person.press("z")
    assert person.misfits() == 1
    person.press("Shift+Z")
    assert person.misfits() == 2


def test_undo_brings_the_cluster_back_with_its_marks(served, page, person):
    first, n = person.shown(), person.size()
    person.cell(1).click()
    person.name_it("bar")
    person.name_it("dash")
    person.press("z", "Control+z")
    assert (person.shown(), person.size(), person.misfits()) == (first, n, 1)
    assert page.input_value("#cluster-class") == "bar"
    person.saved()
    served.wait(lambda: served.answers() == 0)
    assert person.shown() == first


def test_redo_answers_again(served, person):
    first = person.shown()
    person.name_it("bar")
    person.press("z")
    served.wait(lambda: served.answers() == 0)
    person.press("Shift+Z")
    assert person.shown() != first
    served.wait(lambda: served.answers() == 1)


def test_undo_after_a_reload_takes_back_the_latest_answer(served, page, person):
    first = person.shown()
    person.name_it("bar")
    person.saved()
    page.reload()
    page.wait_for_selector("#cell-0 img[src]")
    person.press("z")
    served.wait(lambda: served.answers() == 0)
    page.wait_for_selector(f'#cell-0 img[src="{first}"]')


def test_a_mixed_cluster_comes_back_in_parts(served, page, person):
    n = person.size()
    person.press("x")
    assert "split" in person.said()
    served.wait(lambda: served.answers() == 1)
    sizes = [q["size"] for q in served.ask("questions?kind=cluster")["questions"]]
    assert len(sizes) >= 5
    page.wait_for_selector(f".rail li:nth-child({len(sizes) - 1})")
    assert sum(sizes) == 400
    assert n not in sizes


def test_a_skipped_cluster_comes_last(served, person):
    order = [q["id"] for q in served.ask("questions?kind=cluster")["questions"]]
    person.press("s")
    served.wait(
        lambda: (
            [q["id"] for q in served.ask("questions?kind=cluster")["questions"]]
            == [*order[1:], order[0]]
        )
    )


def test_none_of_the_classes_labels_nothing(served, person):
    person.press("n")
    served.wait(lambda: served.answers() == 1)
    assert served.ask("progress")["classes"] == []


def test_digits_are_typed_where_classes_are_called_by_digits(served, page, person):
    person.name_it("7")
    person.name_it("1")
    served.wait(lambda: set(served.classes()) == {"7", "1"})
    assert served.classes()["1"]["n_answers"] == 1


def test_a_coming_cluster_can_be_taken_first(page, person):
    first, n = person.shown(), person.size()
    page.locator(".coming").nth(1).click()
    assert person.shown() != first
    assert page.locator(".coming").first.inner_text() == str(n)


def test_after_the_last_cluster_the_view_says_what_comes(served, page, person):
    for _ in range(5):
        person.name_it("bar")
    page.wait_for_selector(".clusters .empty:has-text('cluster')")
    served.wait(lambda: served.answers() == 5)


@pytest.mark.parametrize("served", ["worker"], indirect=True)
def test_the_suggestion_is_accepted_by_enter_alone(served, page, person):
    person.name_it("bar")
    person.saved()
    served.ask("jobs", {"client_id": "a-round", "kind": "round", "args": {}})
    page.wait_for_selector('#cluster-class[placeholder="bar?"]')
    person.press("Enter")
    assert "labelled bar" in person.said()
    served.wait(lambda: served.classes()["bar"]["n_answers"] == 2)
