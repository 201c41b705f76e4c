"""Folders of the server's machine, and what the images in one look like."""

from __future__ import annotations

import os
from typing import Annotated, cast

from fastapi import APIRouter, Query

from fewclicks.items.base import SourceBase
from fewclicks.items.preview import preview
from fewclicks.items.sources import open_source
from fewclicks.server import browsing, placemessages, telling
from fewclicks.server.failures import documented, shown
from fewclicks.workflows.choices import project_beside

router = APIRouter(tags=["places"])

LONGEST_PATH = 4096
Place = Annotated[str, Query(min_length=1, max_length=LONGEST_PATH)]


@router.get("/places", summary="What lies in a folder", responses=documented(404))
def list_places(path: Place) -> placemessages.PlaceList:
    """Folders, projects and files that may hold images, of the machine that the server runs on."""
    found = browsing.listing(path)
    return placemessages.PlaceList(
        path=shown(found.path),
        parent=None if found.parent is None else shown(found.parent),
        is_project=found.is_project,
        places=[
            placemessages.PlaceTold(name=shown(one.name), path=shown(one.path), kind=one.kind)
            for one in found.places
        ],
        n_images=found.n_images,
        n_left_out=found.n_left_out,
    )


@router.get("/preview", summary="A first look at a source", responses=documented(424))
def look_at_source(
    source: Place, groups: Annotated[str | None, Query(pattern="^folders$")] = None
) -> placemessages.PreviewTold:
    """Some of the images in a folder, an archive, a list or arrays; nothing is kept."""
    source = os.path.expanduser(source)
    opened = open_source(source, groups=groups)
    seen = preview(opened)
    return placemessages.PreviewTold(
        source=shown(opened.uri),
        kind=opened.kind,
        n_images=seen.n_images,
        complete=seen.complete,
        thumbnails=[telling.data_url(one.thumbnail) for one in seen.samples],
        failures=[
            placemessages.Unreadable(
                name=shown(one.key), reason=shown(one.reason), remedy=shown(one.remedy)
            )
            for one in seen.failures
        ],
        n_labels=seen.n_labels,
        n_groups=seen.n_groups,
        takes_groups=cast(SourceBase, opened).takes_groups,
        project=shown(str(project_beside(source))),
    )
