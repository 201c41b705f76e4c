"""The page in real Chromium, served as a person would have it.

    python -m benchmarks.page

A project of 60,000 images in clusters of 500: milliseconds until the first cluster is in sight,
until an answer is acknowledged, from a key to the next question, until the map is painted, from a
lasso to its pictures. A cluster of 10,000: frames a second while it is scrolled, and the memory of
the page's process once all of it has been in sight.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

import numpy as np

import fewclicks as fc
from benchmarks import common, page_scroll
from fewclicks.workflows import placing

CLUSTER_ITEMS = 500
VISITS = 5
ANSWERS = 100
KEYS = 40
BETWEEN_MS = 120
SCROLL_SECONDS = 5.0
SETTLED_MS = 2500
"""After so long a page that was just opened has nothing more to fetch."""

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

SHOWN = """() => {
  const pictures = [...document.querySelectorAll('.cell img')];
  const inSight = pictures.filter((p) => p.getBoundingClientRect().top < innerHeight);
  return inSight.length > 20 && inSight.every((p) => p.complete && p.naturalWidth > 0)
    ? performance.now() : false;
}"""

MAP = """() => new Promise((done) => {
  const start = performance.now();
  const look = () => document.querySelector('.plane-legend li')
    ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)))
    : requestAnimationFrame(look);
  document.querySelector('#tab-plane').click();
  look();
})"""

LASSO = """() => new Promise((done) => {
  const board = document.querySelector('.plane-board');
  const begun = (event) => {
    const start = performance.now();
    const look = () => {
      const pictures = [...document.querySelectorAll('.plane-shown img')];
      const all = pictures.length > 20 && pictures.every((p) => p.complete && p.naturalWidth > 0);
      all ? done(performance.now() - start) : requestAnimationFrame(look);
    };
    look();
  };
  board.addEventListener('pointerup', begun, {once: true});
})"""

NEXT = """() => {
  window.waits = [];
  let start = 0;
  document.addEventListener('keydown', () => { start = performance.now(); }, true);
  const subject = document.querySelector('#view-items .subject');
  new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => {
    if (start) window.waits.push(performance.now() - start);
    start = 0;
  }))).observe(subject, {attributes: true, attributeFilter: ['src']});
}"""
"""A timer set in a frame fires when that frame is painted."""

ANSWER = """async (item) => {
  const start = performance.now();
  const reply = await fetch('api/answers', {
    method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({client_id: crypto.randomUUID(), item, verdict: 'class',
                          class_name: String(item % 10), seconds: 1, actions: 1}),
  });
  await reply.json();
  return reply.ok ? performance.now() - start : -1;
}"""


def measure(images: Any) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Milliseconds until something is in sight or acknowledged; frames a second; memory."""
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        project = make_project(Path(folder), images)
        with served(project) as (address, _):
            shown = [visit(browser, address) for _ in range(VISITS)]
            answered = answer(browser, address, len(images))
            pressed = press(browser, address)
            painted, lassoed, chosen = lasso(browser, address)
        scrolled = scroll(browser, Path(folder), images[: page_scroll.SCROLLED_ITEMS])
    p95 = quantiles(answered, n=20)[-1]
    next_p95 = quantiles(pressed, n=20)[-1]
    found = {
        "cluster in sight": shown, "answer acknowledged": answered, "key to next question": pressed,
        "map painted": [painted], f"lasso of {chosen:,} in sight": [lassoed],
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"what": f"{what}, ms", "n": len(images), "median": median(ms), "worst": max(ms)}
        for what, ms in found.items()
    ]
    return [*rows, *scrolled[0]], [
        common.at_most(f"ms until a cluster of {CLUSTER_ITEMS} is in sight", median(shown), 500),
        common.at_most("ms until an answer is acknowledged, 95th percentile", p95, 50),
        common.at_most("ms from a key to the next question, 95th percentile", next_p95, 60),
        common.at_most(f"ms until a map of {len(images):,} is painted", painted, 2000),
        common.at_most(f"ms from a lasso of {chosen:,} to their pictures", lassoed, 500),
        *scrolled[1],
    ]


def scroll(
    browser: Any, folder: Path, images: Any
) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Frames a second on one cluster of all these images, and the memory of the pages by then."""
    project = make_project(folder / "scrolled", images, n_clusters=1)
    with served(project) as (address, _):
        per_second, longest = page_scroll.scroll(browser, address, SCROLL_SECONDS)
        held = page_scroll.memory(browser)
    n = len(images)
    rows = page_scroll.rows_of(n, per_second, longest, held)
    return rows, page_scroll.targets_of(n, per_second, held[0])


def make_project(folder: Path, images: Any, n_clusters: int | None = None) -> Path:
    """A prepared project with a map, whose clusters have about CLUSTER_ITEMS items each."""
    folder.mkdir(exist_ok=True)
    np.save(folder / "images.npy", images)
    n_clusters = n_clusters or max(2, len(images) // CLUSTER_ITEMS)
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(n_clusters, 8))
    rows = np.repeat(centres, -(-len(images) // n_clusters), axis=0)[: len(images)]
    np.save(folder / "rows.npy", (rows + rng.normal(scale=0.05, size=rows.shape)).astype("f4"))
    with fc.Project.create(
        folder / "project", folder / "images.npy", features=str(folder / "rows.npy"),
        n_codewords=n_clusters,
    ) as project:  # fmt: skip
        project.prepare()
        places = rng.uniform(size=(len(images), 2)).astype(np.float32)
        with patch.object(placing, "_learnt", lambda *_: learnt(places)):
            project.layout()
    return folder / "project"


def learnt(places: Any) -> dict[str, Any]:
    """A layout as if it had been learnt: here it is to be drawn, not to be good."""
    return {"places": places, "learnt": np.arange(2), "n_fitted": np.array(len(places))}


@contextmanager
def browsing() -> Iterator[Any]:
    """Chromium, or a message that says how to get it."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not there. Install it with: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(project: Path) -> Iterator[tuple[str, int]]:
    """Serve a project as the command line does; yield the page's address and the process."""
    command = [sys.executable, "-m", "fewclicks", "label", str(project), "--no-open", "--port",
               "0", "--json"]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        yield json.loads(server.stdout.readline())["url"], server.pid
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


def visit(browser: Any, address: str) -> float:
    """Milliseconds from asking for the page to a cluster in sight, in a browser without cache."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(address, wait_until="commit")
    shown = page.wait_for_function(SHOWN, polling="raf", timeout=30_000).json_value()
    context.close()
    return float(shown)


def answer(browser: Any, address: str, n_items: int) -> list[float]:
    """Milliseconds of each of ANSWERS answers given one after the other."""
    page = browser.new_context().new_page()
    page.goto(address)
    page.wait_for_function(SHOWN, polling="raf", timeout=30_000)
    items = np.random.default_rng(0).choice(n_items, ANSWERS, replace=False)
    taken = [float(page.evaluate(ANSWER, int(item))) for item in items]
    if min(taken) < 0:
        sys.exit("The server refused an answer.")
    return taken


def press(browser: Any, address: str) -> list[float]:
    """Milliseconds from each of KEYS keys, pressed one after the other, to the next item."""
    page = browser.new_context().new_page()
    page.goto(f"{address}#items")
    page.wait_for_selector("#view-items .subject[src]")
    page.wait_for_timeout(SETTLED_MS)
    page.evaluate(NEXT)
    for _ in range(KEYS):
        page.keyboard.press("u")
        page.wait_for_timeout(BETWEEN_MS)
    return [float(ms) for ms in page.evaluate("() => window.waits")]


def lasso(browser: Any, address: str) -> tuple[float, float, int]:
    """Milliseconds until the map is painted, from the lasso to its pictures, and how many it has.

    It is drawn around about a twelfth of the items.
    """
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(address)
    page.wait_for_function(SHOWN, polling="raf", timeout=30_000)
    painted = float(page.evaluate(MAP))
    box = page.locator(".plane-board").bounding_box()
    side = min(box["width"], box["height"])
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    reach = side / 2 / 12**0.5
    page.mouse.move(x - reach, y - reach)
    page.mouse.down()
    for dx, dy in ((1, -1), (1, 1), (-1, 1), (-1, -1)):
        page.mouse.move(x + dx * reach, y + dy * reach, steps=10)
    page.evaluate(f"() => {{ window.lassoed = ({LASSO})(); }}")  # which does not wait for it
    page.mouse.up()
    taken = float(page.evaluate("() => window.lassoed"))
    told = page.inner_text("#view-plane [role=status]")
    return painted, taken, int("".join(c for c in told if c.isdigit()))


def main() -> None:
    """Run the benchmark from the command line."""
    from benchmarks.speed import FULL, QUICK, digits  # which imports this module

    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    arguments = parser.parse_args()
    images = digits(QUICK if arguments.quick else FULL, arguments.data_dir)
    rows, targets = measure(images)
    common.finish(rows, targets, arguments.json)


if __name__ == "__main__":
    main()
