"""A sweep on Ray as it fails: two nodes on loopback, one killed without grace; the driver killed; a point that is poison.

Its own step of CI, not part of `pytest` in this folder's parent: Ray takes half a minute to start. Every process is ended
by its id, through the cluster's own handles: `ray stop` would end those of others.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

from ray.cluster_utils import Cluster  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from conftest import SCENARIO, binary  # noqa: E402, F401

#: 200 points. A constraint of the scenario itself (min above max) makes none of them invalid.
SWEEP = """\
name = 'two-hundred'
base = 'small.toml'
horizon = '10m'
[axes]
'ess.alarm.high.threshold' = { from = 50, to = 74, step = 1 }
'ess.alarm.low.threshold' = [20, 25, 30, 35]
'ess.rule.out.cooldown' = ['60s', '300s']
"""

#: One of three points is no valid scenario: more instances at the start than are allowed.
POISON = """\
name = 'poison'
base = 'small.toml'
horizon = '10m'
[axes]
'ess.max' = [1, 5, 6]
"""

#: Writes down which runs were asked for, takes its time, and does them.
COUNTING = """\
#!/bin/sh
previous=
runs=
for word in "$@"; do
  [ "$previous" = --runs ] && runs=$word
  previous=$word
done
if [ -n "$runs" ]; then
  { cat "$runs"; echo; } >> "$COUNTED"
  sleep "$DELAY"
fi
exec "$WINDTUNNEL" "$@"
"""


class Bench:
    """A folder that both nodes share, and a binary that counts."""

    def __init__(self, folder: Path, binary: Path) -> None:
        self.folder = folder
        self.binary = binary
        (folder / "small.toml").write_text(SCENARIO)
        (folder / "sweep.toml").write_text(SWEEP)
        (folder / "poison.toml").write_text(POISON)
        self.counting = folder / "counting"
        self.counting.write_text(COUNTING)
        self.counting.chmod(0o755)

    def whole(self, sweep: str) -> dict[str, bytes]:
        """What one machine makes of it."""
        subprocess.run([self.binary, "sweep", sweep, "--out", f"whole-{sweep}", "--quiet"], cwd=self.folder)
        return files(self.folder / f"whole-{sweep}")

    def driver(self, sweep: str, address: str, *more: str) -> subprocess.Popen[str]:
        # As the console script does it: what runs on the nodes is imported there.
        begin = "import sys; from windtunnel.ray import main; sys.exit(main())"
        command = [sys.executable, "-c", begin, sweep, "--address", address, "--out", f"shards-{sweep}"]
        return subprocess.Popen(
            [*command, "-o", f"merged-{sweep}", "--windtunnel", str(self.counting), *more],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def counted(self) -> list[str]:
        """Every run that was asked for, as often as it was."""
        log = Path(os.environ["COUNTED"])
        return log.read_text().split() if log.exists() else []

    def kept(self, sweep: str) -> int:
        """Runs that are on the disk."""
        journals = (self.folder / f"shards-{sweep}/shards").glob("*/.windtunnel-journal")
        return sum(max(0, len(journal.read_bytes().splitlines()) - 1) for journal in journals)

    def wait_for(self, what: str, holds, seconds: float = 90.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"in {seconds} s not: {what}"
            time.sleep(0.1)


def files(folder: Path) -> dict[str, bytes]:
    """Every result file, but for windtunnel's own journal, lock and manifest."""
    found = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}
    assert "results.csv" in found
    return found


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ray")


@pytest.fixture(scope="module")
def cluster(logs: Path, binary: Path) -> Iterator[Cluster]:  # noqa: F811
    # What the workers' processes see has to be set before their nodes start.
    os.environ.update(COUNTED=str(logs / "counted"), DELAY="0.5", WINDTUNNEL=str(binary))
    arguments = {"num_cpus": 1, "object_store_memory": 100 * 1024 * 1024, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=arguments)
    yield cluster
    cluster.shutdown()


@pytest.fixture
def bench(tmp_path: Path, binary: Path, cluster: Cluster) -> Bench:  # noqa: F811
    Path(os.environ["COUNTED"]).unlink(missing_ok=True)
    return Bench(tmp_path, binary)


def test_a_node_killed_without_grace_costs_nothing_that_was_done(bench: Bench, cluster: Cluster) -> None:
    node = cluster.add_node(num_cpus=1, object_store_memory=100 * 1024 * 1024)
    cluster.wait_for_nodes()
    driver = bench.driver("sweep.toml", cluster.address)
    bench.wait_for("some runs of both nodes are done", lambda: bench.kept("sweep.toml") >= 30)
    cluster.remove_node(node, allow_graceful=False)
    said = driver.communicate(timeout=150)[1]
    assert driver.returncode == 0, said
    assert "200 runs in 16 batches on 2 CPUs" in said
    assert bench.kept("sweep.toml") >= 200
    assert files(bench.folder / "merged-sweep.toml") == bench.whole("sweep.toml")


def test_a_driver_that_is_started_again_does_what_is_missing(bench: Bench, cluster: Cluster) -> None:
    first = bench.driver("sweep.toml", cluster.address, "--batches-per-cpu", "16")
    bench.wait_for("some runs are done", lambda: bench.kept("sweep.toml") >= 30)
    first.send_signal(signal.SIGKILL)
    first.wait()
    # Ray ends the workers of a driver that is gone, and they their process.
    settled = -1
    while settled != len(bench.counted) + bench.kept("sweep.toml"):
        settled = len(bench.counted) + bench.kept("sweep.toml")
        time.sleep(3.0)
    done = subprocess.run(
        [bench.binary, "sweep", "merge", "shards-sweep.toml", "--missing"], cwd=bench.folder, stdout=subprocess.PIPE
    )
    missing = done.stdout.decode().split()
    assert 0 < len(missing) <= 170
    Path(os.environ["COUNTED"]).unlink()
    second = bench.driver("sweep.toml", cluster.address)
    said = second.communicate(timeout=150)[1]
    assert second.returncode == 0, said
    assert f"{200 - len(missing)} of 200 runs are done already" in said
    assert sorted(bench.counted) == sorted(missing), "each missing run was asked for once, and no other"
    assert files(bench.folder / "merged-sweep.toml") == bench.whole("sweep.toml")
    # A third has nothing to do, and does not need the cluster.
    Path(os.environ["COUNTED"]).unlink()
    third = bench.driver("sweep.toml", "127.0.0.1:1")
    assert third.communicate(timeout=60)[1].count("200 of 200 runs are done already") == 1
    assert third.returncode == 0 and bench.counted == []


def test_a_poison_point_is_reported_once_and_not_tried_again(bench: Bench, cluster: Cluster) -> None:
    driver = bench.driver("poison.toml", cluster.address)
    said = driver.communicate(timeout=120)[1]
    assert driver.returncode == 1, said
    assert said.count("1 of 3 runs failed") == 1, said
    assert said.count("--set ess.max=1") == 1, said
    assert len(bench.counted) == len(set(bench.counted)) == 3, "nothing was tried twice"
    merged = files(bench.folder / "merged-poison.toml")
    assert merged == bench.whole("poison.toml")
    assert len(merged["results.csv"].splitlines()) == 4
