"""Charts of a fitted self-organising map, as Plotly figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fewclicks import checks
from fewclicks.clusters.som_grid import Grid
from fewclicks.errors import InvalidInput
from fewclicks.records import FloatArray, IntArray

if TYPE_CHECKING:
    from fewclicks.clusters.som import SelfOrganizingMap

PLANES = 12
"""Component planes shown when none are named."""

SIDE = 480
"""Width in pixels of the longer side of a hexagonal map, by which its hexagons touch."""


def plot_u_matrix(som: SelfOrganizingMap) -> Any:
    """Return a Plotly figure of the U-matrix: bright ridges part groups of like units."""
    return _figure(som.u_matrix(), som.map_, "mean distance to neighbours")


def plot_hits(som: SelfOrganizingMap, X: Any = None) -> Any:
    """Return a Plotly figure of how many rows each unit is best for: those of `fit`, or of `X`."""
    return _figure(som.hit_map(X), som.map_, "rows")


def plot_component_planes(
    som: SelfOrganizingMap,
    components: Sequence[int] | None = None,
    names: Sequence[str] | None = None,
) -> Any:
    """Return a Plotly figure with one map per column of the rows.

    Parameters
    ----------
    som : SelfOrganizingMap
        Fitted.
    components : sequence of int, optional
        Columns, in 0…d−1. Left out, the (at most) 12 that vary most over the map, in their order.
    names : sequence of str, optional
        What to call each of `components`; left out, those of `fit`, else "column 0" and so on.

    Raises
    ------
    InvalidInput
        If there is no such column, or not one name per component.
    """
    from plotly.subplots import make_subplots

    planes = som.component_planes()
    chosen = _chosen(planes, components)
    names = _names(som, chosen) if names is None else names
    checks.same_length(names, chosen, ("names", "components"))
    across = min(4, len(chosen))
    down = -(-len(chosen) // across)
    figure = make_subplots(rows=down, cols=across, subplot_titles=list(names))
    for place, component in enumerate(chosen):
        row, column = divmod(place, across)
        trace = _trace(planes[component], som.map_, str(names[place]), SIDE / across)
        trace.update({"showscale": False} if trace.type == "heatmap" else {})
        figure.add_trace(trace, row=row + 1, col=column + 1)
    figure.update_yaxes(autorange="reversed", visible=False)
    figure.update_xaxes(visible=False)
    return figure


def _chosen(planes: FloatArray, components: Sequence[int] | None) -> IntArray:
    d = len(planes)
    if components is None:
        most = np.argsort(-planes.reshape(d, -1).var(axis=1), kind="stable")[:PLANES]
        return np.sort(most)
    chosen = np.asarray(components, dtype=np.int64).reshape(-1)
    if not len(chosen) or chosen.min() < 0 or chosen.max() >= d:
        raise InvalidInput(f"components must be columns in 0…{d - 1}, at least one of them.")
    return chosen


def _names(som: SelfOrganizingMap, chosen: IntArray) -> list[str]:
    given = getattr(som, "feature_names_in_", None)
    return [f"column {c}" if given is None else str(given[c]) for c in chosen]


def _figure(values: FloatArray, grid: Grid, what: str) -> Any:
    from plotly import graph_objects

    figure = graph_objects.Figure(_trace(values, grid, what, SIDE))
    figure.update_yaxes(autorange="reversed", scaleanchor="x", visible=False)
    figure.update_xaxes(visible=False)
    return figure


def _trace(values: FloatArray, grid: Grid, what: str, side: float) -> Any:
    """A heat map of a rectangular grid; hexagonal markers, where units lie, of a hexagonal one."""
    from plotly import graph_objects

    if grid.topology == "rectangular":
        return graph_objects.Heatmap(z=values, colorbar_title=what, name=what)
    x, y = grid.coordinates().T
    return graph_objects.Scatter(
        x=x,
        y=y,
        mode="markers",
        name=what,
        showlegend=False,
        text=[f"{value:.4g}" for value in values.ravel()],
        marker={
            "symbol": "hexagon",
            "size": max(4.0, 1.1 * side / max(grid.shape)),
            "color": values.ravel(),
            "showscale": side == SIDE,
            "colorbar": {"title": what},
            "colorscale": "Plasma",
        },
    )
