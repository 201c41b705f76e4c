import shutil

import pytest

from benchmarks import page, page_scroll

TALL = """data:text/html,<div class="clusters"><div class="grid" style="height:400px;overflow:auto">
<div class="cell"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="></div>
<div style="height:9000px"></div></div></div>"""


@pytest.mark.browser
def test_frames_are_counted_while_the_wheel_turns_to_the_end():
    if not shutil.which("chromium"):
        pytest.skip("no chromium on this machine; on Debian: apt-get install chromium")
    with page.browsing() as browser:
        per_second, longest = page_scroll.scroll(browser, TALL, 1.0)
        [opened] = [tab for context in browser.contexts for tab in context.pages]
        assert opened.evaluate(page_scroll.AT_END)
        own, peak, heap = page_scroll.memory(browser)
    assert 5 < per_second < 130
    assert longest >= 1000 / per_second - 1
    assert 0 < heap < own < peak


def test_what_is_asked_of_scrolling():
    held = page_scroll.targets_of(10_000, 50.0, 300.0)
    missed = page_scroll.targets_of(10_000, 49.9, 300.1)
    assert [target.holds for target in held + missed] == [True, True, False, False]
