"""`synthesise`: new images at the boundary of classes, to be named on the page."""

from __future__ import annotations

from typing import Annotated

import typer

from fewclicks.cli import options


def synthesise(
    project: options.ProjectFolder,
    n: Annotated[int, typer.Option("-n", "--number", min=1, help="Images at most.")] = 20,
    as_json: options.Json = False,
) -> None:
    """Make images between those of different classes; the page asks about them."""
    from fewclicks.cli.screen import Screen, counted
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        made = opened.synthesise(n, report=screen.report)
        screen.rest()
        folder = opened.folder / "synthesised"
        screen.data(
            {
                "folder": str(folder),
                "made": [
                    {"item": one.item, "parents": list(one.parents), "question": one.question}
                    for one in made
                ],
            }
        )
        if not made:
            screen.say(
                "No image could be made: all pairs of different classes were used.", "yellow"
            )
            return
        screen.say(f"{counted(len(made), 'image')} made in {folder}, each with a question")
        screen.note(f"Next: fewclicks prepare {project}, then fewclicks label {project}")
