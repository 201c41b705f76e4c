import sys

import pytest

from fewclicks.engine import LocalEngine
from fewclicks.errors import InvalidInput, MissingExtra
from fewclicks.workflows import engines
from fewclicks.workflows.engines import ALONE_BELOW, engine_for, make_engine


class Elsewhere:
    """An engine that is not of this machine."""

    workers = 7


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.delenv("FEWCLICKS_ENGINE", raising=False)
    monkeypatch.setenv("FEWCLICKS_WORKERS", "3")


@pytest.mark.parametrize(("n", "workers"), [(ALONE_BELOW, 3), (ALONE_BELOW - 1, 1)])
@pytest.mark.parametrize("given", [None, LocalEngine])
def test_this_process_does_a_few_items(given, n, workers):
    engine = engine_for(n, given and given(3))
    assert isinstance(engine, LocalEngine)
    assert engine.workers == workers


def test_an_engine_that_is_given_does_even_a_few():
    given = Elsewhere()
    assert engine_for(1, given) is given


def test_the_environment_asks_for_a_cluster_for_many_items(monkeypatch):
    joined = []
    monkeypatch.setenv("FEWCLICKS_ENGINE", "ray")
    monkeypatch.setenv("FEWCLICKS_RAY_ADDRESS", "head:6379")
    monkeypatch.setattr(engines, "RayEngine", lambda address: joined.append(address) or Elsewhere())
    assert engine_for(ALONE_BELOW - 1).workers == 1
    assert joined == []
    assert engine_for(ALONE_BELOW).workers == 7
    assert joined == ["head:6379"]


def test_engines_by_name(monkeypatch):
    assert isinstance(make_engine("local"), LocalEngine)
    with pytest.raises(InvalidInput, match="engine must be one of local, ray but is 'dask'"):
        make_engine("dask")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"fewclicks\[ray\]"):
        make_engine("ray")


@pytest.mark.parametrize("given", [{"address": "head:6379"}, {"gpus": 1}])
def test_this_machine_takes_no_address_and_no_gpus(given):
    with pytest.raises(InvalidInput, match=r"engine is “local”\. Add: --engine ray"):
        make_engine("local", **given)
