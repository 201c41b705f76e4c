from __future__ import annotations

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from fewclicks.store import schema

_DIALECT = sa.create_engine("sqlite://").dialect

undecodable = st.text(st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF), max_size=5)
plain = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x10FBFF), max_size=5)


@given(plain, undecodable, plain)
def test_any_file_name_survives(before: str, odd: str, after: str) -> None:
    kind, name = schema.FileName(), before + odd + after
    kept = kind.process_bind_param(name, _DIALECT)
    assert kept is not None
    kept.encode()  # what every database accepts
    assert kind.process_result_value(kept, _DIALECT) == name


@given(st.lists(st.integers(0, 2**31 - 1), max_size=50))
def test_any_list_of_item_ids_survives(ids: list[int]) -> None:
    kind = schema.Ids()
    kept = kind.process_bind_param(np.array(ids, dtype=np.int64), _DIALECT)
    assert kept is not None
    assert len(kept) == 4 * len(ids)
    assert kind.process_result_value(kept, _DIALECT).tolist() == ids


@pytest.mark.parametrize("kind", [schema.Ids(), schema.FileName()])
def test_nothing_stays_nothing(kind: sa.types.TypeDecorator[object]) -> None:
    assert kind.process_bind_param(None, _DIALECT) is None
    assert kind.process_result_value(None, _DIALECT) is None


def test_ids_are_little_endian_whatever_the_machine() -> None:
    assert schema.Ids().process_bind_param(np.array([1, 256]), _DIALECT) == b"\1\0\0\0\0\1\0\0"
