"""The command `datasets`: public sets to try fewclicks on, and a way to get them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fewclicks.cli import options
from fewclicks.cli.catalogue import DATASETS, Dataset
from fewclicks.errors import InvalidInput, NotFound

app = typer.Typer(
    invoke_without_command=True, help="List public data sets; `datasets get` fetches one."
)


@app.callback()
def datasets(context: typer.Context, as_json: options.Json = False) -> None:
    """List public data sets: what they hold, where they come from, on what terms."""
    if context.invoked_subcommand is not None:
        return
    from fewclicks.cli.screen import Screen

    with Screen(as_json) as screen:
        screen.data({"datasets": [dataset.to_dict() for dataset in DATASETS.values()]})
        for dataset in () if as_json else DATASETS.values():
            screen.say(f"{dataset.name}: {dataset.about}", "bold")
            screen.facts(
                {
                    "items": f"{dataset.n_items:,} in {dataset.n_classes} classes",
                    "origin": dataset.origin,
                    "licence": dataset.licence,
                    "get": _how_to_get(dataset),
                    "load": dataset.load,
                }
            )


@app.command("get")
def get(
    name: Annotated[str, typer.Argument(help="Name in the list.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Where to put the files.", show_default=False)],
    as_json: options.Json = False,
) -> None:
    """Fetch the files of a data set and check them, byte for byte."""
    from fewclicks.cli.download import fetch
    from fewclicks.cli.screen import Screen

    with Screen(as_json) as screen:
        dataset = _find(name)
        new = [fetch(file, folder, screen.report) for file in dataset.files]
        screen.rest()
        paths = [str(folder / file.name) for file in dataset.files]
        screen.data({"name": name, "files": paths, "n_fetched": sum(new)})
        screen.say(f"{sum(new)} of {len(new)} files fetched into {folder}, all are as published")
        screen.note(f"Next: {dataset.load.replace('FOLDER', str(folder))}")


def _find(name: str) -> Dataset:
    if name not in DATASETS:
        raise NotFound(f"There is no data set {name!r}.", f"There are: {', '.join(DATASETS)}.")
    if not DATASETS[name].files:
        raise InvalidInput(
            f"{name} cannot be fetched from here: {DATASETS[name].by_hand}",
            f"Get it from {DATASETS[name].origin}",
        )
    return DATASETS[name]


def _how_to_get(dataset: Dataset) -> str:
    return f"fewclicks datasets get {dataset.name} FOLDER" if dataset.files else dataset.by_hand
