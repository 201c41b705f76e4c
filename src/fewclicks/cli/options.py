"""Arguments and options that several commands share, each described once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fewclicks.errors import InvalidInput

if TYPE_CHECKING:
    from fewclicks.engine.base import Engine as EngineObject

ProjectFolder = Annotated[
    Path, typer.Argument(metavar="PROJECT", help="Folder of the project.", show_default=False)
]
Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="Where the images are: a folder, an archive, a list, arrays; a path or URL.",
        show_default=False,
    ),
]
Labels = Annotated[
    str | None,
    typer.Option(
        help="What is known to be right: a file, or “folders” for class folders. Only simulations "
        "look at it.",
        show_default=False,
    ),
]
Groups = Annotated[
    str | None,
    typer.Option(
        help="What belongs together: “folders” for images in the same folder.", show_default=False
    ),
]
Features = Annotated[
    str,
    typer.Option(
        help="Name of the features, of a network such as timm:resnet50 or onnx:PATH, or a file "
        "with one row per item."
    ),
]
Codewords = Annotated[
    int | None,
    typer.Option(min=1, help="Number of clusters.", show_default="about the root of the items"),
]
Kernel = Annotated[
    int | None,
    typer.Option(
        min=1, max=4, help="Kernel of the features “fingerprint”.", show_default="the features' own"
    ),
]
FeatureSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--feature", metavar="NAME=VALUE", help="A parameter of the features; may be repeated."
    ),
]
Clusterer = Annotated[
    str,
    typer.Option(
        help="What makes the clusters: kmeans, lbg, agglomerative, spectral, hdbscan or som."
    ),
]
Workflow = Annotated[str, typer.Option(help="What decides which questions are asked.")]
Confusion = Annotated[
    str | None,
    typer.Option(
        help="What the workflow confusion_area finds confusing: method1, method2 or neighbours.",
        show_default="method2",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="A parameter of the workflow; may be repeated."
    ),
]
Stop = Annotated[
    str | None,
    typer.Option(
        metavar="RULE[=VALUE]",
        help="What ends the questions by itself: stable, changes, accuracy, uncertainty or budget.",
        show_default="nothing",
    ),
]
SecondShare = Annotated[
    float,
    typer.Option(min=0, max=1, help="Share of the items that another person is asked about, too."),
]
AgainShare = Annotated[
    float,
    typer.Option(min=0, max=1, help="Share that the same person is asked about again, later."),
]
PathColumn = Annotated[
    str | None, typer.Option(help="Column of a list that names the images.", show_default=False)
]
LabelColumn = Annotated[
    str | None, typer.Option(help="Column with what is known to be right.", show_default=False)
]
GroupColumn = Annotated[
    str | None, typer.Option(help="Column that says what belongs together.", show_default=False)
]
SplitColumn = Annotated[
    str | None, typer.Option(help="Column with the split, such as train.", show_default=False)
]
Seed = Annotated[int, typer.Option(min=0, help="Decides everything random.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Host = Annotated[str, typer.Option(help="Address to listen on; this machine only by default.")]
Port = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65535,
        help="Port to listen on; 0 takes any that is free.",
        show_default="the first free one from 8765",
    ),
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")]
Engine = Annotated[
    str | None,
    typer.Option(
        help="What works on single images: local, all cores of this machine, or ray, a cluster.",
        show_default="FEWCLICKS_ENGINE, else local",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="First node of the Ray cluster.",
        show_default="FEWCLICKS_RAY_ADDRESS, else the cluster of this machine",
    ),
]
Gpus = Annotated[float, typer.Option(min=0, help="GPUs that each worker on the cluster takes.")]
Drawing = Annotated[
    Literal["evenly", "suspected", "classes"] | None,
    typer.Option(
        "--draw",
        help="Labels are drawn evenly; or suspected: the least sure more often, which most often "
        "takes fewer answers; or by classes: half of the draws spread evenly over these.",
        show_default="evenly",
    ),
]

AnnotatorName = Annotated[
    str | None,
    typer.Option(help="Under whose name answers are recorded.", show_default="your user name"),
]

HOST = "127.0.0.1"

CONFUSION_METHODS: dict[str, Any] = {"method1": 1, "method2": 2, "neighbours": "neighbours"}


def chosen_workflow(workflow: str | None, confusion: str | None) -> str | None:
    """The workflow meant: the one named, else the one that `confusion` belongs to."""
    return "confusion_area" if workflow is None and confusion is not None else workflow


def feature_options(settings: Sequence[str] | None, kernel: int | None) -> dict[str, Any]:
    """The parameters of the features: NAME=VALUE pairs, and the kernel."""
    options = named_values("--feature", settings)
    return options if kernel is None else {**options, "kernel": kernel}


def workflow_options(
    settings: Sequence[str] | None, confusion: str | None = None
) -> dict[str, Any]:
    """The parameters of the workflow: NAME=VALUE pairs, and the method that `confusion` names.

    Raises
    ------
    InvalidInput
        A pair has no "=", or there is no such method.
    """
    options = named_values("--set", settings)
    if confusion is not None:
        if confusion not in CONFUSION_METHODS:
            raise InvalidInput(
                f"--confusion must be one of {', '.join(CONFUSION_METHODS)} but is {confusion!r}."
            )
        options["method"] = CONFUSION_METHODS[confusion]
    return options


def chosen_engine(name: str | None, address: str | None, gpus: float = 0) -> EngineObject | None:
    """The engine asked for; None, where nothing was, for what the environment says."""
    from fewclicks import settings
    from fewclicks.workflows.engines import make_engine

    if name is None and address is None and not gpus:
        return None
    return make_engine(name or settings.engine(), address=address, gpus=gpus)


def stop_rule(text: str | None) -> dict[str, Any] | None:
    """The criterion that RULE or RULE=VALUE means, as `Project.create` takes it.

    VALUE is the first parameter of the criterion: what is compared with.

    Raises
    ------
    InvalidInput
        There is no such criterion, or its value is out of range.
    """
    from dataclasses import fields

    from fewclicks.queries.stopping import CRITERIA, make_criterion

    if text is None:
        return None
    name, equals, value = text.partition("=")
    rule: dict[str, Any] = {"name": name}
    if equals and name in CRITERIA:
        rule[fields(CRITERIA[name])[0].name] = _value(value)
    make_criterion(**rule)
    return rule


def named_values(option: str, settings: Sequence[str] | None) -> dict[str, Any]:
    """Turn NAME=VALUE pairs into a dictionary; a value is JSON where it can be, else text.

    Raises
    ------
    InvalidInput
        A pair has no "=".
    """
    options: dict[str, Any] = {}
    for pair in settings or ():
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InvalidInput(
                f"{option} must be NAME=VALUE but is {pair!r}.", f"For example: {option} name=1"
            )
        options[name] = _value(value)
    return options


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
