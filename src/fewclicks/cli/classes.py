"""The command that lists the classes, and moves the list between projects."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewclicks.cli import options
from fewclicks.cli.options import ProjectFolder
from fewclicks.errors import InvalidInput

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project


def classes(
    project: ProjectFolder,
    export: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write the list to a .csv or .json file.", show_default=False
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="Take in a list: CSV, JSON, or one name per line.",
            show_default=False,
        ),
    ] = None,
    annotator: options.AnnotatorName = None,
    as_json: options.Json = False,
) -> None:
    """List the classes; or write the list to a file, or take one in."""
    from fewclicks.cli.screen import Screen, counted_classes
    from fewclicks.project import Project

    if export is not None and source is not None:
        raise InvalidInput("--export and --import do not go together.", "Run the command twice.")
    with Screen(as_json) as screen, Project.open(project) as opened:
        if source is not None:
            _import(screen, opened, source, annotator)
        elif export is not None:
            n_classes = opened.classes.export(export)
            screen.data({"path": str(export), "n_classes": n_classes})
            screen.say(f"{counted_classes(n_classes)} written to {export}")
        else:
            _tell(screen, opened, as_json)


def _import(screen: Screen, project: Project, source: Path, annotator: str | None) -> None:
    from fewclicks import settings
    from fewclicks.cli.screen import counted, counted_classes

    taken = project.classes.take(annotator or settings.user_name(), source)
    screen.data(asdict(taken))
    screen.say(
        f"{counted_classes(taken.n_added)} added, {taken.n_changed:,} changed, "
        f"{taken.n_same:,} as before"
    )
    if taken.n_skipped_examples:
        screen.note(f"Left out: {counted(taken.n_skipped_examples, 'example')} not here.", "yellow")


def _tell(screen: Screen, project: Project, as_json: bool) -> None:
    rows = _listed(project)
    screen.data({"classes": rows})
    if as_json:
        return
    if not rows:
        screen.say("No class yet: they come as answers name them, or with --import FILE.")
        return
    screen.table(
        ["class", "parent", "key", "answers", "description"],
        [
            [
                row["name"],
                row["parent"] or "",
                row["key"] or "",
                f"{row['n_answers']:,}",
                " ".join(row["description"].split()),
            ]
            for row in rows
        ],
    )


def _listed(project: Project) -> list[dict[str, Any]]:
    """The classes as JSON-able data, with the names of parents and examples beside ids."""
    answers = project.store.answers.counts_by_class()
    entries = project.classes.entries()
    return [
        {
            **asdict(row),
            "parent": entry.parent,
            "examples": list(entry.examples),
            "n_answers": answers.get(row.id, 0),
        }
        for row, entry in zip(project.store.classes.all(), entries, strict=True)
    ]
