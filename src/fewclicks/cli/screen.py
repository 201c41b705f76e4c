"""Where a command speaks: results to stdout, progress and errors to stderr, data as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.table import Table
from rich.text import Text

from fewclicks.cli.bars import Bars, Lines
from fewclicks.errors import FewclicksError

_WIDE = 160
"""Columns where nobody looks: tables that go to a file are not squeezed."""


class Screen:
    """The terminal for the length of one command; use it in a `with` statement.

    Parameters
    ----------
    as_json : bool, default False
        Whether stdout is for a program: then it gets the one document given to `data`, or the
        error that ended the command, and what is for people goes to stderr.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self._people = _console(stderr=True)
        self._results = self._people if as_json else _console()
        self._progress: Bars | Lines | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.rest()
        if isinstance(error, FewclicksError):
            told = {"code": error.code, "message": error.message, "remedy": error.remedy}
            self.data({"error": told})

    def report(self, step: str, done: int, total: int) -> None:
        """Show how far a step is: a bar on a terminal, else a line now and then."""
        if self._progress is None:
            self._progress = Bars(self._people) if self._people.is_terminal else Lines(self.note)
        self._progress.report(step, done, total)

    def rest(self) -> None:
        """End the bars shown so far."""
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def say(self, text: str = "", style: str = "") -> None:
        """Print a line of the result, for people."""
        _print(self._out, text, style)

    def note(self, text: str, style: str = "") -> None:
        """Print a line that is not part of the result."""
        _print(self._people, text, style)

    def facts(self, facts: dict[str, str]) -> None:
        """Print names and values, a pair per line, aligned."""
        width = max(map(len, facts), default=0)
        for name, value in facts.items():
            self.say(f"  {name:<{width}}  {value}")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print rows under headings; long text is wrapped within its column."""
        table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2))
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*(Text(printable(cell)) for cell in row))
        self._out.print(table)

    def data(self, document: dict[str, Any]) -> None:
        """Print a JSON document on one line of stdout, if a program asked for it."""
        if self.as_json:
            print(json.dumps(document), flush=True)  # noqa: T201

    @property
    def _out(self) -> Console:
        # on one terminal, results are printed above the live bars, by the console that draws them
        shared = isinstance(self._progress, Bars) and self._results.is_terminal
        return self._people if shared else self._results


def complain(message: str, remedy: str) -> None:
    """Print an error: what is wrong in red, then what to do, on stderr."""
    text = Text.assemble((printable(message), "bold red"), " ", printable(remedy))
    _console(stderr=True).print(text, soft_wrap=True)


def printable(text: str) -> str:
    """Return text with control characters and unpaired surrogates escaped.

    File names may hold them, and a terminal would obey them.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def counted(n: int, noun: str) -> str:
    """Return a number with its noun: "1 file", "1,200 files"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def counted_classes(n: int) -> str:
    """Return a number of classes: "1 class", "12 classes"."""
    return f"{n:,} class" if n == 1 else f"{n:,} classes"


def span(seconds: float) -> str:
    """Return a duration in words short enough for a table: "0.4 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _console(stderr: bool = False) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, width=None if stream.isatty() else _WIDE)


def _print(console: Console, text: str, style: str) -> None:
    console.print(Text(printable(text), style), soft_wrap=True)
