"""Where the items lie on the plane, as plain numbers: a million are 8 MB."""

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
    tag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Cookie"}
    if if_none_match == tag:
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
