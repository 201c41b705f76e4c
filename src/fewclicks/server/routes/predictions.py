"""Images that are no items yet: what they show, and how they become items."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from fewclicks.server import telling
from fewclicks.server.context import Here
from fewclicks.server.failures import documented
from fewclicks.server.pace import IMAGE_BODY, ImageBody, Paced
from fewclicks.server.predictionmessages import PredictionTold, UploadList, UploadTold
from fewclicks.workflows.uploading import (
    THRESHOLD,
    latest_uploads,
    predict_one,
    safe_name,
)

router = APIRouter(tags=["predictions"])

FileName = Annotated[str, Query(max_length=1000, description="The file's name")]
Threshold = Annotated[float, Query(ge=0, le=1, description="Confidence from which nobody is asked")]


@router.post(
    "/predict",
    summary="What an image shows, without keeping it",
    dependencies=[Paced],
    openapi_extra=IMAGE_BODY,
    responses=documented(413, 429, 503, 507),
)
def predict(here: Here, image: ImageBody, name: FileName = "image") -> PredictionTold:
    """The body is the image file itself, one per request."""
    with here.predicting:
        here.labels()
        predictor = here.project.predictor()
        told = predict_one(here.store, predictor, image, safe_name(name))
    return telling.prediction(told, predictor.by)


@router.post(
    "/uploads",
    summary="Make an image an item",
    dependencies=[Paced],
    openapi_extra=IMAGE_BODY,
    responses=documented(413, 429, 503, 507),
)
def add_upload(
    here: Here, image: ImageBody, name: FileName = "image", threshold: Threshold = THRESHOLD
) -> UploadTold:
    """Left to the next round from the threshold on, else asked about; it is on disk when the reply
    comes, and the same image again is the same item."""
    with here.predicting:
        here.labels()
        done = here.project.upload(image, name, threshold=threshold)
        by = here.project.predictor().by
    here.changed()
    return telling.upload(done, by, here.labels())


@router.get("/uploads", summary="The latest uploads")
def list_uploads(here: Here, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> UploadList:
    """Newest first, each with what is believed of it now."""
    with here.predicting:
        labels = here.labels()
        predictor = here.project.predictor()
        found = latest_uploads(here.store, here.project.thumbnails, predictor, labels, limit)
    return UploadList(uploads=[telling.upload(done, predictor.by, labels) for done in found])
