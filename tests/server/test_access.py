"""Token, Host, Origin and size, each alone before a bare application."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from fewclicks.errors import InvalidInput
from fewclicks.server.access import BodyLimit, Guard, checked_token, new_token

TOKEN = "a-token-1"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HERE = "http://127.0.0.1:8765"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes")(scope, receive, send)


def visitor(host: str = "127.0.0.1", address: str = HERE) -> TestClient:
    return TestClient(Guard(echo, TOKEN, host), base_url=address, follow_redirects=False)


def code(reply: Any) -> str:
    return str(reply.json()["error"]["code"])


@pytest.mark.parametrize("path", ["/", "/api/project", "/main.js", "/api/openapi.json"])
def test_nothing_is_shown_without_the_token(path: str) -> None:
    reply = visitor().get(path)
    assert (reply.status_code, code(reply)) == (401, "unauthenticated")
    assert "token" in reply.json()["error"]["remedy"]


def test_the_token_is_taken_from_header_and_query() -> None:
    client = visitor()
    assert client.get("/api/project", headers=BEARER).status_code == 200
    assert client.get("/api/project", params={"token": TOKEN}).status_code == 200


@pytest.mark.parametrize("token", ["", "x", TOKEN + "x", TOKEN[:-1], "tökén", "\udc80"])
def test_a_wrong_token_opens_nothing(token: str) -> None:
    raw = f"Bearer {token}".encode("utf-8", "surrogateescape")
    assert visitor().get("/", headers={"Authorization": raw}).status_code == 401
    assert visitor().get("/?token=" + token.encode("utf-8", "replace").decode()).status_code == 401


def test_the_first_visit_sets_a_cookie_and_leads_to_the_page() -> None:
    client = TestClient(Guard(echo, TOKEN), base_url=HERE, follow_redirects=False)
    reply = client.get("/?token=a-token-1&tab=classes")
    assert (reply.status_code, reply.headers["location"]) == (303, "/?tab=classes")
    cookie = reply.headers["set-cookie"]
    assert cookie.startswith("fewclicks_token_8765=a-token-1;")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert client.get("/").status_code == 200


def test_servers_on_two_ports_have_cookies_of_their_own() -> None:
    first = TestClient(Guard(echo, "first-one"), base_url=HERE, follow_redirects=False)
    given = first.get("/?token=first-one").headers["set-cookie"].split(";")[0]
    second = TestClient(
        Guard(echo, "second-one"), base_url="http://127.0.0.1:8766", follow_redirects=False
    )
    taken = second.get("/?token=second-one").headers["set-cookie"].split(";")[0]
    both = {"Cookie": f"odd value; {given}; {taken}"}
    assert first.get("/", headers=both).status_code == 200
    assert second.get("/", headers=both).status_code == 200


def test_the_redirect_stays_on_this_server() -> None:
    scope = {
        "type": "http", "method": "GET", "path": "//evil.example/x", "server": ("127.0.0.1", 8765),
        "query_string": b"token=a-token-1", "headers": [(b"host", b"127.0.0.1:8765")],
    }  # fmt: skip
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    run(Guard(echo, TOKEN)(scope, None, send))  # type: ignore[arg-type]
    assert dict(sent[0]["headers"])[b"location"] == b"/evil.example/x"


def run(coroutine: Any) -> None:
    with pytest.raises(StopIteration):
        coroutine.send(None)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "LOCALHOST:8765", "[::1]:8765"])
def test_names_of_this_machine_are_accepted(host: str) -> None:
    assert visitor().get("/api/x", headers={**BEARER, "Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "[::1"])
def test_other_names_are_refused_even_with_the_token(host: str) -> None:
    reply = visitor().get("/api/x", headers={**BEARER, "Host": host})
    assert (reply.status_code, code(reply)) == (403, "forbidden_host")


def test_a_server_for_everybody_takes_addresses_but_no_names() -> None:
    client = visitor(host="0.0.0.0")
    assert client.get("/api/x", headers={**BEARER, "Host": "10.0.0.1:80"}).status_code == 200
    assert client.get("/api/x", headers={**BEARER, "Host": "evil.example"}).status_code == 403
    named = visitor(host="lab.example")
    assert named.get("/api/x", headers={**BEARER, "Host": "lab.example"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9", "http://["]
)
def test_writes_from_other_pages_are_refused(origin: str) -> None:
    headers = {**BEARER, "Origin": origin}
    for method in ("POST", "PATCH", "DELETE"):
        reply = visitor().request(method, "/api/x", headers=headers)
        assert (reply.status_code, code(reply)) == (403, "forbidden_origin")
    assert visitor().get("/api/x", headers=headers).status_code == 200


def test_writes_from_the_page_and_from_scripts_are_let_in() -> None:
    client = visitor()
    assert client.post("/api/x", headers={**BEARER, "Origin": HERE}).status_code == 200
    assert client.post("/api/x", headers=BEARER).status_code == 200


def test_every_reply_is_guarded() -> None:
    for reply in (visitor().get("/"), visitor().get("/", headers=BEARER)):
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]


def test_tokens_are_long_and_new_each_time() -> None:
    made = {new_token() for _ in range(50)}
    assert len(made) == 50
    assert min(map(len, made)) >= 32
    assert all(checked_token(token) == token for token in made)


@pytest.mark.parametrize("token", ["", "short", "has a space", "semi;colon", "tökén-tökén"])
def test_a_token_that_cannot_travel_is_refused(token: str) -> None:
    with pytest.raises(InvalidInput, match="token must have"):
        Guard(echo, token)


@pytest.mark.parametrize(("size", "status"), [(0, 200), (10, 200), (11, 413)])
def test_bodies_are_limited_whether_their_size_is_said_or_not(size: int, status: int) -> None:
    client = TestClient(BodyLimit(echo, most=10))
    said = client.post("/", content=b"x" * size)
    unsaid = client.post("/", content=iter([b"x"] * size))
    assert (said.status_code, unsaid.status_code) == (status, status)
    if status == 200:
        assert said.text == unsaid.text == f"{size} bytes"
    else:
        assert code(said) == code(unsaid) == "too_large"


def test_a_lie_about_the_size_is_found_out() -> None:
    client = TestClient(BodyLimit(echo, most=10))
    assert client.post("/", content=b"x" * 20, headers={"Content-Length": "5"}).status_code == 413
    assert client.post("/", content=b"x", headers={"Content-Length": "-1"}).status_code == 413
