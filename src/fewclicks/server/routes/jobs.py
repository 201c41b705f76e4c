"""Long work: started here, done by the worker, seen from here."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.responses import FileResponse

from fewclicks.items.sources import open_source
from fewclicks.server import messages, requests, telling
from fewclicks.server.context import Here
from fewclicks.server.exports import (
    CARD_TYPES,
    MEDIA_TYPES,
    check_target,
    exported_card,
    exported_file,
)
from fewclicks.server.failures import documented
from fewclicks.server.requests import LARGEST_ID

router = APIRouter(tags=["jobs"])

JobId = Annotated[int, Path(ge=0, le=LARGEST_ID)]


@router.post("/jobs", summary="Queue a job", responses=documented(409, 413, 424, 503, 507))
def add_job(here: Here, request: requests.JobRequest) -> messages.JobReply:
    """Jobs are done one at a time, in order; one that is cut off goes on after a restart."""
    if isinstance(request, requests.ExportRequest):
        check_target(request.args.format, request.args.folder)
    if isinstance(request, requests.AddRequest):
        open_source(request.args.source, groups=request.args.groups)
    args = request.args.model_dump(exclude_none=True)
    row = here.store.jobs.add(request.kind, args, request.client_id)
    here.queued()
    return messages.JobReply(job=telling.job(row))


@router.get("/jobs/{job_id}", summary="One job", responses=documented(404))
def get_job(here: Here, job_id: JobId) -> messages.JobReply:
    """Its state, how far it is, and its result or error."""
    return messages.JobReply(job=telling.job(here.store.jobs.get(job_id)))


@router.post(
    "/jobs/{job_id}/cancel", summary="Stop a job", responses=documented(404, 413, 503, 507)
)
def cancel_job(here: Here, job_id: JobId, request: requests.Write) -> messages.JobReply:
    """What is done stays done; a finished job stays as it is."""
    row = here.store.jobs.cancel(job_id)
    return messages.JobReply(job=telling.job(row))


@router.get(
    "/exports/{job_id}/file",
    summary="Download an exported table",
    response_class=FileResponse,
    responses={
        200: {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}},
        **documented(404),
    },
)
def download_export(here: Here, job_id: JobId) -> FileResponse:
    """The file that a finished export job wrote, as CSV, Parquet or JSONL."""
    path, media_type, name = exported_file(here.project, here.store.jobs.get(job_id))
    return FileResponse(path, media_type=media_type, filename=name)


@router.get(
    "/exports/{job_id}/card",
    summary="Download the label card of an exported table",
    response_class=FileResponse,
    responses={
        200: {"content": {media_type: {} for media_type in CARD_TYPES.values()}},
        **documented(404),
    },
)
def download_card(here: Here, job_id: JobId, format: Literal["md", "json"] = "md") -> FileResponse:
    """Whence the labels come and how right they are, to read; as JSON also all that it takes to
    check that with `fewclicks verify`."""
    path, media_type, name = exported_card(here.project, here.store.jobs.get(job_id), format)
    return FileResponse(path, media_type=media_type, filename=name)
