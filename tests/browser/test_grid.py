"""A cluster of any size is one page, of which only what is in sight is in the document."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

N_ITEMS = 3000


@pytest.fixture
def page(served_large, visit):
    return visit(served_large.url)


def scroll(page, share):
    page.evaluate(
        "share => { const grid = document.querySelector('.grid');"
        " grid.scrollTop = grid.scrollHeight * share }",
        share,
    )


def cells(page):
    return page.locator(".cell").count()


def test_three_thousand_items_are_a_few_hundred_cells(page):
    assert page.inner_text(".clusters .words h2") == "3,000 images"
    assert 50 < cells(page) < 700
    scroll(page, 0.5)
    page.wait_for_selector("#cell-1500 img[src]")
    assert cells(page) < 900


def test_the_end_of_a_long_cluster_can_be_seen_and_marked(page):
    scroll(page, 1)
    last = page.locator(f"#cell-{N_ITEMS - 1}")
    last.locator("img[src]").wait_for()
    last.click()
    assert page.inner_text(".counter").startswith("1 misfit")
    scroll(page, 0)
    page.wait_for_selector("#cell-0 img[src]")
    assert page.locator(".cell[aria-selected=true]").count() == 0
    scroll(page, 1)
    page.wait_for_selector(f"#cell-{N_ITEMS - 1}[aria-selected=true]")


def test_each_cell_shows_its_own_item_after_scrolling(page, served_large):
    question = served_large.ask("questions?kind=cluster")["questions"][0]["id"]
    members = served_large.ask(f"questions/{question}")["members"]
    for share in (0.9, 0.2, 0.6):
        scroll(page, share)
        page.wait_for_timeout(300)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cell img')].every(i => i.complete)"
    )
    shown = page.evaluate(
        "() => [...document.querySelectorAll('.cell')].filter(c => c.firstChild)"
        ".map(c => [Number(c.id.slice(5)), Number(c.firstChild.dataset.item)])"
    )
    assert len(shown) > 50
    assert all(members[rank] == item for rank, item in shown)


def test_a_shift_click_reaches_over_cells_that_are_not_in_the_document(page):
    page.locator("#cell-5").click()
    scroll(page, 1)
    page.wait_for_selector(f"#cell-{N_ITEMS - 1} img[src]")
    page.locator(f"#cell-{N_ITEMS - 1}").click(modifiers=["Shift"])
    assert page.inner_text(".counter").startswith("2,995 misfits")


def test_a_drag_scrolls_at_the_edge_and_marks_all_it_passed(page):
    first = page.locator("#cell-0").bounding_box()
    grid = page.locator(".grid").bounding_box()
    page.mouse.move(first["x"] + 5, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(first["x"] + 60, grid["y"] + grid["height"] - 2, steps=5)
    page.wait_for_timeout(600)
    page.mouse.up()
    rows_in_sight = grid["height"] / first["height"]
    marked = int(page.inner_text(".counter [role=status]").split()[0].replace(",", ""))
    assert marked > 2 * rows_in_sight


def test_the_size_of_thumbnails_is_remembered(page):
    before = page.locator("#cell-0").bounding_box()["width"]
    page.keyboard.press("+")
    page.keyboard.press("+")
    larger = page.locator("#cell-0").bounding_box()["width"]
    assert larger > before
    page.reload()
    page.wait_for_selector("#cell-0 img[src]")
    assert page.locator("#cell-0").bounding_box()["width"] == larger


def test_sums_of_the_layout(page):
    found = page.evaluate("""async () => {
      const { layout, place, span, touched } = await import('./geometry.js');
      const grid = layout(316, 60, 23);  // 5 columns of 60 with gaps of 4 fill 316
      return [grid.columns, grid.rows, grid.size, place(grid, 7),
        span(grid, 64, 128), span(grid, 0, 1e9),
        touched(grid, {left: 0, top: 0, right: 70, bottom: 70}),
        touched(grid, {left: 130, top: 260, right: 999, bottom: 999})];
    }""")
    assert found == [
        5, 5, 60, {"x": 128, "y": 64}, [5, 10], [0, 23], [0, 1, 5, 6], [22],
    ]  # fmt: skip
