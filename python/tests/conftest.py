"""A small service that scales in minutes, and files around it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCENARIO = """\
name = 'small'
horizon = '1h'
seed = 5
trace = { shape = 'diurnal', base = '40rps', peak = '160rps', peak_at = '30m' }
[service]
cpu = { lognormal = { mean = '30ms', cv = 1.0 } }
[instance]
cores = 2
price = { per_hour = 2.0, currency = 'CNY' }
[[boot]]
stage = 'provision'
time = { lognormal = { median = '45s', p95 = '90s' } }
[slo]
latency = '200ms'
[ess]
min = 1
max = 6
desired = 2
[[ess.rule]]
name = 'out'
adjust = { change = 1 }
cooldown = '120s'
[[ess.rule]]
name = 'in'
adjust = { change = -1 }
cooldown = '300s'
[[ess.alarm]]
name = 'high'
metric = 'CpuUtilization'
statistic = 'average'
comparison = '>'
threshold = 70
period = '60s'
times = 1
action = 'out'
[[ess.alarm]]
name = 'low'
metric = 'CpuUtilization'
statistic = 'average'
comparison = '<'
threshold = 30
period = '60s'
times = 5
action = 'in'
"""

SWEEP = """\
name = 'thresholds'
base = 'small.toml'
horizon = '20m'
replications = 2
[axes]
'ess.alarm.high.threshold' = [50, 60, 70]
'ess.rule.out.cooldown' = ['60s', '300s']
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "small.toml").write_text(SCENARIO)
    (tmp_path / "sweep.toml").write_text(SWEEP)
    return tmp_path


@pytest.fixture(scope="session")
def binary() -> Path:
    """The command line, where it has been built: what results are held against."""
    named = os.environ.get("WINDTUNNEL")
    places = [Path(named)] if named else [ROOT / "target/release/windtunnel", ROOT / "target/debug/windtunnel"]
    for place in places:
        if place.is_file():
            return place
    pytest.fail("build the command line first, or name it with WINDTUNNEL: " + ", ".join(map(str, places)))
