"""`certify`: prove by blind answers that few labels are wrong; `verify`: check that again."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fewclicks.cli import options
from fewclicks.errors import NotFound

if TYPE_CHECKING:
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project
    from fewclicks.store.certificates import Draw
    from fewclicks.workflows.standing import Standing

ERROR, CONFIDENCE = 0.01, 0.95


def certify(
    project: options.ProjectFolder,
    error: Annotated[
        float | None,
        typer.Option(
            help="Begin to prove that at most this share of the labels is wrong.",
            show_default=f"{ERROR}, where nothing has been claimed yet",
        ),
    ] = None,
    confidence: Annotated[
        float | None,
        typer.Option(help="Confidence of the proof.", show_default=str(CONFIDENCE)),
    ] = None,
    draw: options.Drawing = None,
    name_unsure: Annotated[
        bool,
        typer.Option(
            "--name-unsure",
            help="Ask about the labels that are too unsure for the claim; once they are named it "
            "holds.",
        ),
    ] = False,
    end: Annotated[
        bool, typer.Option("--end", help="Go on labelling: the labels are kept no longer.")
    ] = False,
    annotator: options.AnnotatorName = None,
    as_json: options.Json = False,
) -> None:
    """Prove by blind answers that few labels are wrong; without options, say how far it is."""
    from fewclicks.cli.screen import Screen
    from fewclicks.project import Project
    from fewclicks.store.certificates import ENDED

    with Screen(as_json) as screen, Project.open(project) as opened:
        if end:
            opened.certificates.end(annotator)
            screen.note("The certificate has ended. The labels may change again.")
        if name_unsure:
            opened.certificates.name_unsure(annotator)
        # one whose labels are lost can be ended all the same
        with suppress(NotFound) if end else nullcontext():
            standing = _standing(opened, (error, confidence, draw), annotator)
            screen.data(standing.to_dict())
            if not as_json:
                tell_standing(screen, opened, standing)
                if not standing.holds and standing.row.state != ENDED:
                    screen.note(f"Next: fewclicks label {project}")


def verify(
    export: Annotated[
        Path,
        typer.Argument(
            metavar="EXPORT", help="An exported table or folder, or its card.", show_default=False
        ),
    ],
    as_json: options.Json = False,
) -> None:
    """Compute again what an export's label card claims, from its own log and the export."""
    from fewclicks.cli.screen import Screen
    from fewclicks.workflows.verifying import verify as checks_of

    with Screen(as_json) as screen:
        checks = checks_of(export)
        holds = all(check.holds is not False for check in checks)
        screen.data(
            {
                "holds": holds,
                "checks": [{"holds": one.holds, "sentence": one.sentence} for one in checks],
            }
        )
        for check in checks:
            mark = {True: "ok   ", False: "WRONG", None: "–    "}[check.holds]
            screen.say(f"{mark}  {check.sentence}", "red" if check.holds is False else "")
        if not any(check.sentence.startswith("Certificate") for check in checks):
            screen.note("The card tells of no certificate.")
    if not holds:
        raise typer.Exit(1)


def _standing(
    project: Project, claim: tuple[float | None, float | None, Draw | None], annotator: str | None
) -> Standing:
    """See how the certificate stands that claims this or is open, or begin one that does.

    Of the one that is open, what is not said is left as it is.
    """
    row, says_nothing = project.store.certificates.open(), claim == (None, None, None)
    known = project.certificates.standing() if says_nothing or row is not None else None
    if known is not None and says_nothing:
        return known
    error = claim[0] if claim[0] is not None else ERROR if row is None else row.error
    confidence = claim[1] if claim[1] is not None else CONFIDENCE if row is None else row.confidence
    draw: Draw = claim[2] or ("evenly" if row is None else row.draw)
    before = None if row is None else (row.error, row.confidence, row.draw)
    if known is not None and before == (error, confidence, draw):
        return known
    return project.certificates.begin(error, confidence=confidence, annotator=annotator, draw=draw)


def tell_standing(screen: Screen, project: Project, standing: Standing) -> None:
    """Print a certificate: the claim, what it is proved by, and what it does not promise."""
    names = project.store.classes.names()
    screen.say(standing.sentence, "bold" if standing.holds else "")
    screen.facts(_facts(standing, project.store.answers.totals()))
    checked = [one for one in standing.classes if one.audits]
    if checked:
        screen.table(
            ("class", "labels", "checked", "wrong", "wrong at most"),
            [
                (
                    names.get(one.class_id, ""),
                    f"{one.n_items:,}",
                    f"{one.audits:,}",
                    f"{one.wrong:,}",
                    f"{one.upper:.2%}",
                )
                for one in checked
            ],
        )
    screen.note(standing.caveat)


def _facts(standing: Standing, totals: dict[str, Any]) -> dict[str, str]:
    certificate = standing.certificate
    facts = {
        "claim": f"at most {standing.row.error:.2%} of {standing.row.n_items:,} labels are wrong, "
        f"with confidence {standing.row.confidence:.4g}",
        "answers": ", ".join(f"{totals[purse]:,} to {purse}" for purse in ("learn", "review"))
        + f", {totals['audit']:,} blind",
        "drawn for this": f"{certificate.audits:,} of the {standing.row.n_tested:,} labels that no "
        f"person gave singly; {certificate.wrong:,} wrong",
    }
    if certificate.audits:
        facts["wrong"] = (
            f"{standing.of_all(certificate.estimate):.2%}, at most {standing.upper:.2%} of all"
        )
    if standing.finish is not None and standing.finish.n_people:
        facts["least sure"] = (
            f"{standing.finish.n_people:,} labels, of which {standing.finish.left:,} are to be "
            "named for the claim to hold"
        )
    if standing.changed:
        facts["changed since"] = (
            f"{standing.changed:,} labels; of those of now at most {standing.upper_now:.2%} are "
            "wrong"
        )
    return facts
