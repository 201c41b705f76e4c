"""Label cards: what every export says of itself, for people (Markdown) and for machines (JSON)."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.export.tables import readable
from fewclicks.files import replacing

KIND = "fewclicks label card"
VERSION = 1

IN_FOLDER = "fewclicks-card"
"""Name of the card in a folder of class folders, before its suffix."""

_CLUTTER = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What looking into a folder leaves there."""

CLASSES = (
    "Items and those by people are the exported ones. What could be wrong and what was checked are "
    "labels as they were when the last certificate began. “Wrong at most” is of the exported items "
    "of a class, for each class taken alone; those not covered count as wrong."
)
"""What the columns of the table of classes are about."""

_BLOCK = 1 << 20


def card_paths(target: Path) -> tuple[Path, Path]:
    """Where the card of an export lies, as JSON and as Markdown."""
    stem = target / IN_FOLDER if target.is_dir() else target.with_name(f"{target.name}.card")
    return stem.with_name(f"{stem.name}.json"), stem.with_name(f"{stem.name}.md")


def write_card(document: Mapping[str, Any], target: Path) -> Path:
    """Write the card of an export beside it, or into its folder; return the path of the JSON."""
    machine, people = card_paths(target)
    told = _json(document)
    for path, text in ((machine, told), (people, to_markdown(json.loads(told)))):
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


def listing(folder: Path) -> str:
    """Hexadecimal SHA-256 of what lies in a folder but its card: paths, sizes, targets of links.

    What the files hold is not read.
    """
    own = {path.name for path in card_paths(folder)} | _CLUTTER
    found = hashlib.sha256()
    for place, path in sorted(_files_in(folder)):
        if place.rpartition("/")[2] not in own:
            size = os.readlink(path) if os.path.islink(path) else str(os.stat(path).st_size)
            found.update(os.fsencode(f"{place}\0{size}\0"))
    return found.hexdigest()


def _files_in(folder: Path) -> Iterator[tuple[str, str]]:
    """Files and links, as path from the folder and path."""
    for within, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(within, name))]
        for name in (*files, *links):
            path = os.path.join(within, name)
            yield Path(path).relative_to(folder).as_posix(), path


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
        _classes(card["labels"]["classes"], bool(card["certificates"])),
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
        weighed = ""
        if newest["draw"] != "evenly":
            weighed = f" ({newest['estimate']:.3%}, counted by how likely each was to be drawn)"
        parts.append(
            f"{newest['wrong']:,} of {newest['audits']:,} labels drawn at random were wrong"
            f"{weighed}; of all {newest['n_items']:,} that the claim is about, at most "
            f"{newest['upper']:.3%} are."
        )
    parts.append(_of_exported(newest))
    return parts


def _of_exported(certificate: Mapping[str, Any]) -> str:
    """What it says of the labels exported, and of those that people corrected since."""
    told = certificate["exported"]
    said = f"Of the {told['n_labels']:,} exported labels at most {told['upper']:.3%} are wrong."
    if told["n_uncovered"]:
        said += (
            f" {told['n_uncovered']:,} exported labels are not covered: they are new or others "
            "since it began, and count as wrong."
        )
    n = sum(one["since"] is not None for one in certificate["log"])
    return said + (f" {n:,} audited items have another label than was said blindly." if n else "")


def _classes(rows: Sequence[Mapping[str, Any]], certified: bool) -> str:
    table = _table(
        (
            "class", "items", "by people", "could be wrong", "checked", "wrong",
            "not covered", "wrong at most",
        ),
        [
            (
                row["name"], f"{row['n']:,}", f"{row['by_people']:,}", f"{row['n_tested']:,}",
                f"{row['audits']:,}", f"{row['wrong']:,}", f"{row['uncovered']:,}",
                "–" if row["upper"] is None else f"{row['upper']:.2%}",
            )
            for row in rows
        ],
    )  # fmt: skip
    return f"{table}\n\n{CLASSES}" if certified else table


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return readable(str(text)).replace("|", "\\|").replace("\n", " ")


def _json(document: Mapping[str, Any]) -> str:
    head = {"kind": KIND, "version": VERSION, **document}
    return readable(json.dumps(head, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"
