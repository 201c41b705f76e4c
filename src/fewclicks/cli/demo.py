"""The command `demo`: the whole path on bundled digits, then the page to try it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fewclicks.cli import options
from fewclicks.cli.labelling import collected, serve_page
from fewclicks.cli.simulating import stage, tell_run, watch

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project

BUDGET = 100


def demo(
    folder: Annotated[Path, typer.Option(help="Where to keep the demo's project.")] = Path("demo"),
    budget: Annotated[int, typer.Option(min=1, help="Answers to simulate.")] = BUDGET,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the simulation.")] = False,
    host: options.Host = options.HOST,
    port: options.Port = None,
    no_open: options.NoOpen = False,
) -> None:
    """Label 10,000 bundled digits before your eyes, then try it yourself."""
    from fewclicks.answers.annotator import KnownLabels
    from fewclicks.cli.collecting import tell_prepared
    from fewclicks.cli.screen import Screen

    with Screen() as screen:
        with _project(screen, folder) as project:
            tell_prepared(screen, project)
            truths = project.store.items.truths()
            screen.say()
            screen.say(f"A simulated annotator gives {budget} answers:")
            with stage(project, rehearse=True) as rehearsal:
                run = watch(screen, rehearsal, KnownLabels(truths), truths, budget=budget)
            tell_run(screen, run)
            _tell_confusing(screen, project)
        if no_serve:
            screen.note(f"Now try it yourself: fewclicks label {folder}")
        else:
            serve_page(screen, folder, host=host, port=port, no_open=no_open)


def _project(screen: Screen, folder: Path) -> Project:
    """Open the demo's project, or make it of the bundled sample."""
    from fewclicks.items import sample

    images, labels = sample.path()
    return collected(screen, folder, str(images), labels=str(labels))


def _tell_confusing(screen: Screen, project: Project) -> None:
    """Say what the confusing items are worth: how much more often their clusters are wrong."""
    import numpy as np

    from fewclicks.confusion import ConfusingDataDetector, confusion_rates, majority_classes
    from fewclicks.rows import nearest

    collection = project.collection()
    _, truth = np.unique([str(t) for t in project.store.items.truths()], return_inverse=True)
    clusters = nearest(collection.features, collection.codebook)[0][:, 0]
    n_clusters = len(collection.codebook)
    given = majority_classes(truth, clusters, n_clusters)[clusters]
    detector = ConfusingDataDetector(
        collection.codebook, method="neighbours", budget=project.n_items // 10
    ).fit(collection.features, given, neighbours=collection.neighbours)
    rates = confusion_rates(truth, given, detector.confusing_, n_clusters)
    share = rates.caught / max(1, rates.errors)
    screen.say(
        f"  confusing items        naming all {n_clusters} clusters gets {rates.errors:,} items "
        f"wrong; the most confusing tenth of the items holds {share:.0%} of them"
    )
