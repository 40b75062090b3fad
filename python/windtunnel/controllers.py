"""Controllers that are written in Python. They are slow: every step goes through the interpreter, one replication after
the other. They are for trying an idea; what proves itself belongs into Rust."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Observation:
    """What a controller sees at a step: what any policy can see, and nothing of the plant."""

    #: Seconds since the start.
    now: float
    #: Every metric, averaged over what has been published of the last step (utilization and errors in percent, latencies
    #: in seconds, `request_count` as a sum); None where there is no data.
    metrics: dict[str, float | None]
    #: Instances in service, without those that leave.
    in_service: int
    #: Instances on their way into service.
    pending: int
    #: Instances on their way out.
    leaving: int
    #: What was asked for last.
    desired: int

    @property
    def capacity(self) -> int:
        """Instances in service and on their way."""
        return self.in_service + self.pending


#: Says how many instances there should be; None leaves everything as it is.
Controller = Callable[[Observation], int | None]


def callables(controller: Any, replications: int) -> list[Callable[[dict[str, Any]], int | None]]:
    """One callable per replication: a class is instantiated for each, so that nothing is remembered across them."""

    def one() -> Callable[[dict[str, Any]], int | None]:
        decide: Controller = controller() if isinstance(controller, type) else controller
        return lambda seen: _answer(decide(Observation(**seen)))

    return [one() for _ in range(replications)]


def _answer(answer: Any) -> int | None:
    if answer is None:
        return None
    if isinstance(answer, bool) or int(answer) != answer:
        raise TypeError(f"a controller answers with a whole number of instances or None, not {answer!r}")
    return int(answer)
