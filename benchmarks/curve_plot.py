"""Learning curves as a figure: the share of wrong labels against answers, for every contender."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from math import log10
from pathlib import Path
from typing import Any

from plotly import graph_objects

from benchmarks import common, curves
from benchmarks.contenders import CONTENDERS, OURS

WIDTH, HEIGHT = 1060, 640
MARGIN = {"l": 76, "r": 8, "t": 76, "b": 62}
INK, FAINT = "#222222", "#e6e6e6"
CURVES = (0.0, 0.755)
NAMES = (0.757, 1.0)
"""Shares of the width that the curves take, and their names."""
LINE = 15
"""Pixels from one name to the next at the right of the figure."""

COLOURS = {
    "scikit-activeml": ("#E69F00",),
    "modAL": ("#009E73",),
    "GraphLearning": ("#CC79A7", "#D55E00"),
    "workflows": ("#777777", "#333333"),
}
"""Of the palette of Okabe and Ito, which people who cannot tell red from green can read; a
further one for every four of a family."""

STARS = {"fewclicks": ("#0072B2", 4.5), "fewclicks-core": ("#56B4E9", 3.0)}
DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up")
FEW = len(DASHES)


@dataclass(frozen=True, slots=True)
class Style:
    """How a contender is drawn."""

    colour: str
    width: float
    dash: str
    symbol: str
    size: int


def write(rows: list[dict[str, Any]], dataset: str, folder: Path) -> None:
    """Write curves.html, and curves.svg where a browser can draw it."""
    drawn = figure(rows, dataset)
    drawn.write_html(folder / "curves.html", include_plotlyjs="directory")
    if not write_svg(drawn, folder / "curves.svg"):
        common.console.print("no curves.svg: that needs chromium, and playwright of the extra dev")


def figure(rows: list[dict[str, Any]], dataset: str) -> graph_objects.Figure:
    """Draw the mean of the seeds of every contender, and a band from the lowest to the highest."""
    seeds_of = curves.by_contender(rows)
    found = {name: curves.spread(list(seeds.values())) for name, seeds in seeds_of.items()}
    found = {name: points for name, points in found.items() if points}
    styles = style(list(found))
    wrong = _wrong(found, _floor(rows))
    drawn = graph_objects.Figure()
    for name in reversed(wrong):  # ours are drawn last, on top
        _add(drawn, name, wrong[name], styles[name])
    looks = sorted({point[0] for points in wrong.values() for point in points}) or [1]
    limits = _limits(wrong)
    for name, y in placed({name: log10(wrong[name][-1][1]) for name in wrong}, limits).items():
        _name(drawn, name, wrong[name][-1], y, looks[-1], styles[name])
    _lay_out(drawn, looks, limits)
    n_seeds = len({row["seed"] for row in rows})
    seeds = (
        f"mean of {n_seeds} seeds, with the lowest and the highest" if n_seeds > 1 else "one seed"
    )
    n_items = rows[0]["n_items"] if rows else 0
    title = f"<b>{dataset}</b>: labels wrong of {n_items:,}, by answers given"
    drawn.update_layout(
        title={"text": f"{title}<br><sup>lower is better; {seeds}; the same features for all</sup>",
               "x": 0.01, "y": 0.955}
    )  # fmt: skip
    return drawn


def style(names: list[str]) -> dict[str, Style]:
    """Give ours strong lines, other workflows grey ones, and each package a colour of its own."""
    used: dict[str, int] = {}
    styles = {}
    for name in names:
        if name in STARS:
            colour, width = STARS[name]
            styles[name] = Style(colour, width, "solid", "circle", 8 if width > 4 else 6)
            continue
        package = CONTENDERS[name].package
        family = "workflows" if package == OURS else package
        index = used.get(family, 0)
        used[family] = index + 1
        colour = COLOURS[family][index // FEW % len(COLOURS[family])]
        styles[name] = Style(colour, 1.6, DASHES[index % FEW], SYMBOLS[index % FEW], 5)
    return styles


def placed(wanted: dict[str, float], limits: tuple[float, float]) -> dict[str, float]:
    """Move heights apart so that names beside them do not overlap; order and limits are kept."""
    lowest, highest = limits
    step = min(
        LINE * (highest - lowest) / (HEIGHT - MARGIN["t"] - MARGIN["b"]),
        (highest - lowest) / max(1, len(wanted) - 1),
    )
    heights: dict[str, float] = {}
    floor = lowest
    for name in sorted(wanted, key=wanted.__getitem__):
        heights[name] = floor = max(wanted[name], floor)
        floor += step
    ceiling = highest
    for name in reversed(heights):
        heights[name] = ceiling = min(heights[name], ceiling)
        ceiling -= step
    return heights


def write_svg(drawn: graph_objects.Figure, path: Path) -> bool:
    """Let a browser draw the figure; return whether there is one."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None or find_spec("playwright") is None:
        return False
    from urllib.parse import unquote

    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH + 40, "height": HEIGHT + 40})
        page.set_content(drawn.to_html(include_plotlyjs=True, div_id="drawn"))
        page.wait_for_selector("#drawn .main-svg")
        address = page.evaluate(
            f"Plotly.toImage('drawn', {{format: 'svg', width: {WIDTH}, height: {HEIGHT}}})"
        )
        browser.close()
    path.write_text(unquote(address.split(",", 1)[1]))
    return True


def _floor(rows: list[dict[str, Any]]) -> float:
    """Half an item: what no label wrong is drawn as, since a logarithm has no nought."""
    return 50 / max(1, max((row["n_items"] for row in rows), default=1))


def _wrong(found: dict[str, Any], floor: float) -> dict[str, list[tuple[int, float, float, float]]]:
    """Percentages wrong, from shares right: (answers, mean, lowest, highest)."""
    return {
        name: [
            (n, *(max(floor, 100 * (1 - share)) for share in (mean, high, low)))
            for n, mean, low, high in points
        ]
        for name, points in found.items()
    }


def _limits(wrong: dict[str, Any]) -> tuple[float, float]:
    """Logarithms of the lowest and highest percentage shown."""
    values = [point[1] for points in wrong.values() for point in points] or [1, 100]
    return log10(min(values)) - 0.08, log10(max(values)) + 0.04


def _add(drawn: graph_objects.Figure, name: str, points: Any, how: Style) -> None:
    """Draw a curve, with a band from the lowest to the highest seed for ours, else whiskers."""
    x, mean, low, high = (list(values) for values in zip(*points, strict=True))
    ours = name in STARS
    if ours:
        drawn.add_scatter(
            x=x + x[::-1], y=high + low[::-1], fill="toself", mode="lines", line={"width": 0},
            fillcolor=_faded(how.colour, 0.22), showlegend=False, hoverinfo="skip",
        )  # fmt: skip
    drawn.add_scatter(
        x=x, y=mean, name=name, showlegend=False, mode="lines+markers", line=_line(how),
        marker=_marker(how), cliponaxis=False, hovertemplate="%{y:.2f} % wrong after %{x} answers",
        error_y={"type": "data", "symmetric": False, "visible": not ours, "thickness": 0.8,
                 "width": 2, "color": _faded(how.colour, 0.55),
                 "array": [one - m for one, m in zip(high, mean, strict=True)],
                 "arrayminus": [m - one for one, m in zip(low, mean, strict=True)]},
    )  # fmt: skip


def _name(
    drawn: graph_objects.Figure, name: str, end: Any, height: float, last: int, how: Style
) -> None:
    """Write a contender's name at the right, with a piece of its line that leads to it."""
    text = f"<b>{name}</b>" if name in STARS else name
    text += "" if end[0] == last else f" (to {end[0]:,})"
    leads = end[0] == last
    drawn.add_scatter(
        x=[0.0, 0.08] if leads else [0.08, 0.08], y=[end[1] if leads else 10**height, 10**height],
        xaxis="x2", yaxis="y2", mode="lines", line={"color": _faded(how.colour, 0.6), "width": 1},
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    drawn.add_scatter(
        x=[0.08, 0.155, 0.23], y=[10**height] * 3, xaxis="x2", yaxis="y2", mode="lines+markers",
        line=_line(how), marker={**_marker(how), "opacity": [0, 1, 0]},
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    drawn.add_annotation(
        x=0.25, xref="x2", y=height, yref="y2", text=text, showarrow=False, xanchor="left",
        yanchor="middle", font={"size": 12, "color": how.colour if name == "fewclicks" else INK},
    )  # fmt: skip


def _line(how: Style) -> dict[str, Any]:
    return {"color": how.colour, "width": how.width, "dash": how.dash}


def _marker(how: Style) -> dict[str, Any]:
    return {"symbol": how.symbol, "size": how.size, "color": how.colour}


def _lay_out(drawn: graph_objects.Figure, looks: list[int], limits: tuple[float, float]) -> None:
    axis = {"gridcolor": FAINT, "zeroline": False, "linecolor": INK, "ticks": "outside",
            "showline": True, "type": "log"}  # fmt: skip
    ticks = [v * 10.0**e for e in range(-4, 3) for v in (1, 2, 5)]
    ticks = [tick for tick in ticks if limits[0] <= log10(tick) <= limits[1]]
    marks = _marks(looks)
    drawn.update_layout(
        width=WIDTH, height=HEIGHT, margin=MARGIN, plot_bgcolor="white", paper_bgcolor="white",
        font={"family": "Helvetica, Arial, sans-serif", "size": 13, "color": INK},
        xaxis={**axis, "title": "answers", "domain": CURVES, "tickvals": marks,
               "ticktext": [f"{mark:,}" for mark in marks],
               "range": [log10(looks[0]) - 0.03, log10(looks[-1])]},
        xaxis2={"domain": NAMES, "range": [0, 1], "visible": False, "fixedrange": True},
        yaxis2={"type": "log", "range": limits, "matches": "y", "anchor": "x2", "visible": False},
        yaxis={**axis, "range": limits, "tickvals": ticks,
               "ticktext": [f"{tick:g} %" for tick in ticks]},
    )  # fmt: skip


def _marks(looks: list[int]) -> list[int]:
    """The looks that have room for their number below the axis, the last among them."""
    near = 0.045 * max(1.0, log10(looks[-1] / looks[0]))
    kept = looks[-1:]
    for look in reversed(looks):
        if log10(kept[0] / look) >= near:
            kept = [look, *kept]
    return kept


def _faded(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"
