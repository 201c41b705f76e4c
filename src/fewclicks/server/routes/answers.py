"""What people say."""

from __future__ import annotations

from contextlib import nullcontext

from fastapi import APIRouter

from fewclicks.records import Reply
from fewclicks.server import messages, requests, telling
from fewclicks.server.context import Context, Here
from fewclicks.server.failures import documented

router = APIRouter(tags=["answers"])


@router.post(
    "/answers",
    summary="Answer a question, or say what an item is",
    responses=documented(404, 409, 413, 503, 507),
)
def add_answer(here: Here, request: requests.AnswerRequest) -> messages.AnswerReply:
    """The answer is on disk when the reply comes.

    Send `question_id` or `item`; for the verdict "class", `class_id` or `class_name`. The verdict
    "mixed" splits a cluster: its parts are asked about instead.
    """
    # only a split reads the features
    with here.collecting if request.verdict == "mixed" else nullcontext():
        row = here.project.answer(
            here.annotator,
            _said(request),
            question_id=request.question_id,
            item=request.item,
            class_id=request.class_id,
            client_id=request.client_id,
            replace=request.replace,
        )
    here.changed()
    return messages.AnswerReply.model_validate(
        {
            "answer": telling.answer(row),
            "event": messages.EventRef(id=row.event),
            "class": _class_of(here, row.class_id),
            "split": row.split,
        }
    )


def _said(request: requests.AnswerRequest) -> Reply:
    misfits = tuple(request.misfits)
    return Reply(request.verdict, request.class_name, misfits, request.seconds, request.actions)


def _class_of(here: Context, class_id: int | None) -> messages.ClassTold | None:
    """The class an answer named; null if it has been deleted or merged since."""
    rows = {row.id: row for row in here.store.classes.all()} if class_id is not None else {}
    return here.class_now(rows[class_id]) if class_id in rows else None
