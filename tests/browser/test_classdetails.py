"""Parents, descriptions, examples, splitting, and the list of classes as a file."""

from __future__ import annotations

import csv
import io
import json

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def person(served, person):
    """Somebody at the classes: two clusters are bars, one is dashes; the others are open."""
    for name in ("bar", "bar", "dash"):
        person.name_it(name)
    served.wait(lambda: served.answers() == 3)
    person.go("classes")
    person.page.wait_for_selector(".class-list li:nth-child(2)")
    return person


def opened(page, name):
    """The details of a class, opened."""
    page.get_by_label(f"Parent, description and examples of {name}").click()
    return page.locator(".class-details")


def names(page):
    return page.eval_on_selector_all(".class-list .class-name", "found => found.map(f => f.value)")


def test_a_class_goes_under_another_and_stands_below_it(served, page, person):
    page.get_by_label("New class").fill("shape")
    page.keyboard.press("Enter")
    served.wait(lambda: "shape" in served.classes())
    page.wait_for_selector(".class-list li:nth-child(3)")
    assert names(page) == ["bar", "dash", "shape"]
    opened(page, "bar")
    page.get_by_label("Class that bar is under").select_option(label="shape")
    served.wait(lambda: served.classes()["bar"]["parent_id"] == served.classes()["shape"]["id"])
    page.get_by_label("Class that bar is under").blur()
    page.wait_for_selector("li.under")
    assert names(page) == ["dash", "shape", "bar"]
    opened(page, "shape")
    assert page.get_by_label("Class that shape is under").is_disabled()
    assert "none" in page.inner_text(".class-details")
    person.go("clusters")
    person.press("1")
    assert page.input_value("#cluster-class") == "bar", "where it is chosen, its own name shows"
    person.press("z")
    served.wait(lambda: served.classes()["bar"]["parent_id"] is None)


def test_what_is_written_of_a_class_is_kept(served, page, person):
    opened(page, "bar")
    field = page.get_by_label("Description of bar")
    field.fill("Upright,\nnot lying.")
    page.get_by_label("New class").focus()
    served.wait(lambda: served.classes()["bar"]["description"] == "Upright,\nnot lying.")
    person.press("Tab")
    person.saved()
    page.reload()
    person.go("classes")
    opened(page, "bar")
    assert page.get_by_label("Description of bar").input_value() == "Upright,\nnot lying."


def test_examples_are_chosen_among_what_is_typical(served, page, person):
    details = opened(page, "bar")
    page.wait_for_selector(".offered img[src]")
    offered = page.get_by_role("list", name="Typical images of bar").get_by_role("button")
    assert offered.count() == 12
    item = int(offered.nth(2).get_attribute("aria-label").split()[2])
    offered.nth(2).click()
    served.wait(lambda: served.classes()["bar"]["examples"] == [item])
    chosen = page.get_by_role("list", name="Examples of bar").get_by_role("button")
    assert chosen.count() == 1
    assert offered.count() == 11
    details.get_by_label("Show more images of bar").click()
    page.wait_for_function("() => document.querySelectorAll('.offered .example').length === 59")
    chosen.first.click()
    served.wait(lambda: served.classes()["bar"]["examples"] == [])
    person.press("z")
    served.wait(lambda: served.classes()["bar"]["examples"] == [item])


def test_an_image_is_kept_as_an_example_while_labelling(served, page, person):
    person.go("clusters")
    person.press("Shift+E")
    page.wait_for_selector(".toast")
    person.press("1", "ArrowRight", "Shift+E")
    served.wait(lambda: len(served.classes()["bar"]["examples"]) == 1)
    question = served.ask("questions?kind=cluster&limit=1")["questions"][0]
    assert served.classes()["bar"]["examples"] == question["cover"][1:2]
    person.press("Shift+E")
    page.wait_for_selector("text=an example of bar already")


def test_a_class_is_split_and_one_undo_brings_it_back(served, page, person):
    before = served.classes()
    open_before = served.ask("progress")["open"]["clusters"]
    opened(page, "bar")
    page.get_by_label("Split bar").click()
    assert "2 answers are withdrawn" in page.inner_text(".confirm")
    assert served.classes() == before
    page.click(".confirm .primary")
    page.wait_for_selector("#view-clusters:not([hidden])")
    page.wait_for_selector("text=You are splitting “bar”")
    assert served.answers() == 1
    assert served.ask("progress")["open"]["clusters"] == open_before + 2
    person.name_it("pole")
    served.wait(lambda: "pole" in served.classes())
    assert "You are splitting" in page.inner_text(".clusters .reason")
    person.name_it("bar")
    served.wait(lambda: served.answers() == 3)
    assert served.classes()["bar"]["id"] == before["bar"]["id"]
    person.press("z", "z", "z")
    served.wait(lambda: served.classes() == before)
    assert served.ask("progress")["open"]["clusters"] == open_before
    page.wait_for_function(
        "() => !document.querySelector('.clusters .reason').textContent.includes('splitting')"
    )


def test_the_list_is_written_and_taken_in(served, page, person):
    for format in ("CSV", "JSON"):
        with page.expect_download() as loading:
            page.get_by_label(f"Export the list as {format}").click()
        content = loading.value.path().read_text()
        rows = (
            json.loads(content)["classes"]
            if format == "JSON"
            else list(csv.DictReader(io.StringIO(content)))
        )
        assert [row["name"] for row in rows] == ["bar", "dash"]
        assert loading.value.suggested_filename.endswith(f"classes.{format.lower()}")
    table = b"name,parent\nbar,shape\nbox,shape\n"
    page.set_input_files(
        "input[type=file][accept^='.csv']",
        {"name": "list.csv", "mimeType": "text/csv", "buffer": table},
    )
    page.wait_for_selector("text=2 added, 1 changed, 0 as before.")
    assert set(served.classes()) == {"bar", "dash", "shape", "box"}
    page.wait_for_selector("li.under:nth-child(4)")
    person.press("z")
    served.wait(lambda: set(served.classes()) == {"bar", "dash"})


def test_a_list_that_is_wrong_says_where(served, page, person):
    wrong = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"name,color\nbox,red\n"}
    page.set_input_files("input[type=file][accept^='.csv']", wrong)
    toast = page.wait_for_selector(".toast.trouble")
    assert "row 2 (“box”)" in toast.inner_text()
    assert set(served.classes()) == {"bar", "dash"}


def test_what_can_only_be_read_is_locked_but_shown(served, page, person):
    def locked(route):
        route.fulfill(json={**route.fetch().json(), "read_only": True})

    page.route("**/api/project", locked)
    page.reload()
    person.go("classes")
    opened(page, "bar")
    page.wait_for_selector(".offered img[src]")
    for label in ("Name of bar", "Description of bar", "Class that bar is under", "Split bar"):
        assert page.get_by_label(label, exact=True).is_disabled(), label
    assert not page.get_by_label("New class").is_visible()
    assert not page.get_by_role("button", name="Import a list").is_visible()
    assert page.get_by_label("Export the list as CSV").is_visible()
