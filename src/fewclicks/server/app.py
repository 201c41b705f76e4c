"""The HTTP applications, of a project and before one: routes under /api, the page elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
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
    certificates,
    classes,
    entrance,
    history,
    items,
    jobs,
    layout,
    mistakes,
    places,
    predictions,
    project,
    questions,
)

PAGE = Path(__file__).parent / "page"

PARTS = (
    project,
    questions,
    answers,
    classes,
    items,
    mistakes,
    certificates,
    layout,
    jobs,
    predictions,
    history,
    places,
)
"""Modules of routes, in the order of their documentation."""

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
    app = _app(_running)
    app.state.context = Context(served, annotator, with_worker)
    app.state.pace = Pace()
    for part in PARTS:
        app.include_router(part.router, prefix="/api")
    return _guarded(app, PageFiles(page), token, host)


def create_entrance(token: str, *, host: str = "127.0.0.1", page: Path = PAGE) -> FastAPI:
    """Make the application that shows what there is to label, before there is a project.

    Parameters as of `create_app`; whoever serves it puts its `House` in `state.house`.
    """
    app = _app()
    for part in (entrance, places):
        app.include_router(part.router, prefix="/api")
    return _guarded(app, PageFiles(page, "entrance.html"), token, host)


def _app(lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None) -> FastAPI:
    app = FastAPI(
        title="fewclicks",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        docs_url=None,  # they would load scripts from the network
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=_route_name,
        responses=failures.documented(401, 403, 422, 500),
    )
    failures.install(app)
    return app


def _guarded(app: FastAPI, page: PageFiles, token: str, host: str) -> FastAPI:
    app.mount("/", page, name="page")
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
