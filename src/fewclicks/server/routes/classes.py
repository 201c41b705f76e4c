"""The classes: named, renamed, merged and deleted, never at the cost of an answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from fewclicks.errors import InvalidInput
from fewclicks.export import classlist
from fewclicks.records import NO_CLASS
from fewclicks.server import messages, requests, telling
from fewclicks.server.context import Context, Here
from fewclicks.server.failures import documented
from fewclicks.server.requests import LARGEST_ID
from fewclicks.store.classes import ClassRow

router = APIRouter(tags=["classes"])

ClassId = Annotated[int, Path(ge=0, le=LARGEST_ID)]
_MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
_WRITE = (409, 413, 503, 507)


@router.get("/classes", summary="Classes in use")
def list_classes(here: Here) -> messages.ClassList:
    """In the order they were created, with their numbers of answers and labels."""
    return messages.ClassList(classes=here.classes())


@router.post("/classes", summary="Add a class", responses=documented(*_WRITE))
def add_class(here: Here, request: requests.ClassRequest) -> messages.ClassReply:
    """A name or key that another class has is refused."""
    given = request.model_dump(exclude={"client_id", "parent_id"})
    values = {**given, "parent": request.parent_id}
    row = here.store.classes.create(here.annotator, client_id=request.client_id, **values)
    return _reply(here, row, request.client_id)


@router.patch("/classes/{class_id}", summary="Change a class", responses=documented(404, *_WRITE))
def change_class(
    here: Here, class_id: ClassId, request: requests.ClassChange
) -> messages.ClassReply:
    """Rename it, colour it, say what it means, put it under another; its answers stay its own."""
    given = request.model_dump(exclude_unset=True, exclude={"client_id"})
    values = {name: value for name, value in given.items() if value is not None}
    if "key" in given:
        values["key"] = given["key"] or ""  # no key at all
    if "parent_id" in given:
        parent_id = values.pop("parent_id", None)
        values["parent"] = NO_CLASS if parent_id is None else parent_id
    if not values:
        raise InvalidInput(
            "Nothing is to change.", "Send name, color, key, parent_id, description or examples."
        )
    row = here.store.classes.update(here.annotator, class_id, request.client_id, **values)
    return _reply(here, row, request.client_id)


@router.post(
    "/classes/{class_id}/merge",
    summary="Merge a class into another",
    responses=documented(404, *_WRITE),
)
def merge_class(
    here: Here, class_id: ClassId, request: requests.MergeRequest
) -> messages.ClassReply:
    """The other class stands for this one from now on; undo separates them again."""
    row = here.store.classes.merge(here.annotator, class_id, request.into, request.client_id)
    return _reply(here, row, request.client_id)


@router.delete("/classes/{class_id}", summary="Delete a class", responses=documented(404, *_WRITE))
def delete_class(
    here: Here,
    class_id: ClassId,
    client_id: Annotated[str, Query(min_length=1, max_length=64)],
) -> messages.EventReply:
    """Its answers are withdrawn and their questions open again; undo brings everything back."""
    event = here.store.classes.delete(here.annotator, class_id, client_id)
    here.changed()
    return messages.EventReply(event=messages.EventRef(id=event))


@router.post(
    "/classes/{class_id}/split",
    summary="Ask again about everything that was called so",
    responses=documented(404, *_WRITE),
)
def split_class(here: Here, class_id: ClassId, request: requests.Write) -> messages.SplitReply:
    """Its answers are withdrawn; what was named as a cluster comes back as that cluster, what was
    named one by one in clusters of its look-alikes. Undo brings everything back."""
    ids = here.as_a_whole().split(here.annotator, class_id, request.client_id)
    told = _reply(here, here.store.classes.ever(class_id), request.client_id)
    labels = here.labels()
    questions = [telling.question(here.store.questions.get(i), labels) for i in ids]
    return messages.SplitReply.model_validate(
        {"class": told.class_, "event": told.event, "questions": questions}
    )


@router.get(
    "/classes/{class_id}/typical",
    summary="What people named so, the most typical first",
    responses=documented(404),
)
def typical_items(
    here: Here, class_id: ClassId, limit: Annotated[int, Query(ge=1, le=100)] = 12
) -> messages.Typical:
    """Of each kind among them the most typical: images to choose examples from."""
    return messages.Typical(items=here.as_a_whole().typical(class_id, limit))


@router.get(
    "/classes/list",
    summary="Download the list of classes",
    response_class=Response,
    responses={200: {"content": {media_type: {} for media_type in _MEDIA_TYPES.values()}}},
)
def download_classes(here: Here, format: Literal["csv", "json"] = "csv") -> Response:
    """Names, parents, keys, colours, descriptions, and examples by name."""
    content = classlist.to_bytes(here.as_a_whole().entries(), format)
    name = quote(f"{here.project.name}-classes.{format}".encode("utf-8", "replace"))
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, media_type=_MEDIA_TYPES[format], headers=headers)


@router.post("/classes/list", summary="Take in a list of classes", responses=documented(*_WRITE))
def import_classes(here: Here, request: requests.ClassListRequest) -> messages.ImportReply:
    """What it says is added or changed, nothing goes; one undo takes all of it back."""
    entries = classlist.from_text(request.content)
    taken = here.store.classes.take(here.annotator, entries, request.client_id)
    here.changed()
    event = here.store.events.of_client(request.client_id)
    return messages.ImportReply(**asdict(taken), event=messages.EventRef(id=event.id))


def _reply(here: Context, row: ClassRow, client_id: str) -> messages.ClassReply:
    here.changed()
    event = here.store.events.of_client(client_id)
    return messages.ClassReply.model_validate(
        {"class": here.class_now(row), "event": messages.EventRef(id=event.id)}
    )
