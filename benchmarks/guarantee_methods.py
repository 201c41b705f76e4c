"""How often each method certifies, or leaves, too much that is wrong: one truth, many samples.

A method takes an output, the error to claim, α, a generator and the number of repeats, and says of
each repeat whether its promise was broken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks.outputs import Output
from fewclicks.labels.pac import first_unsure
from fewclicks.records import BoolArray, FloatArray, IntArray
from fewclicks.store.certificates import Draw
from fewclicks.workflows.frozen import levels_of

AUDITS = 4000
"""Audits after which nobody goes on."""

AT_ONCE = 100
"""Repeats computed together."""

ROUNDS = 25
"""Audits between two looks of those who look after every round."""

PAGE = 50
"""Audits on a page of thumbnails."""

MISSED = 0.1
"""Chance that a wrong label is missed on a page."""

ERRING = 0.03
"""Share of an erring annotator's answers that are wrong."""

Method = Callable[[Output, float, float, np.random.Generator, int], BoolArray]


def samples(
    output: Output, rng: np.random.Generator, repeats: int, n: int = AUDITS
) -> Iterator[BoolArray]:
    """Whether each of n audits is wrong, some repeats at a time, each of another random order."""
    n = min(n, len(output.wrong))
    for begin in range(0, repeats, AT_ONCE):
        rows = min(AT_ONCE, repeats - begin)
        yield np.stack([rng.permutation(output.wrong)[:n] for _ in range(rows)])


def _each(
    said: Callable[[BoolArray], BoolArray],
    output: Output,
    rng: np.random.Generator,
    repeats: int,
) -> BoolArray:
    return np.concatenate([said(wrong) for wrong in samples(output, rng, repeats)])


def betting(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """The certificate: ALPHA, looked at after every audit."""
    n_items = len(output.wrong)

    def said(wrong: BoolArray) -> BoolArray:
        log_k = fc.audit.log_wealth(wrong, n_items, error)
        return np.asarray((log_k >= -math.log(alpha)).any(axis=1))

    return _each(said, output, rng, repeats)


def erring(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """The certificate, by a person of whose answers 3 % are wrong; against the truth."""
    n_items, n_classes = len(output.wrong), max(2, len(np.unique(output.class_ids)))

    def said(wrong: BoolArray) -> BoolArray:
        errs = rng.random(wrong.shape) < ERRING
        agrees = rng.random(wrong.shape) < 1 / (n_classes - 1)
        answered = np.where(errs, ~wrong | ~agrees, wrong)
        log_k = fc.audit.log_wealth(answered, n_items, error)
        return np.asarray((log_k >= -math.log(alpha)).any(axis=1))

    return _each(said, output, rng, repeats)


def restarted(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """Five certificates one after another, each of other labels, with what is left of α."""
    broken = np.zeros(repeats, np.bool_)
    for k in range(5):
        spent = fc.audit.restart_alpha(alpha, k)
        broken |= betting(output, error, spent, rng, repeats)
    return broken


def drawn_by(draw: Draw) -> Method:
    """The certificate of a project that draws some labels more often."""

    def method(
        output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
    ) -> BoolArray:
        weights = weights_of(output, draw)
        broken = []
        for _ in range(repeats):
            drawn = fc.audit.audit_order(weights, int(rng.integers(2**32)))[:AUDITS]
            log_k = fc.audit.weighted_log_wealth(output.wrong[drawn], drawn, weights, error)
            broken.append(bool((log_k >= -math.log(alpha)).any()))
        return np.array(broken)

    return method


def weights_of(output: Output, draw: Draw) -> FloatArray:
    """How likely each label is to be drawn."""
    levels, weights = levels_of(draw, output.uncertainty, output.class_ids)
    return np.asarray(weights[levels])


def of_a_class(draw: Draw) -> Method:
    """The bound of the smallest class with a wrong label; whatever the error, its own is the test.

    Looks only tighten it, so that the last is the worst.
    """

    def method(
        output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
    ) -> BoolArray:
        class_ids = np.abs(output.class_ids)  # NO_CLASS is −1
        with_wrong = np.unique(class_ids[output.wrong])
        own = with_wrong[np.argmin(np.bincount(class_ids)[with_wrong])]
        members = np.flatnonzero(class_ids == own)
        weights, true = weights_of(output, draw), output.wrong[members].mean()
        place = np.full(len(weights), -1)
        place[members] = np.arange(len(members))
        broken = []
        for _ in range(repeats):
            drawn = fc.audit.audit_order(weights, int(rng.integers(2**32)))[:AUDITS]
            mine = place[drawn[place[drawn] >= 0]]
            upper = fc.audit.weighted_error_upper(
                output.wrong[members[mine]], mine, weights[members], alpha, [true]
            )
            broken.append(upper < true - 1e-12)
        return np.array(broken)

    return method


def fixed(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """Clopper and Pearson's bound of a number of audits settled beforehand."""
    n = min(fixed_size(error, alpha), len(output.wrong))
    bounds = np.array([fc.bounds.error_bound(w, n, 1 - alpha) for w in range(n + 1)])
    found = [bounds[wrong[:, :n].sum(axis=1)] for wrong in samples(output, rng, repeats, n)]
    return np.concatenate(found) <= error


def fixed_size(error: float, alpha: float, allowed: int = 6) -> int:
    """Audits that show the error if so many are wrong."""
    return fc.bounds.sample_size(error, allowed, 1 - alpha)


def peeking(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """Clopper and Pearson's bound, looked at after every round, until it pleases."""
    looks = np.arange(ROUNDS, min(AUDITS, len(output.wrong)) + 1, ROUNDS)
    allowed = most_wrong(error, alpha)[looks]

    def said(wrong: BoolArray) -> BoolArray:
        seen = np.cumsum(wrong, axis=1)[:, looks - 1]
        return np.asarray((seen <= allowed).any(axis=1))

    return _each(said, output, rng, repeats)


def most_wrong(error: float, alpha: float) -> IntArray:
    """Of n audits, how many may be wrong for Clopper and Pearson to show the error; −1 for none."""
    allowed = np.full(AUDITS + 1, -1)
    for wrong in range(AUDITS):
        n = fc.bounds.sample_size(error, wrong, 1 - alpha)
        if n > AUDITS:
            break
        allowed[n:] = wrong
    return allowed


def estimate(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """The share of wrong audits is no more than claimed, after a round, from 100 audits on."""
    looks = np.arange(100, min(AUDITS, len(output.wrong)) + 1, ROUNDS)

    def said(wrong: BoolArray) -> BoolArray:
        seen = np.cumsum(wrong, axis=1)[:, looks - 1]
        return np.asarray((seen < error * looks).any(axis=1))

    return _each(said, output, rng, repeats)


def grids(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """Pages of thumbnails with five planted ones each; a tenth of what is wrong is missed."""
    n_items, broken = len(output.wrong), []
    for _ in range(repeats):
        wrong = rng.permutation(output.wrong)[: 30 * PAGE]
        flagged = wrong & (rng.random(len(wrong)) >= MISSED)
        missed = rng.random(len(wrong) // 10) < MISSED
        # more pages never loosen the bound, so the last look is the worst
        broken.append(fc.audit.grid_error_upper(flagged, n_items, missed, alpha) < error - 1e-12)
    return np.array(broken)


def stratified(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """By class, as many audits of each; of a part of the items, for each takes milliseconds."""
    part = boundary_part(output, error)
    sizes = np.bincount(part.class_ids)
    broken = []
    for _ in range(repeats):
        orders = [rng.permutation(part.wrong[part.class_ids == code]) for code in range(len(sizes))]
        certifier = fc.audit.StratifiedCertifier(sizes.tolist(), error, alpha)
        for n in range(120):
            for code, order in enumerate(orders):
                if n < len(order):
                    certifier.add(code, bool(order[n]))
        broken.append(certifier.certificate().certified_at is not None)
    return np.array(broken)


def boundary_part(output: Output, error: float, n_items: int = 3000) -> Output:
    """Some of the items, in three strata of classes, of which exactly the share is wrong."""
    rng = np.random.default_rng(0)
    n_wrong = round(error * n_items)
    wrong = rng.choice(np.flatnonzero(output.wrong), n_wrong, replace=False)
    right = rng.choice(np.flatnonzero(~output.wrong), n_items - n_wrong, replace=False)
    kept = np.concatenate([wrong, right])
    return replace(
        output,
        wrong=output.wrong[kept],
        uncertainty=output.uncertainty[kept],
        confidence=output.confidence[kept],
        believed=output.believed[kept],
        class_ids=np.abs(output.class_ids[kept]) % 3,
    )


def pac(anytime: bool) -> Method:
    """The cut above which people must label."""

    def method(
        output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
    ) -> BoolArray:
        broken, n_asked = [], fc.labels.cut_sample(len(output.wrong), error)
        for _ in range(repeats):
            asked = rng.permutation(len(output.wrong))[:n_asked]
            cuts = [
                fc.labels.pac_cut(
                    output.uncertainty, some, output.wrong[some], error, alpha, anytime=anytime
                )
                for some in ([asked[: len(asked) // 2], asked] if anytime else [asked])
            ]
            left = max(int((output.wrong & cut.kept).sum()) for cut in cuts)
            broken.append(left > error * len(output.wrong))
        return np.array(broken)

    return method


def finishing(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """A project's certificate: proved of all labels, or of those below the cut at a dozen looks."""
    n_items = len(output.wrong)
    looks = np.unique(np.geomspace(30, min(AUDITS, n_items), 12).astype(int))
    too_many = output.wrong.sum() > error * n_items
    broken = []
    for _ in range(repeats):
        asked = rng.permutation(n_items)[: looks[-1]]
        wrong, uncertainty = output.wrong[asked], output.uncertainty[asked]
        log_k = fc.audit.log_wealth(wrong, n_items, error)
        proved = too_many and bool((log_k >= -math.log(alpha)).any())
        first = max(
            first_unsure(uncertainty[:n], wrong[:n], n_items, error, alpha, anytime=True)
            for n in looks.tolist()
        )
        left = (output.wrong & (output.uncertainty < first)).sum()
        broken.append(proved or bool(left > error * n_items))
    return np.array(broken)


def learn_then_test(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """Of the labels taken, more than the share is wrong."""
    broken, n_asked = [], fc.labels.cut_sample(len(output.wrong), error)
    for _ in range(repeats):
        asked = rng.permutation(len(output.wrong))[:n_asked]
        cut = fc.labels.learn_then_test(
            output.uncertainty, asked, output.wrong[asked], error, alpha
        )
        taken = output.uncertainty <= cut.threshold
        broken.append(bool(output.wrong[taken].sum() > error * taken.sum()))
    return np.array(broken)


def by_sample(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> BoolArray:
    """A slider set where the sample says that as much is wrong as may be, and believed."""
    broken, n_asked = [], fc.labels.cut_sample(len(output.wrong), error)
    for _ in range(repeats):
        asked = rng.permutation(len(output.wrong))[:n_asked]
        suspects = np.sort(output.uncertainty[asked][output.wrong[asked]])
        allowed = int(error * len(asked))
        below = output.uncertainty < suspects[allowed] if allowed < len(suspects) else True
        left = output.wrong & below
        left[asked] = False
        broken.append(bool(left.sum() > error * len(output.wrong)))
    return np.array(broken)


def conformal_shares(
    output: Output, error: float, rng: np.random.Generator, repeats: int
) -> FloatArray:
    """The share wrong among the labels chosen by conformal selection; its mean is promised."""
    shares, n_asked = [], fc.labels.cut_sample(len(output.wrong), error)
    for _ in range(repeats):
        asked = rng.permutation(len(output.wrong))[:n_asked]
        taken = fc.labels.conformal_selection(output.uncertainty, asked, output.wrong[asked], error)
        shares.append(float(output.wrong[taken].mean()) if taken.any() else 0.0)
    return np.array(shares)


CLAIMED: dict[str, Method] = {
    "betting": betting,
    "betting, 3 % of answers wrong": erring,
    "betting, five restarts": restarted,
    "betting, drawn by suspicion": drawn_by("suspected"),
    "betting, drawn by classes": drawn_by("classes"),
    "betting, by class": stratified,
    "pages, a tenth missed": grids,
    "Clopper–Pearson, n settled": fixed,
}
"""Those that claim an error of all labels and promise to be wrong with a chance of α."""

BY_CLASS: dict[str, Method] = {
    "bound of a rare class": of_a_class("evenly"),
    "bound of a rare class, drawn by suspicion": of_a_class("suspected"),
    "bound of a rare class, drawn by classes": of_a_class("classes"),
}
"""Those that bound the share of a class that is wrong."""

NAIVE: dict[str, Method] = {
    "Clopper–Pearson after every round": peeking,
    "estimate after every round": estimate,
}
"""Those that promise nothing, though they are used so."""

NAIVE_CUTS: dict[str, Method] = {"slider set by the sample": by_sample}
"""Those that choose labels, and promise nothing."""

CUTS: dict[str, Method] = {
    "PAC cut": pac(anytime=False),
    "PAC cut at every look": pac(anytime=True),
    "certificate, or cut": finishing,
    "learn then test": learn_then_test,
}
"""Those that choose labels, and promise an error with a chance of α to be wrong."""


def reversed_output(output: Output) -> Output:
    """The same labels with the worst uncertainty: the surest are called the least sure."""
    confidence, order = np.empty_like(output.confidence), np.argsort(output.confidence)
    confidence[order] = output.confidence[order[::-1]]
    return replace(
        output,
        name=f"{output.name}, worst confidence",
        uncertainty=1 - output.uncertainty,
        confidence=confidence,
    )


def rate(broken: Any) -> dict[str, Any]:
    """How often, in %, with its interval."""
    n, k = len(broken), int(np.sum(broken))
    low, high = fc.bounds.accuracy_interval(k, n)
    return {"broken %": 100 * k / n, "from": 100 * low, "to": 100 * high, "repeats": n}
