"""windtunnel: a wind tunnel for autoscaling policies.

>>> import windtunnel as wt
>>> result = wt.run("configs/ess.toml", set={"horizon": "2h"})
>>> result["cost_total"], result.timeline.to_pandas(), result.activities
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import _core
from .controllers import Controller, Observation, callables
from .errors import Diagnostic, InputError, ScenarioError, SimulationError, WindtunnelError
from .results import Backtest, Comparison, Figure, Result, Rows, Tuned, Variant
from .sweeps import Run, Sweep, printed
from .traces import Trace

__version__: str = _core.VERSION

__all__ = [
    "Backtest", "Comparison", "Controller", "Diagnostic", "Figure", "InputError", "Observation", "Result", "Rows", "Run",
    "Scenario", "ScenarioError", "SimulationError", "Sweep", "Trace", "Tuned", "Variant", "WindtunnelError", "backtest",
    "compare", "load", "metrics", "run", "sweep", "tune",
]  # fmt: skip

#: Keys and values as after `--set`: a mapping, or texts such as "ess.max=20".
Settings = Mapping[str, Any] | Iterable[str]


class Scenario:
    """A scenario that has been read and checked."""

    def __init__(self, core: _core.Scenario, trace: Trace | None = None) -> None:
        self._core = core
        # Keeps the file of a trace from a DataFrame alive.
        self._trace = trace

    @property
    def name(self) -> str:
        """Its name."""
        return self._core.name

    @property
    def seed(self) -> int:
        """The seed that it runs under unless another is given."""
        return self._core.seed

    @property
    def digest(self) -> str:
        """Identifies the resolved scenario and the content of its trace."""
        return self._core.digest

    @property
    def policy(self) -> str:
        """Whose policy it is, such as "AWS Auto Scaling"."""
        return self._core.policy

    @property
    def traffic(self) -> str:
        """What arrives, in words."""
        return self._core.traffic

    @property
    def horizon_seconds(self) -> float:
        """How long is simulated."""
        return self._core.horizon_seconds

    @property
    def notes(self) -> list[Diagnostic]:
        """Warnings and notes about what was written."""
        return [Diagnostic(**note) for note in self._core.notes()]

    def set(self, settings: Settings) -> Scenario:
        """The same scenario with other values."""
        return Scenario(self._core.with_set(_assignments(settings)), self._trace)

    def to_toml(self) -> str:
        """Every key with its value, defaults filled in."""
        return self._core.resolved_toml()

    def __repr__(self) -> str:
        return repr(self._core)


def load(path: str | os.PathLike[str], set: Settings = (), *, trace: Trace | None = None) -> Scenario:
    """Reads a scenario, a TOML file. Raises ScenarioError with everything that is wrong with it."""
    assignments = _assignments(set)
    if trace is not None:
        assignments.append(f"trace.file={json.dumps(str(trace.path))}")
    return Scenario(_core.Scenario(Path(path), assignments), trace)


def run(
    scenario: Scenario | str | os.PathLike[str],
    *,
    seed: int | None = None,
    replications: int = 1,
    fidelity: str = "requests",
    set: Settings = (),
    threads: int = 0,
    controller: Controller | type | None = None,
    every: str = "60s",
    min: int | None = None,
    max: int | None = None,
    desired: int | None = None,
) -> Result:
    """Runs a scenario under `replications` seeds, from `seed` (the scenario's unless given) on.

    With `controller`, a callable of one's own drives the fleet in the place of the scenario's policy: every `every` it is
    given an Observation and answers with the number of instances that there should be, or None. Bounds and the first
    capacity are those of the scenario's policy unless given. That is slow, and for fleets of instances only.
    """
    scenario = _scenario(scenario, set)
    first = scenario.seed if seed is None else seed
    count = _replications(replications)
    if controller is None:
        return Result(_core.run([scenario._core], first, count, fidelity, threads)[0])
    name = getattr(controller, "__name__", type(controller).__name__)
    limits = (min, max, desired)
    return Result(
        _core.run_driven(scenario._core, first, fidelity, name, callables(controller, count), every, limits)
    )


def compare(
    scenarios: Sequence[Scenario | str | os.PathLike[str]],
    *,
    seed: int | None = None,
    replications: int = 1,
    fidelity: str = "requests",
    set: Settings = (),
    threads: int = 0,
) -> Comparison:
    """Runs several scenarios under the same seeds: they meet the same requests, and differences are paired."""
    all = [_scenario(scenario, set) for scenario in scenarios]
    if not all:
        raise InputError("there is no scenario to compare")
    first = all[0].seed if seed is None else seed
    outcomes = _core.run([one._core for one in all], first, _replications(replications), fidelity, threads)
    return Comparison([Result(runs) for runs in outcomes])


def sweep(
    path: str | os.PathLike[str],
    *,
    set: Settings = (),
    seed: int | None = None,
    replications: int | None = None,
    fidelity: str | None = None,
    out: str | os.PathLike[str] | None = None,
    threads: int = 0,
    progress: bool | Callable[[int, int], None] = False,
) -> Sweep:
    """Begins a sweep, a TOML file: iterate over it for the runs as they finish, or `finish()` it.

    With `out`, finished runs are kept in that folder: interrupted, the same call goes on where it was. `progress` is True
    for a line on standard error, or is called with the runs that are done and all runs.
    """
    shown = printed if progress is True else progress or None
    folder = None if out is None else Path(out)
    core = _core.Sweep(Path(path), _assignments(set), seed, replications, fidelity, folder, threads)
    return Sweep(core, shown)


def tune(
    scenario: Scenario | str | os.PathLike[str],
    objective: str,
    *,
    minimize: str = "cost_total",
    vary: Settings = (),
    constraints: Iterable[str] = (),
    variants: int = 64,
    replications: int = 10,
    fidelity: str = "requests",
    threads: int = 0,
) -> Tuned:
    """Searches for the cheapest settings that hold an objective such as "slo_violating_request_fraction < 0.1%" for sure.

    `vary` has the ranges, such as {"ess.alarm.high.threshold": [60, 70, 80]}; without it the policy's own are taken.
    """
    metric, bound, is_upper = _objective(objective)
    document = _core.tune(
        _scenario(scenario, ())._core,
        (metric, bound, is_upper, minimize),
        _assignments(vary),
        list(constraints),
        (variants, _replications(replications), threads),
        fidelity,
    )
    return Tuned(json.loads(document), objective, minimize)


def backtest(
    recording: str | os.PathLike[str],
    *,
    scenario: str | os.PathLike[str] | None = None,
    hpa: str | os.PathLike[str] | None = None,
    set: Settings = (),
    until: float | None = None,
) -> Backtest:
    """A recording through a policy, open loop: what would it have decided, and why.

    With `scenario` the recording has the values of the metrics of its alarms (CSV, or CloudWatch's or CloudMonitor's
    JSON); else it is that of an HPA (JSON lines), whose policy `hpa`, a manifest, replaces.
    """
    if scenario is not None:
        if hpa is not None:
            raise InputError("a scenario or an HPA, not both")
        return Backtest(json.loads(_core.backtest_alarms(Path(scenario), Path(recording), _assignments(set), until)))
    manifest = None if hpa is None else Path(hpa)
    return Backtest(json.loads(_core.backtest_hpa(Path(recording), manifest)))


def metrics() -> Rows:
    """Every figure: name, unit, definition."""
    columns = ("name", "unit", "definition")
    return Rows([dict(zip(columns, one)) for one in _core.definitions()])


def _scenario(scenario: Scenario | str | os.PathLike[str], settings: Settings) -> Scenario:
    if not isinstance(scenario, Scenario):
        return load(scenario, settings)
    assignments = _assignments(settings)
    return scenario.set(assignments) if assignments else scenario


def _replications(count: int) -> int:
    if not 1 <= count <= 100_000:
        raise InputError(f"there are 1 to 100,000 replications, not {count}")
    return count


def _assignments(settings: Settings) -> list[str]:
    if isinstance(settings, str):
        return [settings]
    if isinstance(settings, Mapping):
        return [f"{key}={_toml(value)}" for key, value in settings.items()]
    return list(settings)


def _toml(value: Any) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(str(key))} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, Iterable):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    raise InputError(f"{value!r} is no value of a scenario")


#: Factors to the unit of the figure: seconds, or a share.
_UNITS = {"": 1.0, "%": 0.01, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def _objective(text: str) -> tuple[str, float, bool]:
    match = re.fullmatch(r"\s*(\w+)\s*(<|>)=?\s*([-+0-9.eE]+)\s*(%|ms|s|m|h)?\s*", text)
    if match is None:
        raise InputError(f"{text!r} is no objective; write one such as 'latency_p99_seconds < 500ms'")
    name, sign, number, unit = match.groups()
    known = {one["name"]: one["unit"] for one in metrics()}
    if name not in known:
        raise InputError(f"there is no metric {name!r}; wt.metrics() lists them")
    try:
        bound = float(number) * (1.0 if known[name] == "%" else _UNITS[unit or ""])
    except ValueError as error:
        raise InputError(f"{number!r} in {text!r} is no number") from error
    return name, bound, sign == "<"
