from experiments import report


def test_a_spread_stands_behind_its_figure():
    rows = [{"features": "pixels", "right": 91.2, "right ±": 0.25, "K": 1234, "paper": None}]
    text = report.markdown({"a": "Table 1"}, {"a": rows})
    assert text.splitlines() == [
        "## Table 1",
        "",
        "| features | right | K | paper |",
        "| --- | --- | --- | --- |",
        "| pixels | 91.20 ± 0.25 | 1,234 |  |",
    ]


def test_small_figures_keep_their_digits():
    assert "| 0.005 |" in report.markdown({"a": ""}, {"a": [{"share": 0.005}]})


def test_the_mean_over_seeds_keeps_its_spread():
    rows = [{"f": "a", "seed": s, "x": x, "n": 4} for s, x in enumerate((1.0, 2.0, 3.0))]
    assert report.average(rows, ("f",)) == [{"f": "a", "x": 2.0, "x ±": 1.0, "n": 4}]
