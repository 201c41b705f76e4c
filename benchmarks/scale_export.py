"""Labels of a million items to tables; and what it costs to come so far."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import fewclicks as fc
from benchmarks import common
from benchmarks.scale_rows import apart, tell

SECONDS = {"parquet": 20, "csv": 40}
MEMORY_MB, WHOLE_MB = 2048, 6144


def measure(n: int) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Seconds and memory of each format, and of making, answering and labelling the project."""
    with tempfile.TemporaryDirectory() as folder:
        made = apart("scale_project", Path(folder), n)
        rows = [
            {"what": "export", "format": format, "n": n, **apart("scale_export", folder, format)}
            for format in SECONDS
        ]
    rows = [{"what": "project", "format": "", "n": n, **made_row(made)}, *rows]
    return rows, [
        *(
            common.at_most(f"seconds to {row['format']}", row["seconds"], SECONDS[row["format"]])
            for row in rows[1:]
        ),
        common.at_most("peak MB of an export", max(row["peak_mb"] for row in rows[1:]), MEMORY_MB),
        common.at_most("peak MB from import to a round", rows[0]["peak_mb"], WHOLE_MB),
    ]


def made_row(made: dict[str, Any]) -> dict[str, Any]:
    """What making the project took, in the columns of an export."""
    steps = {name: value for name, value in made.items() if name.endswith("_seconds")}
    return {
        "seconds": sum(steps.values()),
        "cpu_seconds": made["cpu_seconds"],
        "peak_mb": made["peak_mb"],
        "steps": steps,
    }


def run(folder: Path, format: str) -> None:
    """Export the project in a folder."""
    with fc.Project.open(folder / "project") as project:
        done = project.export(folder / f"labels.{format}")
        if done.rows != project.n_items:
            raise RuntimeError("an export must have a row for every item")
    tell(seconds=done.seconds)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2])
