"""`predict`: what new images show, filed into class folders or asked about."""

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
    from fewclicks.workflows.predicting import Prediction

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


def predict(
    project: options.ProjectFolder,
    images: Images,
    threshold: Threshold = 0.9,
    file_into: FileInto = None,
    ask: Ask = False,
    as_json: options.Json = False,
) -> None:
    """Say what images show, by what the project believes now."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        told = opened.predict(images, report=screen.report)
        screen.rest()
        good, bad = _parted(told)
        sure = [one for one in good if one.class_name and one.confidence >= threshold]
        unsure = [one for one in good if not (one.class_name and one.confidence >= threshold)]
        filed = None if file_into is None else _file(opened, sure, file_into)
        asked = _ask(opened, unsure, threshold) if ask else {}
        by = opened.predictor()
        screen.data(
            {
                "by": by.by,
                "threshold": threshold,
                "predictions": [_document(one, threshold, asked) for one in good],
                "failures": [
                    {"name": one.key, "reason": one.reason, "remedy": one.remedy} for one in bad
                ],
                "filed": filed,
            }
        )
        if by.note:
            screen.note(by.note, "yellow")
        _tell(screen, good, unsure, bad)
        _tell_done(screen, project, filed, file_into, asked)


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


def _document(one: Prediction, threshold: float, asked: dict[str, int]) -> dict[str, Any]:
    return {
        "name": one.name,
        "class": one.class_name,
        "confidence": one.confidence,
        "guesses": [{"class": g.class_name, "confidence": g.confidence} for g in one.guesses],
        "familiar": one.familiar,
        "item": asked.get(one.name, one.item),
        "sure": one.class_name is not None and one.confidence >= threshold,
    }


def _file(project: Project, sure: Sequence[Prediction], folder: Path) -> dict[str, Any]:
    """Copy images into the folders of their classes, beside what is there."""
    from fewclicks.export.folders import FolderItem, write_folders

    items = (FolderItem(one.name, one.class_name, one.path, one.read) for one in sure)
    classes = project.store.classes.names().values()
    done = write_folders(items, folder, fresh=False, classes=classes)
    return {"folder": str(folder), "n_written": done.n_written, "missing": done.missing}


def _ask(project: Project, unsure: Sequence[Prediction], threshold: float) -> dict[str, int]:
    """Make items of images; the item of each, by its name."""
    asked = {}
    for one in unsure:
        content = one.read()
        if content is not None:
            name = Path(one.name).name
            asked[one.name] = project.upload(content, name, threshold=threshold).item
    return asked


def _tell(
    screen: Screen,
    good: Sequence[Prediction],
    unsure: Sequence[Prediction],
    bad: Sequence[Failure],
) -> None:
    from fewclicks.cli.collecting import tell_failures

    below = {id(one) for one in unsure}
    rows = []
    for one in good:
        note = "to be asked" if id(one) in below else ""
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
    asked: dict[str, int],
) -> None:
    from fewclicks.cli.screen import counted

    if filed is not None:
        screen.say(f"{counted(filed['n_written'], 'image')} copied into {folder}")
    if asked:
        screen.say(f"{counted(len(asked), 'question')} to answer on the page")
        screen.note(f"Next: fewclicks prepare {project}, then fewclicks label {project}")
