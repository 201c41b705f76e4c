"""`audit`: how right labels of any other tool are, without a project."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fewclicks.cli import options

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.workflows.outside import Outcome, Plan

ERROR, CONFIDENCE, N = 0.01, 0.95, 500


def audit(
    predictions: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="Names, labels and, if known, confidences: CSV, JSON lines or Parquet.",
            show_default=False,
        ),
    ],
    sheet: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="CSV file that is drawn first, and read once it is filled in.",
            show_default=False,
        ),
    ],
    error: Annotated[
        float | None,
        typer.Option(
            help="Share of wrong labels that is to be shown not to be exceeded.",
            show_default=str(ERROR),
        ),
    ] = None,
    confidence: Annotated[
        float | None,
        typer.Option(help="With what confidence.", show_default=str(CONFIDENCE)),
    ] = None,
    n: Annotated[int | None, typer.Option(min=1, help="Items drawn.", show_default=str(N))] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of the draw.", show_default="drawn afresh, kept"),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write what is left to do to this CSV file: items that people must label, and "
            "labels to take over from the sheet.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Audit labels of any other tool: draw random items, and say what the answers show."""
    from fewclicks.cli.screen import Screen
    from fewclicks.workflows import outside

    with Screen(as_json) as screen:
        if not sheet.exists():
            claim = outside.claim_of(
                ERROR if error is None else error,
                CONFIDENCE if confidence is None else confidence,
            )
            seed = secrets.randbits(32) if seed is None else seed
            plan = outside.draw_sheet(predictions, sheet, n or N, claim, seed)
            _tell_plan(screen, plan, sheet)
            return
        _refuse({"error": error, "confidence": confidence, "n": n, "seed": seed}, sheet)
        outcome = outside.read_sheet(predictions, sheet)
        _tell(screen, outcome)
        if people is not None:
            _write(screen, outcome, predictions, people)


def _refuse(given: dict[str, object], sheet: Path) -> None:
    """What was settled when the sheet was drawn cannot be chosen again."""
    from fewclicks.errors import Conflict

    named = [f"--{name}" for name, value in given.items() if value is not None]
    if named:
        raise Conflict(
            f"{', '.join(named)}: settled when {sheet} was drawn.",
            "Leave it out, or name a new sheet to draw anew.",
        )


def _tell_plan(screen: Screen, plan: Plan, sheet: Path) -> None:
    screen.data({"drawn": plan.n, "items": plan.n_items, "sheet": str(sheet)})
    screen.say(f"{plan.n:,} of {plan.n_items:,} items drawn into {sheet}.", "bold")
    screen.note(
        "Write what each is into the column “answer”, from the top, without looking at the "
        "labels; then give the same command again, without what is settled now."
    )


def _tell(screen: Screen, outcome: Outcome) -> None:
    made, cut = outcome.certificate, outcome.cut
    screen.data(
        {
            "holds": made.holds,
            "error": outcome.plan.error,
            "alpha": outcome.plan.alpha,
            "items": made.n_items,
            "audits": made.audits,
            "wrong": made.wrong,
            "lower": made.lower,
            "upper": made.upper,
            "certified_at": made.certified_at,
            "missing": outcome.n_missing,
            "people": None if cut is None else int(cut.people.sum()),
            "threshold": None if cut is None else _confidence_of(cut.threshold),
        }
    )
    verdict, *others = made.sentences
    screen.say(verdict, "bold")
    for sentence in others:
        screen.say(sentence)
    if cut is not None and not made.holds:
        screen.say(_promise(outcome, int(cut.people.sum())))
    if outcome.n_missing:
        screen.note(f"{outcome.n_missing:,} answers are missing in the sheet.")


def _confidence_of(threshold: float) -> float | None:
    """The least confidence that is kept; None where all or none are."""
    return -threshold if abs(threshold) < float("inf") else None


def _promise(outcome: Outcome, n: int) -> str:
    """What holds once people have labelled n more items, and the sheet's answers are taken over."""
    todo = []
    if n:
        todo.append(f"people label {n:,} more items, those that the tool was least sure of")
    if outcome.corrections:
        todo.append(
            f"the sheet's answers replace the {len(outcome.corrections):,} labels found wrong"
        )
    wrong = (
        f"at most {outcome.plan.error:.2%} of the finished set are wrong, with confidence "
        f"{1 - outcome.plan.alpha:.4g}."
    )
    return f"If {', and '.join(todo)}, {wrong}" if todo else f"By the full sheet, {wrong}"


def _write(screen: Screen, outcome: Outcome, predictions: Path, people: Path) -> None:
    from fewclicks.workflows.outside import write_people

    write_people(predictions, outcome, people)
    n = 0 if outcome.cut is None else int(outcome.cut.people.sum())
    screen.note(
        f"{people} has {n:,} items for people to label, and {len(outcome.corrections):,} that the "
        "sheet found wrong, with the label to take over in the column “answer”. Both are needed."
    )
