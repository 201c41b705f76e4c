"""Every command, and what stands for a command: a folder of photos."""

from __future__ import annotations

import os
from difflib import get_close_matches
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import fewclicks
from fewclicks.cli import (
    auditing,
    certifying,
    classes,
    collecting,
    consulting,
    datasets,
    demo,
    doctor,
    labelling,
    outside,
    predicting,
    reporting,
    simulating,
    synthesising,
)
from fewclicks.errors import NotFound

START = "start"
"""The hidden command that `fewclicks PHOTOS` means."""


class Commands(TyperGroup):
    """Commands by name; what is no command but an existing place is one to start with."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the name, the command and its arguments."""
        first = args[0]
        if first not in self.commands and not first.startswith("-"):
            if not is_place(first):
                raise NotFound(_unknown(first, list(self.commands)), "See: fewclicks --help")
            return START, self.commands[START], args
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=Commands,
    name="fewclicks",
    help="Label a large image collection with few answers.\n\n"
    "[bold]fewclicks PHOTOS[/bold] makes a project of a folder, an archive or a list of images, "
    "or goes on with it, and opens the page to label it.",
    rich_markup_mode="rich",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("new")(collecting.new)
app.command("add")(collecting.add)
app.command("prepare")(collecting.prepare)
app.command("label")(labelling.label)
app.command("open")(labelling.open_)
app.command("status")(reporting.status)
app.command("classes")(classes.classes)
app.command("export")(reporting.export)
app.command("mistakes")(auditing.mistakes)
app.command("certify")(certifying.certify)
app.command("verify")(certifying.verify)
app.command("audit")(outside.audit)
app.command("people")(consulting.people)
app.command("predict")(predicting.predict)
app.command("synthesise")(synthesising.synthesise)
app.command("simulate")(simulating.simulate)
app.command("demo")(demo.demo)
app.add_typer(datasets.app, name="datasets")
app.command("doctor")(doctor.doctor)
app.command(START, hidden=True)(labelling.start)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"fewclicks {fewclicks.__version__}")
        raise typer.Exit


@app.callback()
def _anywhere(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_version, help="Print the version and leave."
        ),
    ] = False,
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Print the traceback of an error; FEWCLICKS_DEBUG=1 also."),
    ] = False,
) -> None:
    """Take the options that may stand before any command; `door` sees to --debug."""


def command() -> Any:
    """Return the whole command line as one command object."""
    return typer.main.get_command(app)


def is_place(text: str) -> bool:
    """Tell whether `text` is a URL or something on the disk."""
    return "://" in text or os.path.lexists(text)


def _unknown(word: str, commands: list[str]) -> str:
    close = get_close_matches(word, commands, n=1)
    hint = f" Did you mean {close[0]}?" if close else ""
    return f"{word!r} is neither a command nor an existing place.{hint}"
