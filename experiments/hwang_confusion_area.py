"""Confusion-area analysis: the tables of its paper, and what we make of them.

    python -m experiments.hwang_confusion_area --data-dir DATA --out results/hwang

Y.-T. Hwang and C.-Y. Wen, "Semi-Automatic Labeling of Big Data for AI Training". Tables 1, 2 and 4
to 7 and Figure 1, on the 60,000 training digits of MNIST, over several seeds; `--quick` takes the
10,000 bundled digits and small codebooks. The truth is used to name clusters, as the person of the
paper does who looks at a whole cluster (its commonest class), to answer the confusing items, and to
count.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fewclicks as fc
from benchmarks import common
from benchmarks.data import bundled, mnist
from experiments import figures, report
from fewclicks.clusters import SelfOrganizingMap, VectorQuantizer
from fewclicks.confusion import (
    ConfusingDataDetector,
    ConfusionRates,
    confusion_rates,
    majority_classes,
)
from fewclicks.confusion.detector import Method
from fewclicks.neighbours import Neighbours, knn_graph
from fewclicks.records import FloatArray, IntArray

EXPECTED = Path(__file__).with_name("expected.toml")

OURS = "Deskewed HOG (ours)"

FEATURES: dict[str, Callable[[], Any]] = {
    "Cartesian": fc.features.Pixels,
    "Polar": fc.features.Polar,
    "Fingerprint (Kernel 1)": lambda: fc.features.Fingerprint(kernel=1),
    "Fingerprint (Kernel 2)": lambda: fc.features.Fingerprint(kernel=2),
    "Fingerprint (Kernel 3)": lambda: fc.features.Fingerprint(kernel=3),
    "Fingerprint (Kernel 4)": lambda: fc.features.Fingerprint(kernel=4),
    OURS: lambda: fc.features.HOG(deskew=True),
}

PAPER: dict[str, Any] = tomllib.loads(EXPECTED.read_text())["hwang_confusion_area"]

CLUSTERERS = ("LBG", "k-means", "SOM")
METHODS: tuple[Method, ...] = (1, 2, "neighbours")
SHARES = (0.005, 0.01, 0.02, 0.05, 0.1)
TITLES = {
    "naming": "Tables 1 and 2: % of all items right once every cluster has its class",
    "detecting": "Tables 4 to 7: confusing items from a threshold on (pixels)",
    "budgets": "The three methods at equal budget: c % of the most confusing items (pixels)",
    "best": "Our best at the answers of each column: k-means on deskewed HOG, method neighbours",
}


@dataclass(frozen=True, slots=True)
class Digits:
    """What is labelled, and how large the codebooks are."""

    images: Any
    truth: IntArray
    n_codewords: int
    map_side: int


def digits(arguments: Any) -> Digits:
    """All training digits; with --quick the bundled ones."""
    if arguments.quick:
        return Digits(*bundled(), n_codewords=100, map_side=15)
    return Digits(*mnist(arguments.data_dir), PAPER["codewords"], PAPER["map"][0])


def clusterers(data: Digits, seed: int) -> dict[str, Any]:
    """The two clusterers of the paper at its sizes, and our default; all else as by default.

    The paper's VQ is LBG, as its figures tell; nothing in that depends on the seed.
    """
    return {
        "LBG": VectorQuantizer(data.n_codewords, method="lbg"),
        "k-means": VectorQuantizer(data.n_codewords, random_state=seed),
        "SOM": SelfOrganizingMap((data.map_side, data.map_side), random_state=seed),
    }


@dataclass(frozen=True, slots=True)
class Named:
    """A codebook whose clusters have been named by their commonest class."""

    codebook: FloatArray
    labels: IntArray

    @classmethod
    def of(cls, fitted: Any, rows: FloatArray, truth: IntArray) -> Named:
        """Name the clusters of a fitted clusterer."""
        clusters = fitted.predict(rows)
        names = majority_classes(truth, clusters, len(fitted.codebook_))
        return cls(fitted.codebook_, names[clusters])


def rates_of(
    named: Named,
    rows: FloatArray,
    truth: IntArray,
    neighbours: Neighbours | None = None,
    **parameters: Any,
) -> ConfusionRates:
    """What one detector with these parameters achieves."""
    found = ConfusingDataDetector(named.codebook, **parameters)
    found.fit(rows, named.labels, neighbours=neighbours)
    return confusion_rates(truth, named.labels, found.confusing_, len(named.codebook))


def naming_rows(data: Digits, seeds: int) -> Iterator[tuple[dict[str, Any], dict[str, Named]]]:
    """Table 1 and 2, a row per features and seed, with the named codebooks for what follows."""
    for name, make in FEATURES.items():
        rows = make().fit_transform(data.images)
        for seed in range(seeds):
            row: dict[str, Any] = {"features": name, "width": rows.shape[1], "seed": seed}
            found = {}
            for clusterer, estimator in clusterers(data, seed).items():
                start = time.perf_counter()
                found[clusterer] = Named.of(estimator.fit(rows), rows, data.truth)
                row[f"{clusterer} seconds"] = time.perf_counter() - start
                row[clusterer] = 100 * float((found[clusterer].labels == data.truth).mean())
            yield row, found


def detecting_rows(
    table: dict[str, Any], named: Named, rows: FloatArray, data: Digits, seed: int
) -> Iterator[dict[str, Any]]:
    """One of Tables 4 to 7, a row per column of the paper."""
    for column, threshold in enumerate(table["threshold"]):
        how = {"method": table["method"], "squared": table["squared"], "threshold": threshold}
        rates = rates_of(named, rows, data.truth, **how)
        yield {
            "table": table["table"], "threshold": threshold, "seed": seed, "K": rates.confusing,
            "c %": 100 * rates.hit_rate, "p %": 100 * rates.rate, "q %": 100 * rates.accuracy,
            "paper K": table["K"][column],
            "paper c %": 100 * table["C"][column] / table["K"][column],
            "paper p %": 100 * table["P"][column] / PAPER["items"],
            "paper q %": table["q"][column],
        }  # fmt: skip


def budget_rows(
    codebooks: dict[str, Named], rows: FloatArray, near: Neighbours, data: Digits, seed: int
) -> Iterator[dict[str, Any]]:
    """The three methods at equal budget: the hit rate c % of the most confusing items."""
    for codebook, named in codebooks.items():
        errors = 100 * float((named.labels != data.truth).mean())
        for share in SHARES:
            row: dict[str, Any] = {"codebook": codebook, "share": share, "seed": seed}
            row["E %"] = errors
            for method in METHODS:
                budget = round(share * len(rows))
                rates = rates_of(named, rows, data.truth, near, method=method, budget=budget)
                row[f"method {method}"] = 100 * rates.hit_rate
            yield row


def best_rows(
    named: Named, rows: FloatArray, near: Neighbours, data: Digits, seed: int
) -> Iterator[dict[str, Any]]:
    """Our best of this kind at the answers of each of the paper's 20 columns."""
    for table in PAPER["detection"]:
        for column, answers in enumerate(table["P"]):
            allowed = round(answers / PAPER["items"] * len(rows))
            budget = max(0, allowed - len(named.codebook))
            rates = rates_of(named, rows, data.truth, near, method="neighbours", budget=budget)
            yield {
                "table": table["table"], "column": column + 1, "seed": seed,
                "p %": 100 * rates.rate, "q %": 100 * rates.accuracy,
                "paper p %": 100 * answers / PAPER["items"], "paper q %": table["q"][column],
            }  # fmt: skip


def run(data: Digits, seeds: int) -> dict[str, list[dict[str, Any]]]:
    """Every table, by name, one row per seed."""
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in TITLES}
    kept: dict[tuple[str, int], dict[str, Named]] = {}
    for row, found in naming_rows(data, seeds):
        tables["naming"].append(row)
        kept[row["features"], row["seed"]] = found
        common.console.print(row)
    pixels, ours = (FEATURES[name]().fit_transform(data.images) for name in ("Cartesian", OURS))
    near_pixels, near_ours = knn_graph(pixels), knn_graph(ours)
    for seed in range(seeds):
        paper, best = kept["Cartesian", seed], kept[OURS, seed]["k-means"]
        for table in PAPER["detection"]:
            named = paper[table["clusterer"]]
            tables["detecting"] += detecting_rows(table, named, pixels, data, seed)
        tables["budgets"] += budget_rows(paper, pixels, near_pixels, data, seed)
        tables["best"] += best_rows(best, ours, near_ours, data, seed)
    return tables


def targets_of(averaged: dict[str, list[dict[str, Any]]]) -> list[common.Target]:
    """The paper's figures as bounds for ours, at full size, and ours as they should come again."""
    naming = {row["features"]: row for row in averaged["naming"]}
    targets = [
        common.at_least(f"Table 1, {name}, {clusterer}, % right", naming[name][clusterer], figure)
        for name, figures in PAPER["table_1"].items()
        for clusterer, figure in zip(("k-means", "SOM"), figures, strict=True)
    ]
    targets.append(common.at_least(f"{OURS}, k-means, % right", naming[OURS]["k-means"], 97))
    for row in averaged["budgets"]:
        where = f"{row['codebook']}, {row['share']:.1%} of the items"
        higher = max(row["method 1"], row["method 2"])
        ours = row["method neighbours"]
        targets.append(common.at_least(f"c % of neighbours, {where}", ours, higher))
        if row["share"] == SHARES[0] and row["codebook"] != "SOM":
            targets.append(common.at_least(f"c % of method 2, {where}", row["method 2"], 47))
    targets += [
        common.at_least(
            f"Table {row['table']}, column {row['column']}, our best, % right",
            row["q %"],
            row["paper q %"],
        )
        for row in averaged["best"]
    ]
    return targets + [
        common.at_most(
            f"points away from what is expected, {name}, {clusterer}",
            abs(row[clusterer] - expected),
            PAPER["ours"]["tolerance"],
        )
        for name, row in naming.items()
        for clusterer, expected in zip(CLUSTERERS, PAPER["ours"][name], strict=True)
    ]


def quick_targets(averaged: dict[str, list[dict[str, Any]]]) -> list[common.Target]:
    """What must hold of a sixth of the digits in fewer clusters: ours is far ahead."""
    naming = {row["features"]: row for row in averaged["naming"]}
    targets = [common.at_least(f"{OURS}, k-means, % right", naming[OURS]["k-means"], 95)]
    return targets + [
        common.at_least(
            f"c % of neighbours, {row['codebook']}, {row['share']:.1%} of the items",
            row["method neighbours"],
            1.5 * max(row["method 1"], row["method 2"]),
        )
        for row in averaged["budgets"]
    ]


KEYS: dict[str, tuple[str, ...]] = {
    "naming": ("features",),
    "detecting": ("table", "threshold"),
    "budgets": ("codebook", "share"),
    "best": ("table", "column"),
}
"""What tells the rows of a table apart, seeds aside."""


def beside_the_paper(row: dict[str, Any]) -> dict[str, Any]:
    """A row of Tables 1 and 2 with the paper's figures, where it has any."""
    vq, som = PAPER["table_1"].get(row["features"], (None, None))
    width = PAPER["table_2"].get(row["features"])
    return {**row, "paper VQ": vq, "paper SOM": som, "paper width": width}


def main() -> None:
    """Run the experiment from the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--out", type=Path, help="folder for tables.md and the plots")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seeds = 1
    data = digits(arguments)
    tables = run(data, arguments.seeds)
    averaged = {name: report.average(rows, KEYS[name]) for name, rows in tables.items()}
    averaged["naming"] = [beside_the_paper(row) for row in averaged["naming"]]
    text = report.markdown(TITLES, averaged)
    print(text)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "tables.md").write_text(text)
        figures.write(data.images, data.map_side, arguments.out)
    rows = [{"what": name, **row} for name, table in tables.items() for row in table]
    targets = quick_targets(averaged) if arguments.quick else targets_of(averaged)
    common.finish(rows, targets, arguments.json, show_rows=False)


if __name__ == "__main__":
    main()
