"""The plain records that travel between floors.

Everything here is data without behaviour: what a source lists, what a workflow asks, what a person
said, what is believed of an item. Arrays are indexed by item id, 0…n−1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.integer]
FloatArray = NDArray[np.floating]
BoolArray = NDArray[np.bool_]
Purpose = Literal["learn", "review", "audit", "second", "again"]
QuestionKind = Literal["item", "cluster"]
Verdict = Literal["class", "unsure", "none", "mixed"]

NO_CLASS = -1
"""Class id of an item nothing is believed of."""

PURPOSES: tuple[Purpose, ...] = ("learn", "review", "audit", "second", "again")
"""What an answer is for: to learn from; to review what is believed; to check it blindly; as another
person's opinion; to see whether the same person says the same again."""
ASKED_ONCE: tuple[Purpose, ...] = ("learn", "review")
"""Purposes of the questions of which an item has one open at most; the others come besides."""
TAUGHT: tuple[Purpose, ...] = ("learn", "review", "second")
"""Purposes of answers that models learn from; an audit's only measure."""
BELIEVED: tuple[Purpose, ...] = (*TAUGHT, "audit")
"""Purposes of answers that tell what an item is; one given again only measures who gives it."""

VERDICTS: tuple[Verdict, ...] = ("class", "unsure", "none", "mixed")

SOURCE_NAMES = ("none", "person", "cluster", "model", "group")
"""Who decided a label, by its code in `Labels.sources`: nobody yet; a person who saw this item; a
person who named its whole cluster; a model; a person who named another item of its group."""
NOBODY, PERSON, CLUSTER, MODEL, GROUP = range(5)


@dataclass(frozen=True, slots=True)
class Entry:
    """One image as a source lists it.

    `key` is unique and stable within the source (a relative path, or a row number as text);
    `label`, `group` and `split` are what the source says of it, None where it says nothing.
    """

    key: str
    label: str | None = None
    group: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is to be shown, and why.

    An item question has `item`; a cluster question has `members`, most typical first. `reason` is
    one plain sentence for the person. Higher `priority` is asked first. `typical` says that the
    item stands for many like it, which is quicker to answer than a confusing one.
    """

    kind: QuestionKind
    reason: str
    priority: float = 0.0
    item: int | None = None
    members: IntArray | None = None
    cluster: int | None = None
    purpose: Purpose = "learn"
    typical: bool = False
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What an annotator said to one question.

    `verdict` "class" needs `class_name`; "unsure" (cannot tell) and "none" (no class fits, or not
    an image of interest) keep the item out of training; "mixed" says that a cluster should be
    split. `misfits` are the members of a cluster that the class does not cover. `actions` counts
    keys and clicks.
    """

    verdict: Verdict
    class_name: str | None = None
    misfits: tuple[int, ...] = ()
    seconds: float = 0.0
    actions: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """A reply and what it is about: either a question, or an item nobody asked about.

    `class_id` is the class said, instead of `reply.class_name`.
    """

    reply: Reply
    question_id: int | None = None
    item: int | None = None
    class_id: int | None = None


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """A row of a list of classes; what is None or empty says nothing.

    `parent` is the name of a class, `examples` are names of items, `row` counts from 1.
    """

    name: str
    parent: str | None = None
    key: str | None = None
    color: str | None = None
    description: str | None = None
    examples: tuple[str, ...] = ()
    row: int = 0


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """What people have said so far, one entry per item.

    Attributes
    ----------
    class_ids : ndarray of shape (n_items,), int32
        The class a person gave, alone or with its cluster; NO_CLASS where nobody did.
    sources : ndarray of shape (n_items,), int8
        NOBODY, PERSON or CLUSTER. A person's word on the item itself outranks its cluster's.
    answer_ids : ndarray of shape (n_items,), int64
        The answer that decided, -1 for none.
    withheld : ndarray of shape (n_items,), bool
        A person said "unsure" or "none": never asked again, never trained on.
    n_answers : int
        Answers that stand (items or clusters judged one by one), every purpose included.
    times : ndarray of shape (n_items,), int32, or None
        How often people have named the item itself.
    turned : ndarray of shape (n_items,), bool, or None
        Whether their last word of it differs from their first.
    barred : ndarray of shape (n, 2), int64, or None
        Items that were clicked out of a cluster, each with the class that cluster was given.
    """

    class_ids: IntArray
    sources: IntArray
    answer_ids: IntArray
    withheld: BoolArray
    n_answers: int = 0
    times: IntArray | None = None
    turned: BoolArray | None = None
    barred: IntArray | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """What is believed of every item.

    Attributes
    ----------
    class_ids : ndarray of shape (n_items, k), int32
        The k likeliest classes, best first; NO_CLASS where there are fewer.
    confidences : ndarray of shape (n_items, k), float32
        In [0, 1], in the same order: shares of belief. `Project.labels` has set right by blind
        answers how sure the model is, as far as there are any.
    sources : ndarray of shape (n_items,), int8
        NOBODY, PERSON, CLUSTER, MODEL or GROUP.
    """

    class_ids: IntArray
    confidences: FloatArray
    sources: IntArray


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one round of a workflow gives: labels, and what to ask next (nothing when done).

    `figures` are numbers worth keeping of the round; `model`, if the workflow trained one that
    can speak of new images, has `save(path)` and is kept until the next round. `final`, if given,
    are the labels should nothing more be asked. `kept` marks items that the workflow wants to find
    marked in its next round, in `State.kept`. `refine` says that a network should learn from these
    labels now, away from the rounds; see `workflows.refining`. `partition` names the clusters that
    are asked about, if they are the workflow's own and not the collection's: other clusters are
    asked about no more.
    """

    labels: Labels
    questions: list[Question]
    note: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    model: Any = None
    final: Labels | None = None
    kept: BoolArray | None = None
    refine: bool = False
    partition: str | None = None
