"""The package as a notebook meets it. Figures are held against those of the command line."""

from __future__ import annotations

import csv
import importlib.resources
import io
import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pandas
import pytest

import windtunnel as wt
from conftest import ROOT


def command_line(binary: Path, folder: Path, *arguments: str) -> dict:
    done = subprocess.run([binary, *arguments, "--format", "json", "--quiet"], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_a_scenario_says_what_it_is(folder: Path) -> None:
    scenario = wt.load(folder / "small.toml", {"ess.max": 8, "horizon": "30m"})
    assert scenario.name == "small" and scenario.seed == 5 and scenario.horizon_seconds == 1800
    assert scenario.policy == "Alibaba ESS"
    assert "max = 8" in scenario.to_toml()
    assert scenario.set({"ess.max": 9}).digest != scenario.digest
    assert scenario.set({"ess.max": 8}).digest == scenario.digest


def test_figures_are_those_of_the_command_line(folder: Path, binary: Path) -> None:
    result = wt.run(folder / "small.toml", seed=11, replications=3)
    document = command_line(binary, folder, "run", "small.toml", "--seed", "11", "--replications", "3", "--no-plots")
    (expected,) = document["scenarios"]
    assert result.digest == expected["digest"]
    for name, figure in result.metrics.items():
        if expected["metrics"][name] is None:
            assert figure is None
        else:
            assert figure is not None
            assert {"mean": figure.mean, "low": figure.low, "high": figure.high} == expected["metrics"][name], name
    assert list(result.activities) == expected["activities"]


def test_results_are_tables_and_charts(folder: Path) -> None:
    result = wt.run(folder / "small.toml", replications=2, threads=1)
    frame = result.to_pandas()
    assert list(frame.index) == [5, 6]
    assert frame["cost_total"].mean() == pytest.approx(result["cost_total"])
    timeline = result.timeline.to_pandas()
    assert timeline["arrived"].sum() == frame.loc[5, "requests_arrived"]
    assert result.activities.to_pandas().shape[0] == len(result.activities) > 0
    page = result._repr_html_()
    assert "data:image/svg+xml;base64," in page and "cost_total" in page
    assert result.svg().startswith("<svg")
    with pytest.raises(KeyError, match="no metric 'cost'"):
        result["cost"]


def test_fluid_is_another_fidelity(folder: Path, binary: Path) -> None:
    exact = wt.run(folder / "small.toml")
    fluid = wt.run(folder / "small.toml", fidelity="fluid")
    document = command_line(binary, folder, "run", "small.toml", "--fidelity", "fluid", "--no-plots")
    assert fluid["latency_p99_seconds"] == document["scenarios"][0]["metrics"]["latency_p99_seconds"]["mean"]
    assert fluid["latency_p99_seconds"] != exact["latency_p99_seconds"]
    with pytest.raises(wt.InputError, match="no fidelity `exact`"):
        wt.run(folder / "small.toml", fidelity="exact")


def test_comparisons_are_paired(folder: Path) -> None:
    small = wt.load(folder / "small.toml")
    both = wt.compare([small, small.set({"ess.rule.out.adjust.change": 3})], replications=3)
    difference = both.differences()["instance_hours"]
    hours = [result.to_pandas()["instance_hours"] for result in both]
    assert difference is not None and difference.mean == pytest.approx((hours[1] - hours[0]).mean())
    assert both.to_pandas().shape[0] == 6
    assert "<img" in both._repr_html_() and "small (2)" in both._repr_html_()


def test_a_sweep_yields_runs_and_ends_with_the_tables_of_the_command_line(folder: Path, binary: Path) -> None:
    seen: list[tuple[int, int]] = []
    sweep = wt.sweep(folder / "sweep.toml", progress=lambda done, total: seen.append((done, total)))
    assert len(sweep) == 12 and sweep.points == 6
    runs = list(sweep)
    assert seen == [(done, 12) for done in range(1, 13)]
    assert {run.seed for run in runs} == {5, 6} and all(run.error is None for run in runs)
    assert runs[0].parameters.keys() == {"ess.alarm.high.threshold", "ess.rule.out.cooldown"}
    command_line(binary, folder, "sweep", "sweep.toml", "--out", "out", "--no-plots")
    assert sweep.results_csv() == (folder / "out/results.csv").read_bytes()
    assert sweep.to_pandas().shape[0] == 12
    assert set(sweep.frontier()["point"]) <= set(sweep.summary()["point"])
    assert "<img" in sweep._repr_html_()


def test_an_abandoned_sweep_goes_on_where_it_was(folder: Path) -> None:
    first = wt.sweep(folder / "sweep.toml", out=folder / "kept", threads=1)
    some = [next(first).id for _ in range(3)]
    first.cancel()
    first.finish()
    del first
    # The folder is free as soon as the run under way has been given up.
    deadline = time.monotonic() + 60
    while True:
        try:
            again = wt.sweep(folder / "sweep.toml", out=folder / "kept")
            break
        except wt.InputError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    again.finish()
    assert again.done == 12
    journal = (folder / "kept/.windtunnel-journal").read_text().splitlines()
    assert len(journal) == 13, "a header and every run once"
    assert all(sum(identity in line for line in journal) == 1 for identity in some)


def test_what_is_wrong_with_a_scenario_has_its_place(folder: Path) -> None:
    (folder / "wrong.toml").write_text((folder / "small.toml").read_text().replace("threshold = 70", "treshold = 70"))
    with pytest.raises(wt.ScenarioError) as caught:
        wt.load(folder / "wrong.toml")
    first = caught.value.diagnostics[0]
    assert first.line == (folder / "wrong.toml").read_text().splitlines().index("treshold = 70") + 1
    assert first.file is not None and first.file.endswith("wrong.toml")
    assert "threshold" in str(caught.value) and f"wrong.toml:{first.line}" in str(caught.value)
    with pytest.raises(wt.ScenarioError):
        wt.load(folder / "none.toml")
    with pytest.raises(wt.ScenarioError):
        wt.run(folder / "small.toml", set={"ess.maximum": 3})


def test_traces_come_from_files_and_frames(folder: Path) -> None:
    minutes = pandas.date_range("2026-11-02", periods=60, freq="1min", tz="Asia/Shanghai")
    frame = pandas.DataFrame({"when": minutes, "hits": [600 + 10 * minute for minute in range(60)]})
    trace = wt.Trace.from_pandas(frame, time="when", requests="hits")
    result = wt.run(wt.load(folder / "small.toml", trace=trace))
    (folder / "traffic.csv").write_text(trace.path.read_text())
    same = wt.run(wt.load(folder / "small.toml", trace=wt.Trace.from_csv(folder / "traffic.csv")))
    assert result.metrics == same.metrics
    # Arrivals are Poisson around the recorded counts: 54,000 less 1,200 of a last interval at most, ± 5 deviations.
    arrived = result["requests_arrived"]
    assert arrived is not None and abs(arrived - frame["hits"].sum()) < 5 * frame["hits"].sum() ** 0.5 + 1200
    series = frame.set_index("when")["hits"]
    assert wt.Trace.from_pandas(series).path.read_text() == trace.path.read_text()
    with pytest.raises(wt.InputError, match="no file"):
        wt.Trace.from_csv(folder / "none.csv")
    with pytest.raises(wt.InputError, match="without a number"):
        wt.Trace.from_pandas(series.where(series > 700))


def test_a_callable_drives_the_fleet(folder: Path) -> None:
    seen: list[wt.Observation] = []

    def proportional(observation: wt.Observation) -> int | None:
        seen.append(observation)
        utilization = observation.metrics["cpu_utilization"]
        if utilization is None:
            return None
        return round(observation.capacity * utilization / 50 + 0.5)

    result = wt.run(folder / "small.toml", controller=proportional, every="2m")
    assert [observation.now for observation in seen] == [120.0 * step for step in range(1, len(seen) + 1)]
    assert len(seen) >= 29 and seen[0].in_service == 2
    assert max(observation.capacity for observation in seen) <= 6, "the bounds are the policy's"
    assert any(activity["policy"] == "proportional" for activity in result.activities)
    assert result.metrics == wt.run(folder / "small.toml", controller=proportional, every="2m").metrics
    still = wt.run(folder / "small.toml", controller=lambda _: None, desired=3)
    assert still["mean_in_service"] == 3


def test_a_class_begins_anew_in_every_replication(folder: Path) -> None:
    class Counts:
        made = 0

        def __init__(self) -> None:
            Counts.made += 1
            self.steps = 0

        def __call__(self, observation: wt.Observation) -> int:
            self.steps += 1
            assert observation.now == 60.0 * self.steps
            return 2

    wt.run(folder / "small.toml", controller=Counts, replications=3)
    assert Counts.made == 3


def test_what_a_callable_raises_is_raised(folder: Path) -> None:
    def broken(observation: wt.Observation) -> int:
        raise ZeroDivisionError("in the controller")

    with pytest.raises(ZeroDivisionError, match="in the controller"):
        wt.run(folder / "small.toml", controller=broken)
    with pytest.raises(TypeError, match="whole number"):
        wt.run(folder / "small.toml", controller=lambda _: 1.5)
    with pytest.raises(wt.InputError, match="bounds do not fit"):
        wt.run(folder / "small.toml", controller=lambda _: 1, min=4, max=3)
    with pytest.raises(wt.SimulationError, match="has pods"):
        wt.run(ROOT / "configs/hpa.toml", controller=lambda _: 1, set={"horizon": "10m"})


def test_the_gil_is_released(folder: Path) -> None:
    """Another Python thread gets on while a simulation runs."""
    ticks = 0
    over = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not over.is_set():
            ticks += 1
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    before = ticks
    wt.run(folder / "small.toml", set={"horizon": "24h"}, replications=4, threads=1)
    during = ticks - before
    over.set()
    thread.join()
    assert during > 10


LONG = {"horizon": "365d", "trace": {"shape": "constant", "rate": "200rps"}, "ess.max": 40, "ess.desired": 20}


@pytest.mark.parametrize("controller", [None, lambda _: None], ids=["policy", "callable"])
def test_ctrl_c_is_honoured(folder: Path, controller: object) -> None:
    """A year of requests takes many minutes; the interrupt ends it."""
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        wt.run(folder / "small.toml", set=LONG, controller=controller)
    timer.join()


def test_tuning_recommends_what_holds(folder: Path) -> None:
    tuned = wt.tune(
        wt.load(folder / "small.toml", {"horizon": "20m"}),
        "slo_violating_request_fraction < 99%",
        vary={"ess.min": [1, 2], "ess.alarm.high.threshold": [50, 70]},
        variants=4,
        replications=3,
        fidelity="fluid",
    )
    assert tuned.recommended is not None and tuned.recommended.verdict == "holds"
    assert tuned.recommended.minimized.mean <= tuned.today.minimized.mean
    assert "[ess]" in (tuned.recommended.toml or "")
    assert tuned.to_pandas()["variant"].tolist()[0] == "today"
    assert "<table>" in tuned._repr_html_()
    with pytest.raises(wt.InputError, match="no metric 'cost'"):
        wt.tune(folder / "small.toml", "cost < 3")
    with pytest.raises(wt.InputError, match="no objective"):
        wt.tune(folder / "small.toml", "cheap")


def test_objectives_have_units() -> None:
    assert wt._objective("latency_p99_seconds < 500ms") == ("latency_p99_seconds", 0.5, True)
    assert wt._objective("slo_violating_request_fraction<=0.1%") == ("slo_violating_request_fraction", 0.001, True)
    assert wt._objective("mean_in_service > 3") == ("mean_in_service", 3.0, False)


def test_alarms_are_backtested(folder: Path) -> None:
    rows = ["seconds,CpuUtilization", *(f"{60 * minute},{90 if minute >= 5 else 40}" for minute in range(20))]
    (folder / "cpu.csv").write_text("\n".join(rows) + "\n")
    answer = wt.backtest(folder / "cpu.csv", scenario=folder / "small.toml")
    # The sixth minute is the first above 70: it is complete, and seen, after 360 seconds.
    assert (answer.decisions[0]["seconds"], answer.decisions[0]["alarm"]) == (360, "high")
    assert answer.agreement is None
    assert answer.to_pandas().shape[0] == len(answer.decisions)


def test_an_hpa_recording_is_backtested() -> None:
    recordings = sorted((ROOT / "tests/vectors/hpa").rglob("*.jsonl*"))
    assert recordings
    answer = wt.backtest(recordings[0])
    compared, agreeing = answer.agreement or (0, 0)
    assert compared == agreeing > 0
    assert len(answer.decisions) >= compared


def test_the_package_is_typed() -> None:
    files = importlib.resources.files(wt)
    assert (files / "py.typed").is_file() and (files / "_core.pyi").is_file()
    declared = (files / "_core.pyi").read_text()
    public = [name for name in dir(wt._core) if not name.startswith("_")]
    assert public and all(name in declared for name in public), public


def test_metrics_are_listed() -> None:
    names = [metric["name"] for metric in wt.metrics()]
    assert {"cost_total", "latency_p99_seconds"} <= set(names)


def test_batches_are_even_and_costly_ones_come_first() -> None:
    from windtunnel.ray import batched, read_plan

    runs = [(f"r{number}", float(number)) for number in range(1, 41)]
    batches = batched(runs, 4)
    assert sorted(identity for batch in batches for identity in batch.ids) == sorted(name for name, _ in runs)
    # Longest first: no batch exceeds the mean by more than the costliest run of all.
    assert max(batch.cost for batch in batches) - 820 / 4 <= 40
    assert [batch.cost for batch in batches] == sorted((batch.cost for batch in batches), reverse=True)
    assert batches == batched(runs, 4)
    assert len(batched(runs[:2], 16)) == 2
    text = "\n".join([json.dumps({"windtunnel_plan": 1}), json.dumps({"id": "a", "cost": 3})])
    assert read_plan(text) == [("a", 3.0)]


def test_the_csv_of_a_sweep_reads_back(folder: Path) -> None:
    sweep = wt.sweep(folder / "sweep.toml", fidelity="fluid", replications=1).finish()
    rows = list(csv.DictReader(io.StringIO(sweep.results_csv().decode())))
    assert len(rows) == 6 and {row["fidelity"] for row in rows} == {"fluid"}
