"""A server that begins without a project: its entrance first, the chosen project afterwards."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from fewclicks.errors import Conflict
from fewclicks.project import Project


class House:
    """An ASGI application that hands every request to the application of the moment.

    Parameters
    ----------
    make_app : callable
        Makes the application of a project.
    annotator : str
        Under whose name answers will be recorded.
    folder : Path
        Where to look for images and projects first.
    """

    def __init__(
        self, make_app: Callable[[Project], FastAPI], annotator: str, folder: Path
    ) -> None:
        self.annotator = annotator
        self.folder = folder
        self._make_app = make_app
        self._app: ASGIApp | None = None
        self._entered = False
        self._stack = AsyncExitStack()

    def welcome(self, entrance: FastAPI) -> None:
        """Show this application until a project is entered."""
        entrance.state.house = self
        self._app = entrance

    async def enter(self, project: Project) -> None:
        """Serve a project from now on, and close it with the server.

        Raises
        ------
        Conflict
            A project is served already; this one is closed.
        """
        try:
            self.require_empty()
        except Conflict:
            await run_in_threadpool(project.close)
            raise
        self._entered = True
        async with AsyncExitStack() as stack:
            stack.callback(self._leave)
            stack.push_async_callback(run_in_threadpool, project.close)
            app = self._make_app(project)
            await stack.enter_async_context(app.router.lifespan_context(app))
            self._app, self._stack = app, stack.pop_all()

    def require_empty(self) -> None:
        """Raise Conflict if a project is served already."""
        if self._entered:
            raise Conflict("A project has been opened here already.", "Reload the page.")

    def _leave(self) -> None:
        self._entered = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application of the moment does."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif self._app is not None:
            await self._app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stack.aclose()
        await send({"type": "lifespan.shutdown.complete"})
