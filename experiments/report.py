"""Means over the seeds, and tables in Markdown."""

from __future__ import annotations

from statistics import mean, stdev
from typing import Any

Row = dict[str, Any]


def average(rows: list[Row], keys: tuple[str, ...]) -> list[Row]:
    """Mean over the seeds, and the spread of each measured column as `column ±`."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in keys), []).append(row)
    out = []
    for group in groups.values():
        first = group[0]
        merged = {key: first[key] for key in keys}
        for column in (c for c in first if c not in keys and c != "seed"):
            values = [row[column] for row in group]
            merged[column] = mean(values)
            if len(set(values)) > 1:
                merged[f"{column} ±"] = stdev(values)
        out.append(merged)
    return out


def markdown(titles: dict[str, str], tables: dict[str, list[Row]]) -> str:
    """Every table under its title; a column `x ±` stands behind the figure of column `x`."""
    parts = [f"## {title}\n\n{_table(tables[name])}" for name, title in titles.items()]
    return "\n".join(parts)


def _table(rows: list[Row]) -> str:
    columns = list(dict.fromkeys(c for row in rows for c in row if not c.endswith(" ±")))
    lines = [columns, ["---"] * len(columns)]
    lines += [[_cell(row, column) for column in columns] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(row: Row, column: str) -> str:
    value, spread = row.get(column), row.get(f"{column} ±")
    if value is None:
        return ""
    if isinstance(value, float):
        shown = f"{value:,.3f}" if abs(value) < 1 else f"{value:,.2f}"
        return shown if spread is None else f"{shown} ± {spread:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
