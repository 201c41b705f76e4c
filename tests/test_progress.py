from fewclicks.progress import silent, track


def test_track_reports_an_item_once_it_is_done():
    seen = []
    steps = track("ab", "reading", 2, lambda *step: seen.append(step))
    seen.append(next(steps))
    seen.append(next(steps))
    assert next(steps, None) is None
    assert seen == [("reading", 0, 2), "a", ("reading", 1, 2), "b", ("reading", 2, 2)]


def test_silent_takes_any_report():
    assert silent("x", 1, 2) is None
