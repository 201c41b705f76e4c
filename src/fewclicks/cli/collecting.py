"""Commands from images to questions: new, add, prepare."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fewclicks.cli import options
from fewclicks.cli.options import ProjectFolder

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.engine.base import Engine
    from fewclicks.project import Project

MOST_FAILURES = 20
"""Unreadable files that are named one by one; `status --failures` names all."""


def new(
    name: Annotated[
        Path,
        typer.Argument(metavar="NAME", help="Folder of the new project.", show_default=False),
    ],
    source: options.Source,
    labels: options.Labels = None,
    groups: options.Groups = None,
    features: options.Features = "auto",
    kernel: options.Kernel = None,
    feature_settings: options.FeatureSettings = None,
    clusterer: options.Clusterer = "kmeans",
    codewords: options.Codewords = None,
    workflow: Annotated[
        str | None,
        typer.Option(
            help="What decides which questions are asked.",
            show_default="fewclicks; confusion_area with --confusion",
        ),
    ] = None,
    confusion: options.Confusion = None,
    settings: options.Settings = None,
    stop: options.Stop = None,
    second_share: options.SecondShare = 0.0,
    again_share: options.AgainShare = 0.0,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    group_column: options.GroupColumn = None,
    split_column: options.SplitColumn = None,
    seed: options.Seed = 0,
    engine: options.Engine = None,
    address: options.Address = None,
    as_json: options.Json = False,
) -> None:
    """Make a project and import its images."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen:
        start = time.perf_counter()
        does = options.chosen_engine(engine, address)
        project = _interrupted(screen, name, source, does) or Project.create(
            name,
            source,
            labels=labels,
            groups=groups,
            features=features,
            feature_options=options.feature_options(feature_settings, kernel),
            clusterer=clusterer,
            n_codewords=codewords,
            workflow=options.chosen_workflow(workflow, confusion) or "fewclicks",
            workflow_options=options.workflow_options(settings, confusion),
            stop=options.stop_rule(stop),
            second_share=second_share,
            again_share=again_share,
            seed=seed,
            engine=does,
            report=screen.report,
            path_column=path_column,
            label_column=label_column,
            group_column=group_column,
            split_column=split_column,
        )
        with project:
            tell_import(screen, project, project.n_items, time.perf_counter() - start)
            screen.note(f"Next: fewclicks prepare {name}")


def add(
    project: ProjectFolder,
    source: options.Source,
    labels: options.Labels = None,
    groups: options.Groups = None,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    group_column: options.GroupColumn = None,
    split_column: options.SplitColumn = None,
    engine: options.Engine = None,
    address: options.Address = None,
    as_json: options.Json = False,
) -> None:
    """Import what is new in a source; items and answers stay as they are."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        done = opened.add(
            source,
            labels=labels,
            groups=groups,
            path_column=path_column,
            label_column=label_column,
            group_column=group_column,
            split_column=split_column,
            engine=options.chosen_engine(engine, address),
            report=screen.report,
        )
        tell_import(screen, opened, done.n_new, done.seconds)
        if done.n_new:
            screen.note(f"Next: fewclicks prepare {project}")


def prepare(
    project: ProjectFolder,
    engine: options.Engine = None,
    address: options.Address = None,
    gpus: options.Gpus = 0,
    as_json: options.Json = False,
) -> None:
    """Compute features, clusters and neighbours, run a due round; goes on where it stopped."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        tell_prepared(screen, opened, options.chosen_engine(engine, address, gpus))
        screen.note(f"Next: fewclicks label {project}")


def _interrupted(
    screen: Screen, folder: Path, source: str, engine: Engine | None = None
) -> Project | None:
    """Go on with a project whose first import was cut off; None if there is none."""
    from fewclicks.items.places import absolute
    from fewclicks.project import Project
    from fewclicks.store.store import DATABASE_NAME

    if not (folder / DATABASE_NAME).exists():
        return None
    project = Project.open(folder)
    sources = project.store.items.sources()
    if any(row.uri != absolute(source) or row.read_at is not None for row in sources):
        project.close()
        return None
    screen.note(f"Going on with the import into {folder}")
    project.add(source, report=screen.report, engine=engine)
    return project


def tell_import(screen: Screen, project: Project, n_new: int, seconds: float) -> None:
    """Report an import: what came, what is a copy, what could not be read and why."""
    failures = unreadable(project)
    n_duplicates = project.store.items.count_duplicates()
    screen.rest()
    screen.data(
        {
            "project": str(project.folder),
            "n_items": project.n_items,
            "n_new": n_new,
            "n_duplicates": n_duplicates,
            "n_failed": len(failures),
            "failures": failures,
            "seconds": seconds,
        }
    )
    screen.say(
        f"{n_new:,} new items, {project.n_items:,} in {project.folder}, "
        f"{n_duplicates:,} of them copies of others ({seconds:.1f} s)"
    )
    tell_failures(screen, failures, MOST_FAILURES)


def tell_prepared(screen: Screen, project: Project, engine: Engine | None = None) -> None:
    """Prepare a project and report what came of it."""
    start = time.perf_counter()
    project.prepare(screen.report, engine=engine)
    screen.rest()
    collection = project.collection()
    n_clusters = int((collection.portraits.sizes() > 0).sum())
    n_near = int((collection.groups >= 0).sum()) if collection.near_duplicates else 0
    seconds = time.perf_counter() - start
    screen.data(
        {
            "project": str(project.folder),
            "n_items": project.n_items,
            "features": project.feature_set["name"],
            "n_clusters": n_clusters,
            "n_near_duplicates": n_near,
            "open": project.status()["open"],
            "seconds": seconds,
        }
    )
    near = f", {n_near:,} of them near-duplicates of others" if n_near else ""
    screen.say(
        f"{project.n_items:,} items described by {project.feature_set['name']}, "
        f"in {n_clusters:,} clusters{near} ({seconds:.1f} s)"
    )


def unreadable(project: Project) -> list[dict[str, str]]:
    """Return every file that could not be read, with reason and remedy, as JSON-able data."""
    return [
        {"name": row.key, "reason": row.reason, "remedy": row.remedy}
        for row in project.store.items.failures()
    ]


def tell_failures(screen: Screen, failures: list[dict[str, str]], most: int) -> None:
    """Name the first files that could not be read."""
    if not failures:
        return
    from fewclicks.cli.screen import counted

    screen.say(f"{counted(len(failures), 'file')} could not be read:", "yellow")
    for row in failures[:most]:
        screen.say(f"  {row['name']}: {row['reason']}. {row['remedy']}")
    if len(failures) > most:
        screen.say(f"  and {len(failures) - most:,} more; see: fewclicks status --failures")
