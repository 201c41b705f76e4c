"""An exported table beside its label card: whether its labels are those that the card tells of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks.errors import InvalidInput
from fewclicks.export.tables import FORMATS, items_in, tally, told_of
from fewclicks.records import CLUSTER, GROUP, NOBODY, PERSON, SOURCE_NAMES, BoolArray, IntArray
from fewclicks.workflows.recomputing import Check
from fewclicks.workflows.recomputing import items_in as items_of

Rows = tuple[IntArray, BoolArray, BoolArray]
"""Items of a table, whether each has a class, and whether a person named the item."""


def checks_of_table(card: Mapping[str, Any], export: Path) -> list[Check]:
    """Check the labels in a table against its card."""
    if export.suffix.lower().lstrip(".") not in FORMATS:
        return [Check(None, f"The labels in {export.name} were not read: no suffix of a table.")]
    try:
        rows = items_in(export, SOURCE_NAMES[PERSON])
        checks = [_counts(card, export, rows)]
        for number, certificate in enumerate(card["certificates"], start=1):
            checks.append(_covered(certificate, number, rows))
        if card["certificates"]:
            checks.append(_as_said(card["certificates"][-1], export))
            checks += _all_named(card["certificates"][-1], export)
    except InvalidInput as error:
        return [Check(False, str(error))]
    return checks


def _counts(card: Mapping[str, Any], export: Path, rows: Rows) -> Check:
    """Rows, labels by what decided them, and those of each class."""
    found = tally(export)
    by = dict.fromkeys(SOURCE_NAMES, 0)
    people = {SOURCE_NAMES[one] for one in (PERSON, CLUSTER, GROUP)}
    classes: dict[str, list[int]] = {}
    for (name, source), n in found.items():
        by[str(source) if name is not None else SOURCE_NAMES[NOBODY]] += n
        if name is not None:
            one = classes.setdefault(name, [0, 0])
            one[0] += n
            one[1] += n if source in people else 0
    told = {
        one["name"]: [one["n"], one["by_people"]] for one in card["labels"]["classes"] if one["n"]
    }
    n_rows = len(np.unique(rows[0]))
    agree = sum(by.values()) == n_rows == card["export"]["rows"]
    if agree and by == card["labels"]["by"] and classes == told:
        return Check(True, f"{n_rows:,} rows are as many of each class and source as told.")
    return Check(False, "Rows, classes or sources are not as many in the table as told.")


def _covered(told: Mapping[str, Any], number: int, rows: Rows) -> Check:
    """Which labels the certificate does not tell of, as far as the table can say."""
    items, named, given = rows
    labelled, doubtful = items_of(told["labelled"]), items_of(told["exported"]["uncovered"])
    frozen, by_machine = np.isin(items, labelled), named & ~given
    tested = items_of(told["drawing"]["tested"])  # all others a person had named alone
    holds = (
        int(frozen.sum()) == told["n_items"]
        and int(named.sum()) == told["exported"]["n_labels"]
        and bool(np.isin(items[by_machine & ~np.isin(items, tested)], doubtful).all())
        and bool(np.isin(doubtful, items[named]).all())
        and int(np.isin(doubtful, labelled).sum()) == told["changed"]
    )
    sentence = f"Certificate {number}: the table has the {told['n_items']:,} items that it is about"
    if holds:
        return Check(True, f"{sentence}, and {len(doubtful):,} labels that it does not cover.")
    return Check(False, f"Certificate {number}: it is about other items than the table has.")


def _as_said(certificate: Mapping[str, Any], export: Path) -> Check:
    """An audited item has the class that was said, or what the card says came after."""
    said = {
        one["item"]: (one["since"] or {"class": one["said"], "by": None})
        for one in certificate["log"]
        if one["verdict"] == "class"
    }
    found, others = told_of(export, list(said)), 0
    for item, label in said.items():
        name, source = found.get(item, (None, None))
        others += item not in found or name != label["class"]
        others += name == label["class"] and label["by"] not in (None, source)
    later = sum(one["since"] is not None for one in certificate["log"])
    if others:
        return Check(False, f"{others:,} audited items have another class than was said.")
    but = f", but for {later:,} that the card says were labelled anew" if later else ""
    return Check(True, f"All {len(said):,} audited items have the class that was said{but}.")


def _all_named(certificate: Mapping[str, Any], export: Path) -> list[Check]:
    """Of what people had to name for the claim to hold, as much is left as told."""
    if certificate["finish"] is None:
        return []
    items = items_of(certificate["named"])
    found = told_of(export, items.tolist())
    by_people = sum(source == SOURCE_NAMES[PERSON] for _, source in found.values())
    n, left = len(items) - by_people, certificate["finish"]["left"]
    if n > left:  # fewer are, if people named some of them together with others
        return [Check(False, f"Of the least sure items {n:,} have been named by nobody.")]
    done = "all" if not left else f"{len(items) - left:,} of"
    return [Check(True, f"People have named {done} {len(items):,} of the least sure items.")]
