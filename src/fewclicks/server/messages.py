"""What the server says over HTTP; the OpenAPI schema is made from it.

Times are ISO 8601 in UTC. Item, class, question, answer, event and job ids are whole numbers.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fewclicks.records import Purpose, QuestionKind, Verdict
from fewclicks.server.failures import Failure

SourceName = Literal["none", "person", "cluster", "model", "group"]


class Told(BaseModel):
    """What the server says."""

    model_config = ConfigDict(use_attribute_docstrings=True, populate_by_name=True)


class WorkflowTold(Told):
    """A workflow that the project may use."""

    name: str
    summary: str


class ProjectTold(Told):
    """What does not change while a person labels, or seldom."""

    name: str
    n_items: int
    kind: Literal["glyphs", "photos"] | None
    """What the images look like; null before the features are known."""
    features: str
    clusterer: str
    has_map: bool
    """Whether the clusters lie on a map, see `/api/map`."""
    workflow: str
    workflows: list[WorkflowTold]
    version: str
    """Of fewclicks."""
    read_only: bool
    prepared: bool
    """Whether features, clusters and neighbours of all items are there."""
    n_failures: int
    """Files that could not be read."""
    n_duplicates: int
    folder: str
    annotator: str
    """Who asks: whom the header Fewclicks-Annotator names, else whom the server is for."""


class JobTold(Told):
    """Long work, as it stands."""

    id: int
    kind: Literal["add", "prepare", "round", "export", "refine", "layout", "mistakes"]
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    step: str
    done: int
    total: int
    """Of the step; 0 while it is not known."""
    message: str
    """The state in one plain sentence."""
    error: Failure | None
    created_at: str
    finished_at: str | None
    result: dict[str, Any] | None
    """Of an import: n_new, n_known, n_failed. Of an export: path, rows, n_missing. Of a round:
    round, n_questions, note, figures."""


class Labelled(Told):
    """Items by who decided their label."""

    person: int
    cluster: int
    group: int
    model: int
    none: int


class AnswerCounts(Told):
    """Standing answers by purpose."""

    learn: int
    review: int
    audit: int
    second: int
    """Opinions of another person."""
    again: int
    """Of people who were asked the same again."""
    total: int


class OpenCounts(Told):
    """Open questions by kind."""

    items: int
    clusters: int


class UnderWay(Told):
    """A certificate that asks before all others do, and whether its claim is proved by now."""

    id: int
    state: Literal["open", "naming"]
    holds: bool


class ClassCount(Told):
    """Items whose label is this class now."""

    id: int
    n: int


class CurvePoint(Told):
    """One finished round: standing answers then, and the round's figures by name."""

    model_config = ConfigDict(extra="allow")

    round: int
    answers: int


class SignalTold(Told):
    """What one criterion for stopping sees."""

    name: str
    met: bool
    sentence: str


class Advice(Told):
    """How many more answers are worth giving; `answers` is null while it is too early to say."""

    answers: int | None
    at_least: bool
    sentence: str
    signals: list[SignalTold]


class Estimate(Told):
    """A share of checked items, and where it lies for all of them."""

    right: int
    n: int
    share: float
    low: float
    """With `high` the 95 % interval by Clopper and Pearson, as of one look at a random sample."""
    high: float


class Progress(Told):
    """How far the labelling is."""

    n_items: int
    labelled: Labelled
    answers: AnswerCounts
    actions: int
    seconds: float
    rate: float
    """Manual labelling rate: answers ÷ items."""
    round: int
    note: str
    open: OpenCounts
    accuracy: Estimate | None
    """Of the last round's labels, by the blind answers there were then; null without any."""
    classes: list[ClassCount]
    jobs: list[JobTold]
    """Queued, running, or failed within the last hour; newest first."""
    learning_curve: list[CurvePoint]
    advice: Advice
    certificate: UnderWay | None
    """The one that is open; null where none is."""
    last_event: int
    seconds_since_round: float | None


class Guess(Told):
    """A class that may be right, and the share of belief in it, in [0, 1]."""

    class_id: int
    confidence: float


class QuestionTold(Told):
    """What a person is to be shown, and why."""

    id: int
    kind: QuestionKind
    purpose: Purpose
    reason: str
    item: int | None
    cluster: int | None
    size: int
    """Items it is about."""
    cover: list[int]
    """Up to 12 of them, most typical first."""
    guesses: list[Guess]
    """Up to 3, best first. Of a cluster: the share of each class among its members' labels."""
    round: int | None


class QuestionPage(Told):
    """Open questions, first to be asked first."""

    questions: list[QuestionTold]
    open: int
    """Open questions of this kind, on this page or not."""


class AnswerTold(Told):
    """One answer as it stands."""

    id: int
    question_id: int | None
    item: int | None
    verdict: Verdict
    class_id: int | None
    n_members: int
    n_misfits: int
    purpose: Purpose
    annotator: str
    answered_at: str
    withdrawn: bool


class Neighbour(Told):
    """An item that a person has named, near the one asked about or in the cluster."""

    item: int
    class_id: int


class Examples(Told):
    """The items nearest the one asked about that people have named as this class."""

    class_id: int
    items: list[int]


class QuestionDetail(QuestionTold):
    """A question with all that is needed to answer it."""

    members: list[int]
    """Every item it is about, most typical first."""
    outliers: list[int]
    """Those of a cluster of up to 100,000 that lie unusually far from its middle."""
    named: list[Neighbour]
    """Those of a cluster that a person has named, each by itself."""
    state: Literal["open", "answered", "closed"]
    answer: AnswerTold | None
    """The newest that stands."""
    neighbours: list[Neighbour]
    """Of an item: the nearest items that people have named, nearest first, 8 at most."""
    examples: list[Examples]
    """Of an item: for each of its guesses, the nearest items named so, 4 at most."""


class MapCell(Told):
    """One cluster in its place on the map."""

    cluster: int
    x: float
    y: float
    """Place in units of the distance between neighbours; y grows downwards."""
    ridge: float
    """How far its codeword is from those of its neighbours on the map (U-matrix), in [0, 1]: 0 lies
    amid its like, 1 on the highest ridge between groups."""
    size: int
    """Items; 0 is a place that nothing fell on."""
    medoid: int | None
    """Its most typical item."""
    question: int | None
    """Its open question; of a cluster that was split, the first of its parts that is open."""
    guess: Guess | None
    """The commonest class among its members' labels, and its share of them."""


class MapTold(Told):
    """The clusters of a self-organising map, each where it lies."""

    rows: int
    columns: int
    topology: Literal["rectangular", "hexagonal"]
    cells: list[MapCell]


class EventRef(Told):
    """The event of a change, by which it can be undone."""

    id: int


class Event(EventRef):
    """One change in the history."""

    at: str
    annotator: str
    kind: str
    text: str
    undone: bool
    undoable: bool
    data: dict[str, Any]
    """What the change made, by kind of event."""


class ClassTold(Told):
    """A class in use."""

    id: int
    name: str
    color: str
    key: str | None
    parent_id: int | None
    """The class that it is under; that one is under none."""
    description: str
    """What it means, for whoever labels."""
    examples: list[int]
    """Items that show it."""
    n_answers: int
    n_labels: int
    """Items labelled so. In the reply to a write: when they were last counted."""


class AnswerReply(Told):
    """An answer that is on disk."""

    answer: AnswerTold
    event: EventRef
    class_: ClassTold | None = Field(alias="class")
    split: list[int]
    """Questions about clusters that it brought about: the parts of a mixed one, or its misfits."""


class AnswersReply(Told):
    """Answers that are on disk; those to questions that had been answered are not among them."""

    answers: list[AnswerTold]
    event: EventRef
    classes: list[ClassTold]
    """Those that the answers named."""


class AskReply(Told):
    """Questions that are on disk."""

    questions: list[QuestionTold]
    event: EventRef


class EventReply(Told):
    """A change that is on disk."""

    event: EventRef


class UndoReply(Told):
    """The undo (or redo), and the event that it took back (or applied again)."""

    event: Event
    undone: Event


class History(Told):
    """Events, newest first."""

    events: list[Event]


class LabelledItem(Told):
    """An item, and what is believed of it now."""

    item: int
    class_id: int | None
    confidence: float
    source: SourceName


class EventItems(Told):
    """Items that a change told of."""

    items: list[LabelledItem]
    n: int
    """All of them, told or not."""


class ClassList(Told):
    """Classes in use, in the order they were created."""

    classes: list[ClassTold]


class ClassReply(Told):
    """A class after the change."""

    class_: ClassTold = Field(alias="class")
    event: EventRef


class SplitReply(ClassReply):
    """A class that was split, and the questions about its items, first to be asked first."""

    questions: list[QuestionTold]


class ImportReply(Told):
    """What a list of classes brought, which is on disk."""

    n_added: int
    n_changed: int
    n_same: int
    n_skipped_examples: int
    """Examples that are no items of this project."""
    event: EventRef


class Typical(Told):
    """Items that people named as a class, the most typical of each kind among them first."""

    items: list[int]


class ItemTold(Told):
    """An item and its label."""

    item: int
    class_id: int | None
    confidence: float
    source: SourceName
    name: str


class Thumbnails(Told):
    """Small images, in the order asked for."""

    thumbnails: list[str] = Field(description="data URLs, PNG or JPEG")


class ItemPage(Told):
    """Items in id order; `next` is the `after` of the next page, null on the last. The least sure
    first: one page, and `next` is null only if these are all."""

    items: list[ItemTold]
    next: int | None


class Similar(Told):
    """Items that look alike, the one asked about first, then the likest."""

    items: list[int]


class Reviewed(Told):
    """How many labels of a class a model gave, and how many of them it is not sure of."""

    class_id: int
    n: int
    n_doubtful: int


class Review(Told):
    """The classes that a model has given, the one with the most doubtful labels first."""

    classes: list[Reviewed]


class LabelTold(Told):
    """What is believed of an item, and who decided."""

    class_id: int | None
    confidence: float
    source: SourceName


class ItemDetail(Told):
    """All that is known of an item."""

    item: int
    name: str
    group: str | None
    split: str | None
    width: int
    height: int
    duplicate_of: int | None
    label: LabelTold
    guesses: list[Guess]
    answers: list[AnswerTold]
    """Those given to the item itself, oldest first."""


class JobReply(Told):
    """A job."""

    job: JobTold
