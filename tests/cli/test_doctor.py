"""The command doctor."""

from __future__ import annotations

import socket

import pytest

from fewclicks.cli import doctor


def test_this_machine_is_fit(fewclicks, tmp_path):
    told = fewclicks("doctor", tmp_path, "--json")
    assert told.code == 0
    assert told.document["fit"]
    names = [check["name"] for check in told.document["checks"]]
    assert {"Python", "faiss-cpu", "[torch]", "cores", "memory", "disk", "port"} <= set(names)
    assert all(check["state"] in doctor.STYLES for check in told.document["checks"])


def test_for_people_a_line_each(fewclicks, tmp_path):
    told = fewclicks("doctor", tmp_path)
    lines = told.out.splitlines()
    assert lines[0].startswith("ok    Python")
    assert all(line.split()[0] in doctor.STYLES for line in lines)


def test_a_folder_that_is_not_there_fails_with_a_remedy(fewclicks, tmp_path):
    told = fewclicks("doctor", tmp_path / "missing")
    assert told.code == 1
    assert "No such file or directory" in told.out
    assert "Name another folder" in told.out


def test_python_must_be_new_enough():
    assert doctor.check_python((3, 11, 0)).state == "ok"
    old = doctor.check_python((3, 10, 14))
    assert old.state == "fail"
    assert "3.11" in old.remedy


def test_libraries():
    assert doctor.check_library("numpy").state == "ok"
    assert doctor.check_library("no-such-library-at-all").state == "fail"
    assert doctor.check_extra("x", "no-such-library-at-all", "nothing").state == "ok"


@pytest.mark.parametrize(("found", "state"), [(None, "ok"), (99, "warn"), (100, "ok"), (101, "ok")])
def test_sizes(found, state):
    assert doctor.check_size("disk", found, 100, "Free some.").state == state


def test_workers(monkeypatch):
    monkeypatch.setenv("FEWCLICKS_WORKERS", "many")
    assert doctor.check_workers().state == "fail"
    monkeypatch.setenv("FEWCLICKS_WORKERS", "3")
    assert "3 used" in doctor.check_workers().found


def test_a_port_in_use_is_a_warning():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken = doctor.check_port(listener.getsockname()[1])
    assert taken.state == "warn"
    assert "--port 0" in taken.remedy


def test_the_data_folder(tmp_path):
    assert doctor.check_data(None).state == "ok"
    assert doctor.check_data(tmp_path).state == "ok"
    assert doctor.check_data(tmp_path / "missing").state == "warn"


def test_memory_is_a_plausible_number():
    found = doctor.memory()
    assert found is None or 2**27 < found < 2**50
