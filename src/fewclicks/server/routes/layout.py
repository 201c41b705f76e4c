"""Where the items lie on the plane and what they are, as plain numbers: a million are 18 MB."""

from __future__ import annotations

import hashlib
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from fewclicks.errors import Conflict
from fewclicks.records import FloatArray
from fewclicks.server.context import Context, Here
from fewclicks.server.failures import documented
from fewclicks.server.requests import LARGEST_ID

router = APIRouter(tags=["layout"])

MEDIA_TYPE = "application/octet-stream"

First = Annotated[int, Query(alias="from", ge=0, le=LARGEST_ID, description="First item wanted")]
Limit = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Most items; by default all")]


@router.get(
    "/layout",
    summary="Where the items lie on the plane",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}}, **documented(409)},
)
def get_layout(
    here: Here,
    first: First = 0,
    limit: Limit = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """x and y of each item in turn, in [0, 1], as 32-bit floats, little-endian; fewer than there
    are items while some have no place yet. A job of the kind “layout” finds them."""
    last = None if limit is None else first + limit
    body = np.ascontiguousarray(_places(here)[first:last], dtype="<f4").tobytes()
    return _numbers(body, if_none_match)


@router.get(
    "/labels",
    summary="The label of every item, as plain numbers",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {}}}},
)
def get_labels(here: Here, if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Four blocks with a number for each item, little-endian: the class as a 32-bit integer, −1
    where there is none; the cluster as a 32-bit integer, −1 before there are any; the confidence
    in 255ths as a byte; who decided as a byte, by its place in none, person, cluster, model, group.
    """
    labels = here.labels()
    confidences = np.rint(255 * np.clip(labels.confidences[:, 0], 0, 1)).astype("u1")
    blocks = (
        labels.class_ids[:, 0].astype("<i4"),
        here.clusters(len(labels.sources)).astype("<i4"),
        confidences,
        labels.sources.astype("u1"),
    )
    return _numbers(b"".join(block.tobytes() for block in blocks), if_none_match)


def _numbers(body: bytes, known: str | None) -> Response:
    """The numbers, or 304 if the browser has these very ones."""
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if known == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


def _places(here: Context) -> FloatArray:
    """The places there are.

    Raises
    ------
    Conflict
        There are none.
    """
    with here.collecting:
        places = here.project.layout_known()
    if places is not None:
        return places
    if here.store.jobs.pending("layout"):
        raise Conflict("The items are being laid out.", "Ask again when that job is done.")
    raise Conflict(
        "The items have no places yet.",
        "Queue a job of the kind “layout”, and ask again when it is done.",
    )
