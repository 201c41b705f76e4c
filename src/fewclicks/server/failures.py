"""What went wrong, told over HTTP: one table of statuses, one JSON shape."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from fewclicks import errors

STATUSES: dict[type[errors.FewclicksError], int] = {
    errors.FewclicksError: 500,
    errors.InvalidInput: 422,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.MissingExtra: 424,
    errors.ProjectError: 500,
    errors.ProjectBusy: 503,
    errors.ProjectTooNew: 409,
    errors.ReadOnlyProject: 403,
    errors.DiskFull: 507,
}
"""HTTP status of each error; a kind that is not named here has its parent's. The page sends what
met a 5xx again, and gives up what met a 4xx."""

TRANSPORT_CODES = {
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "invalid_input",
    429: "too_many",
    500: "internal",
}
"""Error codes of what HTTP itself refuses, by status."""

_LONGEST_ECHO = 60


class Failure(BaseModel):
    """What went wrong and what to do."""

    code: str
    message: str
    remedy: str


class FailureReply(BaseModel):
    """The body of every reply with a status of 400 or more."""

    error: Failure


def status_of(error: errors.FewclicksError) -> int:
    """HTTP status of an error: that of the nearest kind in `STATUSES`."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def failure(status: int, message: str, remedy: str = "", code: str | None = None) -> JSONResponse:
    """A reply in the one shape that errors have."""
    told = code or TRANSPORT_CODES.get(status, "error")
    return JSONResponse(
        {"error": {"code": told, "message": shown(message), "remedy": shown(remedy)}}, status
    )


def shown(text: str) -> str:
    """Text as JSON can hold it: undecodable bytes of file names become U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may fail with these statuses."""
    return {s: {"model": FailureReply, "description": HTTPStatus(s).phrase} for s in statuses}


def install(app: FastAPI) -> None:
    """Let the app answer every failure in the one shape."""
    app.add_exception_handler(errors.FewclicksError, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(Exception, _unexpected)


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.FewclicksError)
    return failure(status_of(error), error.message, error.remedy, error.code)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return failure(422, invalid_message(error.errors()))


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    message = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.url.path} does not know the method {request.method}.",
    }.get(error.status_code, str(error.detail))
    remedy = {429: "Wait for as many seconds as Retry-After says, then send it again."}.get(
        error.status_code, "The routes are listed in /api/openapi.json."
    )
    reply = failure(error.status_code, message, remedy)
    reply.headers.update(error.headers or {})
    return reply


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    # the server that called us logs the traceback, because Starlette raises the error again
    return failure(
        500,
        f"Something unforeseen went wrong in fewclicks ({type(error).__name__}).",
        "The terminal that runs fewclicks has the details; please report them.",
    )


def invalid_message(found: Sequence[Any]) -> str:
    """One sentence on what a request holds that it must not, from Pydantic's list of errors."""
    first = found[0]
    # the discriminator of a union ("export") is no place in what was sent
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    came = first.get("input")
    echo = f", but {came!r:.{_LONGEST_ECHO}} came" if isinstance(came, str | int | float) else ""
    more = f" ({len(found) - 1} more like this)" if len(found) > 1 else ""
    return f"{place or 'The request'}: {first['msg']}{echo}{more}."
