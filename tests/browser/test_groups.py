"""Images that belong together: asked about once, when groups have proved pure."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

START, PER_GROUP = 24, 5


@pytest.mark.slow
@pytest.mark.parametrize("served", ["sequences"], indirect=True)
def test_an_answer_holds_for_its_group(served, page, person):
    for name in ("bar", "dash", "box"):
        served.ask("classes", {"client_id": f"class-{name}", "name": name})
    page.reload()
    page.wait_for_selector("#cluster-class")
    person.go("items")
    named = set()
    for n in range(START):
        page.wait_for_selector("#view-items .subject[src]")
        item = served.ask("questions?kind=item&limit=1")["questions"][0]["item"]
        named.add((item // 15, item % 3))
        person.press(str(1 + item % 3))
        served.wait(lambda n=n: served.answers() == n + 1)
    person.until(lambda: page.is_visible(".progress .key.group"))
    labelled = served.ask("progress")["labelled"]
    assert labelled["group"] == PER_GROUP * len(named) - labelled["person"]
    person.until(lambda: f"stands for the {PER_GROUP} images" in page.inner_text(".reason:visible"))

    for _ in range(START):  # without the answers nothing is shared
        person.press("z")
    served.wait(lambda: served.answers() == 0)
    served.ask("jobs", {"client_id": "a-round", "kind": "round", "args": {}})
    person.until(lambda: not page.is_visible(".progress .key.group"))
