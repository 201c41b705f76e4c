"""Where a command speaks, and how it writes what it says."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.cli.screen import Screen, complain, counted, printable, span
from fewclicks.errors import NotFound


def test_results_go_to_stdout_and_notes_to_stderr(capsys):
    with Screen() as screen:
        screen.say("three items")
        screen.note("next: prepare")
        screen.data({"n": 3})
    captured = capsys.readouterr()
    assert captured.out == "three items\n"
    assert captured.err == "next: prepare\n"


def test_with_json_stdout_holds_the_document_alone(capsys):
    with Screen(as_json=True) as screen:
        screen.say("three items")
        screen.data({"n": 3})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"n": 3}
    assert captured.err == "three items\n"


def test_with_json_an_error_is_the_document(capsys):
    with pytest.raises(NotFound), Screen(as_json=True):
        raise NotFound("There is none.", "Make one.")
    assert json.loads(capsys.readouterr().out) == {
        "error": {"code": "not_found", "message": "There is none.", "remedy": "Make one."}
    }


def test_markup_in_names_is_not_obeyed(capsys):
    with Screen() as screen:
        screen.say("a[red]b[/red].png")
        screen.table(["name"], [["[bold]x"]])
    out = capsys.readouterr().out
    assert "a[red]b[/red].png" in out
    assert "[bold]x" in out


def test_long_lines_are_not_broken(capsys):
    complain("word " * 100, "do it")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_facts_are_aligned(capsys):
    with Screen() as screen:
        screen.facts({"a": "1", "bcd": "2"})
    assert capsys.readouterr().out == "  a    1\n  bcd  2\n"


def test_control_characters_are_escaped():
    assert printable("a\n\x1b[31mb\udcff") == "a\\n\\x1b[31mb\\udcff"


@given(st.text())
def test_whatever_a_name_holds_it_can_be_printed(text):
    shown = printable(text)
    assert shown.isprintable()
    shown.encode()
    if text.isprintable():
        assert shown == text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "0.0 s"), (9.9, "9.9 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"),
     (7500, "2 h 5 min")],
)  # fmt: skip
def test_durations_in_words(seconds, words):
    assert span(seconds) == words


def test_numbers_with_their_noun():
    assert counted(1, "file") == "1 file"
    assert counted(1200, "file") == "1,200 files"
