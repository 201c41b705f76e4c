"""What is to be asked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query

from fewclicks.errors import NotFound
from fewclicks.records import QuestionKind
from fewclicks.server import messages, requests, telling
from fewclicks.server.context import Here
from fewclicks.server.failures import documented
from fewclicks.server.requests import LARGEST_ID

router = APIRouter(tags=["questions"])

QuestionId = Annotated[int, Path(ge=0, le=LARGEST_ID)]


@router.get("/questions", summary="Open questions, first to be asked first")
def list_questions(
    here: Here,
    kind: QuestionKind,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    after: Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="Last one seen")] = None,
) -> messages.QuestionPage:
    """One page of the queue of item questions or of cluster questions, for who asks: what is for
    others is left out."""
    rows = here.store.questions.page(kind, limit, after, here.annotator)
    labels = here.labels()
    return messages.QuestionPage(
        questions=[telling.question(row, labels) for row in rows],
        open=here.store.questions.count_open(here.annotator)[kind],
    )


@router.post(
    "/questions",
    summary="Ask about items of one's own choosing, as one cluster or one by one",
    responses=documented(404, 413, 503, 507),
)
def ask_about(here: Here, request: requests.AskRequest) -> messages.AskReply:
    """They come before all other questions, and stay whatever rounds come."""
    rows = here.store.questions.ask_about(
        here.annotator,
        request.items,
        request.reason,
        together=request.together,
        purpose=request.purpose,
        instead_of=request.instead_of,
        client_id=request.client_id,
    )
    event = here.store.events.of_client(request.client_id)
    labels = here.labels()
    return messages.AskReply(
        questions=[telling.question(row, labels) for row in rows],
        event=messages.EventRef(id=event.id),
    )


@router.get(
    "/questions/{question_id}",
    summary="One question, with all that is needed to answer it",
    responses=documented(404),
)
def get_question(here: Here, question_id: QuestionId) -> messages.QuestionDetail:
    """All members of a cluster; of an item, what people have named nearby, and what they have
    named as each of its guesses."""
    row = here.store.questions.get(question_id)
    standing = [a for a in here.store.answers.of_question(question_id) if not a.withdrawn]
    labels = here.labels()
    told, blind = telling.question(row, labels), telling.is_blind(row, labels)
    likely = [guess.class_id for guess in told.guesses]
    return messages.QuestionDetail.model_validate(
        {
            **told.model_dump(),
            "members": telling.members(row),
            "outliers": here.outliers(row.members),
            "named": telling.named(labels, row.members),
            "state": row.state,
            "answer": telling.answer(standing[-1]) if standing else None,
            "neighbours": [] if blind or row.item is None else here.neighbours(row.item),
            "examples": [] if row.item is None else here.examples(row.item, likely),
        }
    )


@router.get(
    "/map",
    summary="The clusters of a self-organising map, each in its place",
    responses=documented(404),
)
def get_map(here: Here) -> messages.MapTold:
    """Only of a project with the clusterer “som”; `has_map` of the project tells."""
    if not here.project.prepared:
        raise NotFound("The project has no clusters yet.", "Prepare it first.")
    with here.collecting:
        collection = here.project.collection()
    if collection.map is None:
        raise NotFound(
            f"The clusterer {collection.clusterer} makes no map.",
            "Make the project with --clusterer som.",
        )
    asked = here.store.questions.open_clusters(collection.partition)
    return telling.map_(collection.map, collection.portraits, here.labels(), asked)


@router.post(
    "/questions/{question_id}/skip",
    summary="Send a question to the end of its queue",
    responses=documented(404, 413, 503, 507),
)
def skip_question(
    here: Here, question_id: QuestionId, request: requests.Write
) -> messages.EventReply:
    """It stays open, and comes again when all others of its kind have come."""
    event = here.store.questions.skip(here.annotator, question_id, request.client_id)
    return messages.EventReply(event=messages.EventRef(id=event))
