"""No click is lost: offline, reloads, replies that never come, refusals."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def waiting(page):
    return page.evaluate("Object.keys(localStorage).filter(k => k.includes('.outbox.')).length")


def test_answers_wait_while_offline_and_arrive_in_order(served, page, person):
    page.context.set_offline(True)
    person.name_it("bar")
    person.name_it("dash")
    page.wait_for_selector(".saved:has-text('Offline: 2 answers waiting')")
    assert served.answers() == 0
    page.context.set_offline(False)
    person.saved()
    assert served.answers() == 2
    assert [served.classes()[name]["key"] for name in ("bar", "dash")] == ["1", "2"]
    assert waiting(page) == 0


def test_undo_works_while_offline(served, page, person):
    first = person.shown()
    page.context.set_offline(True)
    person.name_it("bar")
    person.name_it("dash")
    person.press("z", "z")
    assert person.shown() == first
    page.context.set_offline(False)
    person.saved()
    served.wait(lambda: served.answers() == 0)
    assert len(served.ask("history")["events"]) >= 4
    assert person.shown() == first


def test_a_reload_in_the_middle_sends_what_was_left_first(served, page, person):
    page.route("**/api/answers", lambda route: route.abort())
    person.name_it("bar")
    person.name_it("dash")
    assert waiting(page) == 2
    third = person.shown()
    person.cell(2).click()
    page.unroute("**/api/answers")
    page.reload()
    page.wait_for_selector(f'#cell-0 img[src="{third}"]')
    assert person.misfits() == 1
    person.saved()
    assert served.answers() == 2
    assert waiting(page) == 0


def test_an_answer_whose_reply_is_lost_counts_once(served, page, person):
    lost = []

    def lose_the_reply(route):
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/api/answers", lose_the_reply)
    person.name_it("bar")
    person.until(lambda: bool(lost))
    person.saved()
    assert lost == [200]
    assert served.answers() == 1
    assert len(served.ask("history")["events"]) == len({e["id"] for e in history(served)})
    assert sum(event["kind"] == "answer" for event in history(served)) == 1


def history(served):
    return served.ask("history")["events"]


def test_a_full_disk_is_told_and_waited_out(served, page, person):
    full = {"code": "disk_full", "message": "The disk is full.", "remedy": "Free some space."}
    page.route("**/api/answers", lambda route: route.fulfill(status=507, json={"error": full}))
    person.name_it("bar")
    page.wait_for_selector(".saved:has-text('Not saved: 1 answer waiting')")
    page.unroute("**/api/answers")
    page.click(".saved")
    person.saved()
    assert served.answers() == 1


def test_a_refusal_is_told_with_its_reason_and_the_next_question_comes(served, page, person):
    question = served.ask("questions?kind=cluster&limit=1")["questions"][0]["id"]
    first = person.shown()
    elsewhere = {"client_id": "elsewhere", "question_id": question, "verdict": "none"}
    served.ask("answers", elsewhere)
    person.name_it("bar")
    toast = page.wait_for_selector(".toast.trouble")
    assert "answer" in toast.inner_text()
    person.saved()
    assert served.answers() == 1
    page.wait_for_selector(f'#cell-0 img:not([src="{first}"])')


def test_a_lost_token_is_told(served, page, person):
    page.context.clear_cookies()
    person.name_it("bar")
    page.wait_for_selector(".saved:has-text('Signed out: 1 answer waiting')")
    page.wait_for_selector(".toast.trouble:has-text('token')")
    with page.context.new_page() as other:
        other.goto(served.url)
        other.wait_for_selector("#cluster-class")
        served.wait(lambda: served.answers() == 1)
