"""Verifying a label card: what it claims, computed again from its own log and beside the export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fewclicks.errors import FewclicksError, InvalidInput
from fewclicks.export.card import card_paths, listing, read_card, sha256, to_markdown
from fewclicks.workflows.comparing import checks_of_table
from fewclicks.workflows.covering import upper_of_exported
from fewclicks.workflows.recomputing import Check, checks_of, same


def verify(path: Path) -> list[Check]:
    """Check an export's card against its log and, where it is there, against the export.

    A card is not signed: who rewrites log and export together is not found out.

    Parameters
    ----------
    path : Path
        The export, or the JSON of its card.

    Raises
    ------
    NotFound, InvalidInput
        There is no card, or what is there is none.
    """
    card, export = read_card(path)
    try:
        checks = list(_checks(card, export, _page_of(path)))
    except FewclicksError:
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InvalidInput(
            f"The card lacks or garbles what it must tell: {error!r}.", "Export anew."
        ) from error
    if export is None and not card["certificates"]:
        checks.append(Check(False, "There is nothing to check: no export, and no certificate."))
    return checks


def _page_of(path: Path) -> Path:
    """Where the card to read lies."""
    is_card = path.name.endswith(".json") and path.is_file()
    return path.with_suffix(".md") if is_card else card_paths(path)[1]


def _checks(card: Mapping[str, Any], export: Path | None, page: Path) -> Iterator[Check]:
    if export is None:
        yield Check(None, "The export is not beside the card: no label was looked at.")
    elif export.is_file():
        yield _same_file(card, export)
        yield from checks_of_table(card, export)
    else:
        yield from _of_folder(card, export)
    for number, certificate in enumerate(card["certificates"], start=1):
        yield from checks_of(certificate, number)
    yield _classes_follow(card)
    yield _same_page(card, page)


def _same_file(card: Mapping[str, Any], export: Path) -> Check:
    told = card["export"]["sha256"]
    if told is None:
        return Check(False, f"The card lacks the checksum that {export.name} was exported with.")
    if told != sha256(export):
        return Check(
            False, f"{export.name} is not the file that the card tells of: its content differs."
        )
    return Check(True, f"{export.name} is the file that was exported.")


def _of_folder(card: Mapping[str, Any], export: Path) -> Iterator[Check]:
    if card["export"]["listing"] == listing(export):
        yield Check(True, "The folder has the files that were exported, in the same places.")
    else:
        yield Check(False, "The folder has other files than were exported, or in other places.")
    yield Check(None, "What the files in the folder hold was not looked at.")


def _classes_follow(card: Mapping[str, Any]) -> Check:
    """What the table of classes says of the exported labels follows from the last certificate."""
    known = card["certificates"][-1]["classes"] if card["certificates"] else []
    standings = {one["name"]: one for one in known}
    others = [one["name"] for one in card["labels"]["classes"] if not _follows(one, standings)]
    if others:
        return Check(False, f"What is told of classes does not follow: {', '.join(others)}.")
    return Check(True, "What is told of classes follows from the certificate.")


def _follows(row: Mapping[str, Any], standings: Mapping[str, Mapping[str, Any]]) -> bool:
    own = standings.get(row["name"], {"n_tested": 0, "audits": 0, "wrong": 0, "upper": 1.0})
    found = {name: own[name] for name in ("n_tested", "audits", "wrong")}
    if row["upper"] is None:  # it promises nothing
        return same(found, row)
    upper = upper_of_exported(own["upper"], own["n_tested"], row["uncovered"], row["n"])
    return bool(own["audits"]) and same({**found, "upper": upper}, row)


def _same_page(card: Mapping[str, Any], page: Path) -> Check:
    if not page.is_file():
        return Check(None, f"There is no {page.name} to read beside the card.")
    if page.read_text(encoding="utf-8", errors="replace") == to_markdown(card):
        return Check(True, f"{page.name} says what the card says.")
    return Check(False, f"{page.name} says something else than the card.")
