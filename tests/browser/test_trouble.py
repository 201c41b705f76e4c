"""A server that is killed, a line that is slow, a second tab, the back button: nothing is lost."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

TOKEN = "a-token-for-tests"
SCRIPT = f"""
import sys
from fewclicks.server.serve import serve
serve(sys.argv[1], port=int(sys.argv[2]), token={TOKEN!r}, annotator="ana", open_browser=False,
      ready=lambda url: print(url, flush=True))
"""
SLOW = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 125_000,
    "uploadThroughput": 125_000,
}
"""400 ms and 1 Mbit/s, in bytes a second."""


@contextmanager
def process(folder: Path, port: int = 0) -> Iterator[tuple[Any, str]]:
    """A server process and its address; killed at the end if it still runs."""
    command = [sys.executable, "-c", SCRIPT, str(folder), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        try:
            yield running, running.stdout.readline().strip()
        finally:
            running.kill()


def ask(url: str, path: str) -> Any:
    address = f"{url.split('/?')[0]}/api/{path}"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "what was expected never came"
        time.sleep(0.1)


def name_it(page: Any, name: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(name)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_killed_and_started_again_gets_every_answer_once(
    template: Path, tmp_path: Path, visit: Callable[..., Any], number: signal.Signals
) -> None:
    folder = Path(shutil.copytree(template, tmp_path / "all"))
    with process(folder) as (first, url):
        page = visit(url)
        name_it(page, "bar")
        first.send_signal(number)  # the answer may be with it, or not
        name_it(page, "dash")
        first.wait(30)
        name_it(page, "box")
        page.wait_for_selector(".saved[data-state=offline]")
    with process(folder, int(url.split(":")[2].split("/")[0])) as (_, again):
        assert again == url
        page.wait_for_selector(".saved[data-state=saved]")
        until(lambda: ask(url, "progress")["answers"]["total"] == 3)
        counts = {known["name"]: known["n_answers"] for known in ask(url, "classes")["classes"]}
        assert counts == {"bar": 1, "dash": 1, "box": 1}
        page.reload()
        page.wait_for_selector(".clusters .cell img[src]")
        assert ask(url, "progress")["answers"]["total"] == 3


def test_on_a_slow_line_nobody_waits_and_every_answer_arrives(served: Any, visit: Any) -> None:
    page = visit(served.url, viewport={"width": 1280, "height": 800})
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", SLOW)
    page.reload()
    page.wait_for_selector("#cell-0 img[src]")
    page.wait_for_selector(".rail .coming")
    names = ["bar", "dash", "box"]
    for name in names:
        shown = page.locator("#cell-0 img").get_attribute("data-item")
        name_it(page, name)
        # the next cluster is on the table before the answer can have arrived
        page.wait_for_function(
            "before => document.querySelector('#cell-0 img')?.dataset.item !== before", arg=shown
        )
    page.wait_for_selector(".saved:has-text('Saving')")
    page.keyboard.press("z")
    page.wait_for_selector(".saved[data-state=saved]")
    served.wait(lambda: served.answers() == 2)
    counts = {name: known["n_answers"] for name, known in served.classes().items()}
    assert counts["bar"] == counts["dash"] == 1
    assert counts.get("box", 0) == 0


def test_two_tabs_neither_lose_nor_double_an_answer(served: Any, visit: Any) -> None:
    one, two = visit(served.url), visit(served.url)
    shown = one.locator("#cell-0 img").get_attribute("src")
    assert two.locator("#cell-0 img").get_attribute("src") == shown
    name_it(one, "bar")
    served.wait(lambda: served.answers() == 1)
    name_it(two, "dash")  # of the same cluster, which it did not know to be answered
    two.wait_for_selector(".toast.trouble")
    two.wait_for_function(
        "before => { const now = document.querySelector('#cell-0 img')?.src;"
        " return now && now !== before }",
        arg=shown,
    )
    name_it(two, "box")
    served.wait(lambda: served.answers() == 2)
    counts = {name: known["n_answers"] for name, known in served.classes().items()}
    assert counts["bar"] == counts["box"] == 1
    assert counts.get("dash", 0) == 0


def test_the_back_button_leaves_no_answer_behind(served: Any, page: Any, person: Any) -> None:
    page.goto("about:blank")
    page.goto(served.url)
    page.wait_for_selector(".clusters .cell img[src]")
    page.route("**/api/answers", lambda route: route.abort())
    person.name_it("bar")
    page.go_back()
    page.unroute("**/api/answers")
    page.go_forward()
    page.wait_for_selector(".clusters .cell img[src]")
    served.wait(lambda: served.answers() == 1)


def test_a_thousand_images_are_dragged_over_and_left_out(served_large: Any, visit: Any) -> None:
    page = visit(served_large.url, viewport={"width": 1600, "height": 1000})
    for _ in range(12):
        page.keyboard.press("-")
    first = page.locator("#cell-0").bounding_box()
    grid = page.locator(".grid").bounding_box()
    page.mouse.move(first["x"] + 3, first["y"] + 3)
    page.mouse.down()
    right = grid["x"] + grid["width"] - 40
    page.mouse.move(right, grid["y"] + grid["height"] - 2, steps=8)
    rows = 1000 / (grid["width"] // first["width"])
    page.wait_for_function(
        "far => document.querySelector('.grid').scrollTop > far", arg=rows * first["height"]
    )
    page.mouse.up()
    marked = int(page.inner_text(".counter [role=status]").split()[0].replace(",", ""))
    assert 1000 <= marked < 3000
    assert f"Label {3000 - marked:,} images" in page.inner_text(".accept:visible")
    page.keyboard.press("z")
    page.wait_for_selector(".counter:has-text('No misfits marked')")
