"""From no project at all to the first named cluster, on the page alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from PIL import Image

from fewclicks.project import Project

pytestmark = pytest.mark.browser


@pytest.fixture
def photos(tmp_path, many_glyphs):
    """90 images in three folders, and one file that is none."""
    folder = tmp_path / "here" / "photos"
    for number, glyph in enumerate(many_glyphs(90)):
        inner = folder / f"walk {number % 3 + 1}"
        inner.mkdir(parents=True, exist_ok=True)
        Image.fromarray(glyph).resize((64, 64)).save(inner / f"{number}.png")
    (folder / "walk 1" / "!broken.jpg").write_bytes(b"no image")
    return folder


@pytest.fixture
def entrance(photos):
    """The address of `fewclicks open`, run where the photos' folder lies."""
    command = [sys.executable, "-m", "fewclicks", "open", "--no-open", "--json", "--port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, cwd=photos.parent, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


@pytest.fixture
def tab(chromium):
    """A page of its own; a script error in it fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def test_a_folder_becomes_a_project_that_can_be_labelled(photos, entrance, tab):
    tab.goto(entrance)
    tab.click(".place:has-text('photos')")
    project = photos.parent / "photos.fewclicks"
    # as many lie in the folder above, which may have been looked at by now
    tab.wait_for_function(
        "at => document.querySelector('#entrance-folder').value === at", arg=str(project)
    )
    tab.wait_for_selector("text=91 images here")
    assert "broken.jpg" in tab.inner_text(".unread")
    assert tab.locator(".pictures img").count() > 10
    tab.click("summary")
    tab.check("input[value='colour-hog']")
    tab.check("input[value='confusion_area']")
    tab.check("#entrance-groups")
    tab.click("text=Begin")
    tab.wait_for_selector(".clusters .cell img[src]", timeout=90_000)
    tab.fill("#cluster-class", "bar")
    tab.press("#cluster-class", "Enter")
    tab.wait_for_selector(".saved[data-state=saved]")
    with Project.open(project) as made:
        assert made.n_items == 90
        assert made.options["features"] == "colour-hog"
        assert made.options["workflow"] == "confusion_area"
        assert made.store.items.sources()[0].options == {"groups": "folders"}
        assert made.store.items.count_failures() == 1


def test_a_project_there_is_gone_on_with(photos, entrance, tab):
    with Project.create(photos.parent / "begun", photos, features="pixels", n_codewords=3) as made:
        made.prepare()
    tab.goto(entrance)
    tab.click(".place.project")
    tab.wait_for_selector(".clusters .cell img[src]")
    assert tab.inner_text(".brand h1") == "begun"
    tab.reload()
    tab.wait_for_selector(".clusters .cell img[src]")


def test_what_cannot_be_labelled_is_said_and_the_page_goes_on(photos, entrance, tab):
    (photos.parent / "nothing").mkdir()
    tab.goto(entrance)
    tab.fill("#folder-path", str(photos.parent / "nowhere"))
    tab.click(".look")
    tab.wait_for_selector(".seen .trouble:has-text('There is nothing at')")
    assert tab.is_disabled("text=Begin")
    tab.fill("#folder-path", str(photos.parent / "nothing"))
    tab.click(".look")
    tab.wait_for_selector(".seen .trouble:has-text('nothing here that could be labelled')")
    tab.click(".folders .quiet:has-text('Up')")
    tab.click(".place:has-text('photos')")
    # as many lie in the folder above, which may have been looked at by now
    tab.wait_for_function(
        "at => document.querySelector('#folder-path').value === at", arg=str(photos)
    )
    tab.wait_for_selector("text=91 images here")
    tab.fill("#entrance-folder", str(photos))
    tab.click("text=Begin")
    tab.wait_for_selector(".toast.trouble:has-text('not empty')")
    assert tab.is_enabled("text=Begin")
    assert not list(photos.parent.glob("**/fewclicks.db"))


def test_no_name_is_suggested_under_the_hands_of_who_is_about_to_type_one(photos, entrance, tab):
    waiting = []
    tab.route("**/api/preview?*", lambda route: waiting.append(route))
    tab.goto(entrance)
    tab.wait_for_selector(".place:has-text('photos')")
    tab.focus("#entrance-folder")
    while not waiting:
        tab.wait_for_timeout(50)
    waiting[0].continue_()
    tab.wait_for_selector("text=91 images here")
    assert tab.input_value("#entrance-folder") == ""
    tab.focus("#folder-path")
    assert tab.input_value("#entrance-folder") == f"{photos.parent}.fewclicks"
    tab.fill("#entrance-folder", "a name of one's own")
    tab.unroute("**/api/preview?*")
    tab.click(".place:has-text('photos')")
    tab.wait_for_function(
        "at => document.querySelector('#folder-path').value === at", arg=str(photos)
    )
    tab.wait_for_selector("text=91 images here")
    assert tab.input_value("#entrance-folder") == "a name of one's own"


def test_more_is_added_from_the_disk(photos, tmp_path, entrance, tab):
    with Project.create(
        photos.parent / "begun", photos / "walk 2", features="pixels", n_codewords=3
    ) as made:
        made.prepare()
    tab.goto(entrance)
    tab.click(".place.project")
    tab.wait_for_selector(".clusters .cell img[src]")
    tab.click("#tab-upload")
    tab.click(".disk summary")
    tab.click(".disk .place:has-text('photos')")
    tab.click(".disk .place:has-text('walk 3')")
    tab.wait_for_selector(".disk:has-text('30 images here')")
    tab.click("text=Add these images")
    tab.wait_for_function("() => document.querySelector('.figures').innerText.includes('of 60')")
