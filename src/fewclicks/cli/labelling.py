"""Commands that open the page: `label`, `open`, and `fewclicks PHOTOS` for everything."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fewclicks.cli import options

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

HERE = Path()
"""The folder that the command was given in."""


def label(
    project: options.ProjectFolder,
    host: options.Host = options.HOST,
    port: options.Port = None,
    no_open: options.NoOpen = False,
    annotator: options.AnnotatorName = None,
    as_json: options.Json = False,
) -> None:
    """Serve the page where clusters and confusing items are labelled; Ctrl-C ends it."""
    from fewclicks.cli.screen import Screen

    with Screen(as_json) as screen:
        serve_page(screen, project, host=host, port=port, no_open=no_open, annotator=annotator)


def start(
    source: options.Source,
    labels: options.Labels = None,
    features: options.Features = "auto",
    workflow: options.Workflow = "fewclicks",
    host: options.Host = options.HOST,
    port: options.Port = None,
    no_open: options.NoOpen = False,
    annotator: options.AnnotatorName = None,
) -> None:
    """Make a project of SOURCE or go on with it, prepare it, open the page."""
    from fewclicks.cli.collecting import tell_prepared
    from fewclicks.cli.screen import Screen
    from fewclicks.workflows.choices import project_beside

    with Screen() as screen:
        folder = Path(source) if _is_project(Path(source)) else project_beside(source)
        with collected(screen, folder, source, labels, features, workflow) as project:
            tell_prepared(screen, project)
        serve_page(screen, folder, host=host, port=port, no_open=no_open, annotator=annotator)


def open_(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where to look for images and projects.")
    ] = HERE,
    host: options.Host = options.HOST,
    port: options.Port = None,
    no_open: options.NoOpen = False,
    annotator: options.AnnotatorName = None,
    as_json: options.Json = False,
) -> None:
    """Open the page without a project: choose images there, or a project to go on with."""
    from fewclicks.cli.screen import Screen
    from fewclicks.server.serve import serve_entrance

    with Screen(as_json) as screen:
        serve_entrance(
            folder,
            host=host,
            port=port,
            annotator=annotator,
            open_browser=not no_open,
            ready=lambda url: _tell_ready(screen, url, folder),
        )


def serve_page(
    screen: Screen,
    folder: Path,
    *,
    host: str,
    port: int | None,
    no_open: bool,
    annotator: str | None = None,
) -> None:
    """Serve a project until Ctrl-C and tell where the page is."""
    from fewclicks.server.serve import serve

    serve(
        folder,
        host=host,
        port=port,
        annotator=annotator,
        open_browser=not no_open,
        ready=lambda url: _tell_ready(screen, url, folder),
    )


def _tell_ready(screen: Screen, url: str, folder: Path) -> None:
    screen.data({"url": url, "project": str(folder)})
    screen.say(f"The page is at {url}", "bold")
    screen.note("Every answer is saved as it is given. Ctrl-C ends the server.")


def collected(
    screen: Screen,
    folder: Path,
    source: str,
    labels: str | None = None,
    features: str = "auto",
    workflow: str = "fewclicks",
) -> Project:
    """Open the project and add what is new in the source, or make it; tell what came."""
    from fewclicks.cli.collecting import tell_import
    from fewclicks.project import Project

    begun = time.perf_counter()
    if not _is_project(folder):
        project = Project.create(
            folder,
            source,
            labels=labels,
            features=features,
            workflow=workflow,
            report=screen.report,
        )
        tell_import(screen, project, project.n_items, time.perf_counter() - begun)
        return project
    project = Project.open(folder)
    if Path(source) != folder:
        added = project.add(source, labels=labels, report=screen.report)
        tell_import(screen, project, added.n_new, added.seconds)
    return project


def _is_project(folder: Path) -> bool:
    from fewclicks.store.store import DATABASE_NAME

    return (folder / DATABASE_NAME).exists()
