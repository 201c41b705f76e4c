"""Any window, light or dark, by touch: nothing is cut off and everything can be read."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

VIEWS = ("clusters", "plane", "items", "review", "upload", "classes", "progress", "history")
WINDOWS = {"phone": (390, 844), "tablet": (820, 1180), "laptop": (1280, 800), "4K": (3840, 2160)}
READ = [
    ("--ink", "--paper"),
    ("--ink", "--surface"),
    ("--ink", "--tint"),
    ("--soft", "--paper"),
    ("--soft", "--surface"),
    ("--soft", "--tint"),
    ("--soft", "--sunken"),
    ("--on-accent", "--accent"),
    ("--on-accent", "--accent-strong"),
    ("--misfit", "--paper"),
    ("--misfit", "--surface"),
]
SEEN = [("--edge", "--surface"), ("--accent", "--paper"), ("--accent", "--surface")]


def luminance(color):
    """Relative luminance of "#rrggbb" (WCAG 2.2)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_can_be_told_apart(served, visit, scheme):
    page = visit(served.url, color_scheme=scheme)
    colors = page.evaluate(
        "names => { const style = getComputedStyle(document.documentElement);"
        " return names.map(name => style.getPropertyValue(name).trim()) }",
        names := sorted({name for pair in READ + SEEN for name in pair}),
    )
    table = dict(zip(names, colors, strict=True))
    for least, pairs in ((4.5, READ), (3, SEEN)):
        for front, back in pairs:
            assert contrast(table[front], table[back]) >= least, (front, back)


@pytest.mark.parametrize("window", WINDOWS)
def test_nothing_is_cut_off(served, visit, window):
    width, height = WINDOWS[window]
    page = visit(served.url, viewport={"width": width, "height": height})
    for view in VIEWS:
        page.click(f"#tab-{view}")
        page.wait_for_selector(f"#view-{view}:not([hidden], [aria-busy])")
        beyond = page.evaluate("""() => [...document.querySelectorAll('body *')]
          .filter(e => e.checkVisibility() && !e.closest('.sheet, .options, .beside, .tabs'))
          .filter(e => { const b = e.getBoundingClientRect();
            return b.width > 1 && (b.right > innerWidth + 1 || b.left < -1) })
          .map(e => e.outerHTML.slice(0, 200))""")
        assert beyond == [], view
        clipped = page.evaluate("""() => [...document.querySelectorAll('.verdicts button')]
          .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth)
          .map(e => e.innerText)""")
        assert clipped == [], view


def test_a_phone_labels_by_touch(served, visit):
    page = visit(served.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator("#cell-2").tap()
    page.locator("#cell-3").tap()
    page.wait_for_timeout(600)  # two taps at once are a double click, which opens the original
    page.locator("#cell-3").tap()
    assert page.inner_text(".counter").startswith("1 misfit")
    page.fill("#cluster-class", "bar")
    page.tap(".accept:visible")
    served.wait(lambda: served.answers() == 1)
    assert page.evaluate("getComputedStyle(document.querySelector('.grid')).touchAction") == "pan-y"
    page.tap(".mark-mode")
    assert page.evaluate("getComputedStyle(document.querySelector('.grid')).touchAction") == "none"


def test_still_for_whoever_wants_it_still(served, visit):
    page = visit(served.url, reduced_motion="reduce")
    moving = page.evaluate(
        "() => [...document.querySelectorAll('body *')].filter(e => {"
        " const s = getComputedStyle(e); return parseFloat(s.transitionDuration) > 0"
        " || s.animationName !== 'none' }).length"
    )
    assert moving == 0


def test_everything_that_acts_has_a_name(served, visit):
    page = visit(served.url)
    for view in VIEWS:
        page.click(f"#tab-{view}")
        page.wait_for_selector(f"#view-{view}:not([hidden], [aria-busy])")
        nameless = page.evaluate("""() => [...document.querySelectorAll('button, input, select')]
          .filter(e => e.checkVisibility())
          .filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length))
          .map(e => e.outerHTML)""")
        assert nameless == [], view
    roles = page.evaluate("() => [...document.querySelectorAll('[role]')].map(e => e.role)")
    assert {"tablist", "tab", "tabpanel", "listbox", "option", "combobox", "status"} <= set(roles)


def test_the_focus_can_always_be_seen(served, visit):
    page = visit(served.url)
    page.focus("#tab-clusters")
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate("""() => { const e = document.activeElement;
          const s = getComputedStyle(e);
          return e.matches('body, .grid')
            || (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) }""")
        assert outline, page.evaluate("document.activeElement.outerHTML")


def test_no_request_leaves_the_machine(served, visit):
    page = visit(served.url)
    seen = []
    page.on("request", lambda request: seen.append(request.url))
    page.reload()
    page.wait_for_selector("#cell-0 img[src]")
    strange = [url for url in seen if not re.match(r"http://127\.0\.0\.1:|data:", url)]
    assert seen
    assert strange == []
