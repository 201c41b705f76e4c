from fewclicks.workflows.exporting import iso_time


def test_times_are_iso_8601_in_utc():
    assert iso_time(0) == "1970-01-01T00:00:00.000+00:00"
    assert iso_time(1.5) == "1970-01-01T00:00:01.500+00:00"
