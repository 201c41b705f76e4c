"""One table, one shape."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.testclient import TestClient

from fewclicks import errors
from fewclicks.server import failures


def every_error() -> list[type[errors.FewclicksError]]:
    found = [errors.FewclicksError]
    for kind in found:
        found += [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return found


class Body(BaseModel):
    ids: list[int] = Field(max_length=2)


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    failures.install(app)

    @app.get("/known/{code}")
    def known(code: str) -> None:
        kind = next(kind for kind in every_error() if kind.code == code)
        raise kind("It must be so, but it is not.", "Do this.")

    @app.get("/unforeseen")
    def unforeseen() -> None:
        raise ZeroDivisionError("by zero")

    @app.post("/body")
    def body(body: Body, limit: int = 1) -> None: ...

    return TestClient(app, raise_server_exceptions=False)


def told(reply: Any) -> dict[str, str]:
    assert set(reply.json()) == {"error"}
    error: dict[str, str] = reply.json()["error"]
    assert set(error) == {"code", "message", "remedy"}
    return error


@pytest.mark.parametrize("kind", every_error())
def test_every_error_has_a_status_and_the_shape(
    client: TestClient, kind: type[errors.FewclicksError]
) -> None:
    reply = client.get(f"/known/{kind.code}")
    assert reply.status_code == failures.status_of(kind("", "")) >= 400
    assert told(reply) == {
        "code": kind.code, "message": "It must be so, but it is not.", "remedy": "Do this.",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.InvalidInput, 422),
        (errors.UnreadableImage, 422),
        (errors.NotFound, 404),
        (errors.Conflict, 409),
        (errors.ProjectBusy, 503),
        (errors.ReadOnlyProject, 403),
        (errors.DiskFull, 507),
    ],
)
def test_statuses(kind: type[errors.FewclicksError], status: int) -> None:
    assert failures.status_of(kind("")) == status


def test_only_what_may_pass_by_itself_is_a_5xx() -> None:
    """The page sends again what met a 5xx: what cannot succeed later must not be one."""
    passing = {kind for kind, status in failures.STATUSES.items() if status > 500}
    assert passing == {errors.ProjectBusy, errors.DiskFull}


def test_the_unforeseen_is_told_without_its_inside_and_left_to_the_log(client: TestClient) -> None:
    reply = client.get("/unforeseen")
    assert reply.status_code == 500
    assert told(reply)["code"] == "internal"
    assert "by zero" not in reply.text
    loud = TestClient(client.app, raise_server_exceptions=True)
    with pytest.raises(ZeroDivisionError):  # the server sees it and logs the traceback
        loud.get("/unforeseen")


def test_what_http_refuses_has_the_shape_too(client: TestClient) -> None:
    assert told(client.get("/nowhere"))["code"] == "not_found"
    assert "/nowhere" in told(client.get("/nowhere"))["message"]
    assert told(client.delete("/body"))["code"] == "method_not_allowed"


def test_an_invalid_request_names_the_place_and_what_came(client: TestClient) -> None:
    reply = client.post("/body", json={"ids": [1, "two"]})
    assert reply.status_code == 422
    error = told(reply)
    assert error["code"] == "invalid_input"
    assert error["message"].startswith("ids.1: ")
    assert "'two' came" in error["message"]


def test_several_mistakes_are_counted_and_long_ones_cut(client: TestClient) -> None:
    error = told(client.post("/body?limit=" + "9" * 5000 + "x", json={"ids": [1, 2, 3]}))
    assert "(1 more like this)" in error["message"]
    assert len(error["message"]) < 300


def test_no_json_at_all_is_told(client: TestClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert told(client.post("/body", content=b"{", headers=headers))["code"] == "invalid_input"
    assert told(client.post("/body", content=b""))["code"] == "invalid_input"


def test_undecodable_names_do_not_break_the_reply(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        reply = failures.failure(404, "No file \udcff.png.")
    assert "\ufffd.png" in bytes(reply.body).decode()
    assert not caplog.records


def test_documented_responses_carry_the_model() -> None:
    assert failures.documented(404)[404]["model"] is failures.FailureReply
