"""Suspected mistakes in words: what was said, by whom, what it may be instead, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewclicks import checks
from fewclicks.audit import KINDS
from fewclicks.progress import Report, silent
from fewclicks.records import FloatArray
from fewclicks.store import Store
from fewclicks.store.answers import AnswerRow
from fewclicks.workflows.collection import Collection
from fewclicks.workflows.suspecting import Suspected, up_to_date
from fewclicks.workflows.unblinding import told


@dataclass(frozen=True, slots=True)
class Reason:
    """One kind of evidence against an answer; `score` in [0, 1], 1 is the worst."""

    kind: str
    score: float
    suspected: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """An answer that all else contradicts.

    Attributes
    ----------
    item : int
    name : str
        Its key in its source.
    said, suspected : int
        Class ids: what the answer gave the item, and what speaks against it most.
    said_name, suspected_name : str
    score : float
        In [0, 1], 1 is the worst: the highest of its reasons.
    reasons : tuple of Reason
        The strongest first, at least one.
    answer : int
        Id of the answer.
    annotator : str
    answered_at : float
        Seconds since 1970, UTC.
    n_together : int
        Items that the answer named at once, 1 for a look at the item alone.
    witnesses : tuple of int
        Answered items that show why, the most telling first.
    """

    item: int
    name: str
    said: int
    suspected: int
    said_name: str
    suspected_name: str
    score: float
    reasons: tuple[Reason, ...]
    answer: int
    annotator: str
    answered_at: float
    n_together: int
    witnesses: tuple[int, ...]

    @property
    def kind(self) -> str:
        """The kind of its strongest reason."""
        return self.reasons[0].kind


def mistakes_of(
    store: Store,
    collection: Collection,
    seed: int,
    kind: str | None = None,
    report: Report = silent,
) -> list[Mistake]:
    """Explain the suspicions that stand, by one of `KINDS` or all, the worst first.

    They are looked for anew if anything has happened since somebody last looked.
    """
    if kind is not None:
        checks.one_of(kind, KINDS, "kind")
    return explained(store, of_kind(up_to_date(store, collection, seed=seed, report=report), kind))


def of_kind(found: Suspected, kind: str | None) -> Suspected:
    """Return those that one of `KINDS` contradicts, the worst by that kind first; all for None."""
    if kind is None:
        return found
    scores = found.why.scores[:, KINDS.index(kind)]
    order = np.argsort(-scores, kind="stable")
    return found.only(order[: np.count_nonzero(scores)])


def counts_by_kind(found: Suspected) -> dict[str, int]:
    """How many answers each of `KINDS` contradicts."""
    counts = np.count_nonzero(found.why.scores, axis=0)
    return dict(zip(KINDS, counts.tolist(), strict=True))


def explained(store: Store, found: Suspected) -> list[Mistake]:
    """Put suspicions into words, in their order."""
    names, keys = store.classes.names(), store.items.names(found.items)
    answers = store.answers.of_ids(np.unique(found.answer_ids).tolist())
    said = told(store, store.items.count()).class_ids[found.items].tolist()
    return [
        _mistake(found, row, keys[item], answers[int(found.answer_ids[row])], int(said[row]), names)
        for row, item in enumerate(found.items.tolist())
    ]


def _mistake(
    found: Suspected, row: int, key: str, answer: AnswerRow, said: int, names: dict[int, str]
) -> Mistake:
    reasons = _reasons(found, row, said, names)
    suspected = reasons[0].suspected
    witnesses = [item for item in found.witnesses[row].tolist() if item >= 0]
    return Mistake(
        item=int(found.items[row]),
        name=key,
        said=said,
        suspected=suspected,
        said_name=names[said],
        suspected_name=names[suspected],
        score=reasons[0].score,
        reasons=tuple(reasons),
        answer=answer.id,
        annotator=answer.annotator,
        answered_at=answer.answered_at,
        n_together=answer.n_members - answer.n_misfits,
        witnesses=tuple(witnesses),
    )


def _reasons(found: Suspected, row: int, said: int, names: dict[int, str]) -> list[Reason]:
    scores, suspected = found.why.scores[row], found.why.suspected[row].tolist()
    return [
        Reason(
            KINDS[column],
            float(scores[column]),
            suspected[column],
            _SENTENCES[KINDS[column]](
                names[said], names[suspected[column]], found.why.votes[row, column]
            ),
        )
        for column in np.argsort(-scores, kind="stable").tolist()
        if scores[column] > 0
    ]


def _by_model(said: str, suspected: str, votes: FloatArray) -> str:
    return (
        f"All other answers together make it “{suspected}” by {votes[0]:.0%}, "
        f"“{said}” by {votes[1]:.0%}."
    )


def _by_neighbours(said: str, suspected: str, votes: FloatArray) -> str:
    n_other, _, total = map(int, votes)
    return f"Of the {total - 1} nearest answered images {n_other} are “{suspected}”."


def _by_duplicates(said: str, suspected: str, votes: FloatArray) -> str:
    n_other, _, total = map(int, votes)
    if total == 2:
        return f"The same image, or one of the same group, is “{suspected}”."
    return f"Of the {total - 1} others of its group {n_other} are “{suspected}”."


def _by_earlier(said: str, suspected: str, votes: FloatArray) -> str:
    n_other, n_mine, _ = map(int, votes)
    return f"It was called “{suspected}” {_times(n_other)} and “{said}” {_times(n_mine)}."


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


_SENTENCES = {
    "model": _by_model,
    "neighbours": _by_neighbours,
    "duplicates": _by_duplicates,
    "earlier": _by_earlier,
}
"""How each of `KINDS` is told, by the names of both classes and the votes."""
