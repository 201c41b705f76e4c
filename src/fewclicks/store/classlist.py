"""Taking in a list of classes: what it says is added or changed, nothing goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from fewclicks.errors import InvalidInput
from fewclicks.records import ClassEntry
from fewclicks.store import classrows, lineage, schema
from fewclicks.store.changes import Change
from fewclicks.store.classrows import ClassRow
from fewclicks.store.database import chunks

MOST_TOLD = 20
"""Bad rows that are named one by one."""

Known = Mapping[str, ClassRow]
"""The classes in use before, by name without capitals."""


@dataclass(frozen=True, slots=True)
class TakenClasses:
    """What a list brought; the examples skipped are no items of this project."""

    n_added: int
    n_changed: int
    n_same: int
    n_skipped_examples: int


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the list: names without capitals, and what it says by column."""

    number: int
    written: str
    name: str
    parent: str | None
    columns: dict[str, Any]


def take(change: Change, entries: Sequence[ClassEntry]) -> TakenClasses:
    """Add the classes that are new, and change of the others what the list says.

    Raises
    ------
    InvalidInput
        Rows cannot be taken; the message names them, and the change must not be kept.
    """
    known = {_folded(row.name): classrows.made(row) for row in lineage.live(change.connection)}
    items = _items_called(change.connection, entries)
    rows = [_row(entry, items) for entry in [*_parents(entries, known), *entries]]
    _refuse_wrong(rows, known)
    changed = {row.name for row in rows if row.name in known and _changes(change, row, known)}
    new = [row for row in rows if row.name not in known]
    ids = {name: row.id for name, row in known.items()} | _add(change, new)
    _give_free_keys(change, new, ids)
    for row in rows:
        parent = {"parent_id": ids[row.parent]} if row.parent else {}
        if classrows.rewrite(change, ids[row.name], parent) and row.name in known:
            changed.add(row.name)
    named = [name for entry in entries for name in entry.examples]
    n_same = len(rows) - len(new) - len(changed)
    return TakenClasses(len(new), len(changed), n_same, sum(name not in items for name in named))


def _give_free_keys(change: Change, new: Sequence[_Row], ids: Mapping[str, int]) -> None:
    """Give keys to those that said none: only now is it known which are left."""
    used = {row.key for row in lineage.live(change.connection)}
    for row in new:
        if "key" not in row.columns:
            key = lineage.free_key(used, row.columns["name"])
            if key is None:
                return  # there are fewer keys than classes
            classrows.rewrite(change, ids[row.name], {"key": key})
            used.add(key)


def _changes(change: Change, row: _Row, known: Known) -> bool:
    said = {column: value for column, value in row.columns.items() if column != "name"}
    return classrows.rewrite(change, known[row.name].id, said) > 0


def _add(change: Change, new: Sequence[_Row]) -> dict[str, int]:
    """Add classes without a parent; return their ids by name."""
    first = classrows.count_ever(change.connection)
    ids = {}
    for number, row in enumerate(new, start=first):
        given = {"key": None, "color": classrows.next_color(number), **row.columns}
        ids[row.name] = classrows.put(change, given)
    return ids


def _parents(entries: Sequence[ClassEntry], known: Known) -> list[ClassEntry]:
    """The parents named that neither have a row of their own nor are in use."""
    names = {_folded(entry.name) for entry in entries} | set(known)
    found: dict[str, ClassEntry] = {}
    for entry in entries:
        if entry.parent and _folded(entry.parent) not in names:
            found.setdefault(_folded(entry.parent), ClassEntry(entry.parent, row=entry.row))
    return list(found.values())


def _row(entry: ClassEntry, items: Mapping[str, int]) -> _Row:
    shown = [items[name] for name in entry.examples if name in items]
    said = {
        "name": entry.name,
        "key": entry.key,
        "color": entry.color,
        "description": entry.description,
        "examples": list(dict.fromkeys(shown)),
    }
    columns = classrows.columns_of({name: value or None for name, value in said.items()})
    parent = _folded(entry.parent) if entry.parent else None
    return _Row(entry.row, entry.name, _folded(entry.name), parent, {"name": "", **columns})


def _items_called(connection: sa.Connection, entries: Sequence[ClassEntry]) -> dict[str, int]:
    """The first item of each name that is given as an example."""
    table = schema.items
    wanted = list(dict.fromkeys(name for entry in entries for name in entry.examples))
    found: dict[str, int] = {}
    for chunk in chunks(wanted):
        query = sa.select(table.c.key, sa.func.min(table.c.id).label("first"))
        rows = connection.execute(query.where(table.c.key.in_(chunk)).group_by(table.c.key))
        found |= {row.key: int(row.first) for row in rows}
    return found


def _refuse_wrong(rows: Sequence[_Row], known: Known) -> None:
    holders, parents = _holders_after(rows, known), _parents_after(rows, known)
    above = set(parents.values())
    times = Counter(row.name for row in rows)
    wrong: list[str] = []
    for row in rows:
        reasons = [_refused(row), _level(row, parents, above), _shared_key(row, holders)]
        if times[row.name] > 1:
            reasons.append("The list has this name more than once.")
        wrong += [f"row {row.number} (“{row.written}”): {why}" for why in reasons if why]
    if wrong:
        more = [f"And {len(wrong) - MOST_TOLD} more."] if len(wrong) > MOST_TOLD else []
        raise InvalidInput(
            f"Every row of a list of classes must hold, but: {' '.join(wrong[:MOST_TOLD] + more)}",
            "Correct the list and import it again; nothing was changed.",
        )


def _refused(row: _Row) -> str:
    try:
        classrows.check_alone(row.columns)
    except InvalidInput as error:
        return error.message
    return ""


def _shared_key(row: _Row, holders: Mapping[str, Sequence[str]]) -> str:
    key = row.columns.get("key")
    if key is None:
        return ""
    other = next((name for name in holders[key] if name != row.name), None)
    return f"“{other}” has the key {key}, too." if other else ""


def _level(row: _Row, parents: Mapping[str, str], above: Collection[str]) -> str:
    if row.parent is None:
        return ""
    if row.parent == row.name:
        return "A class cannot be its own parent."
    if row.parent in parents:
        return f"Its parent “{row.parent}” has a parent itself, and there is one level of parents."
    if row.name in above:
        return "It has classes under it, so it can be under none: there is one level of parents."
    return ""


def _holders_after(rows: Sequence[_Row], known: Known) -> dict[str, list[str]]:
    """The classes that would have each key, by name."""
    keys = {name: row.key for name, row in known.items()}
    keys |= {row.name: row.columns["key"] for row in rows if "key" in row.columns}
    holders: dict[str, list[str]] = {}
    for name, key in keys.items():
        if key is not None:
            holders.setdefault(key, []).append(name)
    return holders


def _parents_after(rows: Sequence[_Row], known: Known) -> dict[str, str]:
    """The parent that each class would have, both by name."""
    names = {row.id: name for name, row in known.items()}
    after = {n: names[row.parent_id] for n, row in known.items() if row.parent_id is not None}
    return after | {row.name: row.parent for row in rows if row.parent}


def _folded(name: str) -> str:
    return classrows.clean(name).casefold()
