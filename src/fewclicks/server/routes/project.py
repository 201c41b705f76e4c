"""The project and how far it is."""

from __future__ import annotations

from fastapi import APIRouter

from fewclicks import __version__
from fewclicks.clusters import CLUSTERERS
from fewclicks.server import messages, peoplemessages, reportmessages, telling
from fewclicks.server.context import Here
from fewclicks.server.failures import documented, shown
from fewclicks.workflows import WORKFLOWS

router = APIRouter(tags=["project"])

_SHOWN_STATES = ("queued", "running", "failed")


@router.get("/project", summary="What the project is")
def get_project(here: Here) -> messages.ProjectTold:
    """Name, size, features and workflow; `prepared` tells whether labelling can begin."""
    project = here.project
    options = project.options
    settled = options.get("features_settled", {})
    return messages.ProjectTold(
        name=project.name,
        n_items=project.n_items,
        kind=settled.get("kind"),
        features=settled.get("name", options["features"]),
        clusterer=options["clusterer"],
        has_map=CLUSTERERS[options["clusterer"]].has_map,
        workflow=options["workflow"],
        workflows=[
            messages.WorkflowTold(name=name, summary=workflow.summary)
            for name, workflow in WORKFLOWS.items()
        ],
        version=__version__,
        read_only=here.store.database.read_only,
        prepared=project.prepared,
        n_failures=here.store.items.count_failures(),
        n_duplicates=here.store.items.count_duplicates(),
        folder=shown(str(project.folder.resolve())),
        annotator=shown(here.annotator),
    )


@router.get("/progress", summary="How far the labelling is", responses=documented(503))
def get_progress(here: Here) -> messages.Progress:
    """Counts, effort, and the jobs under way; the page asks for it every second or two."""
    jobs = [telling.job(row) for row in here.store.jobs.recent() if row.state in _SHOWN_STATES]
    waiting = here.store.questions.count_open(here.annotator)
    open_ = {"items": waiting["item"], "clusters": waiting["cluster"]}
    told = {"open": open_, "jobs": jobs, "certificate": here.under_way()}
    return messages.Progress.model_validate({**here.status(), **told})


@router.get("/report", summary="How right the labels are", responses=documented(503))
def get_report(here: Here) -> reportmessages.Report:
    """By blind answers, per class and round; and who gave how many answers when."""
    return telling.report(here.report())


@router.get("/people", summary="How far people agree", responses=documented(503))
def get_people(here: Here) -> peoplemessages.People:
    """What each person gave, how often they say what others say, and the same when asked again.

    Intervals are of resamples, drawn the same each time."""
    return peoplemessages.People.model_validate(here.people())
