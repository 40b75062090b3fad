"""What goes wrong, with everything that is known about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class WindtunnelError(Exception):
    """The base of all exceptions of this package."""


class InputError(WindtunnelError, ValueError):
    """An argument, a file or a policy is at fault; the same call would fail again."""


class SimulationError(WindtunnelError, RuntimeError):
    """A run came to no end."""


@dataclass(frozen=True)
class Diagnostic:
    """One thing that is wrong, where, and what to do about it."""

    severity: str
    message: str
    path: str | None = None
    help: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    source: str | None = None

    def __str__(self) -> str:
        text = f"{self.severity}: {self.message}"
        if self.file is not None:
            text += f"\n  --> {self.file}:{self.line}:{self.column}"
            if self.source:
                text += f"\n   | {self.source.rstrip()}"
        if self.help:
            text += f"\n   = help: {self.help}"
        return text


class ScenarioError(InputError):
    """A scenario is at fault: `diagnostics` has everything that is wrong, each with its place."""

    diagnostics: list[Diagnostic]

    def __init__(self, diagnostics: list[dict[str, Any]]) -> None:
        self.diagnostics = [Diagnostic(**diagnostic) for diagnostic in diagnostics]
        super().__init__("\n".join(map(str, self.diagnostics)) or "the scenario is at fault")
