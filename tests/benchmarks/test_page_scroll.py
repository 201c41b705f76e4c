from benchmarks import page_scroll


def test_what_is_asked_of_scrolling():
    held = page_scroll.targets_of(10_000, 50.0, 300.0)
    missed = page_scroll.targets_of(10_000, 49.9, 300.1)
    assert [target.holds for target in held + missed] == [True, True, False, False]
