"""Sweeps: an iterator over finished runs, and their tables."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _core
from .results import _pandas, _picture

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Run:
    """One finished run of a sweep."""

    id: str
    point: str
    replication: int
    seed: int
    parameters: dict[str, str]
    metrics: dict[str, float | None]
    error: str | None


class Sweep(Iterator[Run]):
    """A sweep under way. Iterate over it for the runs as they finish (in whatever order that is); when it is exhausted,
    the tables are those that `windtunnel sweep` writes, to the byte."""

    def __init__(self, sweep: _core.Sweep, progress: Callable[[int, int], None] | None) -> None:
        self._sweep = sweep
        self._progress = progress

    @property
    def name(self) -> str:
        """The sweep's name."""
        return self._sweep.name

    @property
    def points(self) -> int:
        """How many points it has."""
        return self._sweep.points

    @property
    def done(self) -> int:
        """Runs that have been handed out."""
        return self._sweep.done

    def __len__(self) -> int:
        """All runs, so that `tqdm(sweep)` knows how far it is."""
        return self._sweep.total

    def __iter__(self) -> Sweep:
        return self

    def __next__(self) -> Run:
        finished = self._sweep.next_run()
        if finished is None:
            raise StopIteration
        identity, point, replication, seed, parameters, metrics, error = finished
        if self._progress is not None:
            self._progress(self.done, len(self))
        return Run(identity, point, replication, seed, dict(parameters), dict(metrics), error)

    def finish(self) -> Sweep:
        """Waits for all runs."""
        for _ in self:
            pass
        return self

    def cancel(self) -> None:
        """Stops the runs under way. With `out` what was finished is kept."""
        self._sweep.cancel()

    def results_csv(self) -> bytes:
        """`results.csv`: one row per run."""
        return self._sweep.tables()[0]

    def to_pandas(self) -> pandas.DataFrame:
        """One row per finished run: parameters and figures."""
        return _pandas().read_csv(io.BytesIO(self._sweep.tables()[0]), dtype={"id": str, "point": str})

    def summary(self) -> pandas.DataFrame:
        """One row per point and figure: mean, interval, replications."""
        return _pandas().read_csv(io.BytesIO(self._sweep.tables()[1]), dtype={"point": str})

    def frontier(self) -> pandas.DataFrame:
        """The points that no other beats, cheapest first."""
        return _pandas().read_csv(io.BytesIO(self._sweep.tables()[2]), dtype={"point": str})

    def svg(self) -> str:
        """Cost against violations."""
        return self._sweep.frontier_svg()

    def __repr__(self) -> str:
        return f"<Sweep {self.name!r}: {self.done} of {len(self)} runs>"

    def _repr_html_(self) -> str:
        return f"<p>{self.done} of {len(self)} runs of {self.points} points</p>{_picture(self.svg())}"


def printed(done: int, total: int) -> None:
    """Progress on standard error."""
    end = "\n" if done == total else ""
    print(f"\r{done} of {total} runs", end=end, file=sys.stderr, flush=True)
