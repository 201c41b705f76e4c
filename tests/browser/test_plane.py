"""The map of all images: choose some by a line, a box, a circle or a click, and name them."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from fewclicks.project import Project

from .conftest import N_ITEMS, Person, serving

pytest.importorskip("openTSNE")

pytestmark = pytest.mark.browser

BOARD = ".plane-board"


@pytest.fixture(scope="session")
def laid_out(template, tmp_path_factory):
    """A project whose items have their places on the plane, and these."""
    folder = shutil.copytree(template, tmp_path_factory.mktemp("plane") / "glyphs")
    with Project.open(folder) as project:
        return folder, np.asarray(project.layout())


@pytest.fixture
def served(laid_out, tmp_path):
    with serving(shutil.copytree(laid_out[0], tmp_path / "all")) as running:
        yield running


@pytest.fixture
def person(served, visit):
    """Somebody at the map."""
    page = visit(served.url)
    someone = Person(page)
    someone.go("plane")
    page.wait_for_selector("#view-plane:not(.is-empty)")
    return someone


def chosen(person):
    text = person.page.inner_text("#view-plane [role=status]")
    return 0 if text == "Nothing chosen" else int(text.split()[0])


def on_board(person, place):
    """Where a place of the plane is in the window."""
    box = person.page.locator(BOARD).bounding_box()
    side = min(box["width"], box["height"])
    x = box["x"] + (box["width"] - side) / 2 + float(place[0]) * side
    return x, box["y"] + (box["height"] - side) / 2 + float(place[1]) * side


def draw(person, *places):
    mouse = person.page.mouse
    mouse.move(*on_board(person, places[0]))
    mouse.down()
    for place in places[1:]:
        mouse.move(*on_board(person, place), steps=4)
    mouse.up()


def test_a_line_around_points_chooses_them_and_enter_asks_about_them(served, laid_out, person):
    places = laid_out[1]
    draw(person, (0, 0), (1, 0), (1, 0.5), (0, 0.5), (0, 0))
    inside = set(np.flatnonzero(places[:, 1] < 0.5).tolist())
    assert 0 < len(inside) < N_ITEMS
    assert abs(chosen(person) - len(inside)) <= 3  # those on the line may be either
    n = chosen(person)
    assert person.page.locator(".plane-shown img").count() == min(60, n)
    person.press("Enter")
    person.page.wait_for_selector("#view-clusters:not([hidden])")
    person.until(lambda: person.size() == n)
    asked = served.ask("questions?kind=cluster")["questions"][0]
    members = served.ask(f"questions/{asked['id']}")["members"]
    assert len(set(members) ^ inside) <= 3
    middle = places[members].mean(axis=0)
    far = np.linalg.norm(places[members] - middle, axis=1)
    assert (np.diff(far) > -1e-5).all()  # central ones first
    person.name_it("bar")
    served.wait(lambda: served.ask("progress")["labelled"]["cluster"] == n)


def test_with_shift_it_is_a_box(laid_out, person):
    places = laid_out[1]
    person.keys.down("Shift")
    draw(person, (0.3, 0.2), (0.8, 0.9))
    person.keys.up("Shift")
    inside = (places > [0.3, 0.2]).all(axis=1) & (places < [0.8, 0.9]).all(axis=1)
    assert abs(chosen(person) - inside.sum()) <= 3
    person.press("Escape")
    assert chosen(person) == 0


def test_by_keys_alone(served, laid_out, person):
    places = laid_out[1]
    for _ in range(12):
        person.press("+")
    person.press(" ")
    inside = np.linalg.norm(places - 0.5, axis=1) <= 0.5
    assert abs(chosen(person) - inside.sum()) <= 3
    for _ in range(20):
        person.press("-")
    person.press("ArrowLeft", "ArrowUp", "Enter")
    person.page.wait_for_selector("#view-clusters:not([hidden])")
    assert served.ask("questions?kind=cluster")["questions"][0]["reason"] == (
        "You chose them on the map."
    )


def test_zooming_keeps_what_is_under_the_pointer(laid_out, person):
    places = laid_out[1]
    item = int(np.argmin(np.linalg.norm(places - 0.4, axis=1)))
    person.page.mouse.move(*on_board(person, places[item]))
    person.page.wait_for_selector(".plane-picture:not([hidden])")
    for _ in range(5):
        person.page.mouse.wheel(0, -200)
    person.page.mouse.down()
    person.page.mouse.up()
    assert chosen(person) == 1
    person.press("Home")
    person.page.mouse.move(*on_board(person, places[item]))
    shown = person.page.locator(".plane-picture")
    person.until(lambda: shown.get_attribute("data-item") == str(item))


def test_more_like_this(served, laid_out, person):
    places = laid_out[1]
    item = int(np.argmin(np.linalg.norm(places - 0.5, axis=1)))
    person.page.mouse.click(*on_board(person, places[item]))
    assert chosen(person) == 1
    person.press("Enter")  # one is no cluster
    person.page.wait_for_selector(".toast:has-text('at least two')")
    person.press("Shift+S")
    person.page.wait_for_selector("#view-clusters:not([hidden])")
    person.until(lambda: person.size() == 200)
    asked = served.ask("questions?kind=cluster")["questions"][0]
    assert asked["cover"][0] == item
    person.press("ArrowRight", "Shift+S")  # and from there again
    person.until(lambda: served.ask("questions?kind=cluster")["questions"][0]["id"] != asked["id"])


def test_colours_say_what_is_asked_for(served, person):
    person.page.wait_for_selector(".plane-legend li")
    assert person.page.inner_text(".plane-legend").split("\n") == ["no class yet", str(N_ITEMS)]
    served.ask("answers", {"client_id": "one", "item": 7, "verdict": "class", "class_name": "bar"})
    person.until(lambda: "bar" in person.page.inner_text(".plane-legend"))
    for coloring, word in (("source", "a person"), ("confidence", "90 % and more")):
        person.page.select_option(".plane-by select", coloring)
        assert word in person.page.inner_text(".plane-legend")
    person.page.select_option(".plane-by select", "cluster")
    assert person.page.locator(".plane-legend li").count() == 0


def test_without_places_a_job_is_offered(template, tmp_path, visit):
    with serving(shutil.copytree(template, tmp_path / "all")) as bare:
        page = visit(bare.url)
        Person(page).go("plane")
        page.click("text=Make the map")
        page.wait_for_selector("text=The map is being made")
        bare.wait(lambda: [j["kind"] for j in bare.ask("progress")["jobs"]] == ["layout"])


def test_where_there_is_no_webgl_it_says_so(served, visit):
    page = visit(served.url)
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page.reload()
    page.wait_for_selector(".clusters .cell img[src]")
    Person(page).go("plane")
    page.wait_for_selector("text=This browser cannot draw the map")
