"""What a person does at each of the three interfaces, from an empty project to the last label."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from experiments.person import Person

BASIC = Path(__file__).with_name("basic_interface.html")
TYPICAL = "It is typical of many items."
CLICKED_OUT = "You clicked it out of"
ROUND_SECONDS = 900.0
"""Longest wait for a round; a network may learn before it."""

LOOKS_SECONDS, IDLE_SECONDS = 10.0, 20.0
"""So long after the last answer the page, which looks every two seconds, has the newest figures;
and so long without a question and without a job there is none."""

KEYS = """(view) => Object.fromEntries([...document.querySelectorAll(`${view} .options li`)]
  .map((row) => [row.querySelector('.name').textContent, row.querySelector('.key').textContent]))"""
SINGLE = "#view-items .queue:not(.batch)"
SAVED = """() => !Object.keys(localStorage).some((key) => key.startsWith('fewclicks.outbox.'))"""
SUBJECT = f"{SINGLE} .subject"


def basic(person: Person, pictures: list[str], side: int) -> list[str]:
    """All thumbnails on one page: those of one class are clicked and named, until none is left.

    The class is that of the first thumbnail there is. Each pass looks at all that are left.
    """
    page = person.page
    page.set_content(BASIC.read_text())
    page.evaluate("([pictures, side]) => lay(pictures, side)", [pictures, side])
    page.wait_for_function("() => [...document.images].every((image) => image.complete)")
    while page.locator("#grid .cell").count():
        wanted = ""
        person.decide()
        for screen in person.screens("#grid", ".cell"):
            wanted = wanted or person.class_of(screen[0].picture)
            for cell in screen:
                if person.class_of(cell.picture) == wanted:
                    person.click(cell)
        person.type(wanted)
        person.press("Enter")
    labels = page.evaluate("() => labels")
    return [labels[str(item)] for item in range(len(pictures))]


class Labelling:
    """A person at the page of a project that has been prepared."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.page = person.page

    def open(self, address: str) -> None:
        """Come to the page, which shows its clusters first."""
        self.page.goto(address)
        self.page.wait_for_selector(".clusters .cell img[src]")

    def go(self, view: str) -> None:
        """Turn to another view."""
        self.person.click_on(f"#tab-{view}")
        self.page.wait_for_selector(f"#view-{view}:not([hidden], [aria-busy])")

    def name_clusters(self) -> None:
        """Name each cluster by its commonest class, with what is of another clicked out."""
        badge = self.page.locator("#tab-clusters .badge")
        while self._comes("#cell-0 img[src]", lambda: not badge.text_content()):
            before = self._source("#cell-0 img")
            self._name_cluster()
            self._changes("#cell-0 img", before)

    def answer_typical(self) -> None:
        """Answer confusing items one by one until the page asks for what is not typical."""
        self._answer(lambda: self._text(f"{SINGLE} .reason") == TYPICAL)

    def answer_misfits(self) -> None:
        """Answer what was clicked out of clusters, until a person has judged every image."""
        self._answer(
            lambda: self._text(f"{SINGLE} .reason").startswith(CLICKED_OUT) or self._n_unseen() > 0
        )

    def answer(self, n: int) -> None:
        """Answer so many confusing items one by one, waiting for rounds."""
        left = iter(range(n))
        self._answer(lambda: next(left, None) is not None)

    def rest(self) -> None:
        """Wait until nothing is being worked out any more."""
        self._saved()
        self._comes("#nothing")

    def review(self) -> None:
        """Look over all that the model has labelled, and put right what is wrong."""
        cards = "#view-review .card img[src]"
        while self._comes(cards, lambda: self._n_by("model") == self._n_by("none") == 0):
            named = self._text("#view-review .stage-head h2").rsplit(" labelled ", 1)[-1]
            for screen in self.person.screens("#view-review .card-board", ".card"):
                for cell in screen:
                    if (true := self.person.class_of(cell.picture)) != named:
                        self.person.click_picture("#view-review .card-board", ".card", cell.picture)
                        self._judge("#view-review", true, easy=True)
            self.person.decide()
            self.person.press("Enter")
            self._saved()

    def _name_cluster(self) -> None:
        commonest = ""
        for screen in self.person.screens(".clusters .grid", ".cell"):
            classes = [self.person.class_of(cell.picture) for cell in screen]
            commonest = commonest or Counter(classes).most_common(1)[0][0]
            for cell, true in zip(screen, classes, strict=True):
                if true != commonest:
                    self.person.click_picture(".clusters .grid", ".cell", cell.picture)
        self.person.decide()
        self._choose("#view-clusters", commonest)
        self.person.press("Enter")
        self._saved()

    def _answer(self, goes_on: Callable[[], bool]) -> None:
        while self._comes(f"{SUBJECT}[src]") and goes_on():
            reason, picture = self._text(f"{SINGLE} .reason"), self._source(SUBJECT)
            easy = reason == TYPICAL or reason.startswith(CLICKED_OUT)
            self._judge(SINGLE, self.person.class_of(picture), easy=easy)
            self._changes(SUBJECT, picture)

    def _judge(self, view: str, name: str, *, easy: bool) -> None:
        """See what one image is and say so, with the key of its class or by typing a new one."""
        self.person.judge(easy=easy)
        key = self.page.evaluate(KEYS, view).get(name)
        if key:
            self.person.press(key, part_of_judging=True)
            return
        self._type(view, name)
        self.person.press("Enter", part_of_judging=True)
        self._saved()  # until then the key of the new class may be another

    def _choose(self, view: str, name: str) -> None:
        """Put a class into the box, for Enter to accept."""
        key = self.page.evaluate(KEYS, view).get(name)
        if key:
            self.person.press(key)
        else:
            self._type(view, name)

    def _type(self, view: str, name: str) -> None:
        """Type a new class; where a known one contains its name, step down to the new one."""
        self.person.press("/")
        self.person.type(name)
        while self._text(f"{view} .options .chosen .name") not in (name, f"Create “{name}”"):
            self.person.press("ArrowDown")

    def _comes(self, selector: str, over: Callable[[], bool] | None = None) -> bool:
        """Wait until something is there to be answered; give whether it came.

        It will not once it is `over`, by default once nothing has been worked out for a while.
        """
        busy_at = time.monotonic()

        def idle() -> bool:
            nonlocal busy_at
            if self.page.locator(".top .job:not([hidden])").count():
                busy_at = time.monotonic()
            return time.monotonic() - busy_at > IDLE_SECONDS

        def told() -> bool | None:
            if self._there(selector):
                return True
            return False if (over or idle)() else None

        return self.person.wait(told, ROUND_SECONDS)

    def _changes(self, selector: str, source: str) -> None:
        """Wait until another picture is there, or none."""
        self.person.wait(
            lambda: self._source(selector) != source or not self._there(selector) or None
        )

    def _there(self, selector: str) -> bool:
        return bool(self.page.locator(selector).first.is_visible())

    def _n_unseen(self) -> int:
        """Images that no person has judged, as the page tells once it has looked."""
        self._saved()
        until = time.monotonic() + LOOKS_SECONDS
        while (n := self._n_by("model") + self._n_by("none")) and time.monotonic() < until:
            self.page.wait_for_timeout(100)
        return n

    def _n_by(self, source: str) -> int:
        told = self.page.locator(f".figures .key.{source} dd").text_content()
        return int(told.replace(",", ""))

    def _text(self, selector: str) -> str:
        return str(self.page.locator(selector).first.inner_text())

    def _source(self, selector: str) -> str:
        found = self.page.locator(selector).first
        return str(found.get_attribute("src")) if found.count() else ""

    def _saved(self) -> None:
        """Wait until every answer is with the server."""
        self.person.wait(lambda: self.page.evaluate(SAVED) or None)
