"""What is asked of the server over HTTP: every write, checked as it comes in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fewclicks.records import Verdict
from fewclicks.store.classes import LONGEST_DESCRIPTION, MOST_EXAMPLES

LARGEST_ID = 2**31 - 1
"""The largest whole number that every database takes."""

MOST_MISFITS = 1_000_000
MOST_AT_ONCE = 1_000
MOST_GATHERED = 1_000_000
LONGEST_TEXT = 200
MOST_LIST_CHARACTERS = 4_000_000

Id = Annotated[int, Field(ge=0, le=LARGEST_ID)]
ClientId = Annotated[str, Field(min_length=1, max_length=64)]
Description = Annotated[str, Field(max_length=LONGEST_DESCRIPTION)]
ClassName = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class Asked(BaseModel):
    """What the page asks for; unknown fields are refused, so that none is lost unseen."""

    model_config = ConfigDict(use_attribute_docstrings=True, extra="forbid", strict=True)


class Write(Asked):
    """A change. Sending it again with the same `client_id` changes nothing."""

    client_id: ClientId
    """Made by the sender, a UUID for example."""


class AnswerRequest(Write):
    """What a person says to a question, or of an item nobody asked about."""

    question_id: Id | None = None
    item: Id | None = None
    verdict: Verdict
    class_id: Id | None = None
    class_name: ClassName | None = None
    """A class in use (capitals aside), or the name of a new one."""
    misfits: list[Id] = Field(default=[], max_length=MOST_MISFITS)
    """Members of the cluster that the class does not cover."""
    seconds: float = Field(default=0, ge=0, le=1e6, allow_inf_nan=False)
    actions: int = Field(default=0, ge=0, le=1_000_000)
    replace: bool = False
    """Whether a question that has an answer may be answered again."""
    together: bool = False
    """Whether misfits are asked about as a cluster of their own instead of one by one."""


class StatementTold(Asked):
    """What a person says to one question, or of one item nobody asked about."""

    question_id: Id | None = None
    item: Id | None = None
    verdict: Literal["class", "unsure", "none"]
    class_id: Id | None = None
    class_name: ClassName | None = None


class AnswersRequest(Write):
    """What a person says of many at once."""

    answers: list[StatementTold] = Field(max_length=MOST_AT_ONCE)
    wrong: list[Id] = Field(default=[], max_length=MOST_AT_ONCE)
    """Items seen along with them whose label is wrong: they are asked about."""
    together: bool = False
    """Whether these are asked about as one cluster instead of one by one."""
    reason: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    """Why they are asked about, in one plain sentence."""
    purpose: Literal["learn", "review"] = "learn"
    """Of answers about items; those to questions have the question's."""
    seconds: float = Field(default=0, ge=0, le=1e6, allow_inf_nan=False)
    """For all of them together, as are the actions."""
    actions: int = Field(default=0, ge=0, le=1_000_000)


class AskRequest(Write):
    """Items of a person's own choosing to be asked about, in the order they are to be shown."""

    items: list[Id] = Field(min_length=1, max_length=MOST_GATHERED)
    together: bool
    """Whether as one cluster, for which it takes two items, or one by one."""
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    """Why these, in one plain sentence."""
    purpose: Literal["learn", "review"] = "learn"
    instead_of: list[Id] = Field(default=[], max_length=MOST_AT_ONCE)
    """Questions about clusters whose items these are: those that are open are closed."""


class UndoRequest(Write):
    """Take back one event, by default the annotator's latest that stands."""

    event: Id | None = None


class ClassRequest(Write):
    """A new class; without colour and key it gets free ones."""

    name: ClassName
    color: str | None = None
    key: str | None = None
    parent_id: Id | None = None
    description: Description | None = None
    examples: list[Id] | None = Field(default=None, max_length=MOST_EXAMPLES)
    """Items that show it."""


class ClassChange(Write):
    """What is to change of a class; a key or a parent of null takes it away."""

    name: ClassName | None = None
    color: str | None = None
    key: str | None = None
    parent_id: Id | None = None
    description: Description | None = None
    examples: list[Id] | None = Field(default=None, max_length=MOST_EXAMPLES)
    """Items that show it, all of them."""


class MergeRequest(Write):
    """Let another class stand for this one."""

    into: Id


class ClassListRequest(Write):
    """A list of classes to be taken in."""

    content: Annotated[str, Field(min_length=1, max_length=MOST_LIST_CHARACTERS)]
    """CSV, JSON, or one name per line, as the export writes it."""


class NoArgs(Asked):
    """Nothing to choose."""


class ExportArgs(Asked):
    """How to export."""

    format: Literal["csv", "parquet", "jsonl", "folders"]
    mode: Literal["copy", "hardlink", "symlink"] = "copy"
    """How images come into class folders."""
    folder: str | None = Field(default=None, min_length=1, max_length=4096)
    """Where class folders go: the absolute path of a new or empty folder. By default a new one
    under the project's exports."""


class AddArgs(Asked):
    """Where images are."""

    source: str = Field(min_length=1, max_length=4096)
    """A folder, an archive, a list or arrays: a path on the server's machine, or a URL."""
    groups: Literal["folders"] | None = None
    """Whether images in the same folder belong together."""


class AddRequest(Write):
    """Import what is new in a source, then prepare it."""

    kind: Literal["add"]
    args: AddArgs


class PrepareRequest(Write):
    """Compute features, clusters and neighbours."""

    kind: Literal["prepare"]
    args: NoArgs = NoArgs()


class RoundRequest(Write):
    """Learn from the answers and queue the next questions."""

    kind: Literal["round"]
    args: NoArgs = NoArgs()


class ExportRequest(Write):
    """Write the labels to a file or into class folders."""

    kind: Literal["export"]
    args: ExportArgs


class LayoutRequest(Write):
    """Find a place on the plane for every item that has none yet."""

    kind: Literal["layout"]
    args: NoArgs = NoArgs()


class MistakesRequest(Write):
    """Look for answers that all else contradicts."""

    kind: Literal["mistakes"]
    args: NoArgs = NoArgs()


JobRequest = Annotated[
    AddRequest | PrepareRequest | RoundRequest | ExportRequest | LayoutRequest | MistakesRequest,
    Field(discriminator="kind"),
]


class BeginRequest(AddArgs, Write):
    """A new project of the images in a place."""

    folder: str | None = Field(default=None, min_length=1, max_length=4096)
    """Where the project lies, a new or empty folder; by default beside the images."""
    features: str = Field(default="auto", min_length=1, max_length=4096)
    workflow: str = Field(default="fewclicks", min_length=1, max_length=LONGEST_TEXT)


class OpenRequest(Write):
    """A project that exists."""

    folder: str = Field(min_length=1, max_length=4096)
