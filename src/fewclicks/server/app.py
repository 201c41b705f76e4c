"""The HTTP application of one project: routes under /api, the page everywhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from fewclicks import __version__
from fewclicks.project import Project
from fewclicks.server import failures
from fewclicks.server.access import BodyLimit, Guard
from fewclicks.server.context import Context
from fewclicks.server.pace import Pace
from fewclicks.server.pagefiles import PageFiles
from fewclicks.server.routes import (
    answers,
    classes,
    history,
    items,
    jobs,
    layout,
    predictions,
    project,
    questions,
)

PAGE = Path(__file__).parent / "page"

DESCRIPTION = """The routes that the page uses, open to scripts as well.

Every request needs the token that the server printed, as `Authorization: Bearer TOKEN`. Every
write carries a `client_id`; repeating it changes nothing and gives the same answer again. Errors
have one shape: `{"error": {"code", "message", "remedy"}}`.
"""


def create_app(
    served: Project,
    token: str,
    annotator: str,
    *,
    host: str = "127.0.0.1",
    with_worker: bool = True,
    page: Path = PAGE,
) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    served : Project
        Stays open while the application runs; the caller closes it.
    token : str
        What every request must know.
    annotator : str
        The name that answers are recorded under.
    host : str, default "127.0.0.1"
        The address served at.
    with_worker : bool, default True
        Whether jobs are done and rounds started by a worker of this server; otherwise jobs wait
        until another server of the project does them.
    page : Path
        Folder with the page's files.
    """
    context = Context(served, annotator, with_worker)
    app = FastAPI(
        title="fewclicks",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,  # they would load scripts from the network
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_running,
        generate_unique_id_function=_route_name,
        responses=failures.documented(401, 403, 422, 500),
    )
    app.state.context = context
    app.state.pace = Pace()
    failures.install(app)
    for part in (project, questions, answers, classes, items, layout, jobs, predictions, history):
        app.include_router(part.router, prefix="/api")
    app.mount("/", PageFiles(page), name="page")
    app.add_middleware(BodyLimit)
    app.add_middleware(Guard, token=token, host=host)
    return app


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    context: Context = app.state.context
    await run_in_threadpool(context.start)
    try:
        yield
    finally:
        await run_in_threadpool(context.stop)


def _route_name(route: APIRoute) -> str:
    return route.name
