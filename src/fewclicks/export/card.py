"""Label cards: what every export says of itself, for people (Markdown) and for machines (JSON)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.export.tables import readable
from fewclicks.files import replacing

KIND = "fewclicks label card"
VERSION = 1

IN_FOLDER = "fewclicks-card"
"""Name of the card in a folder of class folders, before its suffix."""

_BLOCK = 1 << 20


def card_paths(target: Path) -> tuple[Path, Path]:
    """Where the card of an export lies, as JSON and as Markdown."""
    stem = target / IN_FOLDER if target.is_dir() else target.with_name(f"{target.name}.card")
    return stem.with_name(f"{stem.name}.json"), stem.with_name(f"{stem.name}.md")


def write_card(document: Mapping[str, Any], target: Path) -> Path:
    """Write the card of an export beside it, or into its folder; return the path of the JSON."""
    machine, people = card_paths(target)
    for path, text in ((machine, _json(document)), (people, to_markdown(document))):
        with replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return machine


def read_card(path: Path) -> tuple[dict[str, Any], Path | None]:
    """Read the card of an export, given either; return it, and the export where it is there.

    Raises
    ------
    NotFound
        There is no such file, or no card beside it.
    InvalidInput
        It is no label card.
    """
    found = path if path.name.endswith(".json") and path.is_file() else card_paths(path)[0]
    if not found.is_file():
        raise NotFound(
            f"There is no label card at {found}.", "Name an export, or the .json of its card."
        )
    try:
        document = json.loads(found.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{found} is not valid JSON: {error}.") from error
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise InvalidInput(f"{found} is no label card.", "Export anew with this version.")
    if document.get("version") != VERSION:
        raise InvalidInput(
            f"The card must be of version {VERSION} but is of version {document.get('version')}.",
            "Verify it with the version of fewclicks that wrote it.",
        )
    return document, _export_of(found)


def _export_of(card: Path) -> Path | None:
    if card.name == f"{IN_FOLDER}.json":
        return card.parent
    export = card.with_name(card.name.removesuffix(".card.json"))
    return export if export.exists() and export != card else None


def sha256(path: Path) -> str:
    """Hexadecimal SHA-256 of a file."""
    found = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def to_markdown(card: Mapping[str, Any]) -> str:
    """The card as a page to read."""
    parts = [
        f"# Labels of {card['project']['name']}",
        f"{card['export']['rows']:,} rows, written {card['export']['at']} by fewclicks "
        f"{card['fewclicks']}. Check this card with `fewclicks verify`.",
        "## How right they are",
        *_certified(card["certificates"]),
        "## Answers",
        _table(("for", "answers"), [(p, f"{n:,}") for p, n in card["answers"]["purses"].items()]),
        _effort(card["answers"]),
        "## Labels",
        _table(("decided by", "items"), [(s, f"{n:,}") for s, n in card["labels"]["by"].items()]),
        _classes(card["labels"]["classes"]),
        "## Where they come from",
        _table(("source", "kind"), [(s["uri"], s["kind"]) for s in card["sources"]["list"]]),
        f"{card['sources']['n_items']:,} items, {card['sources']['n_duplicates']:,} of them copies "
        f"of others; {card['sources']['n_unreadable']:,} files could not be read.",
        _table(("made with", ""), [(k, str(v)) for k, v in card["made_with"].items()]),
        "## Limits",
        "\n".join(f"- {limit}" for limit in card["limits"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _effort(answers: Mapping[str, Any]) -> str:
    names = ", ".join(one["name"] for one in answers["annotators"])
    return (
        f"{answers['actions']:,} keys and clicks, {answers['seconds'] / 60:.0f} minutes, by "
        f"{_cell(names) or 'nobody'}; manual labelling rate {answers['rate']:.3%}."
    )


def _certified(certificates: Sequence[Mapping[str, Any]]) -> list[str]:
    if not certificates:
        return ["Nothing has been certified: how many labels are wrong is not bounded."]
    newest = certificates[-1]
    parts = [f"**{newest['sentence']}** {newest['caveat']}"]
    if newest["audits"]:
        parts.append(
            f"{newest['wrong']:,} of {newest['audits']:,} labels drawn at random were wrong; of "
            f"all, at most {newest['upper']:.3%} are, of the exported ones at most "
            f"{newest['upper_now']:.3%}."
        )
    if len(certificates) > 1:
        parts.append(
            f"It is the last of {len(certificates)} certificates that were begun, each with its "
            "own chance of being false."
        )
    return parts


def _classes(rows: Sequence[Mapping[str, Any]]) -> str:
    return _table(
        ("class", "items", "by people", "checked", "wrong", "wrong at most"),
        [
            (
                row["name"], f"{row['n']:,}", f"{row['by_people']:,}", f"{row['audits']:,}",
                f"{row['wrong']:,}", f"{row['upper']:.2%}" if row["audits"] else "–",
            )
            for row in rows
        ],
    )  # fmt: skip


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return readable(str(text)).replace("|", "\\|").replace("\n", " ")


def _json(document: Mapping[str, Any]) -> str:
    head = {"kind": KIND, "version": VERSION, **document}
    return readable(json.dumps(head, indent=1, ensure_ascii=False)) + "\n"
