"""Serve a project's page until Ctrl-C."""

from __future__ import annotations

import gc
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from os import PathLike
from pathlib import Path

import uvicorn

from fewclicks import checks, settings
from fewclicks.errors import Conflict, InvalidInput
from fewclicks.project import Project
from fewclicks.server.access import new_token
from fewclicks.server.app import create_app, create_entrance
from fewclicks.server.house import House

FIRST_PORT = 8765
PORTS_TRIED = 20
KEEP_ALIVE_SECONDS = 75
"""Longer than the page is ever silent: a connection closed just as it is used costs a retry."""

GOODBYE_SECONDS = 5
"""Requests under way when the server is told to stop get this long."""


def serve(
    project_folder: str | PathLike[str],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    annotator: str | None = None,
    open_browser: bool = True,
    url: str | None = None,
    ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve a project until SIGINT (Ctrl-C) or SIGTERM, then end in good order.

    Parameters
    ----------
    project_folder : path
        An existing project.
    host : str, default "127.0.0.1"
        Address to listen at; the default lets in this machine only.
    port : int, optional
        0 lets the system choose; by default the first free one from 8765.
    token : str, optional
        By default a new random one.
    annotator : str, optional
        The name that answers are recorded under; by default the name of the user.
    open_browser : bool, default True
        Whether to open the page in the default browser.
    url : str, optional
        Database URL; by default SQLite in the folder.
    ready : callable
        Called with the page's address, token included, once it can be opened.

    Raises
    ------
    Conflict
        The port is taken.
    InvalidInput
        The host is no address of this machine, or the port or token is none.
    NotFound, ProjectError
        The project cannot be opened.
    """
    key = token or new_token()
    with Project.open(project_folder, url) as project, closing(_listen(host, port)) as listener:
        app = create_app(project, key, annotator or settings.user_name(), host=host)
        _run(app, listener, host, key, open_browser, ready)


def serve_entrance(
    folder: str | PathLike[str],
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    token: str | None = None,
    annotator: str | None = None,
    open_browser: bool = True,
    ready: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve a page on which images, or a project, are chosen; then that project, until SIGINT.

    Parameters
    ----------
    folder : path
        Where to look first.

    All others, and what is raised, as of `serve`.
    """
    key, who = token or new_token(), annotator or settings.user_name()
    house = House(
        lambda project: create_app(project, key, who, host=host), who, Path(folder).resolve()
    )
    house.welcome(create_entrance(key, host=host))
    with closing(_listen(host, port)) as listener:
        _run(house, listener, host, key, open_browser, ready)


def _run(
    app: Callable[..., object],
    listener: socket.socket,
    host: str,
    key: str,
    open_browser: bool,
    ready: Callable[[str], None],
) -> None:
    address = f"http://{_shown_host(host)}:{listener.getsockname()[1]}/?token={key}"
    server = _Server(_config(app), lambda: _announce(address, open_browser, ready))
    with _signals_end_the_server_only(), _old_objects_left_alone():
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Uvicorn, saying when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()


def _config(app: Callable[..., object]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,  # it would hold the token
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
    )


def _announce(address: str, open_browser: bool, ready: Callable[[str], None]) -> None:
    ready(address)
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def _listen(host: str, port: int | None) -> socket.socket:
    """A socket bound to the port asked for, or to the first free one."""
    if port is not None:
        return _bound(host, port)
    for candidate in range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        try:
            return _bound(host, candidate)
        except Conflict:
            continue
    return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    checks.between(port, 0, 65_535, "port", integer=True)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InvalidInput(
            f"{host!r}, port {port}, is no address to listen at: {error}."
        ) from error
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Conflict(
            f"Port {port} of {host} cannot be used: {error.strerror}.",
            "Choose another one with --port, or stop the program that uses it.",
        ) from error
    return listener


def _shown_host(host: str) -> str:
    """The host as it stands in an address that a browser on this machine can open."""
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


@contextmanager
def _old_objects_left_alone() -> Iterator[None]:
    """Keep the garbage collector from the 200,000 objects that last as long as the process does.

    Looking through all of them holds up an answer by a tenth of a second.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _signals_end_the_server_only() -> Iterator[None]:
    """Uvicorn raises again the signal that ended it; here it has done all it should."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
