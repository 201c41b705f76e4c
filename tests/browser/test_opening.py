"""What is asked for when the page is opened, and when."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.browser


def test_the_first_cluster_is_asked_for_while_scripts_are_on_their_way(served, page, person):
    asked, held = [], []
    page.goto("about:blank")
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.route("**/main.js", lambda route: held.append(route))
    page.goto(served.url, wait_until="commit")
    person.until(lambda: "/api/thumbnails" in asked)
    person.until(lambda: len(held) == 1)
    early = Counter(path for path in asked if path.startswith("/api/"))
    assert {"/api/project", "/api/classes", "/api/progress", "/api/questions"} < set(early)
    held[0].continue_()
    page.wait_for_selector("#cell-0 img[src]")
    later = Counter(path for path in asked if path.startswith("/api/"))
    for path in ("/api/project", "/api/classes", "/api/progress", "/api/questions"):
        assert later[path] == early[path] == 1


def test_no_picture_is_asked_for_twice(served, page):
    asked = []
    page.goto("about:blank")
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served.url)
    page.wait_for_selector("#cell-0 img[src]")
    page.wait_for_load_state("networkidle")
    items = [
        item
        for url in asked
        if "/api/thumbnails" in url
        for item in urlsplit(url).query.removeprefix("items=").split("%2C")
    ]
    assert len(items) > 50
    assert len(items) == len(set(items))
