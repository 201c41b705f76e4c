"""Claims about how few labels are wrong, and how far blind answers prove them."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter

from fewclicks.server import requests
from fewclicks.server.certificatemessages import (
    CertificateReply,
    CertificateTold,
    CertifyRequest,
    PageRequest,
    PageTold,
)
from fewclicks.server.context import Context, Here
from fewclicks.server.failures import documented
from fewclicks.server.messages import AnswerCounts
from fewclicks.workflows.auditpages import AuditPage

router = APIRouter(tags=["certificates"])


@router.get("/certificate", summary="How the newest certificate stands", responses=documented(404))
def get_certificate(here: Here) -> CertificateReply:
    """The claim, how many items were drawn for it, and what their answers prove."""
    return _told(here)


@router.post(
    "/certificate",
    summary="Begin to prove that few labels are wrong",
    responses=documented(409, 413, 503, 507),
)
def certify(here: Here, request: CertifyRequest) -> CertificateReply:
    """The labels are kept as they are, and items drawn at random are asked about before all
    others. The certificate that was open, if there was one, ends."""
    with here.collecting:
        here.project.certificates.begin(
            request.error,
            confidence=request.confidence,
            annotator=here.annotator,
            client_id=request.client_id,
            draw=request.draw,
        )
    here.changed()
    return _told(here)


@router.get(
    "/certificate/page",
    summary="Images of one class to be looked through for the open certificate",
    responses=documented(409),
)
def get_page(here: Here) -> PageTold:
    """Drawn at random, with some among them that are known to be of another class, which tell how
    much is missed. The same until it was looked through."""
    with here.collecting:
        page = here.project.certificates.pages.next(here.project.collection().features)
    return PageTold(class_id=page.class_id, items=page.items.tolist())


@router.post(
    "/certificate/page",
    summary="Say what is wrong on a page",
    responses=documented(409, 413, 503, 507),
)
def look_through(here: Here, request: PageRequest) -> CertificateReply:
    """All others on it are of the class; those found wrong are asked about singly."""
    page = AuditPage(request.class_id, np.array(request.items, np.int64))
    with here.collecting:
        features = here.project.collection().features
    here.project.certificates.pages.look_through(
        page,
        request.wrong,
        features,
        seconds=request.seconds,
        actions=request.actions,
        annotator=here.annotator,
        client_id=request.client_id,
    )
    here.changed()
    return _told(here)


@router.post(
    "/certificate/name",
    summary="Let people name the labels that are too unsure for the claim",
    responses=documented(409, 413, 503, 507),
)
def name_unsure(here: Here, request: requests.Write) -> CertificateReply:
    """They are asked about before all others, and no more are drawn at random. Once all are named
    the claim holds."""
    here.project.certificates.name_unsure(here.annotator, request.client_id)
    here.changed()
    return _told(here)


@router.post(
    "/certificate/end",
    summary="Go on labelling",
    responses=documented(404, 409, 413, 503, 507),
)
def end_certificate(here: Here, request: requests.Write) -> CertificateReply:
    """The newest certificate asks no more; its labels may change again."""
    here.project.certificates.end(here.annotator, request.client_id)
    here.changed()
    return _told(here)


def _told(here: Context) -> CertificateReply:
    standing = here.certificate()
    return CertificateReply(
        certificate=None
        if standing is None
        else CertificateTold.model_validate(standing.to_dict()),
        answers=AnswerCounts.model_validate(here.status()["answers"]),
    )
