import pytest

from fewclicks import settings
from fewclicks.errors import InvalidInput


def test_workers_may_be_set(monkeypatch):
    monkeypatch.setenv("FEWCLICKS_WORKERS", "3")
    assert settings.workers() == 3


def test_workers_are_at_least_one(monkeypatch):
    monkeypatch.delenv("FEWCLICKS_WORKERS", raising=False)
    assert settings.workers() >= 1


@pytest.mark.parametrize("value", ["0", "two", "-1", ""])
def test_workers_must_be_a_whole_number(monkeypatch, value):
    monkeypatch.setenv("FEWCLICKS_WORKERS", value)
    with pytest.raises(InvalidInput, match="FEWCLICKS_WORKERS"):
        settings.workers()


def test_the_engine_is_local_unless_another_is_asked_for(monkeypatch):
    monkeypatch.delenv("FEWCLICKS_ENGINE", raising=False)
    monkeypatch.delenv("FEWCLICKS_RAY_ADDRESS", raising=False)
    assert (settings.engine(), settings.ray_address()) == ("local", None)
    monkeypatch.setenv("FEWCLICKS_ENGINE", "ray")
    monkeypatch.setenv("FEWCLICKS_RAY_ADDRESS", "head:6379")
    assert (settings.engine(), settings.ray_address()) == ("ray", "head:6379")
    monkeypatch.setenv("FEWCLICKS_ENGINE", "dask")
    with pytest.raises(InvalidInput, match="FEWCLICKS_ENGINE must be one of local, ray"):
        settings.engine()


def test_data_dir_is_optional(monkeypatch, tmp_path):
    monkeypatch.delenv("FEWCLICKS_DATA", raising=False)
    assert settings.data_dir() is None
    monkeypatch.setenv("FEWCLICKS_DATA", str(tmp_path))
    assert settings.data_dir() == tmp_path


def test_the_cache_may_be_anywhere(monkeypatch, tmp_path):
    monkeypatch.setenv("FEWCLICKS_CACHE", str(tmp_path))
    assert settings.cache_dir() == tmp_path
    monkeypatch.delenv("FEWCLICKS_CACHE")
    assert settings.cache_dir().name == "fewclicks"
