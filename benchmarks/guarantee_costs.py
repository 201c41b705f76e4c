"""What promises cost: audits to a certificate, answers saved, time; and intervals as shown."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

import fewclicks as fc
from benchmarks.calibration import calibration_error
from benchmarks.guarantee_methods import most_wrong, samples, weights_of
from benchmarks.outputs import Output
from fewclicks.records import BoolArray, IntArray

LONGEST = 30000
"""Audits after which a certificate is given up."""

WORST = 0.005
"""The highest true error for which a fixed number of audits is planned."""


def population(n_items: int, share: float) -> Output:
    """Items of which a share is wrong, and nothing else is known."""
    wrong = np.arange(n_items) < round(share * n_items)
    none = np.zeros(n_items)
    return Output("", 0, wrong, none, none, none, np.zeros(n_items, np.int64), n_items)


def audits_needed(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> IntArray:
    """Audits to the certificate in each repeat; LONGEST + 1 where it never came."""
    found = []
    for begin in range(0, repeats, 20):
        rows = min(20, repeats - begin)
        for wrong in samples(output, rng, rows, LONGEST):
            shown = fc.audit.log_wealth(wrong, len(output.wrong), error) >= -math.log(alpha)
            found.append(first_of(shown))
    return np.concatenate(found)


def first_of(shown: BoolArray) -> IntArray:
    """Position of the first true one of each row, from 1; LONGEST + 1 without."""
    return np.where(shown.any(axis=1), shown.argmax(axis=1) + 1, LONGEST + 1)


def planned_size(error: float, alpha: float, power: float) -> int:
    """The fewest audits, settled beforehand, that show the error with this chance if WORST is true.

    So must who does not know the truth plan.
    """
    from scipy.stats import binom

    wrong = 0
    while True:
        n = fc.bounds.sample_size(error, wrong, 1 - alpha)
        if binom.cdf(wrong, n, WORST) >= power:
            return n
        wrong += 1


def doubled(
    output: Output, error: float, alpha: float, rng: np.random.Generator, repeats: int
) -> IntArray:
    """Clopper and Pearson with 299 audits and α/2, then twice as many and α/4, and so on."""
    sizes: list[int] = []
    allowed: list[int] = []
    n = 299
    while n <= LONGEST:
        confidence = 1 - alpha / 2 ** (len(sizes) + 1)
        wrong = -1
        while fc.bounds.sample_size(error, wrong + 1, confidence) <= n:
            wrong += 1
        sizes.append(n)
        allowed.append(wrong)
        n *= 2
    found = []
    for begin in range(0, repeats, 20):
        for wrong_ones in samples(output, rng, min(20, repeats - begin), LONGEST):
            seen = np.cumsum(wrong_ones, axis=1)[:, np.array(sizes) - 1]
            shown = seen <= np.array(allowed)
            at = np.where(shown.any(axis=1), np.array(sizes)[shown.argmax(axis=1)], LONGEST + 1)
            found.append(at)
    return np.concatenate(found)


def cost_rows(
    shares: Sequence[float], error: float, alpha: float, repeats: int, n_items: int
) -> list[dict[str, Any]]:
    """Audits to a certificate, for each true error, beside numbers settled beforehand."""
    rows = []
    for share in shares:
        output, rng = population(n_items, share), np.random.default_rng(round(1e6 * share))
        took = audits_needed(output, error, alpha, rng, repeats)
        doubling = doubled(output, error, alpha, rng, repeats)
        rows.append(
            {
                "true error %": 100 * share,
                "claimed %": 100 * error,
                "median": int(np.median(took)),
                "90th": int(np.quantile(took, 0.9)),
                "fixed n, 90 % power": planned_size(error, alpha, 0.9),
                "fixed n, 80 % power": planned_size(error, alpha, 0.8),
                "doubling, median": int(np.median(doubling)),
                "doubling, 90th": int(np.quantile(doubling, 0.9)),
            }
        )
    return rows


def suspicion_row(output: Output, error: float, alpha: float, repeats: int) -> dict[str, Any]:
    """Audits to a certificate of real labels, drawn evenly and by suspicion."""
    rng = np.random.default_rng(0)
    even = audits_needed(output, error, alpha, rng, repeats)
    weights = weights_of(output, "suspected")
    took = []
    for seed in range(repeats):
        drawn = fc.audit.audit_order(weights, seed)[:LONGEST]
        log_k = fc.audit.weighted_log_wealth(output.wrong[drawn], drawn, weights, error)
        took.append(first_of((log_k >= -math.log(alpha))[None])[0])
    return {
        "labels": output.name,
        "true error %": 100 * float(output.wrong.mean()),
        "claimed %": 100 * error,
        "even, median": int(np.median(even)),
        "even, 90th": int(np.quantile(even, 0.9)),
        "by suspicion, median": int(np.median(took)),
        "by suspicion, 90th": int(np.quantile(took, 0.9)),
    }


def saved_row(output: Output, error: float, alpha: float, repeats: int) -> dict[str, Any]:
    """Share of answers saved by a PAC cut, beside the cut that knows the truth."""
    rng = np.random.default_rng(0)
    order = np.argsort(output.uncertainty, kind="stable")
    fits = np.cumsum(output.wrong[order]) <= error * len(order)
    oracle = len(order) if fits.all() else int(np.argmin(fits))
    saved, broken, n_asked = [], 0, fc.labels.cut_sample(len(output.wrong), error)
    for _ in range(repeats):
        asked = rng.permutation(len(output.wrong))[:n_asked]
        cut = fc.labels.pac_cut(output.uncertainty, asked, output.wrong[asked], error, alpha)
        saved.append(cut.saved)
        broken += int((output.wrong & cut.kept).sum()) > error * len(output.wrong)
    return {
        "labels": output.name,
        "true error %": 100 * float(output.wrong.mean()),
        "promised %": 100 * error,
        "asked": n_asked,
        "saved %": 100 * float(np.mean(saved)),
        "oracle saves %": 100 * oracle / len(order),
        "points less": 100 * (oracle / len(order) - float(np.mean(saved))),
        "broken %": 100 * broken / repeats,
    }


def slider_row(output: Output, share: float) -> dict[str, Any]:
    """What a slider at a confidence takes, and what is wrong of it."""
    taken = output.confidence >= share
    wrong = float(output.wrong[taken].mean()) if taken.any() else 0.0
    return {
        "labels": output.name,
        "slider at %": 100 * share,
        "taken %": 100 * float(taken.mean()),
        "wrong of them %": 100 * wrong,
        "times what it seems to say": wrong / (1 - share),
    }


def calibration_row(output: Output) -> dict[str, Any]:
    """How far confidences are from how often labels are right, before and after blind answers."""
    return {
        "labels": output.name,
        "right %": 100 * (1 - float(output.wrong.mean())),
        "believed %": 100 * float(output.believed.mean()),
        "confidence %": 100 * float(output.confidence.mean()),
        "error of what is believed, points": calibration_error(output.believed, output.wrong),
        "error of confidence, points": calibration_error(output.confidence, output.wrong),
    }


def coverage_rows(alpha: float, repeats: int) -> list[dict[str, Any]]:
    """How often each interval as shown holds the truth: at one look, and at all of many."""
    rows = []
    for share in (0.003, 0.01, 0.05, 0.3):
        rng = np.random.default_rng(round(1e6 * share))
        output = population(20000, share)
        wrong = np.concatenate(list(samples(output, rng, repeats, 1000)))
        looks = np.arange(10, 1001, 10)
        seen = np.cumsum(wrong, axis=1)[:, looks - 1]
        for name, bound in (
            ("accuracy_interval", fc.bounds.accuracy_interval),
            ("wilson_interval", fc.bounds.wilson_interval),
        ):
            held = np.empty(seen.shape, np.bool_)
            for column, n in enumerate(looks):
                table = np.array([bound(int(n - w), int(n), 1 - alpha) for w in range(n + 1)])
                low, high = table[seen[:, column]].T
                held[:, column] = (low <= 1 - share) & (1 - share <= high)
            rows.append(_covered(name, share, held))
        upper = most_wrong(share, alpha)
        rows.append(_covered("accuracy_bound", share, seen > upper[looks]))
        rows.append(_covered("error_interval", share, _held_at_any_time(wrong, share, alpha)))
    return rows


def _covered(name: str, share: float, held: BoolArray) -> dict[str, Any]:
    return {
        "interval": name,
        "true error %": 100 * share,
        "one look, worst %": 100 * float(held.mean(axis=0).min()),
        "last look %": 100 * float(held[:, -1].mean()),
        "all looks %": 100 * float(held.all(axis=1).mean()),
    }


def _held_at_any_time(wrong: BoolArray, share: float, alpha: float) -> BoolArray:
    """Whether `error_interval` holds the truth after each hundredth audit."""
    looks = range(100, wrong.shape[1] + 1, 100)
    rows = wrong[: max(50, len(wrong) // 10)]
    held = []
    for row in rows:
        found = [fc.audit.error_interval(row[:n], 20000, alpha) for n in looks]
        held.append([low - 1e-12 <= share <= high + 1e-12 for low, high in found])
    return np.array(held)


def update_row(n_items: int, audits: int = 300) -> dict[str, Any]:
    """Milliseconds to bring every bound up to date after an answer."""
    certifier = fc.audit.Certifier(n_items, [0.005, 0.01, 0.02])
    strata = fc.audit.StratifiedCertifier([n_items // 10] * 10, 0.01)
    rng = np.random.default_rng(0)
    alone, both = [], []
    for n in range(audits):
        wrong = bool(rng.random() < 0.004)
        start = time.perf_counter()
        certifier.add(wrong)
        for error in (0.005, 0.01, 0.02):
            certifier.certificate(error)
        alone.append(time.perf_counter() - start)
        strata.add(n % 10, wrong)
        strata.certificate()
        both.append(time.perf_counter() - start)
    return {
        "items": n_items,
        "three claims, p95 ms": 1000 * float(np.quantile(alone, 0.95)),
        "and ten strata, p95 ms": 1000 * float(np.quantile(both, 0.95)),
        "and ten strata, median ms": 1000 * float(np.median(both)),
    }
