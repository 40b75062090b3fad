"""Results: figures, rows, charts."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from . import _core

if TYPE_CHECKING:
    import pandas

#: The figures that a notebook shows beside the chart.
SHOWN = (
    "cost_total",
    "slo_violating_request_fraction",
    "latency_p99_seconds",
    "instance_hours",
    "scale_outs",
    "scale_ins",
)


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as error:
        raise ImportError("this needs pandas: pip install pandas") from error
    return pandas


def _picture(svg: str) -> str:
    # As an image the SVG keeps its identifiers to itself: several may stand on one page.
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="chart" style="max-width:100%" src="data:image/svg+xml;base64,{data}"/>'


def _table(rows: Iterable[Sequence[str]]) -> str:
    cells = ("".join(f"<td>{html.escape(cell)}</td>" for cell in row) for row in rows)
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


@dataclass(frozen=True)
class Figure:
    """A figure over replications: its mean and the 95 % interval of the mean (the same for one replication)."""

    mean: float
    low: float
    high: float

    def __float__(self) -> float:
        return self.mean

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.mean:.6g}"
        return f"{self.mean:.6g} [{self.low:.6g}, {self.high:.6g}]"


def _figures(pairs: Iterable[tuple[str, tuple[float, float, float] | None]]) -> dict[str, Figure | None]:
    return {name: None if three is None else Figure(*three) for name, three in pairs}


class Rows(Sequence[Mapping[str, Any]]):
    """Rows of a table, each a mapping from column to value; `to_pandas()` makes a DataFrame."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | Rows:
        return Rows(self._rows[index]) if isinstance(index, slice) else self._rows[index]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return iter(self._rows)

    def column(self, name: str) -> list[Any]:
        """The values of one column."""
        return [row.get(name) for row in self._rows]

    def to_pandas(self) -> pandas.DataFrame:
        """The rows as a DataFrame."""
        return _pandas().DataFrame(self._rows)

    def __repr__(self) -> str:
        columns = ", ".join(self._rows[0]) if self._rows else ""
        return f"<Rows: {len(self._rows)} of ({columns})>"


class Result:
    """One scenario under one or several seeds."""

    def __init__(self, outcomes: Sequence[_core.Outcome]) -> None:
        self._outcomes = list(outcomes)
        self._figures: dict[str, Figure | None] | None = None

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self._outcomes[0].name

    @property
    def seed(self) -> int:
        """The first seed; replication r ran under seed + r."""
        return self._outcomes[0].seed

    @property
    def replications(self) -> int:
        """How many seeds."""
        return len(self._outcomes)

    @property
    def digest(self) -> str:
        """Equal digests and seeds give equal results."""
        return self._outcomes[0].digest

    @property
    def currency(self) -> str:
        """The currency of every amount of money."""
        return self._outcomes[0].currency

    @property
    def metrics(self) -> dict[str, Figure | None]:
        """Every figure by its name, as `windtunnel metrics` lists them; `None` for what has no value."""
        if self._figures is None:
            self._figures = _figures(_core.summarize(self._outcomes))
        return self._figures

    def __getitem__(self, metric: str) -> float | None:
        """The mean of a figure."""
        if metric not in self.metrics:
            raise KeyError(f"there is no metric {metric!r}; wt.metrics() lists them")
        figure = self.metrics[metric]
        return None if figure is None else figure.mean

    @property
    def warnings(self) -> list[str]:
        """What the reader of the figures should know."""
        return [message if hint is None else f"{message} ({hint})" for message, hint in self._outcomes[0].warnings()]

    @property
    def timeline(self) -> Rows:
        """The run under the first seed in intervals; docs/output.md explains the columns."""
        return Rows(json.loads(self._outcomes[0].timeline_json()))

    @property
    def activities(self) -> Rows:
        """What the provider's activity log would have shown, under the first seed."""
        return Rows(json.loads(self._outcomes[0].activities_json()))

    def to_pandas(self) -> pandas.DataFrame:
        """One row per seed, one column per figure."""
        frame = _pandas().DataFrame([dict(outcome.metrics()) for outcome in self._outcomes])
        frame.index = [outcome.seed for outcome in self._outcomes]
        frame.index.name = "seed"
        return frame

    def svg(self) -> str:
        """The chart of the timeline, under the first seed."""
        return self._outcomes[0].timeline_svg()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name} {self.metrics[name]}" for name in SHOWN[:3])
        return f"<Result {self.name!r}: {shown}>"

    def _repr_html_(self) -> str:
        rows = [(name, str(self.metrics[name])) for name in SHOWN]
        return f"<h4>{html.escape(self.name)}</h4>{_table(rows)}{_picture(self.svg())}"


class Comparison(Sequence[Result]):
    """Several scenarios under the same seeds; the first is what the others are compared with."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._results = list(results)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | Sequence[Result]:
        return self._results[index]

    def __len__(self) -> int:
        return len(self._results)

    def differences(self, index: int = 1) -> dict[str, Figure | None]:
        """A scenario minus the first, replication by replication: paired under common seeds, so narrower than either."""
        return _figures(_core.paired(self._results[0]._outcomes, self._results[index]._outcomes))

    def to_pandas(self) -> pandas.DataFrame:
        """One row per scenario and seed, one column per figure."""
        pandas = _pandas()
        names = _told_apart([result.name for result in self._results])
        return pandas.concat({name: result.to_pandas() for name, result in zip(names, self._results)}, names=["scenario"])

    def svg(self) -> str:
        """The chart that puts them side by side, under the first seed."""
        return _core.comparison_svg([result._outcomes[0] for result in self._results])

    def __repr__(self) -> str:
        return f"<Comparison of {', '.join(repr(result.name) for result in self._results)}>"

    def _repr_html_(self) -> str:
        header = ["", *_told_apart([result.name for result in self._results])]
        rows = [[name, *(str(result.metrics[name]) for result in self._results)] for name in SHOWN]
        return _table([header, *rows]) + _picture(self.svg())


def _told_apart(names: list[str]) -> list[str]:
    """Equal names get a number: three of `a` are `a`, `a (2)`, `a (3)`."""
    unique: list[str] = []
    for name in names:
        candidate, number = name, 2
        while candidate in unique:
            candidate, number = f"{name} ({number})", number + 1
        unique.append(candidate)
    return unique


@dataclass(frozen=True)
class Variant:
    """Settings with their figures under seeds that took no part in the search."""

    settings: list[str]
    minimized: Figure
    figure: Figure
    verdict: str
    against_today: tuple[Figure, Figure]
    toml: str | None

    @classmethod
    def _of(cls, document: dict[str, Any]) -> Variant:
        against = document["against_today"]
        return cls(
            document["settings"],
            Figure(**document["minimized"]),
            Figure(**document["figure"]),
            document["verdict"],
            (Figure(**against["minimized"]), Figure(**against["figure"])),
            document["toml"],
        )


class Tuned:
    """What a search came to. `recommended` is None when no variant holds the objective for sure."""

    def __init__(self, document: dict[str, Any], objective: str, minimize: str) -> None:
        self.objective = objective
        self.minimize = minimize
        self.today = Variant._of(document["today"])
        best = document["recommended"]
        self.recommended = None if best is None else Variant._of(best)
        self.others = [Variant._of(other) for other in document["others"]]
        self.variants: int = document["variants"]

    def _all(self) -> list[tuple[str, Variant]]:
        best = [] if self.recommended is None else [("recommended", self.recommended)]
        return [("today", self.today), *best, *(("runner-up", other) for other in self.others)]

    def to_pandas(self) -> pandas.DataFrame:
        """Today, the recommendation and the runners-up, one row each."""
        rows = [
            {
                "variant": role,
                self.minimize: variant.minimized.mean,
                "figure": variant.figure.mean,
                "figure_high": variant.figure.high,
                "verdict": variant.verdict,
                "settings": "; ".join(variant.settings),
            }
            for role, variant in self._all()
        ]
        return _pandas().DataFrame(rows)

    def __repr__(self) -> str:
        found = "nothing holds for sure" if self.recommended is None else "; ".join(self.recommended.settings) or "today"
        return f"<Tuned for {self.objective}: {found}>"

    def _repr_html_(self) -> str:
        header = ["", self.minimize, self.objective, "", "settings"]
        rows = [
            [role, str(variant.minimized), str(variant.figure), variant.verdict, "; ".join(variant.settings)]
            for role, variant in self._all()
        ]
        return _table([header, *rows])


class Backtest:
    """Every decision that a policy would have taken on a recording."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    @property
    def decisions(self) -> Rows:
        """Decisions of alarms and rules, or of every sync of an HPA (with the `id` of its recording)."""
        if "scenarios" in self.document:
            steps = (dict(step, id=one["id"]) for one in self.document["scenarios"] for step in one["steps"])
            return Rows(list(steps))
        return Rows(self.document["decisions"])

    @property
    def agreement(self) -> tuple[int, int] | None:
        """Steps that the recording has a decision for, and those that agree; None for alarms."""
        if "compared" not in self.document:
            return None
        return self.document["compared"], self.document["agreeing"]

    def to_pandas(self) -> pandas.DataFrame:
        """The decisions as a DataFrame."""
        return self.decisions.to_pandas()

    def __repr__(self) -> str:
        return f"<Backtest: {len(self.decisions)} decisions>"
