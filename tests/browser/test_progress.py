"""The progress view: tiles, charts, classes, and what is taken for what."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser


def test_figures_charts_and_classes(served_worked, visit):
    page = visit(served_worked.url)
    page.click("#tab-progress")
    report = served_worked.ask("report")
    assert report["accuracy"]["n"] > 5
    page.wait_for_selector(".plot.curve .scatterlayer")
    page.wait_for_selector(".plot.matrix .heatmaplayer image, .plot.matrix .hm")
    tiles = page.locator(".tile").all_inner_texts()
    assert any("of 150" in tile for tile in tiles)
    assert any(f"of {report['accuracy']['n']} checked were right" in tile for tile in tiles)
    n = report["calibration"]["n"]
    assert n >= 5
    assert any(f"How sure each label is, is set right by {n} checks." in tile for tile in tiles)
    assert "60" in page.locator(".tile", has_text="Answers").first.inner_text()
    assert page.locator(".figures-table tbody tr", has_text="bar").first.is_visible()
    assert page.locator(".signals li").count() >= 1
    header = page.locator(".figures .worth").first.inner_text()
    assert header.startswith("Right")


def test_every_chart_is_also_a_table(served_worked, visit):
    page = visit(served_worked.url)
    page.click("#tab-progress")
    page.wait_for_selector(".plot.course .scatterlayer")
    for chart in ("curve", "course", "matrix"):
        page.click(f".chart.{chart} summary")
        assert page.locator(f".chart.{chart} tbody tr").count() >= 1
    wrong = served_worked.ask("report")["confusions"]
    assert page.locator(".chart.matrix tbody tr").count() == len(wrong)


def test_plotly_is_fetched_for_charts_only_and_lacking_it_is_said(served_worked, visit):
    page = visit(served_worked.url)
    fetched = []
    page.on("request", lambda request: "plotly" in request.url and fetched.append(request.url))
    page.route("**/plotly.min.js", lambda route: route.abort())
    page.click("#tab-history")
    assert fetched == []
    page.click("#tab-progress")
    page.wait_for_selector(".toast:has-text('charts cannot be drawn')")
    assert len(fetched) == 1
    page.unroute("**/plotly.min.js")
    page.click("#tab-history")
    page.click("#tab-progress")
    page.wait_for_selector(".plot.curve .scatterlayer")


def test_before_any_check_it_says_what_will_be_there(page, person):
    person.name_it("bar")
    person.saved()
    person.go("progress")
    page.wait_for_selector(".chart.matrix .hint:has-text('no blind checks')")
    assert page.locator(".plot.curve").is_hidden()
    page.wait_for_selector(".tile:has-text('Not known yet')")
    page.wait_for_selector(".tile:has-text('is not tested yet')")
    page.wait_for_selector(".plot.course .scatterlayer")
