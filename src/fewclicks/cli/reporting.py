"""Commands that say what has come of the answers: status, export."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewclicks.cli import options
from fewclicks.cli.collecting import tell_failures, unreadable
from fewclicks.cli.options import ProjectFolder
from fewclicks.errors import NotFound

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project


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
            tell_failures(screen, document["failures"], most=len(document["failures"]))


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
    layout: Annotated[
        bool, typer.Option("--layout", help="Add the columns x and y: the item's place.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Write the labels, with who or what decided each."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        done = opened.export(target, format=format, mode=mode, layout=layout, report=screen.report)
        screen.rest()
        screen.data(
            {
                "path": str(done.path),
                "rows": done.rows,
                "n_missing": done.n_missing,
                "seconds": done.seconds,
                "card": str(done.card),
            }
        )
        screen.say(f"{done.rows:,} items written to {done.path} in {done.seconds:.1f} s")
        screen.note(f"Its label card: {done.card}. Next: fewclicks verify {done.path}")
        if done.n_missing:
            screen.note(f"{done.n_missing:,} originals could not be read.", "yellow")


def described(project: Project) -> dict[str, Any]:
    """Return the status of a project as JSON-able data, with names beside ids."""
    names = project.store.classes.names()
    document = project.status()
    certificate = _certificate(project)
    document["classes"] = [{**row, "name": names[row["id"]]} for row in document["classes"]]
    return {
        "name": project.name,
        "project": str(project.folder),
        "workflow": project.options["workflow"],
        **document,
        "n_duplicates": project.store.items.count_duplicates(),
        "failures": unreadable(project),
        "certificate": certificate,
    }


def _certificate(project: Project) -> dict[str, Any] | None:
    """How the certificate stands; None where there is none, or its labels are lost."""
    with suppress(NotFound):
        standing = project.certificates.standing()
        return None if standing is None else standing.to_dict()
    return None


def _tell_status(screen: Screen, told: dict[str, Any]) -> None:
    labelled, answers = told["labelled"], told["answers"]
    n_items = max(1, told["n_items"])
    screen.say(told["name"], "bold")
    screen.facts(
        {
            "items": f"{told['n_items']:,} ({told['n_duplicates']:,} copies of others, "
            f"{len(told['failures']):,} files unreadable)",
            "workflow": f"{told['workflow']}, {_rounds(told['round'])}",
            "answers": f"{answers['total']:,} ({answers['learn']:,} to learn, "
            f"{answers['review']:,} in reviews, {answers['audit']:,} blind), manual labelling rate "
            f"{told['rate']:.2%}",
            "effort": f"{told['actions']:,} actions, {told['seconds'] / 60:.0f} min",
            "labels": ", ".join(
                f"{labelled[who]:,} by {who} ({labelled[who] / n_items:.1%})"
                for who in ("person", "cluster", "group", "model")
                if who != "group" or labelled[who]
            ),
            **({"right": _right(told["accuracy"])} if told["accuracy"] else {}),
            **({"certificate": told["certificate"]["sentence"]} if told["certificate"] else {}),
            "no label yet": f"{labelled['none']:,}",
            "open questions": f"{told['open']['items']:,} items, {told['open']['clusters']:,} "
            "clusters",
            "worth giving": told["advice"]["sentence"],
        }
    )
    if told["synthesised"] is not None:
        screen.facts({"images made": _made(told["synthesised"])})
    if told["classes"]:
        screen.table(("class", "items"), [(c["name"], f"{c['n']:,}") for c in told["classes"]])


def _right(told: dict[str, float]) -> str:
    interval = f"{told['low']:.1%} to {told['high']:.1%} with 95% confidence"
    return f"{interval}, by {told['n']:,} blind answers of which {told['right']:,} agree"


def _made(told: dict[str, Any]) -> str:
    if told["readable"] is None:
        return f"{told['made']:,}, none answered yet"
    return (
        f"{told['made']:,}; of {told['answered']:,} answered, people could name "
        f"{told['named']:,} ({told['readable']:.1%})"
    )


def _rounds(n: int) -> str:
    return "1 round" if n == 1 else f"{n} rounds"
