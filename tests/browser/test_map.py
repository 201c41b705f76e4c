"""The map of a self-organising map."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def served(served_map):
    return served_map


def open_map(page, person):
    person.go("map")
    page.wait_for_selector(".map-cell .picture[src]")


def test_every_cluster_is_in_its_place(served, page, person):
    open_map(page, person)
    cells = served.ask("map")["cells"]
    assert page.locator(".map-cell").count() == len(cells)
    assert page.locator(".map-cell .picture").count() == sum(c["size"] > 0 for c in cells)
    boxes = [page.locator(f"#map-{n}").bounding_box() for n in range(len(cells))]
    columns = 1 + max(int(cell["x"]) for cell in cells)
    assert boxes[1]["x"] > boxes[0]["x"]
    assert boxes[columns]["y"] > boxes[0]["y"]
    assert boxes[columns]["x"] == boxes[0]["x"]


def test_a_cluster_is_opened_and_named_from_the_map(served, page, person):
    open_map(page, person)
    cells = served.ask("map")["cells"]
    wanted = min((c for c in cells if c["size"]), key=lambda c: c["size"])
    page.click(f"#map-{wanted['cluster']}")
    page.wait_for_selector("#view-clusters:not([hidden])")
    person.until(lambda: person.size() == wanted["size"])
    person.name_it("bar")
    served.wait(lambda: served.answers() == 1)
    question = served.ask(f"questions/{wanted['question']}")
    assert question["state"] == "answered"
    open_map(page, person)
    page.wait_for_selector(f"#map-{wanted['cluster']}.answered")
    page.hover(f"#map-{wanted['cluster']}")
    assert "bar, answered" in page.inner_text(".map-told")


def test_arrows_walk_and_enter_opens(served, page, person):
    open_map(page, person)
    cells = served.ask("map")["cells"]
    columns = 1 + max(int(cell["x"]) for cell in cells)
    person.press("ArrowRight", "ArrowDown")
    assert page.get_attribute(f"#map-{columns + 1}", "aria-selected") == "true"
    person.press("ArrowLeft", "ArrowUp", "ArrowUp")
    assert page.get_attribute("#map-0", "aria-selected") == "true"
    target = next(c for c in cells if c["size"])
    for _ in range(int(target["x"])):
        person.press("ArrowRight")
    for _ in range(int(target["y"])):
        person.press("ArrowDown")
    person.press("Enter")
    page.wait_for_selector("#view-clusters:not([hidden])")


@pytest.mark.parametrize("window", [(390, 844), (1440, 900), (3840, 2160)])
def test_the_map_fits_any_window(served, visit, person, window):
    wide, high = window
    page = visit(served.url, viewport={"width": wide, "height": high})
    page.click("#tab-map")
    page.wait_for_selector(".map-cell .picture[src]")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    board = page.locator(".map-board").bounding_box()
    legend = page.locator(".map-legend").bounding_box()
    assert board["height"] > high / 3
    assert legend["y"] + legend["height"] <= high
