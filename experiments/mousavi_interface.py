"""The labelling interface: Table 2 of the Plud paper, by a scripted person in a real browser.

    python -m experiments.mousavi_interface --data-dir DATA --out results/mousavi_interface

S. Mousavi, D. Lee, T. Griffin, D. Steadman and A. Mockus, "Collaborative learning of semi-
supervised clustering and classification for labeling uncurated data", section 3.2.1. One user there
labelled 150 and 300 images of ten body parts, with all thumbnails on one page and with clusters;
their photos cannot be had. Here a scripted person labels as many random digits (MNIST) and photos
of clothes, ten draws each, in Chromium:

- *basic*: all thumbnails on one page, as large as ours; those of the class of the first are clicked
  and named, and so on until none is left, as the paper tells it;
- *clusters*: our page; each cluster is named by its commonest class and what is of another is
  clicked out; then what was clicked out is answered one by one;
- *default*: our page as it is; what it calls typical is answered, then all that the model has
  labelled is looked over in Review and put right there.

All end when a person has judged every image, which the page tells. Then all 60,000 digits: 300
answers to the default workflow and no review, beside one by one at 1.8 s. What each act costs is
told in `experiments.person`; the person errs never, so accuracy falls short of 100 % only by labels
that no person has judged. Not modelled: fatigue, losing one's place, and learning. What a rule of
the person says was settled before the first run, and nothing of the page is chosen with the truth
in view. Rows are kept in --out as they come, and --resume goes on with them. `--quick` is one draw
of 60 and 90 bundled digits.
"""

from __future__ import annotations

import argparse
import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks import common
from benchmarks.page import browsing, served
from experiments import report
from experiments.interface_data import Drawn, draw
from experiments.interfaces import Labelling, basic
from experiments.person import Person, Times, pictures_of
from fewclicks.records import CLUSTER, MODEL, PERSON
from fewclicks.simulate import score

DATASETS = ("mnist", "clothing")
SIZES, QUICK_SIZES = (150, 300), (60, 90)
RUNS = 10
CONDITIONS = ("basic", "clusters", "default")
WINDOW = {"width": 1440, "height": 900}
SIDES = {"glyphs": 55, "photos": 103}
"""Pixels of a thumbnail, as the page chooses them for this window."""

WHOLE, WHOLE_ANSWERS = 60_000, 300
PAPER = {("basic", 150): 802, ("basic", 300): 2632, ("clusters", 150): 281, ("clusters", 300): 694}
"""Seconds of Table 2."""

ACTS = "looking", "judging", "deciding", "pointing", "clicking", "keys", "homing", "scrolling"
"""What the person's time is told apart by."""

Row = dict[str, Any]


@contextmanager
def person_of(browser: Any, drawn: Drawn) -> Iterator[Person]:
    """Somebody at a new window who knows the truth by looking."""
    context = browser.new_context(viewport=WINDOW)
    annotator = fc.KnownLabels(drawn.truths)
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield Person(page, pictures_of(drawn.project), annotator)
    context.close()


def measure(browser: Any, drawn: Drawn, condition: str, seed: int) -> Row:
    """Let the person label all images of a draw at one of the interfaces."""
    with person_of(browser, drawn) as person:
        if condition == "basic":
            said = basic(person, list(pictures_of(drawn.project)), SIDES[drawn.kind])
            right, unseen = sum(map(str.__eq__, said, drawn.truths)) / len(said), 0
        else:
            own = shutil.copytree(drawn.project, drawn.project.with_name(condition))
            with served(own) as (address, _):
                session = Labelling(person)
                session.open(address)
                (by_clusters if condition == "clusters" else by_default)(session)
            right = share_right(own, drawn.truths)
            unseen = n_unseen(own)
            shutil.rmtree(own)
        about = {"data": drawn.name, "images": len(drawn.truths), "condition": condition}
        labels = {"right %": 100 * right, "not judged": unseen}
        return {**about, "seed": seed, **labels, **spent(person, len(drawn.truths))}


def by_clusters(session: Labelling) -> None:
    """Name the clusters, then what was clicked out of them."""
    session.name_clusters()
    session.go("items")
    session.answer_misfits()


def by_default(session: Labelling) -> None:
    """Answer what is typical, then look over the rest."""
    session.go("items")
    session.answer_typical()
    session.go("review")
    session.review()


def spent(person: Person, n_items: int) -> Row:
    """Modelled minutes, actions and what both went into; and seconds that the page took."""
    actions = sum(person.actions.values())
    return {
        "minutes": person.minutes, "actions": actions, "per 1,000": 1000 * actions / n_items,
        **{f"{act} s": person.seconds[act] for act in ACTS}, "page took s": person.waited,
    }  # fmt: skip


def n_unseen(folder: Path) -> int:
    """Images that no person has judged, by themselves or in their cluster."""
    with fc.Project.open(folder) as project:
        return int((~np.isin(project.labels().sources, [PERSON, CLUSTER])).sum())


def share_right(folder: Path, truths: list[str]) -> float:
    """Share of the labels that are right; what a model has labelled is labelled anew first."""
    with fc.Project.open(folder) as project:
        if (project.labels().sources == MODEL).any():
            project.round()
        return score(project.labels(), project.store.classes.names(), truths).accuracy


def whole(browser: Any, drawn: Drawn, seed: int, n_answers: int) -> Row:
    """Let the person give so many answers to the default workflow, and the model label the rest."""
    with person_of(browser, drawn) as person, served(drawn.project) as (address, _):
        session = Labelling(person)
        session.open(address)
        session.go("items")
        session.answer(n_answers)
        session.rest()
        row = spent(person, len(drawn.truths))
    with fc.Project.open(drawn.project) as project:
        given = project.store.answers.totals()["total"]
    right = share_right(drawn.project, drawn.truths)
    one_by_one = len(drawn.truths) * Times().easy / 60
    about = {"data": drawn.name, "images": len(drawn.truths), "condition": "default"}
    return {
        **about, "seed": seed, "right %": 100 * right, "answers": given,
        "one by one, minutes": one_by_one, "times as fast": one_by_one / row["minutes"], **row,
    }  # fmt: skip


def run(arguments: argparse.Namespace, folder: Path) -> dict[str, list[Row]]:
    """All rows: of the two sizes, and of the whole collection."""
    names, sizes, runs = arguments.datasets, SIZES, arguments.seeds
    if arguments.quick:
        names, sizes, runs = ["sample"], QUICK_SIZES, 1
    kept = Kept(arguments.out, arguments.resume)
    with browsing() as browser:
        for name, seed, n in itertools.product(names, range(runs), sizes):
            todo = [one for one in CONDITIONS if not kept.has("table 2", name, n, one, seed)]
            if todo:
                drawn = draw(name, n, seed, arguments.data_dir, folder)
                for condition in todo:
                    kept.add("table 2", measure(browser, drawn, condition, seed))
                shutil.rmtree(drawn.project.parent)
        for seed in range(0 if arguments.quick else arguments.whole):
            if not kept.has("whole", "mnist", WHOLE, "default", seed):
                drawn = draw("mnist", None, seed, arguments.data_dir, folder)
                kept.add("whole", whole(browser, drawn, seed, WHOLE_ANSWERS))
                shutil.rmtree(drawn.project.parent)
    return kept.rows


class Kept:
    """Rows as they come, in a file so that hours of them go on where they were stopped."""

    def __init__(self, folder: Path | None, resume: bool) -> None:
        self.rows: dict[str, list[Row]] = {"table 2": [], "whole": []}
        self._path = None if folder is None else folder / "rows.jsonl"
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for line in self._path.read_text().splitlines() if resume and self._path.exists() else []:
            row = json.loads(line)
            self.rows[row.pop("what")].append(row)
        if not resume:
            self._path.unlink(missing_ok=True)

    def has(self, what: str, *row: str | int) -> bool:
        """Whether there is a row of this data, size, condition and seed."""
        names = "data", "images", "condition", "seed"
        return any(tuple(one[name] for name in names) == row for one in self.rows[what])

    def add(self, what: str, row: Row) -> None:
        """Keep a row and show how far it is."""
        self.rows[what].append(row)
        common.console.print({key: row[key] for key in list(row)[:7]})
        if self._path is not None:
            with self._path.open("a") as file:
                file.write(json.dumps({"what": what, **row}) + "\n")


def flat(found: dict[str, list[Row]]) -> list[Row]:
    """All rows, each with what it is of."""
    return [{"what": what, **row} for what, rows in found.items() for row in rows]


def clock(minutes: float) -> str:
    """Minutes and seconds, as the paper writes them."""
    return f"{int(60 * minutes + 0.5) // 60}:{int(60 * minutes + 0.5) % 60:02}"


def table_2(averaged: list[Row]) -> list[Row]:
    """Time of each size, how it grows, and at the larger one how many times as fast as basic."""
    rows = []
    small, large = sorted({row["images"] for row in averaged})
    by = {(row["data"], row["condition"], row["images"]): row for row in averaged}
    for name in dict.fromkeys(row["data"] for row in averaged):
        for condition in CONDITIONS:
            first, second = (by[name, condition, n] for n in (small, large))
            faster = by[name, "basic", large]["minutes"] / second["minutes"]
            rows.append(
                {
                    "data": name, "interface": condition, f"{small} images": with_spread(first),
                    f"{large} images": with_spread(second),
                    "growth": second["minutes"] / first["minutes"], "times as fast": faster,
                    "right %": second["right %"], "actions per 1,000": second["per 1,000"],
                }
            )  # fmt: skip
    return rows


def with_spread(row: Row) -> str:
    """Mean time and, where there is one, its standard deviation."""
    spread = row.get("minutes ±")
    return clock(row["minutes"]) + (f" ± {clock(spread)}" if spread else "")


def paper_rows() -> list[Row]:
    """Table 2 as printed."""
    return [
        {
            "interface": condition, "150 images": clock(PAPER[condition, 150] / 60),
            "300 images": clock(PAPER[condition, 300] / 60),
            "growth": PAPER[condition, 300] / PAPER[condition, 150],
            "times as fast": PAPER["basic", 300] / PAPER[condition, 300],
        }
        for condition in ("basic", "clusters")
    ]  # fmt: skip


def tables(found: dict[str, list[Row]]) -> str:
    """Markdown of all tables."""
    averaged = report.average(found["table 2"], ("data", "images", "condition"))
    titles = {
        "paper": "Table 2 of the paper, minutes",
        "ours": "Ours, modelled minutes; growth from the smaller to the larger, and the larger "
        "beside basic",
        "spent": "What the time went into, in seconds",
    }
    shown = {"paper": paper_rows(), "ours": table_2(averaged), "spent": averaged}
    if found["whole"]:
        titles["whole"] = "All 60,000 digits"
        shown["whole"] = report.average(found["whole"], ("data", "images", "condition"))
    return report.markdown(titles, shown)


def targets(found: dict[str, list[Row]]) -> list[common.Target]:
    """What is asked of the page."""
    averaged = report.average(found["table 2"], ("data", "images", "condition"))
    largest = max(row["images"] for row in averaged)
    by = {(row["data"], row["condition"]): row for row in averaged if row["images"] == largest}
    made = []
    for name in dict.fromkeys(row["data"] for row in averaged):
        default, simple = by[name, "default"], by[name, "basic"]
        faster = simple["minutes"] / default["minutes"]
        behind = simple["right %"] - default["right %"]
        made.append(common.at_least(f"{name}, {largest}: times as fast as basic", faster, 10))
        made.append(common.at_most(f"{name}, {largest}: points behind basic", behind, 0))
    for row in report.average(found["whole"], ("data", "images", "condition")):
        made.append(
            common.at_least("60,000: times as fast as one by one", row["times as fast"], 60)
        )
        made.append(common.at_least("60,000: labels right, %", row["right %"], 99.5))
        made.append(common.at_most("60,000: actions per 1,000", row["per 1,000"], 15))
    return made


def main() -> None:
    """Run the experiment from the command line."""
    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.set_defaults(seeds=RUNS)
    parser.add_argument("--out", type=Path, help="folder for tables.md and rows.jsonl")
    parser.add_argument("--resume", action="store_true", help="go on with the rows in --out")
    parser.add_argument("--datasets", nargs="*", choices=DATASETS, default=list(DATASETS))
    parser.add_argument("--whole", type=int, default=3, help="runs of all 60,000 digits")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fewclicks-") as folder:
        found = run(arguments, Path(folder))
    common.write(flat(found), targets(found), arguments.json)
    text = tables(found)
    print(text)
    if arguments.out is not None:
        (arguments.out / "tables.md").write_text(text)
    common.finish(flat(found), targets(found), arguments.json, show_rows=False)


if __name__ == "__main__":
    main()
