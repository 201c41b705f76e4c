"""The command `simulate`, and the table of rounds that the demo prints too."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewclicks.cli import options
from fewclicks.errors import InvalidInput

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project
    from fewclicks.queries.stopping import Criterion
    from fewclicks.simulate import Run, SimulatedRound
    from fewclicks.workflows import Workflow

Truths = Sequence[str | None]

COLUMNS = {
    "round": 5,
    "answers": 8,
    "rate": 8,
    "accuracy": 9,
    "unasked": 9,
    "classes": 8,
    "actions": 8,
    "effort": 12,
    "seconds": 8,
}
"""The columns of the table of rounds and their widths."""


def simulate(
    project: options.ProjectFolder,
    workflow: Annotated[
        str | None, typer.Option(help="Workflow to run.", show_default="the project's")
    ] = None,
    confusion: options.Confusion = None,
    settings: options.Settings = None,
    stop: options.Stop = None,
    budget: Annotated[
        int, typer.Option(min=1, help="Answers at most, items and clusters alike.")
    ] = 300,
    truth: Annotated[
        str, typer.Option(help="“imported”, or a file that says what every image is.")
    ] = "imported",
    error_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Chance that an answer is wrong.")
    ] = 0.0,
    team: Annotated[
        list[float] | None,
        typer.Option(
            min=0,
            max=1,
            metavar="RATE",
            help="Error rate of one of several annotators, instead of --error-rate; repeated.",
            show_default=False,
        ),
    ] = None,
    unsure_rate: Annotated[
        float, typer.Option(min=0, max=1, help="Chance that an answer is “I don't know”.")
    ] = 0.0,
    misfits: Annotated[
        bool, typer.Option("--misfits", help="Click out of clusters what does not belong.")
    ] = False,
    certify: Annotated[
        float | None,
        typer.Option(
            help="Then answer blindly until it is proved that at most this share of the labels is "
            "wrong.",
            show_default=False,
        ),
    ] = None,
    name_unsure: Annotated[
        bool,
        typer.Option(
            "--name-unsure",
            help="With --certify: name the least sure labels instead, where that takes fewer "
            "answers.",
        ),
    ] = False,
    draw: options.Drawing = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Decides everything random.", show_default="project's")
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Leave the project as it is.")
    ] = False,
    file: Annotated[
        str | None,
        typer.Option("--json", metavar="FILE", help="Write every round to FILE; - is stdout."),
    ] = None,
) -> None:
    """Let a simulated annotator label the project; print a row per round."""
    from fewclicks.answers.annotator import KnownLabels
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project
    from fewclicks.simulate import SIMULATED

    with (
        Screen(as_json=file == "-") as screen,
        Project.open(project) as opened,
        stage(opened, rehearse) as staged,
    ):
        chosen_seed = opened.options["seed"] if seed is None else seed
        truths = known_truths(opened, truth)
        rates = {f"person {number}": rate for number, rate in enumerate(team or (), start=1)}
        people = {
            who: KnownLabels(
                truths,
                error_rate=rate,
                unsure_rate=unsure_rate,
                mark_misfits=misfits,
                random_state=chosen_seed + number,
            )
            for number, (who, rate) in enumerate((rates or {SIMULATED: error_rate}).items())
        }
        run = watch(
            screen,
            staged,
            people,
            truths,
            budget=budget,
            workflow=_workflow(opened, workflow, confusion, settings),
            stop=_criterion(stop),
            seed=chosen_seed,
        )
        tell_run(screen, run)
        how = {"name": name_unsure, "draw": draw or "evenly"}
        proof = _certified(screen, staged, next(iter(people.values())), certify, how)
        document = {
            **run.to_dict(), **proof, "budget": budget, "error_rate": error_rate,
            "team": team, "unsure_rate": unsure_rate, "misfits": misfits,
        }  # fmt: skip
        _write(screen, document, file)


@contextmanager
def stage(project: Project, rehearse: bool) -> Iterator[Project]:
    """Yield the project, or a rehearsal of it that is thrown away afterwards."""
    if not rehearse:
        yield project
        return
    with (
        tempfile.TemporaryDirectory(prefix="fewclicks-") as folder,
        project.rehearse(folder) as rehearsal,
    ):
        yield rehearsal


def known_truths(project: Project, truth: str) -> Truths:
    """Return what every item is: as imported, or as a label file of its source says.

    Raises
    ------
    InvalidInput
        The project has several sources, so that a label file cannot be matched with its items.
    """
    if truth == "imported":
        return project.store.items.truths()
    sources = project.store.items.sources()
    if len(sources) != 1:
        raise InvalidInput(
            f"--truth FILE needs a project of one source, but {project.folder} has {len(sources)}.",
            "Import each source with --labels and leave --truth out.",
        )
    from fewclicks.items.sources import open_source

    source = open_source(sources[0].uri, **{**sources[0].options, "labels": truth})
    labels = {entry.key: entry.label for entry in source.entries()}
    return [labels.get(key) for _, rows in project.store.items.columns("key") for (key,) in rows]


def watch(
    screen: Screen,
    project: Project,
    annotator: Any,
    truths: Truths,
    *,
    budget: int,
    workflow: Workflow | None = None,
    stop: Criterion | None = None,
    seed: int | None = None,
) -> Run:
    """Run a simulation and print a row of the table as each round ends."""
    from fewclicks.simulate import simulate

    screen.say("".join(f"{name:>{width}}" for name, width in COLUMNS.items()), "bold")
    run = simulate(
        project,
        annotator,
        budget=budget,
        workflow=workflow,
        stop=stop,
        seed=seed,
        truths=truths,
        report=screen.report,
        on_round=lambda row: screen.say(_line(row)),
    )
    screen.rest()
    return run


def _certified(
    screen: Screen, project: Project, annotator: Any, error: float | None, how: dict[str, Any]
) -> dict[str, Any]:
    """Let the annotator answer what a certificate asks; return what came of it."""
    if error is None:
        return {}
    from fewclicks.cli.certifying import tell_standing
    from fewclicks.simulate import certify

    standing = certify(project, annotator, error=error, report=screen.report, **how)
    screen.rest()
    screen.say()
    tell_standing(screen, project, standing)
    return {"certificate": standing.to_dict()}


def tell_run(screen: Screen, run: Run) -> None:
    """Print what a simulation came to: answers, rate, accuracy, effort."""
    from fewclicks.cli.screen import span

    if not run.rounds:
        screen.say("Nothing was asked.", "yellow")
        return
    last = run.rounds[-1]
    screen.say()
    screen.facts(
        {
            "answers": f"{last.answers:,} for {run.n_items:,} items",
            "manual labelling rate": f"{last.rate:.3%}",
            "accuracy": f"{last.accuracy:.2%} of all labels are right, "
            f"{last.accuracy_unasked:.2%} of those nobody was asked about",
            "macro F1": f"{last.macro_f1:.4f}",
            "effort": f"{last.actions:,} keys and clicks, "
            f"{span(last.modelled_seconds)} for a person (modelled)",
            "computing": f"{span(run.seconds)}, at most {run.peak_rss_mb:,.0f} MB of memory",
        }
    )


def _line(row: SimulatedRound) -> str:
    from fewclicks.cli.screen import span

    cells = (
        str(row.round),
        f"{row.answers:,}",
        f"{row.rate:.3%}",
        f"{row.accuracy:.2%}",
        f"{row.accuracy_unasked:.2%}",
        str(row.classes),
        f"{row.actions:,}",
        span(row.modelled_seconds),
        f"{row.seconds:.1f}",
    )
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, COLUMNS.values(), strict=True))


def _workflow(
    project: Project, name: str | None, confusion: str | None, settings: Sequence[str] | None
) -> Workflow | None:
    from fewclicks.workflows import make_workflow

    if name is None and confusion is None and not settings:
        return None
    chosen = options.chosen_workflow(name, confusion) or project.options["workflow"]
    parameters = options.workflow_options(settings, confusion)
    if chosen == project.options["workflow"]:
        parameters = {**project.options["workflow_options"], **parameters}
    return make_workflow(chosen, parameters)


def _criterion(stop: str | None) -> Criterion | None:
    from fewclicks.queries.stopping import make_criterion

    rule = options.stop_rule(stop)
    return None if rule is None else make_criterion(**rule)


def _write(screen: Screen, document: dict[str, Any], file: str | None) -> None:
    screen.data(document)
    if file not in (None, "-"):
        from fewclicks.files import replacing

        with replacing(Path(file).resolve()) as temporary:
            temporary.write_text(json.dumps(document, indent=2) + "\n")
        screen.note(f"Every round is in {file}")
