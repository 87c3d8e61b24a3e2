"""What breaks a contract is found, named and counted; what does not is let through."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from mlspec.runtime.contract import Column, Contract, ContractBroken
from mlspec.runtime.contract_checks import check_rows, require
from mlspec.runtime.leakage import check_leakage
from mlspec.runtime.matrix import feature_matrix, target_vector
from tests.training.tables import CONTRACT, orders, regression

TABLE = orders(500)


def first(column: str, value: Any, rows: int = 3) -> pl.DataFrame:
    """TABLE with the first values of a column replaced."""
    values = pl.Series(column, [value] * rows, dtype=TABLE[column].dtype).append(TABLE[column][rows:])
    return TABLE.with_columns(values)


BROKEN = {
    "no column": (TABLE.drop("size"), "size type", "no such column"),
    "another type": (TABLE.with_columns(pl.col("count").cast(pl.String)), "count type", "String, for int"),
    "too small": (first("size", -10.5), "size range", "3 of 500 rows are outside -10..10"),
    "too large": (first("count", 11), "count range", "3 of 500 rows are outside 0..9"),
    "nulls": (first("count", None), "count nulls", "3 of 500 rows are null"),
    "too many nulls": (first("size", None, 200), "size nulls", "0.2 allowed"),
    "halves": (TABLE.with_columns(pl.col("count") / 2), "count whole", "are not whole numbers"),
    "label unknown": (first("late", None), "late nulls", "3 of 500 rows are null"),
    "twice": (pl.concat([TABLE, TABLE[:2]]), "unique id", "2 of 502 rows repeat another"),
    "too few": (TABLE[:5], "rows", "at least 10 wanted"),
}


@pytest.mark.parametrize(("table", "check", "detail"), BROKEN.values(), ids=BROKEN)
def test_a_broken_contract_says_what_breaks_it(table: pl.DataFrame, check: str, detail: str) -> None:
    checks = check_rows(table, CONTRACT)
    assert [c.check for c in checks if not c.passed] == [check]
    with pytest.raises(ContractBroken, match=rf"{check}: .*{detail}"):
        require(checks)


def test_every_break_is_told_at_once() -> None:
    table = first("size", 99.0).with_columns(pl.lit(-1).alias("count"))
    with pytest.raises(ContractBroken, match=r"size range: .*count range: ") as caught:
        require(check_rows(table, CONTRACT))
    assert len(caught.value.checks) == len(check_rows(TABLE, CONTRACT))


def test_good_rows_pass_and_every_column_is_checked() -> None:
    checks = check_rows(TABLE, CONTRACT)
    assert all(c.passed for c in checks)
    assert {c.check.split()[0] for c in checks} >= {c.name for c in CONTRACT.columns}


def test_whole_floats_pass_as_int_and_a_share_of_nulls_as_allowed() -> None:
    table = first("size", None, 40).with_columns(pl.col("count").cast(pl.Float64))
    require(check_rows(table, CONTRACT))


def test_an_unknown_category_of_a_feature_is_reported_and_of_the_label_is_fatal() -> None:
    found = {c.check: c for c in check_rows(first("shop", "west"), CONTRACT)}
    assert found["shop values"].passed
    assert found["shop values"].detail.startswith("3 of 500 rows hold a category the contract does not name")
    label = Contract(
        (Column("size", "float", nulls=1.0), Column("shop", "category", "label", values=("north", "east")))
    )
    with pytest.raises(ContractBroken, match="shop values"):
        require(check_rows(TABLE, label))


def test_checks_are_the_same_on_a_lazy_frame() -> None:
    assert check_rows(TABLE.lazy(), CONTRACT) == check_rows(TABLE, CONTRACT)


def _leaks(table: pl.DataFrame, contract: Contract) -> list[str]:
    matrix, target = feature_matrix(table, contract.features), target_vector(table, contract)
    return [c.check for c in check_leakage(matrix, target, contract, seed=1) if not c.passed]


def test_a_copy_of_the_label_leaks_and_honest_features_do_not() -> None:
    table = orders(2000)
    assert _leaks(table, CONTRACT) == []
    copy = table.with_columns(paid=pl.col("late"))
    assert _leaks(copy, CONTRACT) == ["paid leakage"]
    hidden = table.with_columns(size=pl.when("late").then(pl.lit(3.0)).otherwise(pl.lit(7.0)) + pl.col("count") / 100)
    assert _leaks(hidden, CONTRACT) == ["size leakage"]


def test_a_number_that_is_nearly_the_label_leaks() -> None:
    table = orders(2000).with_columns(cost=pl.col("size").fill_null(0) * 3 + 1)
    assert _leaks(table, regression()) == ["size leakage"]
    noisy = table.with_columns(cost=pl.col("count") + pl.col("size").fill_null(0))
    assert _leaks(noisy, regression()) == []


def test_times_of_other_kinds_are_read_as_utc(tmp_path: Any) -> None:
    from mlspec.runtime.dataset import read_rows
    from tests.training.tables import NOW, SETTINGS

    kinds = {
        "naive": pl.col("at").dt.replace_time_zone(None),
        "zone": pl.col("at").dt.convert_time_zone("America/New_York"),
        "ms": pl.col("at").dt.cast_time_unit("ms"),
        "text": pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"),
    }
    whole = TABLE.with_columns(pl.col("at").dt.truncate("1s"))
    for name, kind in kinds.items():
        (tmp_path / name).mkdir()
        whole.with_columns(kind).write_parquet(tmp_path / name / "part.parquet")
        rows = read_rows(tmp_path / name, SETTINGS, now=NOW)
        assert rows["at"].to_list() == whole["at"].to_list(), name


def test_only_rows_of_the_window_before_now_are_read(tmp_path: Any) -> None:
    from mlspec.runtime.dataset import read_rows
    from tests.training.tables import NOW, SETTINGS

    TABLE.sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / "part.parquet")
    now = NOW - timedelta(days=20)
    rows = read_rows(tmp_path, replace(SETTINGS, window=10 * 86_400_000), now=now)
    expected = TABLE.filter(pl.col("at") < now, pl.col("at") >= now - timedelta(days=10))
    assert rows["id"].to_list() == expected["id"].to_list()
    assert 0 < rows.height < TABLE.height


def test_csv_reads_as_parquet_does(tmp_path: Any) -> None:
    from mlspec.runtime.dataset import read_rows
    from tests.training.tables import NOW, SETTINGS

    TABLE.write_csv(tmp_path / "part.csv")
    rows = read_rows(tmp_path, replace(SETTINGS, format="csv"), now=NOW)
    require(check_rows(rows, CONTRACT))
    assert rows.drop("at").equals(TABLE.select(rows.columns).drop("at"))


def test_a_folder_without_files_says_so(tmp_path: Any) -> None:
    from mlspec.runtime.dataset import read_rows
    from tests.training.tables import NOW, SETTINGS

    with pytest.raises(ContractBroken, match=r"no \.parquet file"):
        read_rows(tmp_path, SETTINGS, now=NOW)
    (tmp_path / "bad.parquet").write_bytes(b"not parquet")
    with pytest.raises(ContractBroken, match="cannot be read"):
        read_rows(tmp_path, SETTINGS, now=NOW)
