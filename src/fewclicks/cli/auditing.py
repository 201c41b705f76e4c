"""`mistakes`: answers that all else contradicts, listed, or asked about again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewclicks.cli import options

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project
    from fewclicks.workflows.explaining import Mistake

MOST_ASKED = 1000
"""Questions asked at once."""

WHY = "It was named before, but all else contradicts that: which is right?"


def mistakes(
    project: options.ProjectFolder,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Only what is contradicted by: model, neighbours, duplicates or earlier.",
            show_default="any",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Answers named, the worst first.")] = 20,
    ask: Annotated[
        bool,
        typer.Option("--ask", help="Ask about them again on the page, before all others."),
    ] = False,
    table: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write all of them to a CSV file, too."),
    ] = None,
    annotator: options.AnnotatorName = None,
    as_json: options.Json = False,
) -> None:
    """Say which answers are probably mistakes, and why."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        found = opened.mistakes(kind=kind, report=screen.report)
        screen.rest()
        shown = found[:limit]
        asked = _asked(opened, shown, annotator) if ask else 0
        if table is not None:
            _write(table, found)
        screen.data(
            {"n": len(found), "asked": asked, "mistakes": [_document(one) for one in shown]}
        )
        if not as_json:
            _tell(screen, shown, len(found), kind)
        if asked:
            screen.note(f"{asked} asked about again. Next: fewclicks label {project}")


def _asked(project: Project, shown: Sequence[Mistake], annotator: str | None) -> int:
    from fewclicks.settings import user_name

    items = [one.item for one in shown][:MOST_ASKED]
    if not items:
        return 0
    rows = project.store.questions.ask_about(
        annotator or user_name(), items, WHY, together=False, purpose="review"
    )
    return len(rows)


def _document(one: Mistake) -> dict[str, Any]:
    return {
        "item": one.item,
        "name": one.name,
        "said": one.said_name,
        "suspected": one.suspected_name,
        "score": round(one.score, 4),
        "annotator": one.annotator,
        "answered_at": datetime.fromtimestamp(one.answered_at, UTC).isoformat(),
        "n_together": one.n_together,
        "reasons": [
            {"kind": r.kind, "score": round(r.score, 4), "sentence": r.sentence}
            for r in one.reasons
        ],
    }


def _write(path: Path, found: Sequence[Mistake]) -> None:
    from fewclicks import files

    with (
        files.replacing(path) as temporary,
        open(temporary, "w", newline="", encoding="utf-8", errors="backslashreplace") as file,
    ):
        rows = csv.writer(file)
        rows.writerow(("item", "name", "said", "suspected", "score", "kind", "why", "annotator"))
        rows.writerows(
            (
                one.item,
                one.name,
                one.said_name,
                one.suspected_name,
                f"{one.score:.4f}",
                one.kind,
                " ".join(reason.sentence for reason in one.reasons),
                one.annotator,
            )
            for one in found
        )


def _tell(screen: Screen, shown: Sequence[Mistake], n: int, kind: str | None) -> None:
    from fewclicks.cli.screen import counted

    if not n:
        screen.say("No answer is contradicted by all else.")
        return
    screen.say(f"{counted(n, 'answer')} suspected, the worst first", "bold")
    screen.table(
        ("item", "name", "was called", "may be", "score", "why"),
        [
            (
                str(one.item),
                one.name,
                one.said_name,
                one.suspected_name,
                f"{one.score:.2f}",
                next(r.sentence for r in one.reasons if kind in (None, r.kind)),
            )
            for one in shown
        ],
    )
    if n > len(shown):
        screen.note(f"{n - len(shown):,} more: --limit shows them, --csv writes all.")
