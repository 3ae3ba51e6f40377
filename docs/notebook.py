"""Run the notebooks of `examples/` from a fresh start, and store what their cells show.

Run as `python docs/notebook.py`. Cells tagged `not-stored` show times, or more than a file should
hold: they run like the others, but what they show is left out of the file.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
_SECONDS_FOR_A_CELL = 60


class CellError(Exception):
    """A cell raised: which one, what is written in it, and what Python said."""


def executed(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook with what every cell shows, run in order by this Python in the empty `folder`.

    The user's own Jupyter and IPython have no say. Raises `CellError` for the first cell that raises.
    """
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    metadata = notebook.metadata.copy()  # a run would write into it which Python it had
    client = NotebookClient(
        notebook,
        timeout=_SECONDS_FOR_A_CELL,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        extra_arguments=["--log-level=ERROR"],
    )
    client.create_kernel_manager()
    client.km.kernel_spec_manager = KernelSpecManager(kernel_dirs=[])  # what is left is the kernel of this Python
    client.km.connection_file = str(folder / "kernel.json")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / "ipython")}
    with client.setup_kernel(env=environment):
        for number, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, number)
            except CellExecutionError as error:
                raise CellError(f"{path.name}, cell {number} ({cell.id}):\n{cell.source}\n\n{error}") from error
    notebook.metadata = metadata
    return notebook


def is_stored(cell: nbformat.NotebookNode) -> bool:
    """Whether what the cell shows belongs in the file."""
    return "not-stored" not in cell.metadata.get("tags", ())


def main() -> None:
    """Run every notebook and write it back."""
    for path in NOTEBOOKS:
        with tempfile.TemporaryDirectory() as folder:
            notebook = executed(path, Path(folder))
        for cell in notebook.cells:
            if not is_stored(cell):
                cell.outputs = []
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
