"""`predict`: what new images show, filed into class folders, asked about, or written to files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewclicks.cli import options
from fewclicks.errors import InvalidInput

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.items.ingest import Failure
    from fewclicks.project import Project
    from fewclicks.workflows.partwise import PlaceSummary
    from fewclicks.workflows.predicting import Prediction
    from fewclicks.workflows.uploading import Upload

Images = Annotated[
    list[str],
    typer.Argument(
        metavar="IMAGE...",
        help="Image files, folders, or other sources of images.",
        show_default=False,
    ),
]
Threshold = Annotated[
    float, typer.Option(min=0, max=1, help="Confidence from which nobody need be asked.")
]
FileInto = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Copy images from the threshold on into FOLDER, one folder per class.",
        show_default=False,
    ),
]
Ask = Annotated[
    bool,
    typer.Option(
        "--ask", help="Make items of the images below the threshold; the page asks about them."
    ),
]
Into = Annotated[
    str | None,
    typer.Option(
        metavar="PLACE",
        help="Write predictions of a source of any size as Parquet files into PLACE, a folder or "
        "URL; goes on where it stopped.",
        show_default=False,
    ),
]


def predict(
    project: options.ProjectFolder,
    images: Images,
    threshold: Threshold = 0.9,
    file_into: FileInto = None,
    ask: Ask = False,
    into: Into = None,
    engine: options.Engine = None,
    address: options.Address = None,
    gpus: options.Gpus = 0,
    as_json: options.Json = False,
) -> None:
    """Say what images show, by what the project believes now."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        if into is None:
            if engine is not None or address is not None or gpus:
                raise InvalidInput("An engine predicts into files only.", "Add: --into PLACE")
            _predict_each(screen, opened, images, threshold, file_into, ask)
        else:
            source = _only_source(images, file_into, ask)
            does = options.chosen_engine(engine, address, gpus)
            done = opened.predict_into(
                source, into, threshold=threshold, report=screen.report, engine=does
            )
            _tell_into(screen, done, threshold)


def _predict_each(
    screen: Screen,
    project: Project,
    images: list[str],
    threshold: float,
    file_into: Path | None,
    ask: bool,
) -> None:
    """Tell of each image, and do with it what was asked for."""
    told = project.predict(images, report=screen.report)
    screen.rest()
    good, bad = _parted(told)
    sure = [one for one in good if one.sure(threshold)]
    filed = None if file_into is None else _file(project, sure, file_into)
    asked = _ask(project, good, threshold) if ask else {}
    by = project.predictor()
    screen.data(
        {
            "by": by.by,
            "threshold": threshold,
            "predictions": [
                _document(one, threshold, asked[at].item if at in asked else one.item)
                for at, one in enumerate(good)
            ],
            "failures": [
                {"name": one.key, "reason": one.reason, "remedy": one.remedy} for one in bad
            ],
            "filed": filed,
        }
    )
    if by.note:
        screen.note(by.note, "yellow")
    _tell(screen, good, threshold, bad)
    _tell_done(screen, project.folder, filed, file_into, asked)


def _only_source(images: Sequence[str], file_into: Path | None, ask: bool) -> str:
    """The source to predict into files; what does not go with that is refused."""
    if len(images) > 1:
        raise InvalidInput(
            f"--into takes one source but {len(images)} came.",
            "Name a folder or a list of them all, or give each a PLACE of its own.",
        )
    if file_into is not None or ask:
        raise InvalidInput(
            "--into writes tables and neither copies nor asks.",
            f"Leave out {'--ask' if ask else '--file-into'}, or --into.",
        )
    return images[0]


def _tell_into(screen: Screen, done: PlaceSummary, threshold: float) -> None:
    """Report what was written: how many images, of what classes."""
    from fewclicks.cli.screen import counted

    screen.rest()
    failure = done.failure
    screen.data(
        {
            "place": done.place,
            "threshold": threshold,
            **done.document(),
            "n_before": done.n_before,
            "failure": failure and {"name": failure.key, "reason": failure.reason},
            "seconds": done.seconds,
        }
    )
    if done.note:
        screen.note(done.note, "yellow")
    screen.table(("class", "images"), [(name, f"{n:,}") for name, n in done.classes.items()])
    screen.say(_in_words(done))
    if failure is not None:
        screen.say(
            f"{counted(done.n_failed, 'image')} could not be read, as the column “failure” says; "
            f"the first: {failure.key}: {failure.reason}.",
            "yellow",
        )


def _in_words(done: PlaceSummary) -> str:
    from fewclicks.cli.screen import counted, span

    before = f", {done.n_before:,} of them there before" if done.n_before else ""
    unlike = done.n_images - done.n_failed - done.n_familiar
    told = f"{done.n_sure:,} sure, {unlike:,} unlike everything in the project"
    return (
        f"{counted(done.n_images, 'image')} in {counted(done.n_parts, 'file')} in {done.place}"
        f"{before}: {told if done.by != 'nothing' else 'no class is known yet'} "
        f"({span(done.seconds)})"
    )


def _parted(
    told: Sequence[Prediction | Failure],
) -> tuple[list[Prediction], list[Failure]]:
    """Those that were read, and those that were not; at least one must have been."""
    from fewclicks.items.ingest import Failure

    good = [one for one in told if not isinstance(one, Failure)]
    bad = [one for one in told if isinstance(one, Failure)]
    if bad and not good:
        first = bad[0]
        raise InvalidInput(
            f"None of the {len(bad)} images could be read; the first: {first.key}: {first.reason}.",
            first.remedy,
        )
    return good, bad


def _document(one: Prediction, threshold: float, item: int | None) -> dict[str, Any]:
    return {
        "name": one.name,
        "class": one.class_name,
        "confidence": one.confidence,
        "guesses": [{"class": g.class_name, "confidence": g.confidence} for g in one.guesses],
        "familiar": one.familiar,
        "item": item,
        "sure": one.sure(threshold),
    }


def _file(project: Project, sure: Sequence[Prediction], folder: Path) -> dict[str, Any]:
    """Copy images into the folders of their classes, beside what is there."""
    from fewclicks.export.folders import FolderItem, write_folders

    items = (FolderItem(one.name, one.class_name, one.path, one.read) for one in sure)
    classes = project.store.classes.names().values()
    done = write_folders(items, folder, fresh=False, classes=classes)
    return {"folder": str(folder), "n_written": done.n_written, "missing": done.missing}


def _ask(project: Project, good: Sequence[Prediction], threshold: float) -> dict[int, Upload]:
    """Make items of the unsure images; what became of each, by its place among all.

    Names do not tell images apart: two folders may each have an x.png.
    """
    asked = {}
    for at, one in enumerate(good):
        content = None if one.sure(threshold) else one.read()
        if content is not None:
            asked[at] = project.upload(content, Path(one.name).name, threshold=threshold)
    return asked


def _tell(
    screen: Screen,
    good: Sequence[Prediction],
    threshold: float,
    bad: Sequence[Failure],
) -> None:
    from fewclicks.cli.collecting import tell_failures

    rows = []
    for one in good:
        note = "" if one.sure(threshold) else "to be asked"
        unlike = "unlike everything in the project" if one.guesses and not one.familiar else ""
        told = [part for part in (note, unlike) if part]
        rows.append((one.name, one.class_name or "–", f"{one.confidence:.2%}", ", ".join(told)))
    screen.table(("image", "class", "confidence", ""), rows)
    failures = [{"name": f.key, "reason": f.reason, "remedy": f.remedy} for f in bad]
    tell_failures(screen, failures, len(failures))


def _tell_done(
    screen: Screen,
    project: Path,
    filed: dict[str, Any] | None,
    folder: Path | None,
    asked: dict[int, Upload],
) -> None:
    from fewclicks.cli.screen import counted

    if filed is not None:
        screen.say(f"{counted(filed['n_written'], 'image')} copied into {folder}")
    if asked:
        questions = {one.question for one in asked.values() if one.question is not None}
        screen.say(f"{counted(len(questions), 'question')} to answer on the page")
        screen.note(f"Next: fewclicks prepare {project}, then fewclicks label {project}")
