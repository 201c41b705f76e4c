"""Answers of people that all else contradicts: found, kept in a file, brought up to date."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fewclicks import files
from fewclicks.audit import (
    KINDS,
    Doubts,
    Suspicions,
    by_duplicates,
    by_earlier_answers,
    by_model,
    by_neighbours,
    suspicions,
)
from fewclicks.errors import MissingExtra
from fewclicks.progress import Report, silent
from fewclicks.records import NO_CLASS, PERSON, AnswerSheet, BoolArray, IntArray
from fewclicks.store import Store
from fewclicks.store.words import Words
from fewclicks.workflows.collection import ALONE, Collection
from fewclicks.workflows.sharing import purity
from fewclicks.workflows.unblinding import measuring, told, told_words
from fewclicks.workflows.vouching import Judged, near_judged, unseen_belief

N_WITNESSES = 8
"""Items that are shown as evidence at most."""

VERSION = 2
"""Raised when the same answers give other suspicions: old ones are then stale."""


@dataclass(frozen=True, slots=True)
class Suspected:
    """The answers suspected when somebody last looked for mistakes.

    Attributes
    ----------
    items, answer_ids : ndarray of shape (n,), int64
        What each is about; the worst first. `why.at` are their places in the file.
    why : Suspicions
    witnesses : ndarray of shape (n, N_WITNESSES), int64
        Items that speak for or against it; −1 where there are no more.
    n_judged : int
        Items that people had named then.
    last_event : int
        The newest event then.
    note : str
        What could not be looked for, and why; empty if nothing.
    """

    items: IntArray
    answer_ids: IntArray
    why: Suspicions
    witnesses: IntArray
    n_judged: int
    last_event: int
    note: str

    def only(self, which: IntArray | BoolArray | slice) -> Suspected:
        """Return some of them."""
        items, answer_ids, witnesses = (
            array[which] for array in (self.items, self.answer_ids, self.witnesses)
        )
        why = self.why.only(which)
        return Suspected(
            items, answer_ids, why, witnesses, self.n_judged, self.last_event, self.note
        )


def find_mistakes(
    store: Store, collection: Collection, *, seed: int, report: Report = silent
) -> Suspected:
    """Look for mistakes among all answers that people have given, and keep what is found.

    Items by which something is still measured blindly are left out: were those labels mended that
    are suspected, fewer would be found wrong than there are among the others. What was said blindly
    for a certificate is looked at like all else once that has ended.
    """
    with store.lock("mistakes"):
        last_event = store.events.last_id()
        sheet = told(store, collection.n_items)
        judged = judged_of(store, collection, sheet)
        near = near_judged(collection, judged, seed, report)
        words = told_words(store, collection.n_items)
        found, note = _doubted(collection, judged, near, words, sheet, seed, report)
        why = suspicions(found)
        why = why.only(~_spared(store, judged, words)[why.at])
        made = Suspected(
            judged.items[why.at],
            judged.answer_ids[why.at],
            why,
            _witnesses(judged, near, why),
            len(judged.items),
            last_event,
            note,
        )
        _save(store, made)
    return made


def up_to_date(
    store: Store, collection: Collection, *, seed: int, report: Report = silent
) -> Suspected:
    """Return what stands of what was found, once somebody has looked since the newest event."""
    known = known_mistakes(store)
    if known is not None and known.last_event == store.events.last_id() and not known.note:
        return known
    return find_mistakes(store, collection, seed=seed, report=report)


def judged_of(store: Store, collection: Collection, sheet: AnswerSheet) -> Judged:
    """The items that people have named; not those that have the class of their exact copy."""
    named = sheet.class_ids != NO_CLASS
    original = store.items.duplicate_of()[: collection.n_items]
    copied = (original >= 0) & (sheet.sources == PERSON)
    named &= ~(copied & (sheet.answer_ids == sheet.answer_ids[original]))
    items = np.flatnonzero(named)
    return Judged(
        items,
        sheet.class_ids[items].astype(np.int64),
        sheet.answer_ids[items],
        _together(collection, sheet, original)[items],
    )


def known_mistakes(store: Store) -> Suspected | None:
    """What was found when somebody last looked, as far as it still stands; None if nobody has.

    What was answered since is no longer suspected, whatever the answer; classes merged or deleted
    since are followed.
    """
    kept = _load(store)
    if kept is None:
        return None
    n_items = store.items.count()
    sheet, heirs = told(store, n_items), store.classes.heirs()
    kept = kept.only(kept.items < n_items)
    kept = kept.only(np.flatnonzero(sheet.answer_ids[kept.items] == kept.answer_ids))
    now = np.append(heirs, NO_CLASS)
    suspected = now[np.minimum(kept.why.suspected, len(now) - 1)].astype(np.int64)
    pointless = (suspected == sheet.class_ids[kept.items][:, None]) | (suspected == NO_CLASS)
    suspected[pointless] = NO_CLASS
    scores = np.where(pointless, 0, kept.why.scores)
    why = Suspicions(kept.why.at, scores, suspected, kept.why.votes)
    still = Suspected(
        kept.items,
        kept.answer_ids,
        why,
        kept.witnesses,
        kept.n_judged,
        kept.last_event,
        kept.note,
    )
    return still.only(np.flatnonzero(scores.any(axis=1)))


def _together(collection: Collection, sheet: AnswerSheet, original: IntArray) -> IntArray:
    """What shows the same thing: a group, as long as groups prove to be pure, else exact copies."""
    n = collection.n_items
    copied = original >= 0
    groups = np.full(n, ALONE, np.int64)
    groups[copied] = original[copied]
    groups[original[copied]] = original[copied]
    if purity(collection.groups, sheet).trusted():
        grouped = collection.groups != ALONE
        groups[grouped] = n + collection.groups[grouped]
    return groups


def _doubted(
    collection: Collection,
    judged: Judged,
    near: IntArray,
    words: Words,
    sheet: AnswerSheet,
    seed: int,
    report: Report,
) -> tuple[dict[str, Doubts], str]:
    """What each kind of evidence contradicts, and why one is missing."""
    found = {
        "neighbours": by_neighbours(judged.said, near),
        "duplicates": by_duplicates(judged.said, judged.groups),
        "earlier": by_earlier_answers(judged.said, *_words_on(judged, words, sheet)),
    }
    if not len(judged.items):
        return found, ""
    try:
        found["model"] = by_model(judged.said, *unseen_belief(collection, judged, seed, report))
    except MissingExtra as error:
        return found, f"{error.message} {error.remedy}"
    return found, ""


def _words_on(judged: Judged, words: Words, sheet: AnswerSheet) -> tuple[IntArray, IntArray]:
    """The position that each word is about, and its class.

    A person who judged the item itself looked closer than one who named its cluster, so what was
    said of clusters speaks against another cluster's answer only.
    """
    about = judged.find(words.items)
    counts = (about >= 0) & (words.alone == (sheet.sources[words.items] == PERSON))
    return about[counts], words.class_ids[counts]


def _spared(store: Store, judged: Judged, words: Words) -> BoolArray:
    """The answers that are not to be suspected: of what still measures, and looked at twice."""
    n_items = int(judged.items.max(initial=-1)) + 1
    return measuring(store, n_items)[judged.items] | looked_at_twice(judged, words)


def looked_at_twice(judged: Judged, words: Words) -> BoolArray:
    """Which items were looked at again, so that their last word is more than a first glance.

    It was given to review an earlier one, or is about the item alone and the same as an earlier
    one about it alone.
    """
    about = judged.find(words.items)
    decided = judged.answer_ids[about]
    last = (about >= 0) & (words.answer_ids == decided)
    earlier = (about >= 0) & (words.answer_ids < decided)

    def where(which: BoolArray) -> BoolArray:
        found = np.zeros(len(judged.items), np.bool_)
        found[about[which]] = True
        return found

    same = words.alone & (words.class_ids == judged.said[about])
    reviewed = where(last & words.reviewed) & where(earlier)
    return reviewed | (where(last & words.alone) & where(earlier & same))


def _witnesses(judged: Judged, near: IntArray, why: Suspicions) -> IntArray:
    """Items of the same group that say otherwise, then the nearest that have a say."""
    shown = np.full((len(why.at), N_WITNESSES), -1, np.int64)
    order = np.argsort(judged.groups, kind="stable")
    groups = judged.groups[order]
    begins = np.searchsorted(groups, judged.groups[why.at])
    ends = np.searchsorted(groups, judged.groups[why.at], side="right")
    by_group = why.scores[:, KINDS.index("duplicates")] > 0
    for row, at in enumerate(why.at):
        mates = order[begins[row] : ends[row]] if by_group[row] else order[:0]
        mates = mates[judged.said[mates] != judged.said[at]]
        found = np.concatenate([mates, near[at][near[at] >= 0]])[:N_WITNESSES]
        shown[row, : len(found)] = judged.items[found]
    return shown


def mistakes_path(store: Store) -> Path:
    """Where the suspicions of a project lie."""
    return store.home / "audit" / "mistakes.npz"


def _made_from() -> str:
    return files.fingerprint(kind="mistakes", version=VERSION)


def _save(store: Store, made: Suspected) -> None:
    arrays = {
        "items": made.items,
        "answer_ids": made.answer_ids,
        "scores": made.why.scores,
        "suspected": made.why.suspected,
        "votes": made.why.votes,
        "witnesses": made.witnesses,
        "numbers": np.array([made.n_judged, made.last_event]),
        "note": np.array(made.note),
    }
    files.save(mistakes_path(store), _made_from(), arrays)


def _load(store: Store) -> Suspected | None:
    stored = files.load(mistakes_path(store), _made_from())
    if stored is None:
        return None
    at = np.arange(len(stored["items"]))
    why = Suspicions(at, stored["scores"], stored["suspected"], stored["votes"])
    n_judged, last_event = stored["numbers"].tolist()
    return Suspected(
        stored["items"],
        stored["answer_ids"],
        why,
        stored["witnesses"],
        n_judged,
        last_event,
        str(stored["note"]),
    )
