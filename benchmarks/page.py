"""The page in real Chromium, served as a person would have it."""

from __future__ import annotations

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

import numpy as np

import fewclicks as fc
from benchmarks import common

CLUSTER_ITEMS = 500
VISITS = 5
ANSWERS = 100
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
    """Milliseconds until a cluster is in sight, and until an answer is acknowledged."""
    with tempfile.TemporaryDirectory() as folder, browsing() as browser:
        project = make_project(Path(folder), images)
        with served(project) as (address, _):
            shown = [visit(browser, address) for _ in range(VISITS)]
            answered = answer(browser, address, len(images))
    p95 = quantiles(answered, n=20)[-1]
    rows = [
        {"what": "cluster in sight", "n": len(images), "ms_median": median(shown),
         "ms_worst": max(shown)},
        {"what": "answer acknowledged", "n": len(images), "ms_median": median(answered),
         "ms_worst": max(answered)},
    ]  # fmt: skip
    return rows, [
        common.at_most(f"ms until a cluster of {CLUSTER_ITEMS} is in sight", median(shown), 1000),
        common.at_most("ms until an answer is acknowledged, 95th percentile", p95, 50),
    ]


def make_project(folder: Path, images: Any) -> Path:
    """A prepared project whose clusters have about CLUSTER_ITEMS items each."""
    np.save(folder / "images.npy", images)
    n_clusters = max(2, len(images) // CLUSTER_ITEMS)
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(n_clusters, 8))
    rows = np.repeat(centres, -(-len(images) // n_clusters), axis=0)[: len(images)]
    np.save(folder / "rows.npy", (rows + rng.normal(scale=0.05, size=rows.shape)).astype("f4"))
    with fc.Project.create(
        folder / "project", folder / "images.npy", features=str(folder / "rows.npy"),
        n_codewords=n_clusters,
    ) as project:  # fmt: skip
        project.prepare()
    return folder / "project"


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
