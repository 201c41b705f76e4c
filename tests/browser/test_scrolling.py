"""What the benchmark of the page tells of scrolling and of memory."""

import pytest

from benchmarks import page_scroll

pytestmark = pytest.mark.browser

TALL = """data:text/html,<div class="clusters"><div class="grid" style="height:400px;overflow:auto">
<div class="cell"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="></div>
<div style="height:9000px"></div></div></div>"""


def test_frames_are_counted_while_the_wheel_turns_to_the_end(chromium):
    before = set(chromium.contexts)
    per_second, longest = page_scroll.scroll(chromium, TALL, 1.0)
    [context] = set(chromium.contexts) - before
    assert context.pages[0].evaluate(page_scroll.AT_END)
    own, peak, heap = page_scroll.memory(chromium)
    context.close()
    assert 5 < per_second < 130
    assert longest >= 1000 / per_second - 1
    assert 0 < heap < own < peak
