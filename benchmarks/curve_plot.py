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
MARGIN = {"l": 76, "r": 250, "t": 92, "b": 62}
INK, FAINT = "#222222", "#e6e6e6"
LINE = 15
"""Pixels from one name to the next at the right of the figure."""

COLOURS = {
    "scikit-activeml": "#E69F00",
    "modAL": "#009E73",
    "GraphLearning": "#CC79A7",
    "workflows": "#777777",
}
"""Of the palette of Okabe and Ito, which people who cannot tell red from green can read."""

STARS = {"fewclicks": ("#0072B2", 4.5), "fewclicks-core": ("#56B4E9", 3.0)}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "cross")


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
    found = {name: curves.spread(seeds) for name, seeds in curves.by_contender(rows).items()}
    found = {name: points for name, points in found.items() if points}
    styles = style(list(found))
    drawn = graph_objects.Figure()
    for name in reversed(found):  # ours are drawn last, on top
        _add(drawn, name, found[name], styles[name], _floor(rows))
    last = max((points[-1][0] for points in found.values()), default=1)
    lowest, highest = _limits(found, _floor(rows))
    for name, y in placed({n: log10(p[-1][1]) for n, p in _wrong(found, _floor(rows)).items()},
                          (lowest, highest)).items():  # fmt: skip
        _name(drawn, name, y, found[name][-1][0], last, styles[name])
    n_seeds = len({row["seed"] for row in rows})
    _lay_out(drawn, dataset, rows[0]["n_items"] if rows else 0, n_seeds, last, (lowest, highest))
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
        index = used.get(family, 0) % len(DASHES)
        used[family] = used.get(family, 0) + 1
        styles[name] = Style(COLOURS[family], 1.6, DASHES[index], SYMBOLS[index], 5)
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


def _limits(found: dict[str, Any], floor: float) -> tuple[float, float]:
    """Logarithms of the lowest and highest percentage shown."""
    values = [one[1] for points in _wrong(found, floor).values() for one in points] or [1, 100]
    return log10(min(values)) - 0.08, log10(max(values)) + 0.03


def _add(drawn: graph_objects.Figure, name: str, points: Any, how: Style, floor: float) -> None:
    x, mean, low, high = zip(*_wrong({name: points}, floor)[name], strict=True)
    hidden = {"legendgroup": name, "showlegend": False, "hoverinfo": "skip"}
    drawn.add_scatter(
        x=[*x, *reversed(x)], y=[*high, *reversed(low)], fill="toself", mode="lines",
        line={"width": 0}, fillcolor=_faded(how.colour, 0.22 if name in STARS else 0.10), **hidden,
    )  # fmt: skip
    drawn.add_scatter(
        x=x, y=mean, name=name, legendgroup=name, showlegend=False, mode="lines+markers",
        line={"color": how.colour, "width": how.width, "dash": how.dash},
        marker={"symbol": how.symbol, "size": how.size, "line": {"width": 0}},
        hovertemplate="%{y:.2f} % wrong after %{x} answers",
    )  # fmt: skip


def _name(
    drawn: graph_objects.Figure, name: str, height: float, end: int, last: int, how: Style
) -> None:
    """Write a contender's name at the right, with a piece of its line."""
    text = f"<b>{name}</b>" if name in STARS else name
    text += "" if end == last else f" (to {end:,})"
    drawn.add_scatter(
        x=[1.015, 1.055], y=[10**height] * 2, xaxis="x2", mode="lines+markers", cliponaxis=False,
        line={"color": how.colour, "width": how.width, "dash": how.dash},
        marker={"symbol": how.symbol, "size": how.size, "line": {"width": 0}},
        showlegend=False, hoverinfo="skip",
    )  # fmt: skip
    drawn.add_annotation(
        x=1.066, xref="paper", y=height, yref="y", text=text, showarrow=False, xanchor="left",
        yanchor="middle", font={"size": 12, "color": how.colour if name in STARS else INK},
    )  # fmt: skip


def _lay_out(
    drawn: graph_objects.Figure,
    dataset: str,
    n_items: int,
    n_seeds: int,
    last: int,
    limits: tuple[float, float],
) -> None:
    seeds = f"mean of {n_seeds} seeds, lowest to highest shaded" if n_seeds > 1 else "one seed"
    title = f"<b>{dataset}</b>: labels wrong of {n_items:,}, in %"
    axis = {"gridcolor": FAINT, "zeroline": False, "linecolor": INK, "ticks": "outside"}
    ticks = [v * 10.0**e for e in range(-4, 3) for v in (1, 2, 5)]
    ticks = [tick for tick in ticks if limits[0] <= log10(tick) <= limits[1]]
    drawn.update_layout(
        width=WIDTH, height=HEIGHT, margin=MARGIN, plot_bgcolor="white", paper_bgcolor="white",
        font={"family": "Helvetica, Arial, sans-serif", "size": 13, "color": INK},
        title={"text": f"{title}<br><sup>lower is better; {seeds}; same features, budget and "
                       "questions at a time</sup>", "x": 0.01, "y": 0.95},
        xaxis={**axis, "title": "answers", "range": [0, last * 1.01], "showline": True},
        xaxis2={"overlaying": "x", "range": [0, 1], "visible": False, "fixedrange": True},
        yaxis={**axis, "type": "log", "range": limits, "tickvals": ticks,
               "ticktext": [f"{tick:g} %" for tick in ticks], "showline": True},
    )  # fmt: skip


def _faded(colour: str, alpha: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {alpha})"
