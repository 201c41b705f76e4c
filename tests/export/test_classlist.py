from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.errors import InvalidInput
from fewclicks.export.classlist import from_bytes, from_text, to_bytes
from fewclicks.records import ClassEntry

FULL = ClassEntry(
    "car", "vehicle", "1", "#3366cc", 'has "wheels",\nfour', ("a;b,c.png", "bad\udcff.png")
)


def unnumbered(entries: list[ClassEntry]) -> list[ClassEntry]:
    return [
        ClassEntry(e.name, e.parent, e.key, e.color, e.description, e.examples) for e in entries
    ]


@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_list_comes_back_as_it_went(format: str) -> None:
    entries = [FULL, ClassEntry("鳥"), ClassEntry("x", examples=("1",))]
    assert unnumbered(from_bytes(to_bytes(entries, format))) == entries


words = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1, max_size=8)


@given(st.lists(st.tuples(words, words, words)), st.sampled_from(["csv", "json"]))
def test_any_text_comes_back(rows: list[tuple[str, str, str]], format: str) -> None:
    entries = [ClassEntry(name, description=text, examples=(one,)) for name, text, one in rows]
    assert unnumbered(from_bytes(to_bytes(entries, format))) == entries


def test_the_columns() -> None:
    assert to_bytes([FULL], "csv").splitlines()[0] == b"name,parent,key,color,description,examples"
    assert json.loads(to_bytes([ClassEntry("a")], "json")) == {
        "classes": [
            {"name": "a", "parent": None, "key": None, "color": None, "description": None,
             "examples": []}
        ]
    }  # fmt: skip
    with pytest.raises(InvalidInput, match="format must be one of"):
        to_bytes([], "xml")


def test_one_name_per_line() -> None:
    assert from_text("\ufeffcar, red\r\n\r\n  bus \n") == [
        ClassEntry("car, red", row=1), ClassEntry("bus", row=3),
    ]  # fmt: skip


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_a_table_says_what_it_holds(sign: str) -> None:
    text = "Key,NAME,parent\n1,car,vehicle\n,,\n,bus\n".replace(",", sign)
    assert from_text(text) == [
        ClassEntry("car", "vehicle", "1", row=2), ClassEntry("bus", row=4),
    ]  # fmt: skip


def test_json_may_be_names_alone() -> None:
    assert from_text(' ["car", {"name": "bus", "key": "b"}]') == [
        ClassEntry("car", row=1), ClassEntry("bus", key="b", row=2),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name,colour\ncar,red\n", "but has name, colour"),
        ("name,name\ncar,red\n", "once, but has name, name"),
        ("name,key\ncar,1,2\n", "Row 2 must have 2 cells but has 3"),
        ("name\n\"" + "x" * 200_000 + "\"\n", "valid CSV"),
        ("{", "valid JSON"),
        ("[" * 100_000, "valid JSON"),
        ('{"names": []}', "must be a list"),
        ("[1]", "Class 1 must be a name or an object"),
        ('[{"key": "1"}]', "must have the column name"),
        ('[{"name": "a", "hue": "1"}]', "but has name, hue"),
        ('[{"name": 7}]', "Class 1 must hold text"),
        ('[{"name": "a", "examples": "b"}]', "a list of names as examples"),
        ('[{"name": "a", "examples": [7]}]', "a list of names as examples"),
        ("a\0b", "bytes that are none"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        from_text(text)
    assert why in caught.value.message


def test_a_list_without_classes_is_empty() -> None:
    assert from_text(" \n") == from_text("name\n") == from_text("[]") == []


@pytest.mark.parametrize(
    "text",
    [
        '[{"name": "a", "examples": ["\\ud800"]}]',
        '[{"name": "a", "examples": ["\\u0000"]}]',
        "[" + "1" * 5000 + "]",
    ],
)
def test_what_json_holds_beyond_names_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidInput):
        from_text(text)


def test_a_row_that_ends_before_its_name_has_none() -> None:
    assert [entry.name for entry in from_text("parent,name\nx\n")] == [""]
