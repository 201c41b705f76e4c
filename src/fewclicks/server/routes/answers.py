"""What people say."""

from __future__ import annotations

from contextlib import nullcontext

from fastapi import APIRouter

from fewclicks.records import Reply, Statement
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
            together=request.together,
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


@router.post(
    "/answers/many",
    summary="Answer many questions at once, or say what many items are",
    responses=documented(404, 413, 503, 507),
)
def add_answers(here: Here, request: requests.AnswersRequest) -> messages.AnswersReply:
    """One change, which one undo takes back. A question that has been answered in the meantime
    keeps its answer; all others are recorded, or, if one of them cannot be, none. What is `wrong`
    is asked about before all other questions, whatever rounds come."""
    rows = here.store.answers.add_many(
        here.annotator,
        _statements(request),
        purpose=request.purpose,
        wrong=request.wrong,
        together=request.together,
        reason=request.reason,
        client_id=request.client_id,
    )
    if any(row.purpose == "audit" for row in rows):
        here.project.certificates.draw_on()
    here.changed()
    named = {row.class_id for row in rows}
    return messages.AnswersReply(
        answers=[telling.answer(row) for row in rows],
        event=messages.EventRef(id=here.store.events.of_client(request.client_id).id),
        classes=[here.class_now(row) for row in here.store.classes.all() if row.id in named],
    )


def _statements(request: requests.AnswersRequest) -> list[Statement]:
    """Each answer has its share of the time; the actions are those of the first, in whole."""
    each = request.seconds / max(1, len(request.answers))
    return [
        Statement(
            Reply(one.verdict, one.class_name, (), each, 0 if number else request.actions),
            one.question_id,
            one.item,
            one.class_id,
        )
        for number, one in enumerate(request.answers)
    ]


def _said(request: requests.AnswerRequest) -> Reply:
    misfits = tuple(request.misfits)
    return Reply(request.verdict, request.class_name, misfits, request.seconds, request.actions)


def _class_of(here: Context, class_id: int | None) -> messages.ClassTold | None:
    """The class an answer named; null if it has been deleted or merged since."""
    rows = {row.id: row for row in here.store.classes.all()} if class_id is not None else {}
    return here.class_now(rows[class_id]) if class_id in rows else None
