"""What was done, and how it is taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from fewclicks.server import messages, requests, telling
from fewclicks.server.context import Here
from fewclicks.server.failures import documented
from fewclicks.server.requests import LARGEST_ID

router = APIRouter(tags=["history"])


@router.get("/history", summary="Every change, newest first")
def list_events(
    here: Here,
    before: Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="Oldest seen")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> messages.History:
    """One page of the history."""
    events = here.store.events.history(before, limit)
    return messages.History(events=[telling.event(event) for event in events])


@router.get(
    "/history/{event_id}/items",
    summary="The items that a change told of",
    responses=documented(404),
)
def list_event_items(
    here: Here,
    event_id: Annotated[int, Path(ge=0, le=LARGEST_ID)],
    limit: Annotated[int, Query(ge=1, le=10_000)] = 200,
) -> messages.EventItems:
    """Those that were answered by it, whether or not it has been undone, as they are labelled now;
    clusters without their misfits, most typical first."""
    here.store.events.get(event_id)
    items, labels = here.store.answers.items_of_event(event_id), here.labels()
    return messages.EventItems(
        items=[
            messages.LabelledItem(item=int(item), **telling.label(labels, int(item)).model_dump())
            for item in items[:limit]
        ],
        n=len(items),
    )


@router.post("/undo", summary="Take back a change", responses=documented(404, 409, 413, 503, 507))
def undo(here: Here, request: requests.UndoRequest) -> messages.UndoReply:
    """Without `event`, the annotator's latest change that stands; with it, any that can be."""
    event, undone = here.store.events.undo(here.annotator, request.client_id, request.event)
    here.changed()
    return messages.UndoReply(event=telling.event(event), undone=telling.event(undone))


@router.post(
    "/redo", summary="Apply again what was undone", responses=documented(409, 413, 503, 507)
)
def redo(here: Here, request: requests.Write) -> messages.UndoReply:
    """Possible until something else is changed."""
    event, again = here.store.events.redo(here.annotator, request.client_id)
    here.changed()
    return messages.UndoReply(event=telling.event(event), undone=telling.event(again))
