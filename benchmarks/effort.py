"""Which mix of cluster and item questions costs a person least, by modelled minutes.

    python -m benchmarks.effort --dataset mnist --seeds 3

The default workflow without a network, after naming no clusters, or some of the largest first with
their misfits clicked out. What each action costs is `fewclicks.answers.EffortModel`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import fewclicks as fc
from benchmarks import common
from benchmarks.sources import BUDGETS, source_of
from fewclicks.simulate import SimulatedRound
from fewclicks.workflows import FewClicks

CLUSTERS = (0, 5, 20, 50)
MINUTES = (2, 5, 10, 20, 30)
ANSWERS = 500


def after(rounds: list[SimulatedRound], minutes: float) -> SimulatedRound | None:
    """The last round that so many minutes were enough for; None if not even the first was."""
    done = [row for row in rounds if row.modelled_seconds <= 60 * minutes]
    return done[-1] if done else None


def row(dataset: str, n_clusters: int, seed: int, rounds: list[SimulatedRound]) -> dict[str, Any]:
    """One line of the table: the share of all labels right by then, in %."""
    line: dict[str, Any] = {"dataset": dataset, "clusters": n_clusters, "seed": seed}
    for minutes in MINUTES:
        at = after(rounds, minutes)
        line[f"{minutes} min"] = None if at is None else 100 * at.accuracy
    return line


def main() -> None:
    """Run the benchmark from the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--dataset", choices=sorted(BUDGETS), default="mnist")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.dataset, arguments.seeds = "sample", 1
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = source_of(arguments.dataset, arguments.data_dir, folder)
        with fc.Project.create(folder / "project", **source, workflow="fewclicks") as project:
            project.prepare()
            for n_clusters in CLUSTERS[:2] if arguments.quick else CLUSTERS:
                for seed in range(arguments.seeds):
                    rounds = label(project, folder / f"{n_clusters}-{seed}", n_clusters, seed)
                    rows.append(row(arguments.dataset, n_clusters, seed, rounds))
    common.finish(rows, [], arguments.json)


def label(project: fc.Project, folder: Path, n_clusters: int, seed: int) -> list[SimulatedRound]:
    """Label a rehearsal with 500 answers, which take longer than the last of the minutes."""
    annotator = fc.KnownLabels(project.store.items.truths(), mark_misfits=True, random_state=seed)
    workflow = FewClicks(n_clusters=n_clusters, refine="never")
    with project.rehearse(folder) as rehearsal:
        return fc.simulate(
            rehearsal, annotator, budget=ANSWERS, workflow=workflow, seed=seed
        ).rounds


if __name__ == "__main__":
    main()
