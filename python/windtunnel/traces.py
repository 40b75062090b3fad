"""Recorded traffic from files and DataFrames."""

from __future__ import annotations

import csv
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError

if TYPE_CHECKING:
    import pandas


class Trace:
    """Traffic that was recorded: give it to `wt.load(..., trace=trace)`."""

    def __init__(self, path: Path, folder: tempfile.TemporaryDirectory[str] | None = None) -> None:
        self.path = path
        # The file lives as long as the trace does.
        self._folder = folder

    @classmethod
    def from_csv(cls, path: str | os.PathLike[str]) -> Trace:
        """A CSV of `seconds,requests` (gzip, zstd and xz too), as docs/traces.md describes."""
        file = Path(path).absolute()
        if not file.is_file():
            raise InputError(f"there is no file {str(path)!r}")
        return cls(file)

    @classmethod
    def from_pandas(cls, frame: pandas.DataFrame | pandas.Series, *, time: str | None = None, requests: str | None = None) -> Trace:
        """Requests per interval: a Series, or the columns `time` and `requests` of a DataFrame. Times are seconds, or
        stamps (in UTC where they have no zone); without `time` the index has them, without `requests` there is one
        other column. Rows have to be in order and evenly spaced, as in the CSV."""
        import pandas

        data = frame.to_frame("requests") if isinstance(frame, pandas.Series) else frame
        times = data.index if time is None else data[time]
        columns = [column for column in data.columns if column != time]
        if requests is None and len(columns) != 1:
            raise InputError(f"which column has the requests? there are {columns}")
        counts = data[columns[0] if requests is None else requests]
        if counts.isna().any():
            raise InputError("there are intervals without a number of requests; fill them or drop them")
        if len(counts) == 0:
            raise InputError("there are no rows")
        folder = tempfile.TemporaryDirectory(prefix="windtunnel-trace-")
        path = Path(folder.name) / "pandas.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["seconds", "requests"])
            writer.writerows(zip(_seconds(times), (_plain(count) for count in counts)))
        return cls(path, folder)

    def __repr__(self) -> str:
        return f"<Trace {self.path.name}>"


def _seconds(times: pandas.Index | pandas.Series) -> list[str]:
    import pandas

    if pandas.api.types.is_datetime64_any_dtype(times):
        stamps = pandas.DatetimeIndex(times)
        utc = stamps.tz_localize("UTC") if stamps.tz is None else stamps.tz_convert("UTC")
        nanos = [int(stamp.value) for stamp in utc]
    elif pandas.api.types.is_timedelta64_dtype(times):
        nanos = [int(delta.value) for delta in pandas.TimedeltaIndex(times)]
    elif pandas.api.types.is_numeric_dtype(times):
        return [_plain(value) for value in times]
    else:
        raise InputError("times have to be numbers of seconds, stamps or durations")
    return [f"{nano // 1_000_000_000}" if nano % 1_000_000_000 == 0 else f"{nano / 1e9:.9f}" for nano in nanos]


def _plain(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))
