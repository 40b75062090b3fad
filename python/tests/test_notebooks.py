"""Every example notebook runs from its first cell to its last, headless."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))


def test_there_are_the_three_jobs() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["design-review", "ess-against-hpa", "tune-thresholds"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_to_its_end(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "outputs are not committed"
    # The interpreter of this test, not whichever kernel is called python3 elsewhere.
    client = NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(path.parent)}})
    manager = client.create_kernel_manager()
    manager.kernel_spec.argv[0] = sys.executable
    client.execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not any(output["output_type"] == "error" for output in outputs)
    assert any("<img" in output.get("data", {}).get("text/html", "") for output in outputs), "a chart is shown"
