"""Commands from images to a labelled table: new, add, prepare, status, export."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewclicks.cli import options
from fewclicks.cli.options import ProjectFolder

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
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
    features: options.Features = "auto",
    codewords: options.Codewords = None,
    workflow: options.Workflow = "fewclicks",
    settings: options.Settings = None,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    group_column: options.GroupColumn = None,
    split_column: options.SplitColumn = None,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Make a project and import its images."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen:
        start = time.perf_counter()
        columns = options.source_options(
            path_column=path_column,
            label_column=label_column,
            group_column=group_column,
            split_column=split_column,
        )
        project = Project.create(
            name,
            source,
            labels=labels,
            features=features,
            n_codewords=codewords,
            workflow=workflow,
            workflow_options=options.workflow_options(settings),
            seed=seed,
            report=screen.report,
            **columns,
        )
        with project:
            tell_import(screen, project, project.n_items, time.perf_counter() - start)
            screen.note(f"Next: fewclicks prepare {name}")


def add(
    project: ProjectFolder,
    source: options.Source,
    labels: options.Labels = None,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    group_column: options.GroupColumn = None,
    split_column: options.SplitColumn = None,
    as_json: options.Json = False,
) -> None:
    """Import what is new in a source; items and answers stay as they are."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        columns = options.source_options(
            path_column=path_column,
            label_column=label_column,
            group_column=group_column,
            split_column=split_column,
        )
        done = opened.add(source, labels=labels, report=screen.report, **columns)
        tell_import(screen, opened, done.n_new, done.seconds)
        if done.n_new:
            screen.note(f"Next: fewclicks prepare {project}")


def prepare(project: ProjectFolder, as_json: options.Json = False) -> None:
    """Compute features, clusters and neighbours; goes on where it stopped."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        tell_prepared(screen, opened)
        screen.note(f"Next: fewclicks label {project}")


def status(
    project: ProjectFolder,
    failures: Annotated[
        bool, typer.Option("--failures", help="Name every file that could not be read.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Say how far the labelling is."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        document = described(opened)
        screen.data(document)
        if not as_json:
            _tell_status(screen, document)
        if failures:
            _tell_failures(screen, document["failures"], most=len(document["failures"]))


def export(
    project: ProjectFolder,
    target: Annotated[
        Path,
        typer.Argument(
            help="A .csv, .parquet or .jsonl file, or a folder for one folder per class.",
            show_default=False,
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(help="csv, parquet, jsonl or folders.", show_default="by the target's name"),
    ] = None,
    mode: Annotated[
        str, typer.Option(help="How images come into class folders: copy, hardlink or symlink.")
    ] = "copy",
    as_json: options.Json = False,
) -> None:
    """Write the labels, with who or what decided each."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        done = opened.export(target, format=format, mode=mode, report=screen.report)
        screen.rest()
        screen.data(
            {
                "path": str(done.path),
                "rows": done.rows,
                "n_missing": done.n_missing,
                "seconds": done.seconds,
            }
        )
        screen.say(f"{done.rows:,} items written to {done.path} in {done.seconds:.1f} s")
        if done.n_missing:
            screen.note(f"{done.n_missing:,} originals could not be read.", "yellow")


def tell_import(screen: Screen, project: Project, n_new: int, seconds: float) -> None:
    """Report an import: what came, what is a copy, what could not be read and why."""
    failures = _failures(project)
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
    _tell_failures(screen, failures, MOST_FAILURES)


def tell_prepared(screen: Screen, project: Project) -> None:
    """Prepare a project and report what came of it."""
    start = time.perf_counter()
    project.prepare(screen.report)
    screen.rest()
    n_clusters = project.collection().portraits.n_clusters
    seconds = time.perf_counter() - start
    screen.data(
        {
            "project": str(project.folder),
            "n_items": project.n_items,
            "features": project.feature_set["name"],
            "n_clusters": n_clusters,
            "open": project.status()["open"],
            "seconds": seconds,
        }
    )
    screen.say(
        f"{project.n_items:,} items described by {project.feature_set['name']}, "
        f"in {n_clusters:,} clusters ({seconds:.1f} s)"
    )


def described(project: Project) -> dict[str, Any]:
    """Return the status of a project as JSON-able data, with names beside ids."""
    names = project.store.classes.names()
    document = project.status()
    document["classes"] = [{**row, "name": names[row["id"]]} for row in document["classes"]]
    return {
        "name": project.name,
        "project": str(project.folder),
        "workflow": project.options["workflow"],
        **document,
        "n_duplicates": project.store.items.count_duplicates(),
        "failures": _failures(project),
    }


def _failures(project: Project) -> list[dict[str, str]]:
    return [
        {"name": row.key, "reason": row.reason, "remedy": row.remedy}
        for row in project.store.items.failures()
    ]


def _tell_failures(screen: Screen, failures: list[dict[str, str]], most: int) -> None:
    if not failures:
        return
    screen.say(f"{len(failures):,} files could not be read:", "yellow")
    for row in failures[:most]:
        screen.say(f"  {row['name']}: {row['reason']}. {row['remedy']}")
    if len(failures) > most:
        screen.say(f"  and {len(failures) - most:,} more; see: fewclicks status --failures")


def _tell_status(screen: Screen, told: dict[str, Any]) -> None:
    labelled, answers = told["labelled"], told["answers"]
    n_items = max(1, told["n_items"])
    screen.say(told["name"], "bold")
    screen.facts(
        {
            "items": f"{told['n_items']:,} ({told['n_duplicates']:,} copies of others, "
            f"{len(told['failures']):,} files unreadable)",
            "workflow": f"{told['workflow']}, {told['round']} rounds",
            "answers": f"{answers['total']:,}, manual labelling rate {told['rate']:.2%}",
            "effort": f"{told['actions']:,} actions, {told['seconds'] / 60:.0f} min",
            "labels": ", ".join(
                f"{labelled[who]:,} by {who} ({labelled[who] / n_items:.1%})"
                for who in ("person", "cluster", "model")
            ),
            "no label yet": f"{labelled['none']:,}",
            "open questions": f"{told['open']['items']:,} items, {told['open']['clusters']:,} "
            "clusters",
        }
    )
    if told["classes"]:
        screen.table(("class", "items"), [(c["name"], f"{c['n']:,}") for c in told["classes"]])
