"""The items: their labels, thumbnails and images."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from fewclicks.errors import FewclicksError, InvalidInput, ProjectError
from fewclicks.items.thumbnails import media_type
from fewclicks.records import SOURCE_NAMES, BoolArray, IntArray, Labels
from fewclicks.server import messages, telling
from fewclicks.server.context import Context, Here
from fewclicks.server.failures import documented, shown
from fewclicks.server.guesses import doubtful_counts, item_guesses, least_sure
from fewclicks.server.messages import SourceName
from fewclicks.server.requests import LARGEST_ID

router = APIRouter(tags=["items"])

ItemId = Annotated[int, Path(ge=0, le=LARGEST_ID)]

SHOWN_TYPES = frozenset(
    {"image/avif", "image/bmp", "image/gif", "image/jpeg", "image/png", "image/webp"}
)
"""Media types that every browser shows and none runs; of others the thumbnail is sent."""

MOST_THUMBNAILS = 200

_IMMUTABLE = "private, max-age=31536000, immutable"
_IMAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {name: {} for name in ("image/png", "image/jpeg")}}
}


@router.get("/items", summary="Items by class and by who decided their label")
def list_items(
    here: Here,
    class_id: Annotated[int | None, Query(ge=0, le=LARGEST_ID)] = None,
    source: SourceName | None = None,
    after: Annotated[int | None, Query(ge=0, le=LARGEST_ID, description="Last one seen")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    order: Annotated[
        Literal["item", "confidence"], Query(description="By id, or the least sure first")
    ] = "item",
) -> messages.ItemPage:
    """One page, in the order of item ids; or only the first page, the least sure first."""
    if order == "confidence" and after is not None:
        raise InvalidInput("after goes with the order of items only.", "Leave one of them out.")
    labels = here.labels()
    found: IntArray = np.flatnonzero(_wanted(labels, class_id, source, after))
    if order == "confidence":
        found = least_sure(labels, found, limit)
    ids = [int(i) for i in found[:limit]]
    names = here.store.items.names(ids)
    return messages.ItemPage(
        items=[
            messages.ItemTold(
                item=item, name=shown(names[item]), **telling.label(labels, item).model_dump()
            )
            for item in ids
        ],
        next=ids[-1] if len(found) > limit else None,
    )


@router.get("/review", summary="How many labels of each class a model gave")
def get_review(here: Here) -> messages.Review:
    """The class with the most doubtful labels first."""
    counts = doubtful_counts(here.labels())
    return messages.Review(
        classes=[messages.Reviewed(class_id=c, n=n, n_doubtful=k) for c, n, k in counts]
    )


@router.get("/thumbnails", summary="Several thumbnails in one reply", responses=documented(404))
def list_thumbnails(
    here: Here,
    response: Response,
    items: Annotated[str, Query(description=f"Up to {MOST_THUMBNAILS} item ids, with commas")],
) -> messages.Thumbnails:
    """As data URLs, in the order asked for: a browser spends far longer on a request than on a
    tiny picture."""
    response.headers.update({"Cache-Control": _IMMUTABLE, "Vary": "Cookie"})
    return messages.Thumbnails(
        thumbnails=[telling.data_url(_thumbnail(here, item)) for item in _ids(items)]
    )


@router.get("/items/{item_id}", summary="All that is known of an item", responses=documented(404))
def get_item(here: Here, item_id: ItemId) -> messages.ItemDetail:
    """Where it comes from, its label, and what people said of it."""
    row = here.store.items.row(item_id)
    labels = here.labels()
    return messages.ItemDetail(
        item=item_id,
        name=shown(row.key),
        group=None if row.group is None else shown(row.group),
        split=None if row.split is None else shown(row.split),
        width=row.width,
        height=row.height,
        duplicate_of=row.duplicate_of,
        label=telling.label(labels, item_id),
        guesses=telling.guesses(item_guesses(labels, item_id)),
        answers=[telling.answer(answer) for answer in here.store.answers.of_item(item_id)],
    )


@router.get(
    "/items/{item_id}/similar",
    summary="The items that look most like one",
    responses=documented(404, 409),
)
def get_similar(
    here: Here, item_id: ItemId, limit: Annotated[int, Query(ge=2, le=1000)] = 200
) -> messages.Similar:
    """That one first, then the nearest by their features."""
    here.store.items.row(item_id)
    return messages.Similar(items=here.similar(item_id, limit).tolist())


@router.get(
    "/items/{item_id}/thumbnail",
    summary="A small image of an item, which never changes",
    response_class=Response,
    responses={**_IMAGE, **documented(404)},
)
def get_thumbnail(here: Here, item_id: ItemId) -> Response:
    """PNG or JPEG, upright, at most 256 pixels long."""
    # another project may be served at this address tomorrow, with another cookie
    return _image(_thumbnail(here, item_id), {"Cache-Control": _IMMUTABLE, "Vary": "Cookie"})


@router.get(
    "/items/{item_id}/image",
    summary="The original image of an item",
    response_class=Response,
    responses={**_IMAGE, **documented(404)},
)
def get_image(here: Here, item_id: ItemId) -> Response:
    """Its thumbnail, with the header `X-Fewclicks-Original: missing`, where there is no original
    that a browser can show."""
    headers = {"Cache-Control": "private, no-cache"}
    original = _original(here, item_id)
    if original is not None and original[1] in SHOWN_TYPES:
        return Response(original[0], media_type=original[1], headers=headers)
    thumbnail = _thumbnail(here, item_id)
    return _image(thumbnail, {**headers, "X-Fewclicks-Original": "missing"})


def _wanted(
    labels: Labels, class_id: int | None, source: SourceName | None, after: int | None
) -> BoolArray:
    wanted = np.ones(len(labels.sources), bool)
    if class_id is not None:
        wanted &= labels.class_ids[:, 0] == class_id
    if source is not None:
        wanted &= labels.sources == SOURCE_NAMES.index(source)
    if after is not None:
        wanted[: after + 1] = False
    return wanted


def _ids(text: str) -> list[int]:
    parts = text.split(",")
    ids = [int(part) for part in parts if re.fullmatch("[0-9]{1,10}", part)]
    if len(ids) < len(parts) or len(ids) > MOST_THUMBNAILS or max(ids) > LARGEST_ID:
        raise InvalidInput(
            f"items must be 1 to {MOST_THUMBNAILS} item ids with commas between them."
        )
    return ids


def _image(content: bytes, headers: dict[str, str]) -> Response:
    return Response(content, media_type=media_type(content), headers=headers)


def _thumbnail(here: Context, item_id: int) -> bytes:
    try:
        return here.project.thumbnails.read(item_id)
    except ProjectError:
        here.store.items.row(item_id)  # NotFound is the better word if there is no such item
        raise


def _original(here: Context, item_id: int) -> tuple[bytes, str] | None:
    here.store.items.row(item_id)
    try:
        return here.project.original(item_id)
    except FewclicksError:
        return None  # its source cannot be read now: the thumbnail is as good as it gets
