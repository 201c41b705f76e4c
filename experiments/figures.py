"""Figure 1 of the confusion-area paper, and the map of its SOM, as Plotly pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from plotly import graph_objects

import fewclicks as fc
from fewclicks.clusters import SelfOrganizingMap, VectorQuantizer, plot_u_matrix
from fewclicks.confusion import ConfusingDataDetector
from fewclicks.confusion.detector import Method

N_POINTS = 3000
N_CLUSTERS = 8
THRESHOLD = 0.8


def write(images: Any, map_side: int, folder: Path) -> None:
    """Write figure-1.html and u-matrix.html, which share one script beside them."""
    rows = fc.features.Pixels().fit_transform(images)
    for name, figure in (
        ("figure-1", confusing_data(rows)),
        ("u-matrix", u_matrix(rows, map_side)),
    ):
        figure.write_html(folder / f"{name}.html", include_plotlyjs="directory")


def confusing_data(rows: Any) -> graph_objects.Figure:
    """Figure 1: clusters, their centroids, and the confusing items between and around them.

    Digits on their first two principal components, where clusters can be drawn; method 1 marks the
    boundaries between clusters, method 2 their rims.
    """
    plane = fc.features.Projection(2).fit_transform(rows[:N_POINTS])
    quantizer = VectorQuantizer(N_CLUSTERS, random_state=0).fit(plane)
    figure = graph_objects.Figure()
    clusters = quantizer.labels_
    figure.add_scatter(
        x=plane[:, 0], y=plane[:, 1], mode="markers", name="items",
        marker={"size": 4, "color": clusters, "colorscale": "Portland", "opacity": 0.5},
    )  # fmt: skip
    marked: tuple[tuple[Method, str], ...] = ((1, "circle-open"), (2, "diamond-open"))
    for method, symbol in marked:
        found = ConfusingDataDetector(quantizer, method=method, threshold=THRESHOLD).fit(plane)
        at = plane[found.confusing_]
        figure.add_scatter(
            x=at[:, 0], y=at[:, 1], mode="markers", marker={"symbol": symbol, "size": 8},
            name=f"confusing, method {method} ≥ {THRESHOLD}",
        )  # fmt: skip
    x, y = np.asarray(quantizer.codebook_).T
    figure.add_scatter(
        x=x, y=y, mode="markers", marker={"symbol": "x", "size": 12, "color": "black"},
        name="centroids",
    )  # fmt: skip
    return figure.update_layout(template="plotly_white", title="Confusing data in clustering")


def u_matrix(rows: Any, side: int) -> graph_objects.Figure:
    """The U-matrix of a map of all items."""
    return plot_u_matrix(SelfOrganizingMap((side, side), random_state=0).fit(rows))
