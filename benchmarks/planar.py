"""Places on the plane: how well they keep together what belongs together, and what they cost.

    python -m benchmarks.scale --what map --n 20000
    python -m benchmarks.scale --what map --n 1000000

Up to 60,000: that many digits, and photos of clothes, by the layout and by other packages, all from
the same neighbours where they take them. Beyond: rows on disk around 50 centres, by the layout
alone. `agreement` is the share, in %, of the ten nearest on the plane that are of an item's class;
`trustworthiness` scikit-learn's, of 3,000 items; `cpu_seconds` leave out the search of neighbours,
but for pacmap's own.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.manifold import trustworthiness

import fewclicks as fc
from benchmarks import common, data, sources
from benchmarks.strategy_scale import write_rows
from fewclicks.extras import lacking
from fewclicks.features import HOG, Layout, Projection
from fewclicks.neighbours import Neighbours, knn_graph, nearest_items
from fewclicks.rows import spans
from fewclicks.simulate import peak_rss_mb

DIGITS = 60_000
K = 10
JUDGED = 3000
QUICK_ROWS = 1000
AHEAD, MOST_MB = 20, 4096

Result = tuple[list[dict[str, Any]], list[common.Target]]
Way = Callable[[Any, Neighbours], Any]


def measure(n: int, data_dir: Path | None, *, quick: bool) -> Result:
    """Every way on two data sets or, of more items than there are digits, the layout alone."""
    if n > DIGITS:
        return measure_many(n)
    if quick:
        images, classes = data.bundled()
        return judged({"digits": (described(images[:QUICK_ROWS]), classes[:QUICK_ROWS])})
    images, classes = data.mnist(data_dir)
    return judged({"digits": (described(images[:n]), classes[:n]), "clothing": clothing(data_dir)})


def judged(sets: dict[str, tuple[Any, Any]]) -> Result:
    """Figures of every way on every data set."""
    rows: list[dict[str, Any]] = []
    for name, (X, classes) in sets.items():
        neighbours = knn_graph(X, K)
        for way, lay_out in ways().items():
            start = time.process_time()
            places = np.asarray(lay_out(X, neighbours), np.float32)
            spent = time.process_time() - start
            rows.append(
                {"data": name, "n": len(X), "way": way, "cpu_seconds": spent}
                | quality(X, classes, places)
            )
    found = {(row["data"], row["way"]): row["agreement"] for row in rows}
    ahead = min(found[name, "layout"] - found[name, "components"] for name in sets)
    target = common.at_least("points of agreement ahead of two components", ahead, AHEAD)
    return rows, [target]


def ways() -> dict[str, Way]:
    """What lays items out, by name; other packages where they are installed."""
    known: dict[str, Way] = {
        "components": lambda X, neighbours: Projection(2).fit_transform(X),
        "layout": lambda X, neighbours: Layout().fit(X, neighbours=neighbours).embedding_,
        "umap": by_umap,
        "pacmap": by_pacmap,
    }
    return {way: made for way, made in known.items() if way not in lacking(["umap", "pacmap"])}


def by_umap(X: Any, neighbours: Neighbours) -> Any:
    """UMAP as it is by default but for the neighbours, which count the item itself."""
    own = np.arange(len(X))[:, None]
    known = (np.hstack([own, neighbours.indices]), np.pad(neighbours.distances, ((0, 0), (1, 0))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        umap = import_module("umap").UMAP(
            n_neighbors=K + 1, precomputed_knn=(*known, None), random_state=0, n_jobs=1
        )
        return umap.fit_transform(X)


def by_pacmap(X: Any, neighbours: Neighbours) -> Any:
    """PaCMAP as it is by default; it searches neighbours of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_module("pacmap").PaCMAP(random_state=0).fit_transform(X, init="pca")


def quality(X: Any, classes: Any, places: Any) -> dict[str, float]:
    """Agreement and trustworthiness of places."""
    some = np.random.default_rng(0).choice(len(X), min(JUDGED, len(X)), replace=False)
    return {
        "agreement": agreement(classes, places, np.arange(len(X))),
        "trustworthiness": float(trustworthiness(X[some], places[some], n_neighbors=K)),
    }


def agreement(classes: Any, places: Any, some: Any) -> float:
    """Share, in %, of the ten nearest on the plane that are of the class of each of some items."""
    near = nearest_items(places, places[some], K + 1).indices[:, 1:]
    return 100 * float(np.mean(classes[near] == classes[some][:, None]))


def measure_many(n: int) -> Result:
    """What the layout of `n` rows on disk takes."""
    with tempfile.TemporaryDirectory() as folder:
        write_rows(Path(folder), n)
        X = np.load(Path(folder, "rows.npy"), mmap_mode="r")
        classes = np.load(Path(folder, "classes.npy"))
        before, began, spent = peak_rss_mb(), time.perf_counter(), time.process_time()
        fitted = Layout().fit(X)
        seconds, spent = time.perf_counter() - began, time.process_time() - spent
        places = fitted.embedding_
        some = np.random.default_rng(0).choice(n, JUDGED, replace=False)
        placed = some[~np.isin(some, fitted.learnt_)]
        row: dict[str, Any] = {
            "data": "made up",
            "n": n,
            "way": "layout",
            "seconds": seconds,
            "cpu_seconds": spent,
            "agreement": agreement(classes, places, some),
            "agreement_of_placed": agreement(classes, places, placed) if len(placed) else None,
            "peak_rss_mb": peak_rss_mb(),
            "mb_before": before,
        }
    return [row], [common.at_most("peak MB", row["peak_rss_mb"], MOST_MB)]


def described(images: Any) -> Any:
    """Rows of digits, as a project makes them."""
    hog = HOG(deskew=True)
    rows = np.concatenate([hog.transform(images[where]) for where in spans(len(images))])
    return Projection(64).fit_transform(rows)


def clothing(data_dir: Path | None) -> tuple[Any, Any]:
    """Rows of photos of clothes, and their classes."""
    with tempfile.TemporaryDirectory() as folder:
        source = sources.labelled_photos(data_dir, Path(folder))
        with fc.Project.create(Path(folder, "project"), source) as project:
            project.prepare()
            rows = np.array(project.collection().features)
            return rows, np.array(project.store.items.truths())
