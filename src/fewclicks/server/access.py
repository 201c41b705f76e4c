"""Who may come in: the token, the Host and Origin checks, and how much they may bring.

The server listens on this machine only, but any web page open in the same browser can send
requests to it. The token keeps other people and pages out; the Host check stops a name that is
made to point here (DNS rebinding); the Origin check stops forms of other pages (CSRF).
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import socket
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fewclicks.errors import InvalidInput
from fewclicks.server.failures import failure

TOKEN_BYTES = 24
"""Random bytes in a token: far beyond guessing."""

MOST_BODY_BYTES = 16 * 1024 * 1024
"""Size limit of a request: a million item ids as JSON are at most 11 MB."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
_GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}


def new_token() -> str:
    """A fresh random token, safe in a URL."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def checked_token(token: str) -> str:
    """The token, if it can stand in a URL, a header and a cookie as it is.

    Raises
    ------
    InvalidInput
        It is shorter than 8 characters, or has others than letters, digits and ``-._~``.
    """
    if not re.fullmatch(r"[A-Za-z0-9._~-]{8,}", token):
        raise InvalidInput(
            "A token must have at least 8 characters out of letters, digits and -._~.",
            "Leave it out to get a random one.",
        )
    return token


class Guard:
    """Lets a request through if its host, origin and token are right.

    Parameters
    ----------
    app : ASGI application
        What is guarded.
    token : str
        Accepted as ``Authorization: Bearer``, as cookie, or as ``?token=``. A page asked for with
        ``?token=`` sets the cookie and leads to the same address without it.
    host : str, default "127.0.0.1"
        The address served at; its name is accepted as Host beside those of this machine. An
        address that means "all of them" (0.0.0.0) lets in any IP address as Host and this
        machine's name, which DNS rebinding cannot use.
    """

    def __init__(self, app: ASGIApp, token: str, host: str = "127.0.0.1") -> None:
        self._app = app
        self._token = checked_token(token)
        self._everywhere = host in _EVERYWHERE
        own = {socket.gethostname().lower()} if self._everywhere else {host.lower()}
        self._hosts = _LOOPBACK | own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or 403, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._strange(scope, headers) or self._unknown(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, _guarded(send))
        else:
            await self._app(scope, receive, _guarded(send))

    def _strange(self, scope: Scope, headers: Headers) -> Response | None:
        """What to answer to a wrong Host or Origin."""
        host = headers.get("host", "")
        if not self._is_ours(_host_name(host)):
            return failure(
                403,
                f"This server does not go by the name {host!r}.",
                "Use the address that fewclicks printed.",
                "forbidden_host",
            )
        origin = headers.get("origin")
        if scope["method"] in _READING or origin is None:
            return None
        if _place(origin) == host.lower():
            return None
        return failure(
            403,
            f"A page of {origin!r} may not change anything here.",
            "Use the page at the address that fewclicks printed.",
            "forbidden_origin",
        )

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """What to answer to a request without the right token, or one that leads to the page."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        in_query = self._is_right(dict(query).get("token", ""))
        if in_query and scope["method"] == "GET" and not scope["path"].startswith("/api/"):
            rest = urlencode([(key, value) for key, value in query if key != "token"])
            # one slash only: //name would lead to another host
            target = "/" + scope["path"].lstrip("/") + (f"?{rest}" if rest else "")
            reply = RedirectResponse(target, 303, {"Cache-Control": "no-store"})
            reply.set_cookie(cookie_name(scope), self._token, httponly=True, samesite="strict")
            return reply
        cookie = HTTPConnection(scope).cookies.get(cookie_name(scope), "")
        if in_query or self._is_right(_bearer(headers)) or self._is_right(cookie):
            return None
        return failure(
            401,
            "This address needs the token of the running server.",
            "Open the address that fewclicks printed; it ends in ?token=…",
        )

    def _is_right(self, token: str) -> bool:
        return secrets.compare_digest(token.encode(), self._token.encode())

    def _is_ours(self, name: str) -> bool:
        return name in self._hosts or (self._everywhere and _is_address(name))


class BodyLimit:
    """Refuses requests with a body of more than `most` bytes, said or unsaid."""

    def __init__(self, app: ASGIApp, most: int = MOST_BODY_BYTES) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, or pass the request on."""
        if scope["type"] != "http" or scope["method"] in _READING:
            await self._app(scope, receive, send)
            return
        body, complete = await self._read(Headers(scope=scope), receive)
        if not complete:
            message = f"A request may have {self._most:,} bytes at most."
            await failure(413, message, "Send less at a time.")(scope, receive, send)
            return
        await self._app(scope, _once(body, receive), send)

    async def _read(self, headers: Headers, receive: Receive) -> tuple[bytes, bool]:
        said = headers.get("content-length", "0")
        if not said.isdecimal() or int(said) > self._most:
            return b"", False
        body = bytearray()
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._most:
                return b"", False
        return bytes(body), True


def cookie_name(scope: Scope) -> str:
    """Name of the token's cookie: browsers share cookies between ports, so the port is in it."""
    server = scope.get("server")
    return f"fewclicks_token_{server[1]}" if server and server[1] else "fewclicks_token"


def _once(body: bytes, receive: Receive) -> Receive:
    """Give a body that has been read already, then whatever comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


def _guarded(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _GUARDS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent


def _bearer(headers: Headers) -> str:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _host_name(host: str) -> str:
    """The name in a Host header, without port or brackets; empty if it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _place(origin: str) -> str:
    """Host and port of an Origin header; empty if it is malformed."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
