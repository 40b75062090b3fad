"""A sweep on a Ray cluster: `windtunnel-ray sweep.toml --address auto --out shared -o results`.

Ray decides where things run and what to run again; the `windtunnel` binary decides what a run is and what is done. The
two meet in the folder `--out`, which all nodes share: every batch is one `windtunnel sweep work`, every finished run is
on the disk before it counts, and the merged files are those of `windtunnel sweep`, to the byte.

* Runs are batched by their estimated cost, a few batches per CPU, the costliest first.
* A batch whose node, worker or disk fails is tried again (`--max-retries`); one whose input is at fault is not.
* A driver that is started again asks what is missing and does only that.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import heapq
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

#: Exit codes of `windtunnel sweep work` after which the same would happen again: the input, the arguments.
PERMANENT = (1, 2)
#: Exit code for "nothing is wrong with the input, another attempt may succeed".
TRY_AGAIN = 75
#: Between two lines of progress, in seconds.
SAY_EVERY = 5.0


class TryAgain(Exception):
    """A worker failed through no fault of its input."""


@dataclass(frozen=True)
class Batch:
    """Runs that one task carries out."""

    ids: tuple[str, ...]
    cost: float

    @property
    def name(self) -> str:
        """The same runs have the same name."""
        return hashlib.sha256("\n".join(self.ids).encode()).hexdigest()[:16]


def batched(runs: Sequence[tuple[str, float]], count: int) -> list[Batch]:
    """At most `count` batches of about the same cost, the costliest first: each run, the costliest first, goes to the
    batch that is the cheapest so far."""
    count = max(1, min(count, len(runs)))
    bins: list[tuple[float, int, list[int]]] = [(0.0, number, []) for number in range(count)]
    for index in sorted(range(len(runs)), key=lambda index: (-runs[index][1], index)):
        cost, number, members = heapq.heappop(bins)
        members.append(index)
        heapq.heappush(bins, (cost + runs[index][1], number, members))
    full = [Batch(tuple(runs[index][0] for index in sorted(members)), cost) for cost, _, members in bins if members]
    return sorted(full, key=lambda batch: (-batch.cost, batch.ids))


def read_plan(text: str) -> list[tuple[str, float]]:
    """The ids and estimated costs of a plan."""
    return [(run["id"], float(run["cost"])) for run in map(json.loads, text.splitlines()[1:])]


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux a worker's process ends when the worker does, however that ended."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def work(binary: str, folder: str, plan: str, out: str, batch: Batch) -> tuple[int, str]:
    """Carries out one batch; runs on a node. The exit code and what was said."""
    # A name that no other attempt has: an attempt whose node seems lost may still be at work.
    name = f"{batch.name}-{uuid.uuid4().hex[:8]}"
    with tempfile.NamedTemporaryFile("w", prefix="windtunnel-runs-", suffix=".txt") as runs:
        runs.write("\n".join(batch.ids))
        runs.flush()
        command = [binary, "sweep", "work", "--plan", plan, "--runs", runs.name, "--as", name, "--out", out]
        done = subprocess.run(
            [*command, "--threads", "1", "--quiet"],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            preexec_fn=_die_with_parent(),
        )
    if done.returncode == 0 or done.returncode in PERMANENT:
        return done.returncode, done.stderr
    raise TryAgain(f"exit code {done.returncode}: {done.stderr.strip()}")


class Driver:
    """Plans, hands out what is missing, merges."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.out = Path(options.out).absolute()
        self.kept = self.out / "plan.jsonl"
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        """On standard error, unless --quiet."""
        if not self.options.quiet:
            print(text, file=sys.stderr, flush=True)

    def windtunnel(self, *arguments: str, **keywords: Any) -> subprocess.CompletedProcess[str]:
        """Runs the binary here."""
        return subprocess.run([self.options.windtunnel, *arguments], text=True, **keywords)

    def plan(self) -> list[tuple[str, float]]:
        """Writes the plan into the shared folder, unless it is there."""
        self.out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="windtunnel-plan-") as folder:
            fresh = Path(folder) / "plan.jsonl"
            done = self.windtunnel("sweep", "plan", self.options.sweep, "-o", str(fresh), *self.flags(), stdout=2)
            if done.returncode != 0:
                sys.exit(done.returncode)
            text = fresh.read_text()
        if not self.kept.exists():
            # Whole or not at all.
            beside = self.out / f".plan.{os.getpid()}"
            beside.write_text(text)
            beside.rename(self.kept)
        elif self.kept.read_text() != text:
            fail(1, f"`{self.out}` holds another plan", "name another folder with --out")
        return read_plan(text)

    def flags(self) -> list[str]:
        """What changes the plan."""
        options, flags = self.options, []
        for setting in options.set:
            flags += ["--set", setting]
        for name in ("seed", "replications", "horizon", "fidelity"):
            value = getattr(options, name)
            if value is not None:
                flags += [f"--{name}", str(value)]
        return flags + (["--yes"] if options.yes else [])

    def missing(self) -> set[str]:
        """The runs that nobody has done yet."""
        done = self.windtunnel("sweep", "merge", str(self.out), "--missing", stdout=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit(done.returncode)
        return set(done.stdout.split())

    def drive(self) -> int:
        """Does everything; the exit code."""
        runs = self.plan()
        missing = self.missing()
        to_do = [run for run in runs if run[0] in missing]
        self.say(f"{len(runs) - len(to_do)} of {len(runs)} runs are done already")
        faults: list[str] = []
        failures: list[str] = []
        if to_do:
            faults, failures = self.hand_out(to_do, len(runs))
        left = self.missing()
        if left:
            for message in sorted(set(faults)):
                print(message.strip(), file=sys.stderr)
            for message in sorted(set(failures)):
                print(f"a batch was given up: {message}", file=sys.stderr)
            code = 1 if faults else TRY_AGAIN
            fail(code, f"{len(left)} of {len(runs)} runs are missing", "the same command goes on from there")
        # Points that failed are in the results, and merge says which: here, and nowhere else.
        arguments = ["sweep", "merge", str(self.out), "-o", str(self.options.results)]
        return self.windtunnel(*arguments, *(["--quiet"] if self.options.quiet else [])).returncode

    def hand_out(self, runs: list[tuple[str, float]], total: int) -> tuple[list[str], list[str]]:
        """Carries runs out on the cluster: what inputs were at fault, and what was given up."""
        import ray

        options = self.options
        ray.init(address=options.address, log_to_driver=False, logging_level="warning")
        cpus = int(ray.cluster_resources().get("CPU", 1))
        batches = batched(runs, cpus * options.batches_per_cpu)
        self.say(f"{len(runs)} runs in {len(batches)} batches on {cpus} CPUs")
        task = ray.remote(num_cpus=1, max_retries=options.max_retries, retry_exceptions=[TryAgain])(work)
        arguments = (options.windtunnel, os.getcwd(), str(self.kept), str(self.out))
        pending = {task.remote(*arguments, batch): batch for batch in batches}
        done, said = total - len(runs), 0.0
        faults: list[str] = []
        failures: list[str] = []
        while pending:
            finished, _ = ray.wait(list(pending), timeout=1.0)
            for reference in finished:
                batch = pending.pop(reference)
                try:
                    code, message = ray.get(reference)
                except ray.exceptions.RayError as error:
                    failures.append(str(getattr(error, "cause", None) or error))
                    continue
                done += len(batch.ids)
                if code != 0:
                    faults.append(message)
            now = time.monotonic()
            if finished and (now - said > SAY_EVERY or not pending):
                said = now
                self.say(f"{done} of {total} runs, {now - self.began:.0f} s")
        ray.shutdown()
        return faults, failures


def fail(code: int, message: str, hint: str) -> NoReturn:
    """Ends the program."""
    print(f"error: {message}\n  hint: {hint}", file=sys.stderr)
    sys.exit(code)


def parser() -> argparse.ArgumentParser:
    """The arguments."""
    parser = argparse.ArgumentParser(prog="windtunnel-ray", description="Carry out a sweep on a Ray cluster.")
    parser.add_argument("sweep", help="the sweep, a TOML file; all nodes see it under this path")
    parser.add_argument("--address", help="the cluster, such as auto; without it one is started on this machine")
    parser.add_argument("--out", default="windtunnel-shards", help="the folder that all nodes share")
    parser.add_argument("--results", "-o", default="windtunnel-out/ray", help="where the merged files go")
    parser.add_argument("--windtunnel", default="windtunnel", help="the binary, on every node")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="set a key of the scenarios")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--replications", type=int)
    parser.add_argument("--horizon")
    parser.add_argument("--fidelity", choices=["requests", "fluid"])
    parser.add_argument("--yes", action="store_true", help="run however many points there are")
    parser.add_argument("--batches-per-cpu", type=int, default=8, help="more lose less with a node, fewer start less")
    parser.add_argument("--max-retries", type=int, default=3, help="attempts after a failure that is not the input's")
    parser.add_argument("--quiet", "-q", action="store_true")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `windtunnel-ray`."""
    return Driver(parser().parse_args(arguments)).drive()


if __name__ == "__main__":
    sys.exit(main())
