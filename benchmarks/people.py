"""What several people's answers are worth, by what decides where they differ.

    python -m benchmarks.people --seeds 3

Three simulated annotators err in 5, 10 and 30 % of their answers, each error another class drawn
uniformly, and take turns. Three things are measured.

Votes: each of 2,000 items is judged by two or by all three of them, drawn by lot, and labelled by
the latest vote, by the majority (of a tie the latest) and by Dawid and Skene's model. In %, labels
right; and what the model finds of each person's errors.

Labels: the default workflow without networks asks 600 answers about digits. A share of its items
is shown to a second person, and to the third where two differ, all within the 600. In %: labels of
all items right, and of those judged one by one; shared: items that several have judged, disputed:
those of them that they do not agree on.

Time: a tenth of 1,150,000 items is judged, and a share of these by a second person; in seconds of
processor time, to settle all of them once more, as after every answer. Beside it, the model of as
many votes by three as there are items.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks import common
from benchmarks.sources import source_of
from experiments import report
from fewclicks.records import PERSON
from fewclicks.store.voting import deciding

ERRORS = (0.05, 0.10, 0.30)
NAMES = ("first", "second", "third")
N_VOTED = 2000
N_CLASSES = 10
SHARES = (0.0, 0.2, 0.5, 1.0)
RULES = ("latest", "majority", "auto")
BUDGET = 600
N_TIMED = 1_150_000


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--dataset", default="sample", help="sample or mnist")
    parser.add_argument("--budget", type=int, default=BUDGET, help="answers, all people together")
    parser.add_argument("--shares", type=float, nargs="+", default=SHARES)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seeds, arguments.budget, arguments.shares = 1, 120, (0.0, 0.5)
    n_timed = N_TIMED // 20 if arguments.quick else N_TIMED
    rows: list[dict[str, Any]] = [
        {"what": "votes", **voted(n_people, seed)}
        for n_people in (2, 3)
        for seed in range(arguments.seeds)
    ]
    with tempfile.TemporaryDirectory(prefix="fewclicks-") as folder:
        rows += measure(arguments, Path(folder))
    rows += [{"what": "time", **row} for s in range(arguments.seeds) for row in timed(n_timed, s)]
    parts = {
        what: [row for row in rows if row["what"] == what] for what in ("votes", "labels", "time")
    }
    tables = {
        "votes": report.average(_told(parts["votes"]), ("people",)),
        "labels": report.average(_told(parts["labels"]), ("share", "rule")),
        "time": report.average(_told(parts["time"]), ("measured",)),
    }
    print(report.markdown({"votes": "Votes", "labels": "Labels", "time": "Time"}, tables))
    common.finish(rows, [], arguments.json, show_rows=False)


def voted(n_people: int, seed: int) -> dict[str, Any]:
    """Label items by their votes alone, in each of three ways."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(N_CLASSES, size=N_VOTED)
    order = rng.random((N_VOTED, len(ERRORS))).argsort(axis=1)[:, :n_people]
    wrong = rng.random(order.shape) < np.array(ERRORS)[order]
    said = (truth[:, None] + wrong * rng.integers(1, N_CLASSES, size=order.shape)) % N_CLASSES
    items = np.repeat(np.arange(N_VOTED), n_people)
    votes = fc.answers.Votes.of(items, order.ravel(), said.ravel())
    latest, counted = said[:, -1], fc.answers.majority(votes)
    model = fc.answers.DawidSkene().fit(votes)
    found = 1 - model.confusion_[:, np.arange(N_CLASSES), np.arange(N_CLASSES)] @ model.prior_
    by = {
        "latest": latest,
        "majority": np.where(counted.tied, latest, counted.classes),
        "model": model.classes_[model.proba_.argmax(axis=1)],
    }
    return {
        "people": n_people,
        "seed": seed,
        **{f"{name} %": 100 * float(np.mean(labels == truth)) for name, labels in by.items()},
        **{f"{n} errs %": 100 * float(e) for n, e in zip(NAMES, found, strict=True)},
    }


def measure(arguments: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """A row for each share, rule and seed: whole runs of the default workflow."""
    source = source_of(arguments.dataset, arguments.data_dir, folder)
    rows = []
    with fc.Project.create(folder / "project", **source) as project:
        project.prepare()
        for seed in range(arguments.seeds):
            for share in arguments.shares:
                for rule in RULES if share else RULES[:1]:
                    home = folder / f"{seed}-{share}-{rule}"
                    with project.rehearse(home) as rehearsal:
                        row = labelled(rehearsal, share, rule, seed, arguments.budget)
                    rows.append({"what": "labels", "share": share, "rule": rule, **row})
                    common.console.print(rows[-1])
    return rows


def labelled(
    project: fc.Project, share: float, rule: str, seed: int, budget: int
) -> dict[str, Any]:
    """Let the three label a project, and compare its labels with the truth."""
    truths = project.store.items.truths()
    project.consult(second_share=share, consensus=rule)
    team = {
        name: fc.KnownLabels(truths, error_rate=error, random_state=10 * seed + number)
        for number, (name, error) in enumerate(zip(NAMES, ERRORS, strict=True))
    }
    workflow = fc.workflows.FewClicks(refine="never")
    run = fc.simulate(project, team, budget=budget, workflow=workflow, seed=seed)
    told = project.people()
    names, labels = project.store.classes.names(), project.labels()
    judged = np.flatnonzero(labels.sources == PERSON)
    right = [names.get(int(labels.class_ids[item, 0])) == truths[item] for item in judged]
    return {
        "seed": seed,
        "right %": 100 * run.accuracy,
        "items judged": len(judged),
        "judged right %": 100 * float(np.mean(right)),
        "shared": told["n_shared"],
        "disputed": told["n_disputed"],
    }


def timed(n_items: int, seed: int) -> list[dict[str, Any]]:
    """Seconds of processor time to settle many items, and to learn how often three people err."""
    rng = np.random.default_rng(seed)
    judged = rng.permutation(n_items)[: n_items // 10]
    rows = []
    for share in (0.1, 1.0):
        again = judged[: int(share * len(judged))]
        items = np.concatenate([judged, again])
        people = np.repeat([0, 1], [len(judged), len(again)])
        said = rng.integers(N_CLASSES, size=len(items))
        no = np.zeros(len(items), np.bool_)
        start = time.process_time()
        decided = deciding(items, said, people, no, no, "auto")
        seconds = time.process_time() - start
        about = f"{len(judged):,} items judged, {share:.0%} of them twice"
        rows.append({"measured": about, "seed": seed, "settled": len(decided), "seconds": seconds})
    truth = rng.integers(N_CLASSES, size=n_items // 3)
    wrong = rng.random((len(truth), len(ERRORS))) < ERRORS
    said = (truth[:, None] + wrong * rng.integers(1, N_CLASSES, size=wrong.shape)) % N_CLASSES
    everybody = np.tile(np.arange(len(ERRORS)), len(truth))
    votes = fc.answers.Votes.of(
        np.repeat(np.arange(len(truth)), len(ERRORS)), everybody, said.ravel()
    )
    start = time.process_time()
    fc.answers.DawidSkene().fit(votes)
    seconds = time.process_time() - start
    about = f"model of {len(votes):,} votes"
    rows.append({"measured": about, "seed": seed, "settled": len(truth), "seconds": seconds})
    return rows


def _told(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "what"} for row in rows]


if __name__ == "__main__":
    main()
