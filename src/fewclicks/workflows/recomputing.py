"""A certificate of a label card, computed again from the log that the card has of it."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from fewclicks.audit.anytime import error_upper
from fewclicks.audit.certificate import Certificate, Claim, certify
from fewclicks.audit.grids import certify_grids, grid_error_upper
from fewclicks.errors import InvalidInput
from fewclicks.labels.pac import first_unsure
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.store.certificates import EVENLY, CertificateRow
from fewclicks.workflows.bets import ClassStanding, Running, Weighing, weighing_of
from fewclicks.workflows.covering import upper_of_exported
from fewclicks.workflows.finishing import Finish
from fewclicks.workflows.frozen import are_levels, order_of, weights_of_levels
from fewclicks.workflows.standing import Standing

CLOSE = 1e-9
"""Figures differ by less than this, or are not the same."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a card claims, and what was found, in a sentence.

    `holds` is None for what there is nothing to check against.
    """

    holds: bool | None
    sentence: str


def checks_of(told: Mapping[str, Any], number: int) -> list[Check]:
    """Check a certificate of a card, the `number`-th in it."""
    _refuse_impossible(told)
    standing = _standing(told)
    found = [
        _outcomes_follow(told["log"]),
        _draw_follows(told),
        *_unsure_follow(told),
        _proof_follows(standing, told),
        _figures_follow(standing, told, number),
        _exported_follow(standing, told),
    ]
    return [Check(one.holds, f"Certificate {number}: {one.sentence}") for one in found]


def items_in(runs: Sequence[Sequence[int]]) -> IntArray:
    """The items that runs [first, one past the last] stand for."""
    return np.concatenate([np.arange(first, last) for first, last in runs] or [np.empty(0, int)])


def same(found: Any, told: Any) -> bool:
    """Whether two pieces of JSON say the same, but for rounding and what only `told` has."""
    if isinstance(found, dict) and isinstance(told, dict):
        return all(same(value, told.get(key)) for key, value in found.items())
    if isinstance(found, list) and isinstance(told, list):
        return len(found) == len(told) and all(map(same, found, told))
    if isinstance(found, float) and isinstance(told, int | float):
        both = math.isnan(found) and math.isnan(told)
        return both or math.isclose(found, told, rel_tol=CLOSE, abs_tol=CLOSE)
    return bool(found == told)


def _refuse_impossible(told: Mapping[str, Any]) -> None:
    error, confidence = told["claim"]["error"], told["claim"]["confidence"]
    if not (0 < error < 1 and 0.5 <= confidence < 1 and 0 < told["n_tested"] <= told["n_items"]):
        raise InvalidInput(
            "The error must be in (0, 1), the confidence in [0.5, 1), and of the items at least "
            f"one tested, but the card tells of {error}, {confidence}, {told['n_items']} items and "
            f"{told['n_tested']} tested.",
            "Export anew.",
        )


def _standing(told: Mapping[str, Any]) -> Standing:
    """How the certificate stands by its log; what no log tells is taken as told."""
    row = CertificateRow(
        id=told["id"],
        labels="",
        error=told["claim"]["error"],
        confidence=told["claim"]["confidence"],
        seed=told["drawing"]["seed"],
        n_items=told["n_items"],
        n_tested=told["n_tested"],
        state=told["state"],
        created_at=0.0,
        draw=told["draw"],
    )
    wrong = np.array([one["wrong"] for one in told["log"]], np.bool_)
    weights = _weights_of(told)
    own = None if weights is None else _of_drawn(weights, told)
    is_even = row.draw == EVENLY
    return Standing(
        row,
        _certificate(row, wrong, told, (weighing_of(weights), own)),
        waiting=told["waiting"],
        unsure=sum(one["verdict"] == "unsure" for one in told["log"]),
        changed=told["changed"],
        noticed=told["noticed"],
        classes=tuple(_class(one, told, row.alpha, own) for one in told["classes"]),
        finish=_finish(row, wrong, told) if is_even and not told["pages"] else None,
        repeated=told["repeated"],
        same=told["same"],
        revised=told["revised"],
        merged=told["merged"],
        may_look_through=told["may_look_through"],
        claims=told["claims"],
        looked_through=len(told["pages"]),
        taken_back=sum(page["taken_back"] for page in told["pages"]),
    )


def levels_of(told: Mapping[str, Any]) -> IntArray | None:
    """The level of each item tested, ascending; None where all were as likely to be drawn."""
    if told["draw"] == EVENLY:
        return None
    try:
        unpacking = zlib.decompressobj()
        held = unpacking.decompress(base64.b64decode(told["drawing"]["levels"]), _most_held(told))
        levels = np.frombuffer(held, "<u2")
    except (ValueError, zlib.error) as error:
        raise InvalidInput(
            f"The levels that the card was drawn by cannot be read: {error}.", "Export anew."
        ) from None
    if len(levels) != told["n_tested"]:
        raise InvalidInput(
            f"The card has the levels of other items than of the {told['n_tested']:,} tested.",
            "Export anew.",
        )
    return levels.astype(np.int64)


def _most_held(told: Mapping[str, Any]) -> int:
    """Bytes of the levels, and of one more by which too many are noticed."""
    return 2 * int(told["n_tested"]) + 2


def _weights_of(told: Mapping[str, Any]) -> FloatArray | None:
    """The weights of the items tested, ascending; None where all were as likely to be drawn."""
    levels = levels_of(told)
    return None if levels is None else weights_of_levels(told["draw"], levels)[levels]


def _of_drawn(values: Any, told: Mapping[str, Any]) -> Any:
    """Of the items of the log, in the order drawn, what `values` tell of those tested."""
    tested = items_in(told["drawing"]["tested"])
    drawn = np.array([one["item"] for one in told["log"]], np.int64)
    places = np.searchsorted(tested, drawn)
    return values[np.minimum(places, len(values) - 1)]


def _certificate(
    row: CertificateRow,
    wrong: BoolArray,
    told: Mapping[str, Any],
    weighted: tuple[Weighing | None, FloatArray | None],
) -> Certificate:
    claim = Claim(row.error_of_tested, row.alpha)
    weighing, weights = weighted
    if weighing is not None:
        bets = Running(row.n_tested, row.alpha, [claim.error], weighing)
        made = bets.after(wrong, weights).certificate(claim.error)
    elif told["pages"]:
        made = certify_grids(wrong, row.n_tested, _missed(told["pages"]), claim)
    else:
        made = certify(wrong, row.n_tested, claim)
    to_go = told["to_go"]
    if to_go is None or abs(made.to_go - to_go) > 1 + CLOSE * to_go:
        return made
    return replace(made, to_go=to_go)  # it is rounded up, so the last digit may tip it over


def _missed(pages: Sequence[Mapping[str, Any]]) -> BoolArray:
    """Whether each planted one was missed, in the order shown, on pages that stand."""
    standing = [page for page in pages if not page["taken_back"]]
    return np.array([item in page["missed"] for page in standing for item in page["planted"]], bool)


def _class(
    told: Mapping[str, Any],
    certificate: Mapping[str, Any],
    alpha: float,
    weights: FloatArray | None,
) -> ClassStanding:
    log = certificate["log"]
    is_own = np.array([one["labelled"] == told["name"] for one in log], np.bool_)
    wrong = np.array([one["wrong"] for one in log], np.bool_)[is_own]
    n_tested = told["n_tested"]
    pages = [page for page in certificate["pages"] if page["class"] == told["name"]]
    if weights is not None:
        weighing = Weighing(**told["weights"]) if n_tested else None
        upper = Running(n_tested, alpha, (), weighing).after(wrong, weights[is_own]).upper
    elif pages:
        upper = grid_error_upper(wrong, n_tested, _missed(pages), alpha)
    else:
        upper = error_upper(wrong, n_tested, alpha)
    n_wrong = int(wrong.sum())
    return ClassStanding(
        told["class_id"], told["n_items"], n_tested, len(wrong), n_wrong, float(upper)
    )


def _finish(row: CertificateRow, wrong: BoolArray, told: Mapping[str, Any]) -> Finish | None:
    uncertainty = np.array([one["uncertainty"] for one in told["log"]], np.float64)
    first = first_unsure(
        uncertainty, wrong, row.n_tested, row.error_of_tested, row.alpha, anytime=True
    )
    if not math.isfinite(first):
        return None
    n_people = len(items_in(told["named"]))
    finish = told["finish"] or {"left": n_people, "fewest": n_people}
    return Finish(first, n_people, finish["left"], finish["fewest"], len(wrong))


def _outcomes_follow(log: list[Mapping[str, Any]]) -> Check:
    """A label is right where the person named its class, and wrong elsewhere."""
    right = [
        one["verdict"] == "class" and one["said"] == one["labelled"] and one["said"] is not None
        for one in log
    ]
    n = sum(is_right == one["wrong"] for is_right, one in zip(right, log, strict=True))
    if n == 0:
        return Check(True, f"{len(log):,} outcomes follow from the answers.")
    return Check(False, f"{n:,} outcomes do not follow from the answers.")


def _draw_follows(told: Mapping[str, Any]) -> Check:
    """The items are the first that the seed draws from those tested, which have labels."""
    drawing = told["drawing"]
    tested, labelled = items_in(drawing["tested"]), items_in(told["labelled"])
    if len(labelled) != told["n_items"] or len(tested) != told["n_tested"]:
        return Check(False, "the items are not as many as it says, labelled or tested.")
    if not _levels_follow(told):
        return Check(False, "the items are not in the levels that its draw makes.")
    weights = _weights_of(told)
    even = np.ones(len(tested))
    order = tested[order_of(told["draw"], drawing["seed"], even if weights is None else weights)]
    drawn = np.array([one["item"] for one in told["log"]], np.int64)
    if not np.isin(tested, labelled).all() or not np.array_equal(order[: len(drawn)], drawn):
        return Check(False, "the items are not those that its seed draws.")
    return Check(True, "the items are those that its seed draws.")


def _levels_follow(told: Mapping[str, Any]) -> bool:
    """Whether levels and their weights are such as the draw makes, and fit what the log tells."""
    levels, drawing = levels_of(told), told["drawing"]
    if levels is None:
        return "levels" not in drawing
    due = weights_of_levels(told["draw"], levels).tolist()
    if not are_levels(told["draw"], levels) or not same(due, drawing["level_weights"]):
        return False
    own, log = _of_drawn(levels, told), told["log"]
    if told["draw"] == "suspected":
        unsure = np.array([one["uncertainty"] for one in log], np.float64)[np.argsort(own)]
        ends = np.flatnonzero(np.diff(np.sort(own))) + 1
        parts = [part for part in np.split(unsure, ends) if len(part)]
        return all(one.min() >= later.max() for one, later in pairwise(parts))
    named = {(int(level), one["labelled"]) for level, one in zip(own, log, strict=True)}
    return len(named) == len(np.unique(own))


def _unsure_follow(told: Mapping[str, Any]) -> list[Check]:
    """Those whom people name are none of those drawn."""
    named = items_in(told["named"])
    if not len(named):
        return []
    drawn = [one["item"] for one in told["log"]]
    rest = np.setdiff1d(items_in(told["drawing"]["tested"]), drawn)
    if len(np.unique(named)) == len(named) and np.isin(named, rest).all():
        return [Check(True, f"{len(named):,} items for people are among those not drawn.")]
    return [Check(False, "items for people are not among those not drawn.")]


def _proof_follows(standing: Standing, told: Mapping[str, Any]) -> Check:
    """The bet, made again."""
    row, at = standing.row, standing.certificate.certified_at
    claim = f"at most {row.error:.4%} of {row.n_items:,} labels are wrong"
    how = "is proved" if standing.holds else "is not proved"
    after = f", after {at:,} audits" if at is not None else ""
    agrees = standing.holds == told["holds"] and at == told["certified_at"]
    otherwise = "" if agrees else " The card says otherwise."
    return Check(agrees, f"that {claim} {how}{after}.{otherwise}")


def _figures_follow(standing: Standing, told: Mapping[str, Any], number: int) -> Check:
    """Every figure and sentence, of all labels and of each class."""
    found = standing.to_dict()
    others = [key for key, value in found.items() if not same(value, told.get(key))]
    sentence = (
        f"{found['wrong']:,} of {found['audits']:,} audits were wrong; at most "
        f"{found['upper']:.4%} of all labels are."
    )
    others += [  # of a class deleted since, labels are in none
        f"{name} of classes"
        for name in ("n_items", "n_tested")
        if sum(one[name] for one in found["classes"]) > found[name]
    ]
    others += _impossible_weights(told)
    others += ["claims"] if told["claims"] < number else []
    if not others:
        return Check(True, sentence)
    return Check(False, f"{sentence} The card says otherwise: {', '.join(others)}.")


def _impossible_weights(told: Mapping[str, Any]) -> list[str]:
    """What the weights of all items leave no room for in those of the classes."""
    weights = _weights_of(told)
    classes = [one for one in told["classes"] if one["n_tested"]]
    if weights is None:
        return ["weights of classes"] if any(one["weights"] for one in classes) else []
    drawn = _of_drawn(weights, told)
    labelled = np.array([one["labelled"] for one in told["log"]], object)
    fits = all(_may_weigh(one, drawn[labelled == one["name"]], weights) for one in classes)
    total = sum(one["weights"]["total"] for one in classes)
    if sum(one["n_tested"] for one in classes) == told["n_tested"]:
        fits &= math.isclose(total, weights.sum(), rel_tol=CLOSE)
    return [] if fits and total <= weights.sum() * (1 + CLOSE) else ["weights of classes"]


def _may_weigh(told: Mapping[str, Any], drawn: FloatArray, weights: FloatArray) -> bool:
    """Whether the labels of a class can weigh so much if those `drawn` of it weigh this."""
    total, least = told["weights"]["total"], told["weights"]["least"]
    n_left = told["n_tested"] - len(drawn)
    low, high = drawn.sum() + n_left * least, drawn.sum() + n_left * weights.max()
    return bool(
        np.isclose(weights, least, rtol=CLOSE, atol=0).any()
        and least <= drawn.min(initial=np.inf) * (1 + CLOSE)
        and low * (1 - CLOSE) <= total <= high * (1 + CLOSE)
    )


def _exported_follow(standing: Standing, told: Mapping[str, Any]) -> Check:
    """What it says of the labels exported, which may be others."""
    exported = told["exported"]
    n, n_labels = len(items_in(exported["uncovered"])), exported["n_labels"]
    upper = upper_of_exported(standing.upper, standing.row.n_items, n, n_labels)
    sentence = f"of {n_labels:,} exported labels at most {upper:.4%} are wrong"
    sentence += f", with {n:,} that it does not cover." if n else "."
    if same({"n_uncovered": n, "upper": upper}, exported):
        return Check(True, sentence)
    return Check(False, f"{sentence} The card says {exported['upper']:.4%}.")
