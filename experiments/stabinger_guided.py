"""Guided labelling: the curves of its paper, and what other strategies make of the same answers.

    python -m experiments.stabinger_guided --data-dir DATA --dataset mnist --out results/guided

S. Stabinger and A. Rodríguez-Sánchez, "Guided Labeling using Convolutional Neural Networks":
accuracy on the test set against the size of the training set, from 160 answers on doubling to
40,960, guided (highest mean response distribution entropy) against random, on MNIST (Figure 1) and
CIFAR-10 (Figure 4); the twenty most and least confusing images of the second iteration (Figures 2
and 5); the classes in the training set of each iteration (Figures 3 and 6).

Every run is a run of the workflow `guided` in a project, answered by an annotator who knows the
truth. The default network is our small one, which two cores can train; `--architecture
guided_mnist` or `guided_cifar10` with `--validation 10000` is the paper's protocol (Adam, patience
of 100 epochs, 10,000 validation images that are not counted as answers there), for those who have
a GPU; `--epochs` and `--steps` shorten it; `--augment guided_glyphs` or `guided_photos` is its
augmentation. `--largest N` ends the schedule there. `--quick` takes the bundled digits up to 320
answers.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from plotly import graph_objects
from plotly.subplots import make_subplots

import fewclicks as fc
from benchmarks import common
from experiments import report
from experiments.rehearsals import project_of, rehearse
from fewclicks.items import sample
from fewclicks.queries.response import MeanRDE
from fewclicks.records import NO_CLASS, IntArray
from fewclicks.simulate import SimulatedRound
from fewclicks.workflows import Guided
from fewclicks.workflows.rounds import model_path

START = 160
LARGEST = 40_960
VIEWS = 4
"""Augmentations over which the mean entropy is taken; the paper does not tell its k."""

STEPS = 1500
"""Steps of the optimiser that the small network gets at least, so that few images are learnt as
thoroughly as many; the paper trains until nothing improves for 100 epochs."""

FEATURES = "pixels"
"""Made quickest: a network looks at the images themselves."""

SHOWN = 20
"""Images on each side of the figure of confusing images."""

STRATEGIES: dict[str, dict[str, Any]] = {
    "random": {"strategy": "random"},
    "mean_rde": {"strategy": "mean_rde", "strategy_options": {"k": VIEWS}},
    "margin": {"strategy": "margin"},
    "uncertain_clusters": {"strategy": "uncertain_clusters"},
    "badge": {"strategy": "badge"},
    "herding": {"strategy": "herding"},
}


def sizes(largest: int) -> list[int]:
    """Sizes of the training set: 160, 320, ... up to `largest` (equation 3)."""
    found = [START]
    while found[-1] * 2 <= largest:
        found.append(found[-1] * 2)
    return found


def sources(arguments: argparse.Namespace) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """What is labelled and what is tested on, as `project_of` takes them."""
    if arguments.quick:
        images, labels = sample.path()
        return {"source": images, "labels": str(labels)}, None
    if arguments.dataset == "mnist":
        folder = common.require_data(arguments.data_dir, "mnist")
        parts = [
            {
                "source": folder / f"{part}-images-idx3-ubyte.gz",
                "labels": str(folder / f"{part}-labels-idx1-ubyte.gz"),
            }
            for part in ("train", "t10k")
        ]
    else:
        folder = common.require_data(arguments.data_dir, "cifar10")
        parts = [{"source": folder / f"{part}.parquet"} for part in ("train", "test")]
    return parts[0], parts[1]


class Watch:
    """Measures each round of one run: test accuracy of its model, and what it has learnt from.

    Parameters
    ----------
    test : (images, names) or None
        What to test on; None takes the items nobody was asked about.
    row : dict
        What tells the run apart.
    n_apart : int, default 0
        Answers that validate and are not in the training set.
    """

    def __init__(
        self, test: tuple[Any, list[str]] | None, row: dict[str, Any], n_apart: int = 0
    ) -> None:
        self.test = test
        self.row = row
        self.n_apart = n_apart
        self.rows: list[dict[str, Any]] = []
        self.classes: list[dict[str, int]] = []

    def __call__(self, rehearsal: fc.Project, told: SimulatedRound) -> None:
        """Take down one round."""
        names = rehearsal.store.classes.names()
        sheet = rehearsal.store.answers.sheet(rehearsal.n_items)
        given = sheet.class_ids.copy()
        # answers to the validation items came first
        given[np.isin(sheet.answer_ids, np.unique(sheet.answer_ids)[1 : self.n_apart + 1])] = (
            NO_CLASS
        )
        ids, counts = np.unique(given[given != NO_CLASS], return_counts=True)
        self.classes.append({names[int(i)]: int(n) for i, n in zip(ids, counts, strict=True)})
        right = 100 * told.accuracy_unasked
        if self.test is not None:
            network = self.network(rehearsal)
            said = network.predict(self.test[0])
            right = 100 * float(
                np.mean([names[int(i)] == t for i, t in zip(said, self.test[1], strict=True)])
            )
        self.rows.append(
            {
                **self.row,
                "answers": told.answers - self.n_apart,
                "test %": right,
                "seconds": told.seconds,
            }
        )
        common.console.print(self.rows[-1])

    @staticmethod
    def network(rehearsal: fc.Project) -> Any:
        """The network of the last round."""
        latest = rehearsal.store.rounds.latest()
        assert latest is not None
        return fc.models.Network.load(model_path(rehearsal.store, latest.id))


def run(
    project: fc.Project, test: tuple[Any, list[str]] | None, arguments: argparse.Namespace
) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, int]]]]:
    """Every strategy and seed: a row per round, and the classes of the first seed by strategy."""
    rows: list[dict[str, Any]] = []
    classes: dict[str, list[dict[str, int]]] = {}
    for strategy in arguments.strategies:
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
            watch = Watch(test, {"strategy": strategy, "seed": seed}, arguments.validation)
            rehearse(
                project,
                workflow_of(strategy, arguments),
                budget=arguments.largest + arguments.validation,
                seed=seed,
                on_round=watch,
            )
            rows += watch.rows
            if seed == arguments.first_seed:
                classes[strategy] = watch.classes
    return rows, classes


def workflow_of(strategy: str, arguments: argparse.Namespace) -> Guided:
    """The workflow of one strategy; the paper weighs classes, and so do all."""
    return Guided(
        n_start=START,
        n_validation=arguments.validation,
        model="network",
        architecture=arguments.architecture,
        augment=arguments.augment,
        device=arguments.device,
        epochs=arguments.epochs,
        min_steps=arguments.steps,
        **STRATEGIES[strategy],
    )


def confusing_images(project: fc.Project, arguments: argparse.Namespace) -> graph_objects.Figure:
    """Figures 2 and 5: the most and least confusing images after two iterations."""
    kept: dict[str, Any] = {}

    def keep(rehearsal: fc.Project, told: SimulatedRound) -> None:
        kept["network"] = Watch.network(rehearsal)
        kept["asked"] = rehearsal.store.answers.sheet(rehearsal.n_items).class_ids != NO_CLASS

    workflow = workflow_of("mean_rde", arguments)
    rehearse(project, workflow, budget=2 * START + arguments.validation, seed=0, on_round=keep)
    images = project.collection().pictures.images
    confusion = MeanRDE(k=VIEWS).score(kept["network"], images, random_state=0)
    order = np.flatnonzero(~kept["asked"])
    order = order[np.argsort(-confusion[order], kind="stable")]
    return contact_sheet(images, {"most": order[:SHOWN], "least": order[-SHOWN:]}, confusion)


def contact_sheet(images: Any, groups: dict[str, IntArray], confusion: Any) -> graph_objects.Figure:
    """Rows of ten images, with the mean entropy of each in bits above it."""
    items = np.concatenate(list(groups.values()))
    titles = [f"{confusion[item]:.2f}" for item in items]
    figure = make_subplots(rows=len(items) // 10, cols=10, subplot_titles=titles)
    for place, item in enumerate(items):
        shown = np.asarray(images[item])
        pixels = shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, axis=2)
        figure.add_image(z=pixels, row=place // 10 + 1, col=place % 10 + 1)
    title = "; ".join(f"{len(ids)} {name} confusing" for name, ids in groups.items())
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.update_layout(title=f"{title} (mean entropy in bits)")


def curves(averaged: list[dict[str, Any]]) -> graph_objects.Figure:
    """Figures 1 and 4: test accuracy against the size of the training set, on a log scale."""
    figure = graph_objects.Figure()
    for strategy in dict.fromkeys(row["strategy"] for row in averaged):
        mine = [row for row in averaged if row["strategy"] == strategy]
        spread = {"type": "data", "array": [row.get("test % ±", 0) for row in mine]}
        figure.add_scatter(
            x=[row["answers"] for row in mine], y=[row["test %"] for row in mine],
            error_y=spread, name=strategy,
        )  # fmt: skip
    figure.update_xaxes(type="log", title="images in the training set")
    return figure.update_layout(template="plotly_white", yaxis_title="test accuracy, %")


def distribution(rounds: list[dict[str, int]]) -> graph_objects.Figure:
    """Figures 3 and 6: the share of each class in the training set of each iteration."""
    figure = graph_objects.Figure()
    for name in sorted({name for counts in rounds for name in counts}):
        shares = [100 * counts.get(name, 0) / sum(counts.values()) for counts in rounds]
        figure.add_bar(x=[str(sum(c.values())) for c in rounds], y=shares, name=name)
    return figure.update_layout(
        template="plotly_white", barmode="group",
        xaxis_title="images in the training set", yaxis_title="% of them",
    )  # fmt: skip


def table_of(averaged: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row per size, a column per strategy."""
    found: dict[int, dict[str, Any]] = {}
    for row in averaged:
        line = found.setdefault(row["answers"], {"answers": row["answers"]})
        line[row["strategy"]] = row["test %"]
        if "test % ±" in row:
            line[f"{row['strategy']} ±"] = row["test % ±"]
    return [found[size] for size in sorted(found)]


def targets_of(table: list[dict[str, Any]], arguments: argparse.Namespace) -> list[common.Target]:
    """The paper's claims, wherever the schedule reaches their sizes."""
    at = {row["answers"]: row for row in table}
    ours = [name for name in arguments.strategies if name not in ("random", "mean_rde")]
    targets = []
    if arguments.dataset == "mnist" and LARGEST in at and "random" in at[LARGEST]:
        bound = at[LARGEST]["random"] - 0.1
        for name, size in (("mean_rde", 2560), *((name, 1280) for name in ours)):
            if name in at.get(size, {}):
                value = at[size][name]
                targets.append(common.at_least(f"{name} at {size}, test %", value, bound))
    if arguments.dataset == "cifar10":
        targets += [
            common.at_least(f"{name} at {size}, test %", row[name], row["random"])
            for size, row in at.items()
            for name in ("mean_rde", *ours)
            if size > START and {name, "random"} <= row.keys()
        ]
    return targets


def options() -> argparse.ArgumentParser:
    """The options of this experiment."""
    parser = common.parser(__doc__)
    parser.add_argument("--dataset", choices=("mnist", "cifar10"), default="mnist")
    parser.add_argument("--strategies", nargs="+", choices=STRATEGIES, default=list(STRATEGIES))
    parser.add_argument("--largest", type=int, default=LARGEST, help="answers at the end")
    parser.add_argument("--architecture", default="small", help="of the network")
    parser.add_argument(
        "--augment", help="of the network: guided_glyphs and guided_photos are the paper's"
    )
    parser.add_argument("--first-seed", type=int, default=0, help="to go on with later ones")
    parser.add_argument("--device", default="auto", help="of the network")
    parser.add_argument("--validation", type=int, default=0, help="random answers kept to validate")
    parser.add_argument("--epochs", type=int, help="over many images, if not as the network has it")
    parser.add_argument("--steps", type=int, help="at least, however few the images")
    parser.add_argument("--out", type=Path, help="folder for tables.md and the plots")
    return parser


def main() -> None:
    """Run the experiment from the command line."""
    arguments = options().parse_args()
    if arguments.quick:
        arguments.seeds, arguments.largest, arguments.steps = 1, 320, 100
        arguments.strategies = ["random", "mean_rde"]
    elif arguments.steps is None and arguments.architecture == "small":
        arguments.steps = STEPS
    arguments.largest = sizes(arguments.largest)[-1]
    train, test = sources(arguments)
    tested = None
    if test is not None:
        with project_of(**test, features=FEATURES) as other:
            images = np.array(other.collection().pictures.images)
            tested = images, [str(name) for name in other.store.items.truths()]
    with project_of(**train, features=FEATURES) as project:
        rows, classes = run(project, tested, arguments)
        averaged = report.average(rows, ("strategy", "answers"))
        table = table_of(averaged)
        text = report.markdown({"guided": f"Test accuracy, {arguments.dataset}"}, {"guided": table})
        print(text)
        if arguments.out is not None:
            arguments.out.mkdir(parents=True, exist_ok=True)
            (arguments.out / "tables.md").write_text(text)
            figures = {
                "curves": curves(averaged),
                "confusing": confusing_images(project, arguments),
            }
            figures |= {f"classes-{name}": distribution(found) for name, found in classes.items()}
            for name, figure in figures.items():
                path = arguments.out / f"{name}.html"
                figure.write_html(path, include_plotlyjs="directory")
    common.finish(rows, targets_of(table, arguments), arguments.json, show_rows=False)


if __name__ == "__main__":
    main()
