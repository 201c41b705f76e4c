"""Scrolling a large cluster on the page, and the memory that the page then holds."""

from __future__ import annotations

from itertools import pairwise
from statistics import quantiles
from typing import Any

import psutil

from benchmarks import common
from benchmarks.cdd import peak_mb

SCROLLED_ITEMS = 10_000
FRAMES_PER_SECOND, MEMORY_MB = 50, 300
NOTCH_PX, EVERY_MS = 100, 40
"""A notch of the wheel each so often: 2.5 px a millisecond, as fast as pictures can still be seen;
faster than 3 the page does not draw them."""

FRAMES = """() => {
  const frames = [];
  const count = (now) => { frames.push(now); requestAnimationFrame(count); };
  requestAnimationFrame(count);
  window.frames_ = frames;
}"""

AT_END = """() => {
  const grid = document.querySelector('.clusters .grid');
  return grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 2;
}"""


def scroll(browser: Any, address: str, seconds: float) -> tuple[float, float]:
    """Frames a second while the wheel turns for so long, and the longest but 1 % of frames, in ms.

    Then the grid is scrolled to its end, so that the page has held all there is to hold.
    """
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(address)
    page.wait_for_selector(".clusters .cell img[src]")
    box = page.locator(".clusters .grid").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(1000)
    page.evaluate(FRAMES)
    for _ in range(int(1000 * seconds / EVERY_MS)):
        page.mouse.wheel(0, NOTCH_PX)
        page.wait_for_timeout(EVERY_MS)
    frames = page.evaluate("() => window.frames_")
    while not page.evaluate(AT_END):
        page.mouse.wheel(0, 10 * NOTCH_PX)
        page.wait_for_timeout(EVERY_MS)
    gaps = [after - before for before, after in pairwise(frames)]
    return 1000 * len(gaps) / sum(gaps), quantiles(gaps, n=100)[-1]


def memory(browser: Any) -> tuple[float, float, float]:
    """What the largest of the pages' processes holds now, in MB: its own, at its peak, JavaScript.

    Its own is what no other process shares (the unique set size): the browser's code, of which an
    empty page has some 90 MB, counts only at the peak, and JavaScript's heap is part of both.
    """
    session = browser.new_browser_cdp_session()
    running = session.send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [psutil.Process(one["id"]) for one in running if one["type"] == "renderer"]
    own = max(process.memory_full_info().uss for process in pages) / 1e6
    heaps = [_heap(page) for context in browser.contexts for page in context.pages]
    return own, max(peak_mb(process.pid) for process in pages), max(heaps)


def _heap(page: Any) -> float:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    told = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(told["JSHeapUsedSize"]) / 1e6


def rows_of(
    n: int, per_second: float, longest: float, held: tuple[float, float, float]
) -> list[dict[str, Any]]:
    """What was measured on a cluster of n, as the page's benchmark tells it."""
    own, peak, heap = held
    return [
        {"what": "frames a second", "n": n, "median": per_second, "worst": 1000 / longest},
        {"what": "page's process, its own MB", "n": n, "median": own, "worst": own},
        {"what": "the browser's code too, MB", "n": n, "median": peak, "worst": peak},
        {"what": "JavaScript's heap, MB", "n": n, "median": heap, "worst": heap},
    ]


def targets_of(n: int, per_second: float, own: float) -> list[common.Target]:
    """What is asked of it."""
    return [
        common.at_least(f"frames a second, scrolling {n:,}", per_second, FRAMES_PER_SECOND),
        common.at_most("MB of its own that the page's process holds", own, MEMORY_MB),
    ]
