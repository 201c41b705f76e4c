"""How well mistakes among answers are found, and what correcting them is worth.

    python -m benchmarks.mistakes --dataset mnist --seeds 3

A simulated annotator names items, and 5 % of what is named is wrong. Singly: an error names another
class, drawn uniformly. Misfits: clusters drawn at random are named right, but so many of their
misfits are overlooked. Clusters: every misfit is clicked out, but whole clusters are misnamed; they
must be many, so this is measured where all are named. Then `Project.mistakes` looks.

planted: wrong items among those named. precision: of as many of the worst suspicions as were
planted. recall: of all suspicions. ap: average precision over all named items, those not suspected
last. cleanlab: as its documentation has it, `find_label_issues` and label quality by
self-confidence, which ranks every item, suspected or not; logistic regression on the features,
cross-validated by item. before and after: share of all labels of the
collection that are right, after a round of the workflow; of after, `spent` of the worst suspicions
were looked at by somebody who errs no more, once each. seconds: of processor time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks import common
from benchmarks.sources import BUDGETS, source_of
from experiments import report
from fewclicks.audit import KINDS
from fewclicks.records import NO_CLASS, Statement

ERRORS = 0.05
SIZES = (3000, 60000)
QUICK = (1000,)
AT_A_TIME = 5000
DATASETS = ("mnist", "clothing")


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--dataset", choices=sorted(BUDGETS), help="default: mnist and clothing")
    parser.add_argument("--items", type=int, nargs="+", default=SIZES, help="items named")
    parser.add_argument("--errors", type=float, default=ERRORS, help="share of wrong answers")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.dataset, arguments.seeds, arguments.items = "sample", 1, QUICK
    rows: list[dict[str, Any]] = []
    for dataset in [arguments.dataset] if arguments.dataset else DATASETS:
        with tempfile.TemporaryDirectory(prefix="fewclicks-") as folder:
            rows += measure(dataset, arguments, Path(folder))
            common.write(rows, [], arguments.json)
    averaged = report.average(rows, ("dataset", "named", "n"))
    print(report.markdown({"all": "Mistakes found"}, {"all": averaged}))
    common.finish(rows, targets(averaged), arguments.json, show_rows=False)


def measure(dataset: str, arguments: argparse.Namespace, folder: Path) -> list[dict[str, Any]]:
    """A row for each way to answer, number of items named, and seed."""
    source = source_of(dataset, arguments.data_dir, folder)
    rows = []
    with fc.Project.create(folder / "project", **source) as project:
        project.prepare()
        sizes = sorted({min(n, project.n_items) for n in arguments.items})
        for seed in range(arguments.seeds):
            for how in NAMED:
                for n in sizes:
                    if how == "clusters" and n < project.n_items:
                        continue
                    home = folder / f"{how}-{n}-{seed}"
                    with project.rehearse(home) as rehearsal:
                        row = found(rehearsal, how, n, arguments.errors, seed)
                    rows.append({"dataset": dataset, "named": how, "n": n, "seed": seed, **row})
                    common.console.print(rows[-1])
    return rows


def found(project: fc.Project, how: str, n: int, errors: float, seed: int) -> dict[str, Any]:
    """Name items with errors, look for mistakes, correct as many as were planted."""
    truths = project.store.items.truths()
    NAMED[how](project, truths, n, errors, seed)
    sheet = project.store.answers.sheet(project.n_items)
    names = project.store.classes.names()
    items = np.flatnonzero(sheet.class_ids != NO_CLASS)
    wrong = np.array([names[sheet.class_ids[item]] != truths[item] for item in items])
    start = time.process_time()
    mistakes = project.mistakes()
    seconds = time.process_time() - start
    scores = {kind: np.zeros(project.n_items) for kind in KINDS}
    for mistake in mistakes:
        for reason in mistake.reasons:
            scores[reason.kind][mistake.item] = reason.score
    ranked = np.zeros(project.n_items)
    ranked[[one.item for one in mistakes]] = np.arange(len(mistakes), 0, -1)
    cleanlab = cleanlab_alone(project, items, sheet.class_ids[items])
    k = int(wrong.sum())
    before = right(project, truths, seed)
    correct(project, [one.item for one in mistakes[:k]], truths)
    after = right(project, truths, seed)
    return {
        "planted": k,
        "suspected": len(mistakes),
        **quality(ranked[items], wrong, ""),
        **quality(scores["model"][items], wrong, "model "),
        **quality(scores["neighbours"][items], wrong, "neighbours "),
        **quality(cleanlab[0], wrong, "cleanlab ", cleanlab[1]),
        "before %": 100 * before,
        "after %": 100 * after,
        "spent": min(k, len(mistakes)),
        "seconds": seconds,
    }


def quality(scores: Any, wrong: Any, name: str, suspected: Any = None) -> dict[str, float]:
    """Precision at as many as are wrong, recall of those suspected, average precision, in %.

    What has a score above 0 is suspected, unless something else is said.
    """
    from sklearn.metrics import average_precision_score

    order = np.argsort(-scores, kind="stable")
    suspected = scores > 0 if suspected is None else suspected
    first = order[: int(wrong.sum())]
    return {
        f"{name}precision": 100 * float((wrong[first] & (scores[first] > 0)).mean()),
        f"{name}recall": 100 * float(wrong[suspected].sum() / max(1, wrong.sum())),
        f"{name}ap": 100 * float(average_precision_score(wrong, scores)),
    }


def name_singly(
    project: fc.Project, truths: Sequence[str | None], n: int, errors: float, seed: int
) -> None:
    """Name `n` items drawn at random, one by one."""
    annotator = fc.KnownLabels(truths, error_rate=errors, random_state=seed)
    items = np.random.default_rng(seed).choice(project.n_items, n, replace=False)
    said = [
        Statement(annotator.answer(fc.Question("item", "", item=int(item))), item=int(item))
        for item in items
    ]
    for begin in range(0, n, AT_A_TIME):
        project.store.answers.add_many("benchmark", said[begin : begin + AT_A_TIME])


def name_with_misfits(
    project: fc.Project, truths: Sequence[str | None], n: int, errors: float, seed: int
) -> None:
    """Name clusters of `n` items in all; so many of their misfits are overlooked."""
    annotator = fc.KnownLabels(truths, mark_misfits=True, random_state=seed)
    replies = [(asked, annotator.answer(asked)) for asked in drawn_clusters(project, n, seed)]
    n_misfits = sum(len(reply.misfits) for _, reply in replies)
    n_members = sum(len(members_of(asked)) for asked, _ in replies)
    overlooked = min(1.0, errors * n_members / max(1, n_misfits))
    rng = np.random.default_rng(seed)
    for asked, reply in replies:
        seen = tuple(item for item in reply.misfits if rng.random() >= overlooked)
        said = fc.Reply(reply.verdict, reply.class_name, seen)
        project.answer("benchmark", said, question_id=asked.id)


def name_clusters(
    project: fc.Project, truths: Sequence[str | None], n: int, errors: float, seed: int
) -> None:
    """Name clusters of `n` items in all, some of them wrong as a whole."""
    annotator = fc.KnownLabels(truths, error_rate=errors, mark_misfits=True, random_state=seed)
    for asked in drawn_clusters(project, n, seed):
        project.answer("benchmark", annotator.answer(asked), question_id=asked.id)


def drawn_clusters(project: fc.Project, n: int, seed: int) -> list[fc.Question]:
    """Questions about clusters drawn at random, until they have `n` items."""
    collection = project.collection()
    asked = collection.cluster_questions()
    ids = project.store.questions.ask_clusters(collection.partition, asked)
    order = np.random.default_rng(seed).permutation(len(asked))
    sizes = np.array([len(members_of(asked[at])) for at in order])
    before = np.cumsum(sizes) - sizes
    return [replace(asked[at], id=ids[at]) for at in order[before < n]]


def members_of(asked: fc.Question) -> Any:
    """The members of the cluster asked about."""
    assert asked.members is not None
    return asked.members


def correct(project: fc.Project, items: Sequence[int], truths: Sequence[str | None]) -> None:
    """Say what each item is, as a review."""
    said = [Statement(fc.Reply("class", str(truths[item])), item=item) for item in items]
    for begin in range(0, len(said), AT_A_TIME):
        chunk = said[begin : begin + AT_A_TIME]
        project.store.answers.add_many("benchmark", chunk, purpose="review")


def right(project: fc.Project, truths: Sequence[str | None], seed: int) -> float:
    """Share of the labels that are right after a round."""
    project.round(seed=seed)
    names = project.store.classes.names()
    labels = project.labels().class_ids[:, 0].tolist()
    hits = [names.get(label) == truth for label, truth in zip(labels, truths, strict=True)]
    return float(np.mean(hits))


def cleanlab_alone(project: fc.Project, items: Any, said: Any) -> tuple[Any, Any]:
    """Scores by cleanlab as its documentation has it, and what it finds wrong."""
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    _, codes = np.unique(said, return_inverse=True)
    common_ones = np.flatnonzero(np.bincount(codes)[codes] >= 5)  # as many as there are folds
    _, codes = np.unique(codes[common_ones], return_inverse=True)
    rows = np.asarray(project.collection().wide[items[common_ones]], np.float32)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        proba = cross_val_predict(model, rows, codes, cv=5, method="predict_proba")
        issues = find_label_issues(codes, proba, n_jobs=1)
        likely = get_label_quality_scores(codes, proba)
    scores, suspected = np.zeros(len(items)), np.zeros(len(items), np.bool_)
    scores[common_ones], suspected[common_ones] = 1 - likely, issues
    return scores, suspected


NAMED = {"singly": name_singly, "misfits": name_with_misfits, "clusters": name_clusters}
"""How what is wrong came about."""


def targets(averaged: list[dict[str, Any]]) -> list[common.Target]:
    """What is found must beat cleanlab alone, and correcting it must not cost accuracy."""
    made = []
    for row in averaged:
        name = f"{row['dataset']}, {row['n']:,} {row['named']}"
        gain = row["ap"] - row["cleanlab ap"]
        made.append(common.at_least(f"{name}: ap beyond cleanlab alone", gain, 0))
        gain = row["after %"] - row["before %"]
        made.append(common.at_least(f"{name}: points of accuracy gained", gain, 0))
    return made


if __name__ == "__main__":
    main()
