"""A scripted person at a page: real moves, clicks and keys, timed by published measurements.

The hands are the keystroke-level model's (Card, Moran and Newell, *The keystroke-level model for
user performance time with interactive systems*, CACM 23(7), 1980): a key 0.2 s (an average skilled
typist), a click 0.2 s (press and release), the hand from mouse to keyboard or back 0.4 s, making up
one's mind before a step 1.35 s. Its 1.1 s to point are replaced by Fitts' law for the distance and
size of what is pointed at, 0.23 + 0.166 log2(A / min(W, H) + 1) s (MacKenzie and Buxton, *Extending
Fitts' law to two-dimensional tasks*, CHI 1992). A notch of the wheel counts as a key.

The eyes take 0.22 s for each thumbnail of a grid (MorphoCluster, Sensors 2020, 20(11) 3060, 1.2
million images in 71 h), which is one fixation (eyes rest 200 to 350 ms at a time in search, Rayner
and Castelhano, *Eye movements*, Scholarpedia 2(10) 3649). A single image takes 1.8 s, the key
included, where it is typical and 3.8 s where it is confusing (CIFAR-10H, as in
`fewclicks.answers.EffortModel`). What the page takes to answer is measured, and not in these times.
"""

from __future__ import annotations

import math
import time
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fewclicks as fc
from fewclicks.items.thumbnails import media_type
from fewclicks.records import Question

NOTCH_PX = 100
"""What one notch of the wheel scrolls by, in Chromium."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of each act; see the module."""

    key: float = 0.2
    click: float = 0.2
    homing: float = 0.4
    mind: float = 1.35
    thumbnail: float = 0.22
    easy: float = 1.8
    hard: float = 3.8

    def pointing(self, distance: float, width: float, height: float) -> float:
        """Seconds to bring the pointer onto a target so far and so large, in any one unit."""
        return 0.23 + 0.166 * math.log2(distance / min(width, height) + 1)


@dataclass(frozen=True, slots=True)
class Cell:
    """A thumbnail in sight: what it shows, and its box in the window, in pixels."""

    picture: str
    x: float
    y: float
    width: float
    height: float


CELLS = """([grid, cell]) => {
  const frame = document.querySelector(grid).getBoundingClientRect();
  const pictures = [...document.querySelectorAll(`${grid} ${cell}`)].map((one) => {
    const { x, y, width, height } = one.getBoundingClientRect();
    return { picture: one.querySelector('img')?.src ?? '', x, y, width, height };
  });
  return pictures.filter((p) => p.x > -999 && p.y + p.height / 2 > frame.top
    && p.y + p.height / 2 < Math.min(frame.bottom, innerHeight))
    .sort((a, b) => a.y - b.y || a.x - b.x);
}"""
"""Thumbnails of which the middle is in sight, in reading order."""

BELOW = """(grid) => {
  const frame = document.querySelector(grid);
  return Math.min(frame.clientHeight, frame.scrollHeight - frame.clientHeight - frame.scrollTop);
}"""


class Person:
    """Somebody at a page who knows what each picture shows by looking at it.

    Parameters
    ----------
    page : playwright page
    shown : dict
        Item of each thumbnail's data URL: what tells a simulated person which image this is.
    annotator : Annotator
        Says what an item is.
    times : Times, optional

    Attributes
    ----------
    seconds : dict
        Modelled, by what they were spent on.
    actions : Counter
        Clicks, keys and notches of the wheel.
    waited : float
        Seconds the page took, by the clock on the wall.
    """

    def __init__(
        self, page: Any, shown: dict[str, int], annotator: Any, times: Times | None = None
    ) -> None:
        self.page = page
        self.times = times or Times()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.actions: Counter[str] = Counter()
        self.waited = 0.0
        self._shown = shown
        self._annotator = annotator
        self._known: dict[int, str] = {}
        self._at = (0.0, 0.0)
        self._at_mouse = True

    @property
    def minutes(self) -> float:
        """Modelled minutes of all that was done."""
        return sum(self.seconds.values()) / 60

    def class_of(self, picture: str) -> str:
        """What a picture shows; costs nothing, the look at it does."""
        item = self._shown[picture]
        if item not in self._known:
            said = self._annotator.answer(Question("item", "", item=item))
            self._known[item] = said.class_name
        return self._known[item]

    def look(self, n_thumbnails: int) -> None:
        """Look over thumbnails of a grid."""
        self.seconds["looking"] += self.times.thumbnail * n_thumbnails

    def judge(self, *, easy: bool) -> None:
        """Look at one image and see what it is; the key that says so is part of it."""
        self.seconds["judging"] += self.times.easy if easy else self.times.hard

    def decide(self) -> None:
        """Make up one's mind what to do next."""
        self.seconds["deciding"] += self.times.mind

    def click(self, target: Cell) -> None:
        """Move to the middle of a target and click."""
        self._home(to_mouse=True)
        x, y = target.x + target.width / 2, target.y + target.height / 2
        distance = math.dist(self._at, (x, y))
        self.seconds["pointing"] += self.times.pointing(distance, target.width, target.height)
        self.seconds["clicking"] += self.times.click
        self.actions["clicks"] += 1
        self.page.mouse.move(x, y)
        self.page.mouse.click(x, y)
        self._at = (x, y)

    def click_on(self, selector: str) -> None:
        """Click a button."""
        self.click(Cell("", **self.page.locator(selector).first.bounding_box()))

    def click_picture(self, grid: str, cell: str, picture: str) -> None:
        """Click a thumbnail in sight, wherever it lies by now."""
        cells = self._in_sight(grid, cell)
        self.click(next(one for one in cells if one.picture == picture))

    def press(self, key: str, *, part_of_judging: bool = False) -> None:
        """Press a key."""
        self._home(to_mouse=False)
        if not part_of_judging:
            self.seconds["keys"] += self.times.key
        self.actions["keys"] += 1
        self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Press a key for each letter."""
        self._home(to_mouse=False)
        self.seconds["keys"] += self.times.key * len(text)
        self.actions["keys"] += len(text)
        self.page.keyboard.type(text)

    def screens(self, grid: str, cell: str) -> Iterator[list[Cell]]:
        """Look over a grid, screen by screen; give what comes in sight for the first time."""
        seen: set[str] = set()
        while True:
            self.wait(lambda: all(one.picture for one in self._in_sight(grid, cell)) or None)
            cells = [one for one in self._in_sight(grid, cell) if one.picture not in seen]
            seen.update(one.picture for one in cells)
            self.look(len(cells))
            yield cells
            below = self.page.evaluate(BELOW, grid)
            if below < 1:
                return
            self._scroll(grid, below)

    def wait(self, told: Callable[[], bool | None], seconds: float = 60) -> bool:
        """Wait until the page tells that something is there or that it will not come.

        `told` gives None as long as neither is known.
        """
        begun = time.monotonic()
        while (met := told()) is None:
            if time.monotonic() - begun > seconds:
                raise TimeoutError("The page never came to what was expected.")
            self.page.wait_for_timeout(20)
        self.waited += time.monotonic() - begun if met else 0
        return met

    def _in_sight(self, grid: str, cell: str) -> list[Cell]:
        """The thumbnails in sight; one that is on its way shows nothing yet."""
        return [Cell(**found) for found in self.page.evaluate(CELLS, [grid, cell])]

    def _scroll(self, grid: str, pixels: float) -> None:
        self._home(to_mouse=True)
        notches = math.ceil(pixels / NOTCH_PX)
        self.seconds["scrolling"] += self.times.key * notches
        self.actions["notches"] += notches
        box = self.page.locator(grid).first.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        before = self.page.evaluate("(grid) => document.querySelector(grid).scrollTop", grid)
        self.page.mouse.wheel(0, pixels)
        moved = f"([grid, top]) => document.querySelector(grid).scrollTop >= top + {pixels - 2}"
        self.page.wait_for_function(moved, arg=[grid, before])
        self.page.wait_for_timeout(120)  # what is scrolled past too fast is drawn when it stops

    def _home(self, *, to_mouse: bool) -> None:
        if self._at_mouse != to_mouse:
            self.seconds["homing"] += self.times.homing
            self._at_mouse = to_mouse


def pictures_of(project: Path) -> dict[str, int]:
    """Item of each thumbnail, as the page is sent it; of equal ones the first."""
    found: dict[str, int] = {}
    with fc.Project.open(project) as opened:
        for item, data in enumerate(opened.thumbnails.read_many(range(opened.n_items))):
            url = f"data:{media_type(data)};base64,{b64encode(data).decode()}"
            found.setdefault(url, item)
    return found
