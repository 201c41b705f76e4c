"""Where exports go, and how an export that was cut off begins again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fewclicks.errors import Conflict, InvalidInput, NotFound
from fewclicks.export.card import card_paths
from fewclicks.files import translated
from fewclicks.progress import Report
from fewclicks.project import Project
from fewclicks.store.jobs import JobRow

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


CARD_TYPES = {"md": "text/markdown; charset=utf-8", "json": "application/json"}


def check_target(format: str, folder: str | None) -> None:
    """Refuse a folder that cannot be exported to, before any work is done.

    Raises
    ------
    InvalidInput
        The folder is given for a table, or is not absolute.
    Conflict
        The folder holds something, or is a file.
    """
    if folder is None:
        return
    if format != "folders":
        raise InvalidInput("Only the format “folders” takes a folder.", "Leave the folder out.")
    if not Path(folder).is_absolute() or "\0" in folder:
        raise InvalidInput(
            f"The folder must be an absolute path but is {folder!r}.", "Send it in full."
        )
    _check_free(Path(folder), spare=None)


def export(project: Project, job: JobRow, report: Report) -> dict[str, Any]:
    """Do an export job; return its path, rows and n_missing.

    Its args are those of `requests.ExportArgs`, checked when it was queued.
    A job that was cut off writes everything anew: tables appear whole or not at all, and class
    folders are filled aside and take their places at the end.
    """
    format, folder = job.args["format"], job.args.get("folder")
    home = project.folder / "exports"
    if format != "folders":
        target = home / f"labels-{job.id}.{format}"
        done = project.export(target, format=format, report=report)
        return {"path": str(target), "rows": done.rows, "n_missing": done.n_missing}
    target = Path(folder) if folder else home / f"labels-{job.id}"
    aside = target / f".fewclicks-export-{project.uid}-{job.id}"
    try:
        _check_free(target, spare=aside.name)
        if aside.exists():
            shutil.rmtree(aside)
        done = project.export(
            aside, format="folders", mode=job.args.get("mode", "copy"), report=report
        )
        for made in sorted(aside.iterdir()):
            made.rename(target / made.name)
        aside.rmdir()
    except OSError as error:
        raise translated(error, target) from error
    return {"path": str(target), "rows": done.rows, "n_missing": done.n_missing}


def exported_file(project: Project, job: JobRow) -> tuple[Path, str, str]:
    """Path, media type and download name of the table that a finished export job wrote.

    Raises
    ------
    NotFound
        It is no export of a table, is not finished, or its file has gone.
    """
    format = job.args.get("format", "")
    if job.kind != "export" or job.result is None or format not in MEDIA_TYPES:
        raise NotFound(f"Job {job.id} has no file to download.", "Export as a table first.")
    path = project.folder / "exports" / f"labels-{job.id}.{format}"
    if not path.is_file():
        raise NotFound(f"The file of export {job.id} has been removed.", "Export again.")
    return path, MEDIA_TYPES[format], f"{project.name}-labels.{format}"


def exported_card(project: Project, job: JobRow, format: str) -> tuple[Path, str, str]:
    """Path, media type and download name of the label card of that table.

    Raises
    ------
    NotFound
        There is no such table, or its card has gone.
    """
    table, _, name = exported_file(project, job)
    path = card_paths(table)[("json", "md").index(format)]
    if not path.is_file():
        raise NotFound(f"Export {job.id} has no label card any more.", "Export again.")
    return path, CARD_TYPES[format], f"{name}.card.{format}"


def _check_free(folder: Path, spare: str | None) -> None:
    """Refuse a folder that holds anything but `spare`."""
    try:
        taken = folder.exists() and (
            not folder.is_dir() or any(child.name != spare for child in folder.iterdir())
        )
    except OSError as error:
        raise translated(error, folder) from error
    if taken:
        raise Conflict(f"{folder} is not an empty folder.", "Choose a new or empty folder.")
