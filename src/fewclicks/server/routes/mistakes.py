"""Answers that are suspected; they are settled by answering again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from fewclicks.errors import Conflict
from fewclicks.records import Labels
from fewclicks.server.context import Context, Here
from fewclicks.server.failures import documented, shown
from fewclicks.server.messages import Neighbour
from fewclicks.server.mistakemessages import MistakeKind, MistakePage, MistakeTold, ReasonTold
from fewclicks.workflows.explaining import Mistake, counts_by_kind, explained, of_kind
from fewclicks.workflows.exporting import iso_time
from fewclicks.workflows.suspecting import Suspected, known_mistakes

router = APIRouter(tags=["mistakes"])


@router.get(
    "/mistakes",
    summary="Answers that all else contradicts, the worst first",
    responses=documented(409),
)
def list_mistakes(
    here: Here,
    kind: MistakeKind | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> MistakePage:
    """As they were found when somebody last looked, without those that were answered again since.
    A job of the kind “mistakes” looks. An item named once more, for “review”, is not suspected
    again: with the same class the answer stands."""
    found = _known(here)
    labels = here.labels()
    wanted = of_kind(found, kind).only(slice(limit))
    return MistakePage(
        mistakes=[_told(one, labels) for one in explained(here.store, wanted)],
        n=len(found.items),
        counts=counts_by_kind(found),
        n_judged=found.n_judged,
        fresh=found.last_event == here.store.events.last_id(),
        note=found.note,
    )


def _known(here: Context) -> Suspected:
    """What was found.

    Raises
    ------
    Conflict
        Nobody has looked yet.
    """
    found = known_mistakes(here.store)
    if found is not None:
        return found
    if here.store.jobs.pending("mistakes"):
        raise Conflict("Mistakes are being looked for.", "Ask again when that job is done.")
    raise Conflict(
        "Nobody has looked for mistakes yet.",
        "Queue a job of the kind “mistakes”, and ask again when it is done.",
    )


def _told(mistake: Mistake, labels: Labels) -> MistakeTold:
    return MistakeTold(
        item=mistake.item,
        name=shown(mistake.name),
        said=mistake.said,
        suspected=mistake.suspected,
        score=mistake.score,
        reasons=[
            ReasonTold.model_validate(
                {
                    "kind": reason.kind,
                    "score": reason.score,
                    "class_id": reason.suspected,
                    "sentence": reason.sentence,
                }
            )
            for reason in mistake.reasons
        ],
        annotator=shown(mistake.annotator),
        answered_at=iso_time(mistake.answered_at),
        n_together=mistake.n_together,
        witnesses=[
            Neighbour(item=item, class_id=int(labels.class_ids[item, 0]))
            for item in mistake.witnesses
        ],
    )
