"""What every benchmark shares: where data lies, the machine, the JSON file."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fewclicks import settings

console = Console(stderr=True, width=None if sys.stderr.isatty() else 160)

LIBRARIES = ("numpy", "scipy", "scikit-learn", "faiss-cpu", "pillow", "sqlalchemy", "fastapi")


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that an issue asked for, and whether it was reached."""

    name: str
    value: float | None
    target: str
    holds: bool


def at_least(name: str, value: float, bound: float) -> Target:
    """A target that holds when the value is no lower than the bound."""
    return Target(name, value, f">= {bound:g}", value >= bound)


def at_most(name: str, value: float, bound: float) -> Target:
    """A target that holds when the value is no higher than the bound."""
    return Target(name, value, f"<= {bound:g}", value <= bound)


def parser(description: str | None) -> argparse.ArgumentParser:
    """An argument parser with the options that all benchmarks have."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument(
        "--data-dir",
        type=Path,
        default=settings.data_dir(),
        help="folder with the public data sets (default: FEWCLICKS_DATA)",
    )
    made.add_argument("--seeds", type=int, default=3, help="number of seeds, from 0")
    made.add_argument("--quick", action="store_true", help="a small run of a minute, for CI")
    made.add_argument("--json", type=Path, help="write the result to this file")
    return made


def require_data(folder: Path | None, *parts: str) -> Path:
    """Path of a public data set, or leave with a message that says how to get it."""
    path = None if folder is None else folder.joinpath(*parts)
    if path is None or not path.exists():
        sys.exit(
            f"{'/'.join(parts)} is not there. Name its folder with --data-dir or "
            "FEWCLICKS_DATA; `fewclicks datasets` says where to get it."
        )
    return path


def finish(
    rows: list[dict[str, Any]],
    targets: list[Target],
    path: Path | None,
    *,
    show_rows: bool = True,
) -> None:
    """Print rows and targets; write them as JSON if asked to."""
    if rows and show_rows:
        console.print(_table(rows))
    for target in targets:
        mark = "[green]holds[/green]" if target.holds else "[red]missed[/red]"
        console.print(f"{mark}  {target.name}: {_shown(target.value)} (target {target.target})")
    write(rows, targets, path)


def write(rows: list[dict[str, Any]], targets: list[Target], path: Path | None) -> None:
    """Write rows, targets and the machine as JSON, if there is a path."""
    document = {"rows": rows, "targets": [asdict(t) for t in targets], "machine": machine()}
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document, indent=2) + "\n")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table()
    shown = [name for name, value in rows[0].items() if not isinstance(value, dict)]
    for name in shown:
        table.add_column(name, justify="right", overflow="fold")
    for row in rows:
        table.add_row(*(_shown(row[name]) for name in shown))
    return table


def _shown(value: Any) -> str:
    return (
        f"{value:.4g}"
        if isinstance(value, float) and abs(value) >= 1
        else (f"{value:.4f}" if isinstance(value, float) else str(value))
    )
