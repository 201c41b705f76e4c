import duckdb
import numpy as np
import pytest

from fewclicks.errors import InvalidInput, NotFound
from fewclicks.features import read_external
from fewclicks.features.external import is_external

ROWS = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]], dtype=np.float32)


def parquet(path, query):
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def test_a_npy_matrix_is_mapped(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    rows = read_external(tmp_path / "rows.npy", 3)
    assert isinstance(rows, np.memmap)
    assert np.array_equal(rows, ROWS)


def test_an_npz_holds_one_matrix_or_one_called_features(tmp_path):
    np.savez(tmp_path / "one.npz", anything=ROWS)
    np.savez(tmp_path / "named.npz", features=ROWS, other=ROWS[:1])
    np.savez(tmp_path / "two.npz", one=ROWS, other=ROWS)
    assert np.array_equal(read_external(tmp_path / "one.npz", 3), ROWS)
    assert np.array_equal(read_external(tmp_path / "named.npz", 3), ROWS)
    with pytest.raises(InvalidInput, match="it holds 2 arrays"):
        read_external(tmp_path / "two.npz", 3)


def test_parquet_holds_columns_of_numbers_or_one_of_lists(tmp_path):
    columns = parquet(tmp_path / "c.parquet", "SELECT * FROM (VALUES (1, 2.0), (3, 4), (5, 6.5))")
    lists = parquet(
        tmp_path / "l.parquet", "SELECT unnest([[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]]) AS v"
    )
    assert np.array_equal(read_external(columns, 3), ROWS)
    assert np.array_equal(read_external(lists, 3), ROWS)


def test_there_must_be_one_row_per_item(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    with pytest.raises(InvalidInput, match="has 3 rows but the project has 4 items"):
        read_external(tmp_path / "rows.npy", 4)


def test_nan_is_refused_with_its_row(tmp_path):
    rows = ROWS.copy()
    rows[1, 0] = np.nan
    np.save(tmp_path / "rows.npy", rows)
    with pytest.raises(InvalidInput, match="row 1"):
        read_external(tmp_path / "rows.npy", 3)
    with pytest.raises(InvalidInput, match="row 1"):
        read_external(parquet(tmp_path / "n.parquet", "SELECT unnest([1, NULL]) AS v"), 2)


@pytest.mark.parametrize("name", ["words.npy", "broken.npz", "broken.parquet", "words.parquet"])
def test_files_without_a_matrix_are_refused_by_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"not this")
    if name == "words.npy":
        np.save(path, np.array(["a", "b"]))
    if name == "words.parquet":
        parquet(path, "SELECT 'a' AS v")
    with pytest.raises(InvalidInput, match=name):
        read_external(path, 2 if name == "words.npy" else 1)


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="no feature file"):
        read_external(tmp_path / "none.npy", 1)


def test_files_are_told_from_names():
    assert is_external("rows.NPY")
    assert not is_external("deskew-hog")
