"""Commands that open the page: `label`, and `fewclicks PHOTOS` for everything from the start."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fewclicks.cli import options
from fewclicks.errors import Conflict

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

ENDING = ".fewclicks"
"""What the project of `photos/` is called: `photos.fewclicks`, beside it."""


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

    with Screen() as screen:
        folder = Path(source) if _is_project(Path(source)) else project_beside(source)
        with collected(screen, folder, source, labels, features, workflow) as project:
            tell_prepared(screen, project)
        serve_page(screen, folder, host=host, port=port, no_open=no_open, annotator=annotator)


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

    def ready(url: str) -> None:
        screen.data({"url": url, "project": str(folder)})
        screen.say(f"The page is at {url}", "bold")
        screen.note("Every answer is saved as it is given. Ctrl-C ends the server.")

    serve(folder, host=host, port=port, annotator=annotator, open_browser=not no_open, ready=ready)


def project_beside(source: str) -> Path:
    """Return where the project of a source lies: beside it, its name with `.fewclicks` added.

    For a URL, or where the folder that holds the source cannot be written, it is the current
    folder.

    Raises
    ------
    Conflict
        It would lie inside the images it is made of.
    """
    here = Path.cwd()
    remote = "://" in source and not os.path.lexists(source)
    path = here / Path(source).name if remote else Path(source).resolve()
    beside = path.with_name(f"{path.name or 'images'}{ENDING}")
    if beside.exists() or os.access(beside.parent, os.W_OK):
        return beside
    if here.is_relative_to(path):
        raise Conflict(
            f"{beside.parent} cannot be written, and {path} is where the images are.",
            "Change to another folder and run it there.",
        )
    return here / beside.name


def collected(
    screen: Screen,
    folder: Path,
    source: str,
    labels: str | None = None,
    features: str = "auto",
    workflow: str = "fewclicks",
) -> Project:
    """Open the project and add what is new in the source, or make it; tell what came."""
    from fewclicks.cli.collecting import add_again, tell_import
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
        added = add_again(screen, project, source, {"labels": labels})
        tell_import(screen, project, added.n_new, added.seconds)
    return project


def _is_project(folder: Path) -> bool:
    from fewclicks.store.store import DATABASE_NAME

    return (folder / DATABASE_NAME).exists()
