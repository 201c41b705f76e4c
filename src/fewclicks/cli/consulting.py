"""`people`: how several people work together, and how far they agree."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewclicks.cli import options

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen

MOST_CONFUSED = 3
"""Confusions of each person that are named."""


def people(
    project: options.ProjectFolder,
    second_share: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="From now on, the share of items that another person is asked about, too.",
            show_default="as it is",
        ),
    ] = None,
    again_share: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="From now on, the share that the same person is asked about again.",
            show_default="as it is",
        ),
    ] = None,
    consensus: Annotated[
        str | None,
        typer.Option(
            help="From now on, what decides where people differ: auto, majority or latest.",
            show_default="as it is",
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write who called which item what: a .csv, .parquet or .jsonl file.",
            show_default=False,
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Say what each person gave and how far they agree; change how they work together."""
    from fewclicks.cli.screen import Screen, counted
    from fewclicks.project import Project

    with Screen(as_json) as screen, Project.open(project) as opened:
        if any(choice is not None for choice in (second_share, again_share, consensus)):
            asked = opened.consult(
                second_share=second_share, again_share=again_share, consensus=consensus
            )
            if asked:
                screen.note(f"{counted(asked, 'second opinion')} asked from now on.")
        told = named(opened.people(), opened.store.classes.names())
        screen.data(told)
        if not as_json:
            tell_people(screen, told)
        if answers is not None:
            n = opened.export_answers(answers)
            screen.note(f"{counted(n, 'answer')} written to {answers}")


def named(told: dict[str, Any], names: dict[int, str]) -> dict[str, Any]:
    """Put the names of classes in the place of their ids; None is “none”."""
    people = [
        {
            **one,
            "confusions": [
                {"said": names.get(c["said"]), "labelled": names.get(c["labelled"]), "n": c["n"]}
                for c in one["confusions"]
            ],
        }
        for one in told["people"]
    ]
    return {**told, "people": people}


def tell_people(screen: Screen, told: dict[str, Any]) -> None:
    """Print what each gave, and how far they agree."""
    if not told["people"]:
        screen.say("Nobody has answered yet.")
        return
    screen.table(
        ("who", "answers", "effort", "items", "shared", "agree", "right", "the same again"),
        [_row(one) for one in told["people"]],
    )
    screen.facts(_facts(told))
    if told["pairs"]:
        screen.table(
            ("who", "and", "items of both", "Cohen's kappa"),
            [(*one["people"], f"{one['n']:,}", _figure(one["kappa"])) for one in told["pairs"]],
        )
    confused = [row for one in told["people"] for row in _confused(one)]
    if confused:
        screen.table(("who", "said", "of what is labelled", "times"), confused)


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    same = one["consistency"]
    return (
        one["name"],
        f"{one['answers']:,}",
        f"{one['seconds'] / 60:.0f} min",
        f"{one['n_items']:,}",
        f"{one['n_shared']:,}",
        _share(one["agreement"]),
        "–" if one["right"] is None else f"{one['right']:.1%}",
        "–" if same is None else f"{same['same']:,} of {same['n']:,}, {_share_of(same)}",
    )


def _facts(told: dict[str, Any]) -> dict[str, str]:
    shares = f"{told['second_share']:.0%} by another person, {told['again_share']:.0%} by the same"
    by = "who proves right" if told["weighed"] else _RULES[told["consensus"]]
    facts = {"asked twice": shares, "where people differ": f"labels go by {by}"}
    if told["n_shared"]:
        facts["shared"] = f"{told['n_shared']:,} items, {told['n_disputed']:,} of them disputed"
        facts["agreement"] = _share(told["agreement"])
        facts["Krippendorff's alpha"] = _figure(told["alpha"])
    if told["fleiss"]:
        n, votes = told["fleiss"]["n"], told["fleiss"]["n_votes"]
        facts["Fleiss' kappa"] = f"{_figure(told['fleiss'])}, {n:,} items with {votes} answers each"
    return facts


_RULES = {"auto": "most answers", "majority": "most answers", "latest": "the latest answer"}


def _confused(one: dict[str, Any]) -> list[tuple[str, ...]]:
    wrong = [c for c in one["confusions"] if c["said"] != c["labelled"]][:MOST_CONFUSED]
    return [
        (one["name"], c["said"] or "none", c["labelled"] or "none", f"{c['n']:,}") for c in wrong
    ]


def _figure(told: dict[str, Any] | None) -> str:
    if told is None:
        return "–"
    if told["low"] is None:
        return f"{told['value']:.3f}"
    return f"{told['value']:.3f} ({told['low']:.3f} to {told['high']:.3f})"


def _share(told: dict[str, Any] | None) -> str:
    return "–" if told is None else _share_of({**told, "share": told["value"]})


def _share_of(told: dict[str, Any]) -> str:
    return f"{told['share']:.1%} ({told['low']:.1%} to {told['high']:.1%})"
