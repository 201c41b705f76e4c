"""The classes: named, renamed, merged and deleted, never at the cost of an answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from fewclicks.errors import InvalidInput
from fewclicks.server import messages, requests
from fewclicks.server.context import Context, Here
from fewclicks.server.failures import documented
from fewclicks.server.requests import LARGEST_ID
from fewclicks.store.classes import ClassRow

router = APIRouter(tags=["classes"])

ClassId = Annotated[int, Path(ge=0, le=LARGEST_ID)]
_WRITE = (409, 413, 503, 507)


@router.get("/classes", summary="Classes in use")
def list_classes(here: Here) -> messages.ClassList:
    """In the order they were created, with their numbers of answers and labels."""
    return messages.ClassList(classes=here.classes())


@router.post("/classes", summary="Add a class", responses=documented(*_WRITE))
def add_class(here: Here, request: requests.ClassRequest) -> messages.ClassReply:
    """A name or key that another class has is refused."""
    row = here.store.classes.create(
        here.annotator, request.name, request.color, request.key, request.client_id
    )
    return _reply(here, row, request.client_id)


@router.patch("/classes/{class_id}", summary="Change a class", responses=documented(404, *_WRITE))
def change_class(
    here: Here, class_id: ClassId, request: requests.ClassChange
) -> messages.ClassReply:
    """Rename it, colour it, or give it another key; its answers stay its answers."""
    given = request.model_dump(exclude_unset=True, exclude={"client_id"})
    values = {name: value for name, value in given.items() if value is not None}
    if "key" in given:
        values["key"] = given["key"] or ""  # no key at all
    if not values:
        raise InvalidInput("Nothing is to change.", "Send name, color or key.")
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


def _reply(here: Context, row: ClassRow, client_id: str) -> messages.ClassReply:
    here.changed()
    event = here.store.events.of_client(client_id)
    return messages.ClassReply.model_validate(
        {"class": here.class_now(row), "event": messages.EventRef(id=event.id)}
    )
