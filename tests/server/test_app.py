"""The application as a whole: its page, and an OpenAPI document that leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from fewclicks.project import Project
from fewclicks.server.app import PAGE, create_app
from fewclicks.server.pagefiles import MEDIA_TYPES

ROUTES = {
    ("GET", "/api/project"),
    ("GET", "/api/progress"),
    ("GET", "/api/report"),
    ("GET", "/api/people"),
    ("GET", "/api/places"),
    ("GET", "/api/preview"),
    ("GET", "/api/history/{event_id}/items"),
    ("GET", "/api/map"),
    ("GET", "/api/layout"),
    ("GET", "/api/questions"),
    ("GET", "/api/questions/{question_id}"),
    ("POST", "/api/questions/{question_id}/skip"),
    ("POST", "/api/questions"),
    ("POST", "/api/answers"),
    ("POST", "/api/answers/many"),
    ("POST", "/api/undo"),
    ("POST", "/api/redo"),
    ("GET", "/api/history"),
    ("GET", "/api/labels"),
    ("GET", "/api/items/{item_id}/similar"),
    ("GET", "/api/review"),
    ("GET", "/api/mistakes"),
    ("GET", "/api/certificate"),
    ("POST", "/api/certificate"),
    ("GET", "/api/certificate/page"),
    ("POST", "/api/certificate/page"),
    ("POST", "/api/certificate/name"),
    ("POST", "/api/certificate/end"),
    ("GET", "/api/classes"),
    ("POST", "/api/classes"),
    ("PATCH", "/api/classes/{class_id}"),
    ("POST", "/api/classes/{class_id}/merge"),
    ("DELETE", "/api/classes/{class_id}"),
    ("POST", "/api/classes/{class_id}/split"),
    ("GET", "/api/classes/{class_id}/typical"),
    ("GET", "/api/classes/list"),
    ("POST", "/api/classes/list"),
    ("GET", "/api/items"),
    ("GET", "/api/thumbnails"),
    ("GET", "/api/items/{item_id}"),
    ("GET", "/api/items/{item_id}/thumbnail"),
    ("GET", "/api/items/{item_id}/image"),
    ("POST", "/api/jobs"),
    ("GET", "/api/jobs/{job_id}"),
    ("POST", "/api/jobs/{job_id}/cancel"),
    ("GET", "/api/exports/{job_id}/file"),
    ("GET", "/api/exports/{job_id}/card"),
    ("POST", "/api/predict"),
    ("POST", "/api/uploads"),
    ("GET", "/api/uploads"),
}


NAMING_THINGS = {
    ("POST", "/api/questions"),
    ("POST", "/api/answers"),
    ("POST", "/api/answers/many"),
    ("GET", "/api/map"),
    ("GET", "/api/places"),
    ("GET", "/api/thumbnails"),
    ("POST", "/api/undo"),
    ("GET", "/api/certificate"),
    ("POST", "/api/certificate/end"),
}
"""Routes that may not find what the request, not the path, names."""


@pytest.fixture(scope="module")
def document(template: Path) -> dict[str, Any]:
    with Project.open(template) as project:
        app = create_app(project, "a-token-for-tests", "ana", with_worker=False)
        client = TestClient(app, base_url="http://localhost:1")
        found = client.get("/api/openapi.json?token=a-token-for-tests")
    return dict(found.json())


IMPORTED = re.compile(r'^(?:import|}).* from "(.+)";$', re.MULTILINE).findall


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_has_every_route_and_no_other(document: dict[str, Any]) -> None:
    assert set(operations(document)) == ROUTES


def test_no_route_is_kept_out_of_the_document(project: Project) -> None:
    app = create_app(project, "a-token-for-tests", "ana", with_worker=False)
    hidden = [r.path for r in app.routes if isinstance(r, APIRoute) and not r.include_in_schema]
    assert hidden == []


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_every_route_says_what_it_does_gives_and_refuses(
    document: dict[str, Any], route: tuple[str, str]
) -> None:
    operation = operations(document)[route]
    assert operation["summary"]
    assert operation["description"].endswith(".")
    responses = operation["responses"]
    assert {"401", "403", "422", "500"} <= set(responses)
    assert ("404" in responses) == ("{" in route[1] or route in NAMING_THINGS)
    for status, response in responses.items():
        if int(status) >= 400:
            schema = response["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/FailureReply"}
        else:
            assert response["content"]
    if route[0] in ("POST", "PATCH"):
        assert "requestBody" in operation
        assert {"413", "507"} <= set(responses)


def test_operation_names_are_plain_and_unique(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(set(names)) == len(names)
    assert "add_answer" in names


def test_there_are_no_pages_that_need_the_network(client: TestClient) -> None:
    assert client.get("/docs").status_code == 404
    assert client.get("/redoc").status_code == 404


def test_every_file_of_the_page_is_served(client: TestClient) -> None:
    files = [p for p in PAGE.rglob("*") if p.is_file()]
    assert PAGE / "index.html" in files
    for path in files:
        reply = client.get("/" + path.relative_to(PAGE).as_posix())
        assert reply.status_code == 200
        assert reply.headers["Content-Type"] == MEDIA_TYPES[path.suffix]


def scripts_of(script: Path) -> set[Path]:
    """A script and all that it imports, and so on; not what it fetches later."""
    found, new = set(), {script}
    while new:
        found |= new
        named = {(at.parent / name).resolve() for at in new for name in IMPORTED(at.read_text())}
        new = named - found
    return found


def test_every_style_sheet_comes_with_a_page_or_with_the_views_that_come_later() -> None:
    at_once = [
        name
        for page in PAGE.glob("*.html")
        for name in re.findall(r'stylesheet" href="(.+)"', page.read_text())
    ]
    later = re.findall(r'"(\w+\.css)"', (PAGE / "views" / "later.js").read_text())
    assert {*at_once, *later} == {path.name for path in PAGE.glob("*.css")}
    index = (PAGE / "index.html").read_text()
    assert not [name for name in later if f'"{name}"' in index]


@pytest.mark.parametrize(("page", "script"), [("index", "main"), ("entrance", "entrance")])
def test_a_page_asks_at_once_for_all_that_it_needs_and_no_more(page: str, script: str) -> None:
    html = (PAGE / f"{page}.html").read_text()
    asked = re.findall(r'modulepreload" href="(.+)"', html)
    assert asked == sorted(asked, key=lambda name: (name.count("/"), name))
    assert set(re.findall(r'async .*src="(.+)"', html)) <= set(asked)
    needed = scripts_of(PAGE / f"{script}.js") - {PAGE / f"{script}.js"}
    assert asked
    assert {PAGE / name for name in asked} == needed
