"""Verifying a label card: everything that it claims, computed again from its own log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fewclicks.audit.certificate import Claim, certify
from fewclicks.audit.grids import certify_grids
from fewclicks.errors import FewclicksError, InvalidInput
from fewclicks.export.card import read_card, sha256
from fewclicks.export.tables import FORMATS, told_of
from fewclicks.labels.pac import first_unsure
from fewclicks.records import PERSON, SOURCE_NAMES, IntArray

CLOSE = 1e-9
"""Figures differ by less than this, or are not the same."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a card claims: whether it holds, and what was found, in a sentence."""

    holds: bool
    sentence: str


def verify(path: Path) -> list[Check]:
    """Check an export's card against its log and, where it is there, against the export.

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
        checks = [] if export is None else _of_export(card, export)
        for number, certificate in enumerate(card["certificates"], start=1):
            checks += _of_certificate(certificate, number)
    except FewclicksError:
        raise
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise InvalidInput(
            f"The card lacks or garbles what it must tell: {error!r}.", "Export anew."
        ) from error
    return checks


def _of_export(card: Mapping[str, Any], export: Path) -> list[Check]:
    """Whether the file is the one that the card tells of, and has the labels that were checked."""
    if not export.is_file() or card["export"]["sha256"] is None:
        return []
    same = sha256(export) == card["export"]["sha256"]
    checks = [
        Check(
            same,
            f"{export.name} is the file that was exported."
            if same
            else f"{export.name} is not the file that the card tells of: its content differs.",
        )
    ]
    if card["certificates"] and export.suffix.lstrip(".") in FORMATS:
        checks.append(_same_labels(card["certificates"][-1], export))
        checks += _all_named(card["certificates"][-1], export)
    return checks


def _same_labels(certificate: Mapping[str, Any], export: Path) -> Check:
    """What a person said of an audited item is its label; so it must be in the file."""
    said = {one["item"]: one["said"] for one in certificate["log"] if one["verdict"] == "class"}
    found = told_of(export, list(said), "class")
    others = [item for item, name in said.items() if found.get(item) != name]
    if not others:
        return Check(True, f"All {len(said):,} audited items have the class that was said.")
    return Check(False, f"{len(others):,} audited items have another class than was said.")


def _all_named(certificate: Mapping[str, Any], export: Path) -> list[Check]:
    """Where people had to name some labels for the claim to hold, they have."""
    if certificate["finish"] is None or not certificate["finish"]["holds"]:
        return []
    items = _items_in(certificate["named"])
    found = told_of(export, items.tolist(), "source")
    n = sum(source != SOURCE_NAMES[PERSON] for source in found.values())
    if n == 0:
        return [Check(True, f"People have named all {len(items):,} of the least sure items.")]
    return [Check(False, f"Of the least sure items {n:,} have been named by nobody.")]


def _items_in(runs: Sequence[Sequence[int]]) -> IntArray:
    return np.concatenate([np.arange(first, last) for first, last in runs] or [np.empty(0, int)])


def _of_certificate(told: Mapping[str, Any], number: int) -> list[Check]:
    log = told["log"]
    wrong = np.array([one["wrong"] for one in log], np.bool_)
    return [
        _outcomes_follow(log, number),
        _draw_follows(told, number),
        *_proof_follows(told, wrong, number),
    ]


def _outcomes_follow(log: list[Mapping[str, Any]], number: int) -> Check:
    """A label is right where the person named its class, and wrong elsewhere."""
    right = [one["verdict"] == "class" and one["said"] == one["labelled"] for one in log]
    n = sum(is_right == one["wrong"] for is_right, one in zip(right, log, strict=True))
    if n == 0:
        return Check(True, f"Certificate {number}: {len(log):,} outcomes follow from the answers.")
    return Check(False, f"Certificate {number}: {n:,} outcomes do not follow from the answers.")


def _draw_follows(told: Mapping[str, Any], number: int) -> Check:
    """The items are the first that the seed draws from those tested."""
    tested = _items_in(told["draw"]["tested"])
    order = np.random.default_rng(told["draw"]["seed"]).permutation(tested)
    drawn = np.array([one["item"] for one in told["log"]], np.int64)
    holds = len(tested) == told["n_tested"] and np.array_equal(order[: len(drawn)], drawn)
    if holds:
        return Check(True, f"Certificate {number}: the items are those that its seed draws.")
    return Check(False, f"Certificate {number}: the items are not those that its seed draws.")


def _proof_follows(told: Mapping[str, Any], wrong: Any, number: int) -> list[Check]:
    """The bet and its bounds, computed again."""
    n_items, n_tested = told["n_items"], told["n_tested"]
    error = min(1.0, told["claim"]["error"] * n_items / n_tested)
    claimed = Claim(error, 1 - told["claim"]["confidence"])
    missed = [item in page["missed"] for page in told["pages"] for item in page["planted"]]
    if missed:
        made = certify_grids(wrong, n_tested, np.array(missed), claimed)
    else:
        made = certify(wrong, n_tested, claimed)
    finished = _is_finished(told, wrong, claimed)
    upper = made.upper * n_tested / n_items
    if finished:
        upper = min(upper, told["claim"]["error"])
    claim = f"at most {told['claim']['error']:.4%} of {n_items:,} labels are wrong"
    holds = made.holds or finished
    agrees = holds == told["holds"] and made.certified_at == told["certified_at"]
    same = abs(upper - told["upper"]) < CLOSE and made.audits == told["audits"]
    how = "is proved" if holds else "is not proved"
    return [
        Check(
            agrees,
            f"Certificate {number}: that {claim} {how}"
            + (f", after {made.certified_at:,} audits." if made.certified_at is not None else ".")
            + ("" if agrees else " The card says otherwise."),
        ),
        Check(
            same,
            f"Certificate {number}: {made.wrong:,} of {made.audits:,} audits were wrong; at most "
            f"{upper:.4%} of all labels are."
            + ("" if same else f" The card says {told['upper']:.4%} after {told['audits']:,}."),
        ),
    ]


def _is_finished(told: Mapping[str, Any], wrong: Any, claimed: Claim) -> bool:
    """Whether people have named what the log says that they must."""
    finish = told["finish"]
    if finish is None or not finish["holds"]:
        return False
    uncertainty = np.array([one["uncertainty"] for one in told["log"]], np.float64)
    first = first_unsure(
        uncertainty, wrong, told["n_tested"], claimed.error, claimed.alpha, anytime=True
    )
    as_many: bool = len(_items_in(told["named"])) == finish["n_people"]
    return finish["first_unsure"] <= first and as_many and finish["left"] == 0
