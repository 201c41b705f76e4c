"""How the cost of every step grows from 100,000 items to 1,000,000, one size after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks import (
    common,
    scale_codebook,
    scale_export,
    scale_neighbours,
    scale_page,
    scale_predict,
)

SHARE, MOST = 10, 12
"""How many times more items the larger size has, and how many times longer it may take."""

STEPS: dict[str, Callable[[int], tuple[list[dict[str, Any]], list[common.Target]]]] = {
    "codebook": scale_codebook.measure,
    "predict": scale_predict.measure,
    "neighbours": scale_neighbours.measure,
    "export": scale_export.measure,
    "page": scale_page.measure,
}


def measure(n: int) -> tuple[list[dict[str, Any]], list[common.Target]]:
    """Seconds of each step on a tenth of `n` items and on `n`, and their ratio."""
    rows: list[dict[str, Any]] = []
    for step, measured in STEPS.items():
        few, many = (costs(measured(size)[0]) for size in (n // SHARE, n))
        rows += [
            {
                "what": f"{step}: {part}" if part else step,
                "n": n,
                "seconds_of_a_tenth": few[part],
                "seconds": many[part],
                "ratio": many[part] / few[part],
            }
            for part in few
        ]
    return rows, [common.at_most(f"{row['what']}, ratio", row["ratio"], MOST) for row in rows]


def costs(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Seconds by what took them: processor time where there is any, for that is less noisy."""
    if rows[0]["what"] == "page":
        return {name: rows[0][f"{name}_ms"] / 1000 for name in ("shown", "answer_p95", "bulk")}
    named = [str(row.get("format") or ("project" if len(rows) > 1 else "")) for row in rows]
    return {name: row["cpu_seconds"] for name, row in zip(named, rows, strict=True)}
