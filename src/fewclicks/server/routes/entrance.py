"""Beginning: a new project of a place, or one that exists; from then on it is served here."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from fewclicks import __version__
from fewclicks.features import FEATURES
from fewclicks.items.sources import open_source
from fewclicks.project import Project
from fewclicks.server import messages, placemessages, requests
from fewclicks.server.failures import documented, shown
from fewclicks.server.house import House
from fewclicks.workflows import WORKFLOWS
from fewclicks.workflows.choices import project_beside

router = APIRouter(tags=["entrance"])


@router.get("/entrance", summary="What a project can be begun with")
def get_entrance(request: Request) -> placemessages.EntranceTold:
    """Where to look first, and the features and workflows there are."""
    house = _house(request)
    return placemessages.EntranceTold(
        version=__version__,
        annotator=house.annotator,
        folder=shown(str(house.folder)),
        features=[
            placemessages.Choice(name=name, summary=recipe.summary)
            for name, recipe in FEATURES.items()
        ],
        workflows=[
            messages.WorkflowTold(name=name, summary=workflow.summary)
            for name, workflow in WORKFLOWS.items()
        ],
    )


@router.post(
    "/entrance/new", summary="Begin a project", responses=documented(404, 409, 413, 424, 507)
)
async def begin_project(request: Request, wanted: requests.BeginRequest) -> placemessages.Entered:
    """It is made empty and served at once; a job reads the images, another prepares them."""
    _house(request).require_empty()
    project = await run_in_threadpool(_begun, wanted)
    return await _entered(_house(request), project)


@router.post("/entrance/open", summary="Open a project", responses=documented(404, 409, 413, 503))
async def open_project(request: Request, wanted: requests.OpenRequest) -> placemessages.Entered:
    """Serve a project that exists."""
    project = await run_in_threadpool(Project.open, os.path.expanduser(wanted.folder))
    return await _entered(_house(request), project)


def _begun(wanted: requests.BeginRequest) -> Project:
    args = wanted.model_dump(include={"source", "groups"}, exclude_none=True)
    args["source"] = os.path.expanduser(wanted.source)
    open_source(args["source"], groups=args.get("groups"))  # before anything is made for it
    folder = Path(wanted.folder).expanduser() if wanted.folder else project_beside(args["source"])
    project = Project.create(folder, features=wanted.features, workflow=wanted.workflow)
    project.store.jobs.add("add", args, wanted.client_id)
    return project


async def _entered(house: House, project: Project) -> placemessages.Entered:
    await house.enter(project)
    return placemessages.Entered(folder=shown(str(project.folder)))


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house
